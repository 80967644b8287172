/*
 * sched/profile.c - where the time goes: samples of what each processor does.
 *
 *	timer of each CPU, HZ times a second
 *	   |	in its interrupt: whose thread, the kernel's stack, the program's stack
 *	samples[]			an array that fills up; then they are counted as lost
 *	   |
 *	/proc/linnet/profile, or the console at the end	(linnet.profile=HZ)
 *
 * A line is a stack as flame graph tools want it, outermost first:
 *
 *	init;0x401b2e;0x44f1a7;upcall_syscall_[k];sys_read_[k];vfs_read_[k] 1
 *
 * Kernel functions have their names; addresses of programs get theirs from the program's
 * file, outside (tests/bench/profile.py).  Whole kernel stacks need a kernel with frame
 * pointers (`make FRAMES=1`); without them a sample has the innermost function alone, since
 * a scan of the stack would show callers that are not.
 *
 * The timer is one of sched/timer's, so where it is not armed nothing costs anything.  It
 * samples no code that runs with interrupts off: that shows where they come back on.
 *
 * Locking: profile.lock for start, stop and reading; a sample takes its place in the array
 * by an atomic addition, and readers look when the timers are stopped.
 */
#include "sched/profile.h"
#include "arch/api/backtrace.h"
#include "arch/api/smp.h"
#include "arch/api/thread.h"
#include "core/clock.h"
#include "core/cmdline.h"
#include "core/log.h"
#include "core/percpu.h"
#include "core/symbols.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "sched/mutex.h"
#include "sched/thread.h"

#define SAMPLES_MAX 16384u
#define DEPTH_MAX   20u

struct sample {
	char name[THREAD_NAME_LEN];
	u8 nkernel, nuser;
	u64 kernel[DEPTH_MAX]; /* innermost first */
	u64 user[DEPTH_MAX];
};

/* Fields: [l] profile.lock  [a] atomic  [s] by the sample that owns the slot */
static struct {
	struct mutex lock;	/* rank LOCK_DEVICE */
	struct sample *samples; /* [l] SAMPLES_MAX of them, [s]; NULL: never started */
	struct atomic64 taken;	/* [a] may pass SAMPLES_MAX: those were lost */
	ktime_t period_ns;	/* [l] */
	bool running;		/* [a] */
	bool report;		/* [l] */
} profile;

DEFINE_PERCPU_STATIC(struct timer, profile_timer);

struct walk {
	u64 *at;
	unsigned n, max;
};

static void walk_add(u64 ip, void *arg)
{
	struct walk *walk = arg;

	if (walk->n < walk->max)
		walk->at[walk->n++] = ip;
}

static void take_sample(struct sample *sample, const struct user_regs *regs)
{
	struct thread *self = current;
	struct walk walk = { sample->kernel, 0, CONFIG_FRAME_POINTERS ? DEPTH_MAX : 1 };

	strlcpy(sample->name, self->idle ? "idle" : self->name, sizeof(sample->name));
	if (!arch_irq_from_user())
		arch_backtrace(regs, walk_add, &walk);
	sample->nkernel = walk.n;

	walk = (struct walk){ sample->user, 0, DEPTH_MAX };
	if (self->space && !self->kernel) {
		self->nofault_depth++;
		arch_user_backtrace(arch_thread_regs(&self->arch), DEPTH_MAX, walk_add, &walk);
		self->nofault_depth--;
	}
	sample->nuser = walk.n;
}

static void on_timer(struct timer *timer)
{
	u64 slot;

	if (!READ_ONCE(profile.running))
		return;
	slot = (u64)atomic64_fetch_add(&profile.taken, 1);
	if (slot < SAMPLES_MAX)
		take_sample(&profile.samples[slot], arch_irq_regs());
	timer_arm(timer, timer->deadline_ns + profile.period_ns);
}

