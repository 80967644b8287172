/*
 * process.c - processes and tasks as objects: making, finding, counting, freeing.
 *
 * A struct process is found through its struct pid under process_tree_lock; see
 * process.h for the locks.  Allocation is from two slab caches, since fork()
 * and pthread_create() are what servers do all day.
 */
#include "proc/process.h"
#include "abi/prctl.h"
#include "core/clock.h"
#include "core/cred.h"
#include "core/hooks.h"
#include "core/log.h"
#include "core/user.h"
#include "fs/fdtable.h"
#include "fs/fs_context.h"
#include "ipc/timerfd.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "proc/coredump.h"
#include "proc/proc_internal.h"
#include "proc/session.h"
#include "proc/signal/signal_internal.h"
#include "vm/space.h"

DEFINE_SPINLOCK(process_tree_lock, LOCK_PROCESS_TREE);
DEFINE_LIST(process_list);
struct process *process_init;
void (*process_init_exited)(int status);

static struct slab_cache process_cache, task_cache;

/* --- making and freeing --------------------------------------------------- */

/* Zeroed, one reference, everything embedded initialised.  NULL: no memory. */
struct process *process_alloc(void)
{
	struct process *process = slab_zalloc(&process_cache);

	if (!process)
		return NULL;
	refcount_init(&process->refs, 1);
	spin_init(&process->lock, LOCK_SIGNAL_QUEUE);
	list_init(&process->tasks);
	waitq_init(&process->task_exit_wait);
	signal_queue_init(&process->pending);
	list_init(&process->children);
	list_init(&process->sibling);
	list_init(&process->all_link);
	waitq_init(&process->child_wait);
	waitq_init(&process->stop_wait);
	waitq_init(&process->pidfd_wait);
	process->limits = &process->own_limits;
	spin_init(&process->own_limits.lock, LOCK_RLIMITS);
	process->exit_signal = SIGCHLD;
	process->dumpable = true;
	process->mce_kill = PR_MCE_KILL_DEFAULT;
	process->core_filter = CORE_FILTER_DEFAULT;
	process->start_boottime = clock_boottime_ns();
	itimers_init(process);
	return process;
}

static void process_free_rcu(struct rcu_head *head)
{
	slab_free(&process_cache, container_of(head, struct process, rcu));
}

void process_put(struct process *process)
{
	if (!refcount_put(&process->refs))
		return;
	/* Most was let go in exit. */
	if (process->handlers)
		signal_handlers_put(process->handlers);
	if (process->last_cred)
		cred_put(process->last_cred);
	process_drop_exe(process);
	pid_put(process->group);
	pid_put(process->session);
	pid_put(process->old_foreground);
	pid_put(process->pid);
	call_rcu(&process->rcu, process_free_rcu);
}

struct task *task_alloc(struct process *process)
{
	struct task *task = slab_zalloc(&task_cache);

	if (!task)
		return NULL;
	task->process = process_get(process);
	signal_queue_init(&task->pending);
	futex_task_init(&task->futex, &task->thread);
	task->altstack_flags = SS_DISABLE;
	task->timer_slack_ns = task->default_slack_ns = 50000;
	task->login_uid = task->session_id = ~0u;
	task->caller.limits = process->limits;
	return task;
}

/* A task whose thread was abandoned or never made. */
void task_free_unstarted(struct task *task)
{
	if (task->fds)
		fdtable_put(task->fds);
	if (task->caller.fs)
		fs_context_put(task->caller.fs);
	if (task->caller.cred)
		cred_put(task->caller.cred);
	process_put(task->process);
	slab_free(&task_cache, task);
}

/* thread_init_user()'s release: nobody refers to the thread any more. */
void task_release_thread(struct thread *thread)
{
	struct task *task = container_of(thread, struct task, thread);

	pid_put(task->tid);
	cred_put(task->caller.cred);
	process_put(task->process);
	slab_free(&task_cache, task);
}

/* --- finding -------------------------------------------------------------- */

struct process *process_lookup_pid(struct pid *pid)
{
	struct process *process = NULL;

	spin_lock(&process_tree_lock);
	if (!list_empty(&pid->users[PID_TGID])) {
		process = list_first_entry(&pid->users[PID_TGID], struct process, tgid_link);
		process_get(process);
	}
	spin_unlock(&process_tree_lock);
	return process;
}

static struct process *process_lookup_thread_pid(struct pid *pid)
{
	struct process *process = NULL;

	spin_lock(&process_tree_lock);
	if (!list_empty(&pid->users[PID_TID]))
		process = process_get(
			list_first_entry(&pid->users[PID_TID], struct task, tid_link)->process);
	spin_unlock(&process_tree_lock);
	return process;
}

static struct process *lookup(int number, struct process *(*by_pid)(struct pid *))
{
	struct process *self, *process;
	struct pid *pid;

	if (current->owner) {
		self = current_process();
		if (process_number(self) == number)
			return process_get(self);
	}
	if (number <= 0)
		return NULL;
	pid = pid_lookup(&pid_table_root, number);
	if (!pid)
		return NULL;
	process = by_pid(pid);
	pid_put(pid);
	return process;
}

