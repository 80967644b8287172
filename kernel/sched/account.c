/* sched/account.c - the tick, processor time, load average.
 *
 * Run time is exact: the clock is read at every switch.  How much of it was user mode is
 * sampled by the tick.  The tick shares a CPU among threads, every 4 ms, only while another
 * thread waits for it; a thread that runs alone is sampled ever more seldom, down to 16 times a
 * second (a sample weighs as much as the time since the last), and an idle CPU has no tick.
 *
 * The load average is advanced by whoever comes by after five seconds (a tick, a reader):
 * periods that an idle machine slept through count with what runs now.
 */
#include "sched/sched_internal.h"
#include "arch/api/thread.h"
#include "arch/api/time.h"

#define ALONE_MAX_NS  (64 * NSEC_PER_MSEC)
#define BALANCE_TICKS 8

/* --- the tick ------------------------------------------------------------------ */

static void sample(struct runqueue *rq, ktime_t period)
{
	struct thread *t = rq->curr;
	bool user = arch_irq_from_user();

	if (t->idle)
		return;
	if (user) {
		t->user_ticks += period;
		if (t->nice > 0)
			rq->nice_ns += period;
		else
			rq->user_ns += period;
	} else {
		t->system_ticks += period;
		rq->system_ns += period;
	}
}

/* Real-time threads that never sleep leave the others a twentieth of each period, so that a
 * machine can be saved from them.  Where no other thread waits they run on. */
static void rt_throttle(struct runqueue *rq, ktime_t now) REQUIRES(rq->lock)
{
	if (now - rq->rt_period_start_ns >= (ktime_t)RT_PERIOD_NS) {
		rq->rt_period_start_ns = now;
		rq->rt_ran_ns = 0;
		if (rq->rt_throttled && !list_empty(&rq->rt))
			rq_resched(rq);
		rq->rt_throttled = false;
	} else if (rq->rt_ran_ns >= RT_RUNTIME_NS) {
		rq->rt_throttled = true;
	}
	if (rq->rt_throttled && rq->curr->rt_priority && rq->leftmost)
		rq_resched(rq);
}

/* Current had its share, or one of its real-time priority waits since long enough? */
static bool slice_over(struct runqueue *rq)
{
	struct thread *t = rq->curr;
	u64 ran = t->se.sum_exec_ns - t->se.slice_start_ns;

	if (t->idle)
		return rq->nr_running != 0;
	if (t->policy == SCHED_FIFO)
		return false;
	if (t->policy == SCHED_RR)
		return ran >= SCHED_RR_SLICE_NS;
	return rq->leftmost && ran >= SCHED_SLICE_NS;
}

static void tick_fire(struct timer *timer)
{
	struct runqueue *rq = rq_this();
	ktime_t now = arch_clock_ns();
	bool shared;

	sample(rq, rq->tick_period_ns);
	spin_lock(&rq->lock);
	rq_account(rq, now);
	shared = rq->nr_running > 1;
	if (shared && slice_over(rq))
		rq_resched(rq);
	rt_throttle(rq, now);
	spin_unlock(&rq->lock);

	if (rq->curr->idle) {
		rq->tick_state = TICK_OFF;
		return;
	}
	if (shared) {
		rq->tick_state = TICK_SHARED;
		rq->tick_period_ns = SCHED_TICK_NS;
		if (cpu_online_many() &&
		    (++rq->tick_count % BALANCE_TICKS == 0 || !cpumask_empty(&sched_idle_mask)))
			rq_push_excess(rq);
	} else {
		rq->tick_state = TICK_ALONE;
		rq->tick_period_ns = min(2 * rq->tick_period_ns, ALONE_MAX_NS);
	}
	timer_arm(&rq->tick, now + rq->tick_period_ns);
	loadavg_update(now);
}

static bool ticks_started; /* [I] once init runs */

void tick_init(struct runqueue *rq)
{
	timer_init(&rq->tick, tick_fire);
	rq->tick_state = ticks_started ? TICK_OFF : TICK_SHARED;
	rq->tick_period_ns = SCHED_TICK_NS;
}

/* Before init there is nobody to share a CPU with or to account for: a tick that counts as on
 * already is not set, and costs the boot no interrupt, however slow the host.  Until this
 * nobody else writes these states; another CPU sets its tick at its next switch.
 */
void sched_start_ticks(void)
{
	unsigned long irq = arch_irq_save();
	unsigned cpu;

	ticks_started = true;
	for_each_online_cpu(cpu)
		WRITE_ONCE(rq_of(cpu)->tick_state, TICK_OFF);
	tick_update(rq_this());
	arch_irq_restore(irq);
}

/* After who runs or waits changed: is the tick on, and fast enough?  A tick too many
 * ends itself. */
void tick_update(struct runqueue *rq)
{
	u8 want = rq->curr->idle ? TICK_OFF : rq->nr_running > 1 ? TICK_SHARED : TICK_ALONE;

	if (want <= rq->tick_state)
		return;
	rq->tick_state = want;
	rq->tick_period_ns = SCHED_TICK_NS;
	timer_arm(&rq->tick, arch_clock_ns() + SCHED_TICK_NS);
}

/* --- processor time ---------------------------------------------------------------- */