static void start_here(void *arg)
{
	struct timer *timer = this_cpu_ptr(profile_timer);

	timer_init(timer, on_timer);
	timer_arm(timer, clock_monotonic_ns() + profile.period_ns);
}

int profile_start(unsigned hz)
{
	unsigned long irq;
	int err = 0;

	if (!hz || hz > PROFILE_HZ_MAX)
		return -EINVAL;
	mutex_lock(&profile.lock);
	err = -EBUSY;
	if (profile.running)
		goto out_unlock;
	err = -ENOMEM;
	if (!profile.samples)
		profile.samples = vmalloc(SAMPLES_MAX * sizeof(struct sample));
	if (!profile.samples)
		goto out_unlock;
	err = 0;
	profile.period_ns = NSEC_PER_SEC / hz;
	atomic64_set(&profile.taken, 0);
	WRITE_ONCE(profile.running, true);
	smp_call_function_mask(arch_online_cpus(), start_here, NULL, true);
	irq = arch_irq_save();
	start_here(NULL);
	arch_irq_restore(irq);
out_unlock:
	mutex_unlock(&profile.lock);
	return err;
}

void profile_stop(void)
{
	unsigned cpu;

	mutex_lock(&profile.lock);
	if (profile.running) {
		WRITE_ONCE(profile.running, false);
		for_each_online_cpu(cpu)
			timer_cancel_sync(&per_cpu(profile_timer, cpu));
	}
	mutex_unlock(&profile.lock);
}

bool profile_running(void)
{
	return READ_ONCE(profile.running);
}

/* --- what was collected ----------------------------------------------------------- */

size_t profile_line(u64 index, char *line, size_t size)
{
	const struct sample *sample;
	size_t len = 0;
	u64 offset;

	mutex_lock(&profile.lock);
	if (profile.running || !profile.samples ||
	    index >= min((u64)atomic64_read(&profile.taken), (u64)SAMPLES_MAX))
		goto out_unlock;
	sample = &profile.samples[index];
	len = scnprintf(line, size, "%s", sample->name);
	for (unsigned i = sample->nuser; i-- > 0;)
		len += scnprintf(line + len, size - len, ";%#llx", sample->user[i]);
	for (unsigned i = sample->nkernel; i-- > 0;) {
		/* A return address may be the first of the next function. */
		u64 ip = sample->kernel[i] - (i > 0);
		const char *name = symbol_lookup(ip, &offset);

		if (name)
			len += scnprintf(line + len, size - len, ";%s_[k]", name);
		else
			len += scnprintf(line + len, size - len, ";%#llx_[k]", ip);
	}
	len += scnprintf(line + len, size - len, " 1");
out_unlock:
	mutex_unlock(&profile.lock);
	return len;
}

void profile_report(void)
{
	char line[640];
	u64 taken;
	size_t len;

	if (!profile.report)
		return;
	profile_stop();
	taken = (u64)atomic64_read(&profile.taken);
	len = scnprintf(line, sizeof(line), "profile: %llu samples, %llu lost\n", taken,
			taken > SAMPLES_MAX ? taken - SAMPLES_MAX : 0);
	console_write_all(line, len);
	for (u64 i = 0;; i++) {
		size_t head = scnprintf(line, sizeof(line), "profile: ");

		len = profile_line(i, line + head, sizeof(line) - head - 1);
		if (!len)
			return;
		line[head + len] = '\n';
		console_write_all(line, head + len + 1);
	}
}

void profile_boot_init(void)
{
	s64 hz = cmdline_get_s64("linnet.profile", 0);
	int err;

	mutex_init(&profile.lock, LOCK_DEVICE);
	if (!hz)
		return;
	err = hz > 0 && hz <= PROFILE_HZ_MAX ? profile_start((unsigned)hz) : -EINVAL;
	profile.report = !err;
	if (err)
		log_err(SCHED, "linnet.profile=%lld: error %d", (long long)hz, -err);
}