struct process *process_lookup(int number)
{
	return lookup(number, process_lookup_pid);
}

struct process *process_lookup_thread(int number)
{
	return lookup(number, process_lookup_thread_pid);
}

struct task *task_lookup(int number)
{
	struct task *task = NULL;
	struct pid *pid;

	if (number <= 0)
		return NULL;
	pid = pid_lookup(&pid_table_root, number);
	if (!pid)
		return NULL;
	spin_lock(&process_tree_lock);
	if (!list_empty(&pid->users[PID_TID])) {
		task = list_first_entry(&pid->users[PID_TID], struct task, tid_link);
		task_get(task);
	}
	spin_unlock(&process_tree_lock);
	pid_put(pid);
	return task;
}

unsigned process_task_count(void)
{
	struct process *process;
	unsigned n = 0;

	spin_lock(&process_tree_lock);
	list_for_each_entry(process, &process_list, all_link)
		n += process->ntasks;
	spin_unlock(&process_tree_lock);
	return n;
}

/* --- looking into another process ------------------------------------------ */

struct vm_space *process_space_get(struct process *process)
{
	unsigned long flags = spin_lock_irqsave(&process->lock);
	struct vm_space *space = process->space;

	if (space)
		vm_space_get(space);
	spin_unlock_irqrestore(&process->lock, flags);
	return space;
}

struct task *process_leader_get(struct process *process)
{
	unsigned long flags = spin_lock_irqsave(&process->lock);
	struct task *leader = process->leader;

	if (leader)
		task_get(leader);
	spin_unlock_irqrestore(&process->lock, flags);
	return leader;
}

struct file *process_exe_get(struct process *process)
{
	unsigned long flags = spin_lock_irqsave(&process->lock);
	struct file *exe = process->exe;

	if (exe)
		file_get(exe);
	spin_unlock_irqrestore(&process->lock, flags);
	return exe;
}

const struct cred *process_cred_locked(const struct process *process)
{
	return process->leader ? process->leader->caller.cred : process->last_cred;
}

const struct cred *process_cred_get(struct process *process)
{
	unsigned long flags = spin_lock_irqsave(&process->lock);
	const struct cred *cred = cred_get(process_cred_locked(process));

	spin_unlock_irqrestore(&process->lock, flags);
	return cred;
}

void process_comm(struct process *process, char comm[16])
{
	unsigned long flags = spin_lock_irqsave(&process->lock);

	strlcpy(comm, process->leader ? process->leader->thread.name : "", 16);
	spin_unlock_irqrestore(&process->lock, flags);
}

char task_state_letter(struct task *task)
{
	if (task->process->state == PROCESS_DEAD)
		return 'X';
	if (task->dead)
		return 'Z';
	if (task->stop & TASK_STOPPED)
		return 'T';
	return thread_state_char(&task->thread);
}

char process_state_letter(struct process *process)
{
	unsigned long flags;
	char letter = 'X';

	if (process->state == PROCESS_ZOMBIE)
		return 'Z';
	flags = spin_lock_irqsave(&process->lock);
	if (process->leader)
		letter = task_state_letter(process->leader);
	spin_unlock_irqrestore(&process->lock, flags);
	return letter;
}

/* ptrace(2)'s rule for looking at another process.  EPERM. */
int process_access_check(struct process *process, bool use_real_ids)
{
	const struct cred *mine = current_cred(), *theirs;
	u32 uid = use_real_ids ? mine->uid : mine->fsuid;
	u32 gid = use_real_ids ? mine->gid : mine->fsgid;
	bool ok;

	if (process == current_process())
		return 0;
	if (cred_capable(mine, CAP_SYS_PTRACE))
		return 0;
	theirs = process_cred_get(process);
	ok = uid == theirs->uid && uid == theirs->euid && uid == theirs->suid &&
	     gid == theirs->gid && gid == theirs->egid && gid == theirs->sgid &&
	     process->dumpable && !(theirs->permitted & ~mine->permitted);
	cred_put(theirs);
	return ok ? 0 : -EPERM;
}

/* --- hooks for the layers below --------------------------------------------- */

static void hook_write_broken(void)
{
	(void)!signal_send_current(SIGPIPE);
}

static const char *hook_task_name(int *tid)
{
	struct task *task = current ? current->owner : NULL;

	if (!task)
		return NULL;
	*tid = task->tid ? task->tid->nr : 0;
	return task->thread.name;
}

void process_subsystem_init(void)
{
	slab_cache_init(&process_cache, "process", sizeof(struct process), 64);
	slab_cache_init(&task_cache, "task", sizeof(struct task), 64);
	signal_records_init();
	signal_handlers_init();
	kernel_hooks.signal_io = signal_io;
	kernel_hooks.write_broken = hook_write_broken;
	kernel_hooks.task_name = hook_task_name;
	kernel_hooks.root_moved = tasks_root_moved;
	process_oom_init();
	timerfd_init();
}