u64 thread_runtime_ns(struct thread *t)
{
	unsigned long irq = arch_irq_save();
	struct runqueue *rq;
	u64 ns;

	rq_lock_of(t, &rq);
	if (rq->curr == t)
		rq_account(rq, arch_clock_ns());
	ns = t->se.sum_exec_ns;
	spin_unlock(&rq->lock);
	arch_irq_restore(irq);
	return ns;
}

/* The samples give the ratio, the clock the sum; neither part ever decreases. */
void thread_cputime(struct thread *t, u64 *utime_ns, u64 *stime_ns)
{
	unsigned long irq = arch_irq_save();
	u64 total, user = t->user_ticks, sum = user + t->system_ticks, utime, stime;
	struct runqueue *rq;

	rq_lock_of(t, &rq);
	if (rq->curr == t)
		rq_account(rq, arch_clock_ns());
	total = t->se.sum_exec_ns;
	if (total > t->utime_ns + t->stime_ns) {
		if (!sum)
			utime = t->kernel ? 0 : total;
		else
			utime = (u64)((unsigned __int128)total * user / sum);
		stime = total - utime;
		if (stime < t->stime_ns)
			stime = t->stime_ns;
		utime = total - stime;
		if (utime < t->utime_ns) {
			utime = t->utime_ns;
			stime = total - utime;
		}
		t->utime_ns = utime;
		t->stime_ns = stime;
	}
	*utime_ns = t->utime_ns;
	*stime_ns = t->stime_ns;
	spin_unlock(&rq->lock);
	arch_irq_restore(irq);
}

void sched_cpu_stats(unsigned cpu, struct sched_cpu_stats *out)
{
	struct runqueue *rq = rq_of(cpu);
	u64 user, nice, system, sum, busy;
	unsigned long irq;
	ktime_t now;

	*out = (struct sched_cpu_stats){ 0 };
	if (!load_acquire(&rq->online))
		return;
	irq = spin_lock_irqsave(&rq->lock);
	now = arch_clock_ns();
	rq_account(rq, now);
	busy = rq->busy_ns;
	out->idle_ns = rq->idle->se.sum_exec_ns;
	out->switches = rq->switches;
	spin_unlock_irqrestore(&rq->lock, irq);
	user = READ_ONCE(rq->user_ns);
	nice = READ_ONCE(rq->nice_ns);
	system = READ_ONCE(rq->system_ns);
	sum = user + nice + system;
	if (!sum)
		sum = user = 1;
	out->user_ns = (u64)((unsigned __int128)busy * user / sum);
	out->nice_ns = (u64)((unsigned __int128)busy * nice / sum);
	out->system_ns = busy - out->user_ns - out->nice_ns;
}

u64 sched_switch_count(void)
{
	u64 n = 0;
	unsigned cpu;

	for_each_online_cpu(cpu)
		n += READ_ONCE(rq_of(cpu)->switches);
	return n;
}

u32 sched_nr_running(void)
{
	u32 n = 0;
	unsigned cpu;

	for_each_online_cpu(cpu)
		n += READ_ONCE(rq_of(cpu)->nr_running);
	return n;
}

u32 sched_nr_uninterruptible(void)
{
	s64 n = 0;
	unsigned cpu;

	for_each_online_cpu(cpu)
		n += READ_ONCE(rq_of(cpu)->nr_uninterruptible);
	return n > 0 ? (u32)n : 0;
}

/* --- load average --------------------------------------------------------------------- */

#define LOAD_SHIFT     11
#define LOAD_PERIOD_NS (5 * NSEC_PER_SEC)
#define LOAD_MAX_STEPS 1024

static struct {
	struct spinlock lock;		   /* rank LOCK_LEAF, interrupts off */
	ktime_t next_ns GUARDED_BY(&lock); /* [lock] */
	u32 avg[3] GUARDED_BY(&lock);	   /* [lock] */
} load = { .lock = SPINLOCK_INIT_RANK(LOCK_LEAF), .next_ns = LOAD_PERIOD_NS };

void loadavg_update(ktime_t now)
{
	static const u32 decay[3] = { 1884, 2014, 2037 }; /* 2048 / e^(5 s / period) */
	u32 active;
	int steps = 0;

	if (likely(now < READ_ONCE(load.next_ns)) || !spin_trylock(&load.lock))
		return;
	active = (sched_nr_running() + sched_nr_uninterruptible()) << LOAD_SHIFT;
	while (load.next_ns <= now) {
		if (++steps > LOAD_MAX_STEPS) {
			load.next_ns = now + LOAD_PERIOD_NS;
			break;
		}
		load.next_ns += LOAD_PERIOD_NS;
		for (int i = 0; i < 3; i++) {
			u64 next = (u64)load.avg[i] * decay[i] +
				   (u64)active * ((1u << LOAD_SHIFT) - decay[i]);

			if (active >= load.avg[i])
				next += (1u << LOAD_SHIFT) - 1;
			load.avg[i] = (u32)(next >> LOAD_SHIFT);
		}
	}
	spin_unlock(&load.lock);
}

void sched_loadavg(u32 out[3])
{
	unsigned long irq = arch_irq_save();

	loadavg_update(arch_clock_ns());
	for (int i = 0; i < 3; i++)
		out[i] = READ_ONCE(load.avg[i]);
	arch_irq_restore(irq);
}
