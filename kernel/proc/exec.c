/*
 * exec.c - execve(2), execveat(2).
 *
 * The new space is built completely while the old one still runs: file mapped,
 * stack written.  Whatever is wrong with the file, the arguments or memory is
 * an errno.  Then the other threads end (process_become_single, which only
 * death can stop), and what follows cannot fail:
 *
 *	open, #! -> strings -> ELF, interpreter -> space -> stack
 *		-> single thread -> Commit point -> switch, signals, files, names
 *
 * The stack as the program finds it (System V ABI, figure 3.9):
 *
 *	sp -> argc | argv... NULL | envp... NULL | auxv... AT_NULL | pad |
 *	      16 random bytes | platform | argv strings | envp strings |
 *	      file name | 8 zero bytes <- stack_top
 */
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
#include "vm/space.h"

#define AUXV_WORDS (2 * 22)
#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif
#define ADDR_NO_RANDOMIZE  0x0040000 /* personality(2) */
#define READ_IMPLIES_EXEC  0x0400000
#define PER_CLEAR_ON_SETID (READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | 0x0200000 | 0x0100000)

/* All that one execve needs until its commit point; too big for the stack. */
struct exec {
	const struct exec_request *req;
	struct file *file; /* the ELF file, in the end */
	char *interp_path; /* PT_INTERP */
	struct file *interp_file;
	const char *name; /* of the file now in hand; a script's: its interpreter */
	char *script_names[EXEC_SCRIPT_MAX];	     /* kmalloc'ed: lines of #! */
	const char *prefix[2 * EXEC_SCRIPT_MAX + 2]; /* replaces argv[0] */
	unsigned nprefix;
	struct elf_image image, interp;
	struct vm_space *space;
	const struct cred *cred;
	bool secure;
	u64 entry, sp, base;
	size_t head_len;
	char head[EXEC_HEAD_SIZE];
	struct exec_args args;
};

static struct slab_cache exec_cache;

/* --- finding the file --------------------------------------------------------- */

static int open_image(const struct path *base, const char *name, unsigned lookup, struct file **out)
{
	struct file *file;
	int err = vfs_open_exec(current_caller(), base, name, lookup, &file);

	if (err)
		return err;
	err = inode_deny_write(file->inode);
	if (err) {
		file_put(file);
		return err;
	}
	*out = file;
	return 0;
}

static void close_image(struct file *file)
{
	if (!file)
		return;
	inode_allow_write(file->inode);
	file_put(file);
}

static int read_head(struct exec *exec)
{
	long got = vfs_read_kernel(exec->file, exec->head, sizeof(exec->head), 0);

	if (got < 0)
		return got;
	exec->head_len = got;
	return 0;
}

/* Splits "#! interpreter [argument]"; both point into @line. */
static int parse_script(char *line, char **interp, char **arg)
{
	char *p = line, *end = line + strlen(line);

	while (end > p && char_is_space(end[-1]))
		*--end = '\0';
	while (*p == ' ' || *p == '\t')
		p++;
	if (!*p)
		return -ENOEXEC;
	*interp = p;
	*arg = NULL;
	while (*p && *p != ' ' && *p != '\t')
		p++;
	if (!*p)
		return 0;
	*p++ = '\0';
	while (*p == ' ' || *p == '\t')
		p++;
	if (*p)
		*arg = p;
	return 0;
}

