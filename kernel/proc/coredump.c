/*
 * coredump.c - core(5): when, by whom and to where a core file is written.
 *
 * The thread that takes the signal is the writer.  It marks the process for
 * death and sends every other thread towards its exit, where they park until
 * the file is complete, so that their registers can be written too:
 *
 *	writer                          the others
 *	core_dump_locked                SIGKILL -> task_exit
 *	  waits until all are parked      core_dump_park: waits
 *	  opens the file, core_write
 *	  PROCESS_DUMPING off             go on, and end
 *	task_exit
 *
 * Whether: RLIMIT_CORE of a page at least, and a process that may be looked at
 * (PR_SET_DUMPABLE).  Where: kernel.core_pattern.  A pattern that pipes into a
 * program is refused when it is set.
 * Locking: process.lock for flags and counts; pattern.lock.  core(5).
 */
#include "proc/coredump_internal.h"
#include <linux/fcntl.h>
#include <linux/limits.h>
#include "arch/api/thread.h"
#include "core/clock.h"
#include "core/cred.h"
#include "core/uts.h"
#include "fs/file.h"
#include "fs/vfs.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "proc/proc_internal.h"
#include "proc/signal/signal_internal.h"
#include "sched/sched.h"

static struct {
	struct spinlock lock;
	char text[CORE_PATTERN_MAX] GUARDED_BY(&lock); /* [lock] */
} pattern = { .lock = SPINLOCK_INIT_RANK(LOCK_THREAD_LEAF), .text = "core" };

int core_uses_pid; /* [a] kernel.core_uses_pid: ".PID" behind a pattern without %p */

void core_pattern_read(char text[CORE_PATTERN_MAX])
{
	spin_lock(&pattern.lock);
	memcpy(text, pattern.text, CORE_PATTERN_MAX);
	spin_unlock(&pattern.lock);
}

int core_pattern_write(const char *text)
{
	if (*text == '|')
		return -EINVAL;
	spin_lock(&pattern.lock);
	strlcpy(pattern.text, text, CORE_PATTERN_MAX);
	spin_unlock(&pattern.lock);
	return 0;
}

/* --- the name -------------------------------------------------------------------- */

/* A name inside a name: no slashes, and nothing that leads elsewhere. */
static void append_word(char *out, size_t size, const char *word)
{
	size_t at = strlen(out);

	while (*word && at + 1 < size) {
		out[at++] = *word == '/' ? '!' : *word;
		word++;
	}
	out[at] = 0;
}

/* Behind a '%'. */
static void append_field(char *out, size_t size, char field, int sig, u64 limit)
{
	const struct cred *cred = current_cred();
	struct process *process = current_process();
	char word[UTS_NAME_MAX + 1] = "";

	switch (field) {
	case '%':
		strlcpy(word, "%", sizeof(word));
		break;
	case 'p':
	case 'P':
		snprintf(word, sizeof(word), "%d", process_number(process));
		break;
	case 'i':
	case 'I':
		snprintf(word, sizeof(word), "%d", task_number(current_task()));
		break;
	case 'u':
		snprintf(word, sizeof(word), "%u", cred->uid);
		break;
	case 'g':
		snprintf(word, sizeof(word), "%u", cred->gid);
		break;
	case 'd':
		strlcpy(word, "1", sizeof(word));
		break;
	case 's':
		snprintf(word, sizeof(word), "%d", sig);
		break;
	case 't':
		snprintf(word, sizeof(word), "%llu", clock_realtime_ns() / NSEC_PER_SEC);
		break;
	case 'h':
		uts_read(UTS_NODENAME, word);
		break;
	case 'e':
	case 'f':
		strlcpy(word, task_comm(current_task()), sizeof(word));
		break;
	case 'c':
		snprintf(word, sizeof(word), "%llu", limit);
		break;
	}
	append_word(out, size, word);
}

static void make_name(char *out, size_t size, int sig, u64 limit)
{
	char text[CORE_PATTERN_MAX], one[2] = "";
	bool has_pid = false;

	core_pattern_read(text);
	out[0] = 0;
	for (const char *p = text; *p; p++) {
		if (*p != '%') {
			one[0] = *p;
			strlcat(out, one, size);
			continue;
		}
		if (!*++p)
			break;
		has_pid |= *p == 'p';
		append_field(out, size, *p, sig, limit);
	}
	if (!has_pid && READ_ONCE(core_uses_pid)) {
		strlcat(out, ".", size);
		append_field(out, size, 'p', sig, limit);
	}
}

