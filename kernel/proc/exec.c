/*
 * exec.c - execve(2), execveat(2).
 *
 * The new space is built completely while the old one still runs: file mapped,
 * stack written.  What is wrong with the file's headers, the arguments or memory is
 * an errno; where segments cannot be mapped, the switch is made all the same, and the
 * new program dies of SIGSEGV before its first instruction, as on Linux.  Then the other threads end (process_become_single, which only
 * death can stop), and what follows cannot fail:
 *
 *	strings -> open, #! -> ELF, interpreter -> space -> stack
 *		-> single thread -> Commit point -> switch, signals, files, names
 */
#include "abi/personality.h"
#include "proc/exec.h"
#include "abi/fcntl.h"
#include "arch/api/thread.h"
#include "core/cred.h"
#include "core/log.h"
#include "core/random.h"
#include "fs/fdtable.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/vfs.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/user.h"
#include "proc/exec_internal.h"
#include "proc/proc_internal.h"
#include "proc/signal/signal_internal.h"
#include "vm/mmap.h"
#include "vm/oom.h"
#include "vm/space.h"

#define PER_CLEAR_ON_SETID (READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | 0x0200000 | 0x0100000)

static struct slab_cache exec_cache;

/* --- the switch ------------------------------------------------------------------------------ */

static void switch_space(struct process *process, struct vm_space *space)
{
	struct vm_space *old = process->space;
	unsigned long flags;

	flags = spin_lock_irqsave(&process->lock);
	if (old) {
		process->usage.max_rss_pages = max(process->usage.max_rss_pages,
						   max(old->hiwater_rss, vm_space_rss_pages(old)));
	}
	process->space = space;
	current->space = &space->arch;
	arch_space_switch(&space->arch);
	spin_unlock_irqrestore(&process->lock, flags);
	if (old)
		vm_space_leave(old);
	task_wake_vfork(current_task());
	if (old)
		vm_space_put(old);
}

static void set_exe(struct process *process, struct file *file)
{
	struct file *old = process->exe;
	unsigned long flags = spin_lock_irqsave(&process->lock);

	process->exe = file;
	spin_unlock_irqrestore(&process->lock, flags);
	exec_close_image(old);
}

static void reset_signals(struct process *process, struct task *task, struct signal_handlers *fresh)
{
	struct signal_handlers *old = process->handlers;
	unsigned long flags;

	if (fresh) {
		/* Children look at it under the tree lock, others under ours. */
		spin_lock(&process_tree_lock);
		flags = spin_lock_irqsave(&process->lock);
		process->handlers = fresh;
		spin_unlock_irqrestore(&process->lock, flags);
		spin_unlock(&process_tree_lock);
		signal_handlers_put(old);
	}
	signal_handlers_reset(process->handlers);
	task->altstack_base = task->altstack_size = 0;
	task->altstack_flags = SS_DISABLE;
	current->restart.fn = NULL;
}

static void set_identity(struct exec *exec, struct process *process)
{
	const struct cred *old = current_cred(), *next = exec->cred;
	bool dumpable = next->euid == next->uid && next->egid == next->gid;

	if (next->euid != old->euid || next->egid != old->egid ||
	    next->permitted & ~old->permitted) {
		current_task()->parent_death_signal = 0;
		process->personality &= ~PER_CLEAR_ON_SETID;
		dumpable = false;
	}
	exec->cred = NULL;
	cred_commit((struct cred *)next);
	process->dumpable = dumpable;
	process->space->dumpable = dumpable;
}

/* The last part of the name called; for a file that was given as a descriptor its own. */
static void set_name(const struct exec_request *req, const struct file *file)
{
	const char *slash = strrchr(req->display_name, '/');
	char own[THREAD_NAME_LEN];

	if (req->base && !*req->name) {
		dentry_last_name(file->path.dentry, own, sizeof(own));
		thread_set_name(current, own);
	} else {
		thread_set_name(current, slash ? slash + 1 : req->display_name);
	}
}

/* Does anybody use the table who lives on after this process became single? */
static bool fds_shared_outside(struct process *process, struct fdtable *fds)
{
	struct task *task;
	unsigned long flags;
	int own = 0;

	if (likely(!fdtable_is_shared(fds)))
		return false;
	flags = spin_lock_irqsave(&process->lock);
	list_for_each_entry(task, &process->tasks, process_link)
		own += task->fds == fds;
	spin_unlock_irqrestore(&process->lock, flags);
	return atomic_read(&fds->users) > own;
}