/* argv[0] gives way to: interpreter, argument, name of the script. */
static int enter_script(struct exec *exec, unsigned level)
{
	size_t len = min(exec->head_len, (size_t)256) - 2, eol;
	char *line, *interp, *arg;
	unsigned extra;
	int err;

	if (level >= EXEC_SCRIPT_MAX)
		return -ELOOP;
	if (exec->req->name_inaccessible)
		return -ENOENT; /* the interpreter could not open it */
	for (eol = 0; eol < len && exec->head[2 + eol] != '\n' && exec->head[2 + eol]; eol++)
		;
	line = kmalloc(eol + 1);
	if (!line)
		return -ENOMEM;
	memcpy(line, exec->head + 2, eol);
	line[eol] = '\0';
	exec->script_names[level] = line;
	err = parse_script(line, &interp, &arg);
	if (err)
		return err;
	/* A name cut at the end of the buffer is no name. */
	if (eol == 254 && !arg && exec->head_len > 256 && interp + strlen(interp) == line + eol)
		return -ENOEXEC;

	extra = arg ? 2 : 1;
	if (level > 0) { /* the old argv[0] goes */
		exec->nprefix--;
		memmove(exec->prefix, exec->prefix + 1, exec->nprefix * sizeof(char *));
	}
	memmove(exec->prefix + extra + 1, exec->prefix, exec->nprefix * sizeof(char *));
	exec->prefix[0] = interp;
	if (arg)
		exec->prefix[1] = arg;
	exec->prefix[extra] = exec->name;
	exec->nprefix += extra + 1;

	close_image(exec->file);
	exec->file = NULL;
	exec->name = interp;
	return open_image(NULL, interp, LOOKUP_FOLLOW, &exec->file);
}

static int find_image(struct exec *exec)
{
	const struct exec_request *req = exec->req;
	int err;

	exec->name = req->display_name;
	err = open_image(req->base, req->name, req->lookup, &exec->file);
	for (unsigned level = 0; !err; level++) {
		err = read_head(exec);
		if (err || exec->head_len < 2 || exec->head[0] != '#' || exec->head[1] != '!')
			break;
		err = enter_script(exec, level);
	}
	return err;
}

/* --- strings ----------------------------------------------------------------------- */

static int gather_strings(struct exec *exec)
{
	const struct exec_request *req = exec->req;
	struct exec_args *args = &exec->args;
	unsigned n;
	int err = 0;

	for (unsigned i = 0; i < exec->nprefix && !err; i++)
		err = exec_args_add(args, exec->prefix[i]);
	if (!err)
		err = exec_args_add_vector(args, req->argv, req->kernel_strings,
					   exec->nprefix ? 1 : 0, &n);
	if (err)
		return err;
	args->argc = exec->nprefix + n;
	if (!args->argc) { /* programs rely on argv[0] */
		err = exec_args_add(args, "");
		args->argc = 1;
	}
	if (!err)
		err = exec_args_add_vector(args, req->envp, req->kernel_strings, 0, &args->envc);
	if (!err)
		err = exec_args_add(args, req->display_name);
	return err;
}

/* --- the new space -------------------------------------------------------------------- */

static int read_interpreter(struct exec *exec)
{
	long got;
	int err;

	err = elf_interpreter(&exec->image, &exec->interp_path);
	if (err || !exec->interp_path)
		return err;
	err = open_image(NULL, exec->interp_path, LOOKUP_FOLLOW, &exec->interp_file);
	if (err)
		return err;
	got = vfs_read_kernel(exec->interp_file, exec->head, sizeof(exec->head), 0);
	if (got < 0)
		return got;
	err = elf_read(exec->interp_file, exec->head, got, &exec->interp);
	return err == -ENOEXEC ? -ELIBBAD : err;
}

/* Where an ET_DYN file goes: below everything for a PIE, among the mappings else. */
static int place(struct exec *exec, struct elf_image *image, bool pie, bool randomize, u64 *bias)
{
	u64 size = image->high - image->low, at;
	int err;

	if (image->header.e_type == ET_EXEC) {
		*bias = 0;
		return 0;
	}
	if (pie) {
		at = vm_pie_base(exec->space, randomize);
	} else {
		err = vm_find_free(exec->space, size + image->align - PAGE_SIZE, &at);
		if (err)
			return err;
		at = ALIGN_UP(at, image->align);
	}
	*bias = ALIGN_DOWN(at, image->align) - image->low;
	return 0;
}