/* A new file, in the place of an older one.  NULL: it cannot be made. */
static struct file *open_core(int sig, u64 limit)
{
	const struct caller *caller = current_caller();
	char *name = kmalloc(PATH_MAX);
	struct file *file = NULL;
	int err;

	if (!name)
		return NULL;
	make_name(name, PATH_MAX, sig, limit);
	(void)!vfs_unlink(caller, NULL, name); /* what stays makes the next call fail */
	err = vfs_open(caller, NULL, name, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_LARGEFILE,
		       0600, &file);
	kfree(name);
	return err ? NULL : file;
}

/* --- stopping everybody ------------------------------------------------------------- */

bool core_dump_wanted(const struct process *process)
{
	return rlimit_cur(process->limits, RLIMIT_CORE) >= PAGE_SIZE &&
	       READ_ONCE(process->dumpable);
}

bool core_dump_interrupted(void)
{
	struct task *self = current_task();

	return (READ_ONCE(self->pending.set) | READ_ONCE(self->process->pending.set)) &
	       SIGNAL_MASK(SIGKILL);
}

void core_dump_park(struct task *self)
{
	struct process *process = self->process;
	unsigned long flags = spin_lock_irqsave(&process->lock);
	bool park = process->flags & PROCESS_DUMPING && process->core_writer != self;
	struct waiter waiter;

	if (park) {
		process->core_parked++;
		waitq_wake_all(&process->task_exit_wait);
	}
	spin_unlock_irqrestore(&process->lock, flags);
	if (!park)
		return;
	waiter_init(&waiter);
	for (;;) {
		waitq_prepare(&process->stop_wait, &waiter, SLEEP_UNINTERRUPTIBLE);
		if (!(READ_ONCE(process->flags) & PROCESS_DUMPING))
			break;
		thread_sleep(DEADLINE_NONE, SLEEP_UNINTERRUPTIBLE);
	}
	waitq_finish(&process->stop_wait, &waiter);
}

/* Until every other thread is parked, or gone, and off its processor. */
static void wait_for_others(struct process *process)
{
	struct task *task;
	struct waiter waiter;

	waiter_init(&waiter);
	for (;;) {
		waitq_prepare(&process->task_exit_wait, &waiter, SLEEP_UNINTERRUPTIBLE);
		if (READ_ONCE(process->nlive) <= READ_ONCE(process->core_parked) + 1)
			break;
		thread_sleep(DEADLINE_NONE, SLEEP_UNINTERRUPTIBLE);
	}
	waitq_finish(&process->task_exit_wait, &waiter);
	/* Nobody joins or leaves the list now. */
	list_for_each_entry(task, &process->tasks, process_link)
		while (&task->thread != current && !task->dead &&
		       load_acquire(&task->thread.on_cpu))
			sched_yield();
}

void core_dump_locked(struct process *process, const siginfo_t *info, unsigned long *flags)
{
	u64 limit = rlimit_cur(process->limits, RLIMIT_CORE);
	int sig = info->si_signo;
	struct task *self = current_task();
	struct file *file;
	bool dumped = false;

	if (process->flags & (PROCESS_GROUP_EXIT | PROCESS_EXECING))
		return;
	process->flags |= PROCESS_GROUP_EXIT | PROCESS_DUMPING;
	process->exit_status = sig;
	process->core_writer = self;
	process_kill_tasks_locked(process, self);
	spin_unlock_irqrestore(&process->lock, *flags);

	wait_for_others(process);
	file = open_core(sig, limit);
	if (file) {
		dumped = core_write(file, process, info, limit);
		file_put(file);
	}

	*flags = spin_lock_irqsave(&process->lock);
	if (dumped)
		process->exit_status |= WAIT_CORE_DUMPED;
	process->flags &= ~PROCESS_DUMPING;
	process->core_writer = NULL;
	self->pending.set |= SIGNAL_MASK(SIGKILL); /* and now the writer itself */
	thread_work_set(current, WORK_SIGNAL | WORK_KILL);
	waitq_wake_all(&process->stop_wait);
}