/* What can still fail, and does no harm yet. */
static int prepare_commit(struct process *process, struct fdtable **fds,
			  struct signal_handlers **handlers)
{
	*fds = NULL;
	*handlers = NULL;
	if (refcount_read(&process->handlers->refs) > 1) {
		*handlers = signal_handlers_copy(process->handlers);
		if (!*handlers)
			return -ENOMEM;
	}
	if (fds_shared_outside(process, current_fds())) {
		*fds = fdtable_fork(current_fds());
		if (!*fds)
			return -ENOMEM;
	}
	return arch_fpu_prepare(&current->arch);
}

static int commit(struct exec *exec, struct user_regs *regs)
{
	struct process *process = current_process();
	struct task *task = current_task();
	struct signal_handlers *handlers;
	struct fdtable *fds;
	int err;

	err = prepare_commit(process, &fds, &handlers);
	if (!err)
		err = process_become_single();
	if (err) {
		if (fds)
			fdtable_put(fds);
		if (handlers)
			signal_handlers_put(handlers);
		return err;
	}

	/* Commit point. */
	if (process->space)
		futex_task_exit(&task->futex, refcount_read(&process->space->refs) > 1);
	task->futex.robust_list = NULL;
	task->futex.clear_child_tid = NULL;
	switch_space(process, exec->space);
	exec->space = NULL;
	set_name(exec->req, exec->file);
	set_exe(process, exec->file);
	exec->file = NULL;
	posix_timers_stop(process);
	if (fds)
		fdtable_put(task_fds_replace(task, fds));
	process->has_execed = true; /* before a pipe's end of file can tell the parent */
	fdtable_close_on_exec(task->fds);
	reset_signals(process, task, handlers);
	set_identity(exec, process);
	process->exit_signal = SIGCHLD;
	regs_start(regs, exec->entry, exec->sp);
	arch_fpu_reset(&current->arch);
	thread_work_set(current, WORK_FULL_EXIT);
	return 0;
}

static int exec_once(struct user_regs *regs, const struct exec_request *req)
{
	struct exec *exec;
	int err;

	if (unlikely(!exec_cache.size))
		slab_cache_init(&exec_cache, "exec", sizeof(struct exec), 0);
	exec = slab_alloc(&exec_cache);
	if (!exec)
		return -ENOMEM;
	memset(exec, 0, offsetof(struct exec, head));
	exec->req = req;
	exec_args_init(&exec->args, rlimit_cur(current_caller()->limits, RLIMIT_STACK));

	err = exec_gather_strings(exec);
	if (!err)
		err = exec_find_image(exec);
	if (!err)
		err = elf_read(exec->file, exec->head, exec->head_len, &exec->image);
	if (!err && exec->image.header.e_type != ET_EXEC && exec->image.header.e_type != ET_DYN)
		err = -ENOEXEC;
	if (!err)
		err = exec_read_interpreter(exec);
	if (!err)
		err = exec_cred(exec->file, current_cred(), &exec->cred, &exec->secure);
	if (!err)
		err = exec_build_space(exec);
	if (!err && !exec->doomed)
		err = exec_build_stack(exec);
	if (!err)
		err = commit(exec, regs);
	if (!err && exec->doomed)
		signal_force_fault(SIGSEGV, SI_KERNEL, 0, 0);

	if (exec->space)
		vm_space_put(exec->space);
	if (exec->cred)
		cred_put(exec->cred);
	elf_free(&exec->image);
	elf_free(&exec->interp);
	exec_close_image(exec->file);
	exec_close_image(exec->interp_file);
	kfree(exec->interp_path);
	for (unsigned i = 0; i < EXEC_SCRIPT_MAX; i++)
		kfree(exec->script_names[i]);
	exec_args_fini(&exec->args);
	slab_free(&exec_cache, exec);
	return err;
}

/*
 * Return: 0, and @regs start the new program.
 *	-E2BIG		arguments and environment too long
 *	-EACCES		not regular, not executable, file system noexec
 *	-ENOEXEC	no known format
 *	-EINVAL		the interpreter's name is nowhere in the file
 *	-ELIBBAD	the interpreter is no ELF file
 *	-ELOOP		scripts nested too deep; symbolic links
 *	-ETXTBSY	open for writing
 *	-EAGAIN		the process is ending
 *	-ENOENT, -ENOTDIR, -ENAMETOOLONG, -EFAULT, -EIO
 *	-ENOMEM		a limit; of memory itself only where nobody can be killed for it
 */
int process_exec(struct user_regs *regs, const struct exec_request *req)
{
	unsigned attempt = 0;
	int err;

	do
		err = exec_once(regs, req);
	while (unlikely(err == -ENOMEM) && vm_oom_retry_call(attempt++));
	return err;
}