static int build_space(struct exec *exec)
{
	struct process *process = current_process();
	bool randomize = !(process->personality & ADDR_NO_RANDOMIZE);
	struct elf_image *image = &exec->image;
	struct vm_space *space;
	u64 bias, vdso;
	int err;

	err = vm_space_new(&exec->space);
	if (err)
		return err;
	space = exec->space;
	vm_space_set_limits(space, process->limits);
	vm_layout(space, rlimit_cur(process->limits, RLIMIT_STACK), randomize);
	err = vm_map_stack(space, image->exec_stack);
	if (err)
		return err;
	err = place(exec, image, exec->interp_file != NULL, randomize, &bias);
	if (!err)
		err = elf_map(image, space, bias);
	if (err)
		return err;
	exec->entry = image->header.e_entry + bias;
	exec->base = 0;
	if (exec->interp_file) {
		err = place(exec, &exec->interp, false, randomize, &bias);
		if (!err)
			err = elf_map(&exec->interp, space, bias);
		if (err)
			return err;
		exec->base = bias + exec->interp.low;
		exec->entry = exec->interp.header.e_entry + bias;
	}
	if (exec->entry >= USER_ADDR_MAX)
		return -EINVAL;
	err = vm_map_vdso(space, &vdso);
	if (err)
		return err;

	space->code_start = image->code_start == U64_MAX ? 0 : image->code_start;
	space->code_end = image->code_end;
	space->data_start = image->data_start;
	space->data_end = image->data_end;
	/* A static PIE lies among the mappings: its heap gets room elsewhere. */
	vm_set_brk(space,
		   image->header.e_type == ET_DYN && !exec->interp_file && randomize ?
			   vm_pie_base(space, false) :
			   image->end_of_bss,
		   randomize);
	vm_space_set_exe(space, exec->file);
	return 0;
}

/* --- the stack ---------------------------------------------------------------------------- */

static unsigned fill_auxv(struct exec *exec, u64 *auxv, u64 random, u64 platform, u64 execfn)
{
	const struct cred *cred = exec->cred;
	unsigned n = 0;

#define AUX(type, value) (auxv[n++] = (type), auxv[n++] = (value))
	if (exec->space->vdso)
		AUX(AT_SYSINFO_EHDR, exec->space->vdso);
	AUX(AT_HWCAP, arch_hwcap());
	AUX(AT_PAGESZ, PAGE_SIZE);
	AUX(AT_CLKTCK, 100);
	AUX(AT_PHDR, elf_phdr_address(&exec->image));
	AUX(AT_PHENT, sizeof(Elf64_Phdr));
	AUX(AT_PHNUM, exec->image.header.e_phnum);
	AUX(AT_BASE, exec->base);
	AUX(AT_FLAGS, 0);
	AUX(AT_ENTRY, exec->image.header.e_entry + exec->image.bias);
	AUX(AT_UID, cred->uid);
	AUX(AT_EUID, cred->euid);
	AUX(AT_GID, cred->gid);
	AUX(AT_EGID, cred->egid);
	AUX(AT_SECURE, exec->secure);
	AUX(AT_RANDOM, random);
	AUX(AT_HWCAP2, arch_hwcap2());
	AUX(AT_EXECFN, execfn);
	AUX(AT_PLATFORM, platform);
	AUX(AT_MINSIGSTKSZ, arch_minsigstksz());
	AUX(AT_NULL, 0);
#undef AUX
	return n;
}

static int put(struct vm_space *space, u64 addr, const void *src, size_t len)
{
	return vm_write_remote(space, addr, src, len, false) == (ssize_t)len ? 0 : -ENOMEM;
}

static int build_stack(struct exec *exec)
{
	struct exec_args *args = &exec->args;
	struct vm_space *space = exec->space;
	size_t platform_len = strlen(arch_platform) + 1;
	u64 strings = space->stack_top - 8 - args->used;
	u64 platform = strings - platform_len;
	u64 random = ALIGN_DOWN(platform - 16, 16);
	unsigned npointers = args->argc + args->envc + 3, nauxv, n = 0, i;
	u64 words = npointers + AUXV_WORDS, *image, at;
	u64 seed[2] = { random_u64(), random_u64() };
	int err;

	image = kvmalloc(words * sizeof(u64));
	if (!image)
		return -ENOMEM;
	nauxv = fill_auxv(exec, space->auxv, random, platform,
			  strings + args->offsets[args->count - 1]);
	space->auxv_words = nauxv;

	image[n++] = args->argc;
	for (i = 0; i < args->argc; i++)
		image[n++] = strings + args->offsets[i];
	image[n++] = 0;
	for (; i < args->argc + args->envc; i++)
		image[n++] = strings + args->offsets[i];
	image[n++] = 0;
	memcpy(image + n, space->auxv, nauxv * sizeof(u64));
	n += nauxv;

	at = ALIGN_DOWN(random - n * sizeof(u64), 16);
	err = put(space, strings, args->strings, args->used);
	if (!err)
		err = put(space, platform, arch_platform, platform_len);
	if (!err)
		err = put(space, random, seed, sizeof(seed));
	if (!err)
		err = put(space, at, image, n * sizeof(u64));
	kvfree(image);
	if (err)
		return err;

	exec->sp = at;
	space->stack_start = at;
	space->arg_start = strings;
	space->arg_end = strings + args->offsets[args->argc];
	space->env_start = space->arg_end;
	space->env_end = strings + args->offsets[args->argc + args->envc];
	return 0;
}

/* --- the switch ------------------------------------------------------------------------------ */

static void switch_space(struct process *process, struct vm_space *space)
{
	struct vm_space *old = process->space;
	unsigned long flags;

	flags = spin_lock_irqsave(&process->lock);
	if (old) {
		process->usage.minor_faults += atomic64_read(&old->min_faults);
		process->usage.major_faults += atomic64_read(&old->maj_faults);
		process->usage.max_rss_pages = max(process->usage.max_rss_pages,
						   max(old->hiwater_rss, vm_space_rss_pages(old)));
	}
	process->space = space;
	current->space = &space->arch;
	arch_space_switch(&space->arch);
	spin_unlock_irqrestore(&process->lock, flags);
	if (old)
		vm_space_leave(old);
	process_wake_vfork(process);
	if (old)
		vm_space_put(old);
}

static void set_exe(struct process *process, struct file *file)
{
	struct file *old = process->exe;
	unsigned long flags = spin_lock_irqsave(&process->lock);

	process->exe = file;
	spin_unlock_irqrestore(&process->lock, flags);
	close_image(old);
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

static void set_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	thread_set_name(current, slash ? slash + 1 : path);
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
	set_exe(process, exec->file);
	exec->file = NULL;
	posix_timers_stop(process);
	if (fds)
		fdtable_put(task_fds_replace(task, fds));
	process->has_execed = true; /* before a pipe's end of file can tell the parent */
	fdtable_close_on_exec(task->fds);
	reset_signals(process, task, handlers);
	set_identity(exec, process);
	set_name(exec->req->display_name);
	process->exit_signal = SIGCHLD;
	regs_start(regs, exec->entry, exec->sp);
	arch_fpu_reset(&current->arch);
	thread_work_set(current, WORK_FULL_EXIT);
	return 0;
}

/*
 * Return: 0, and @regs start the new program.
 *	-E2BIG		arguments and environment too long
 *	-EACCES		not regular, not executable, file system noexec
 *	-ENOEXEC	no known format
 *	-EINVAL		an ELF file that contradicts itself
 *	-ELIBBAD	the interpreter is no ELF file
 *	-ELOOP		scripts nested too deep; symbolic links
 *	-ETXTBSY	open for writing
 *	-EAGAIN		the process is ending
 *	-ENOENT, -ENOTDIR, -ENAMETOOLONG, -EFAULT, -EIO, -ENOMEM
 */
int process_exec(struct user_regs *regs, const struct exec_request *req)
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

	err = find_image(exec);
	if (!err)
		err = elf_read(exec->file, exec->head, exec->head_len, &exec->image);
	if (!err)
		err = gather_strings(exec);
	if (!err)
		err = read_interpreter(exec);
	if (!err)
		err = exec_cred(exec->file, current_cred(), &exec->cred, &exec->secure);
	if (!err)
		err = build_space(exec);
	if (!err)
		err = build_stack(exec);
	if (!err)
		err = commit(exec, regs);

	if (exec->space)
		vm_space_put(exec->space);
	if (exec->cred)
		cred_put(exec->cred);
	elf_free(&exec->image);
	elf_free(&exec->interp);
	close_image(exec->file);
	close_image(exec->interp_file);
	kfree(exec->interp_path);
	for (unsigned i = 0; i < EXEC_SCRIPT_MAX; i++)
		kfree(exec->script_names[i]);
	exec_args_fini(&exec->args);
	slab_free(&exec_cache, exec);
	return err;
}
