/*
 * coredump_notes.c - the notes of a core file: what a debugger learns of threads and process.
 *
 * First the thread that died, with what is the process's, then each other thread:
 * registers, signals and times of each, its floating-point state; name and
 * arguments, the siginfo, the auxiliary vector and the mapped files of the process.
 * core(5), <sys/procfs.h>.
 */
#include "abi/elf.h"
#include <linux/limits.h>
#include "arch/api/thread.h"
#include "core/cred.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/path.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "proc/coredump_internal.h"
#include "proc/session.h"
#include "vm/mmap.h"
#include "vm/space.h"

#define NT_CORE_SIGINFO 0x53494749
#define NT_CORE_FILE	0x46494c45
#define NT_CORE_XSTATE	0x202
#define FPREGS_SIZE	512

struct core_status { /* struct elf_prstatus */
	s32 signo, code, error;
	s16 cursig;
	u64 pending, held;
	s32 pid, ppid, pgrp, sid;
	struct __kernel_old_timeval utime, stime, cutime, cstime;
	u64 regs[ARCH_USER_REGS_WORDS];
	s32 fpvalid;
};
static_assert(sizeof(struct core_status) == 336, "elf_prstatus");

struct core_info { /* struct elf_prpsinfo */
	char state, sname, zombie, nice;
	u64 flag;
	u32 uid, gid;
	s32 pid, ppid, pgrp, sid;
	char fname[16], args[80];
};
static_assert(sizeof(struct core_info) == 136, "elf_prpsinfo");

static void note_header(struct core *core, const char *name, unsigned type, size_t len)
{
	Elf64_Nhdr header = { strlen(name) + 1, len, type };
	char padded[8] = "";

	strlcpy(padded, name, sizeof(padded));
	core_emit(core, &header, sizeof(header));
	core_emit(core, padded, sizeof(padded)); /* "CORE" and "LINUX" both take eight */
}

/* Notes are aligned to four; holes are zeroes. */
static void note(struct core *core, const char *name, unsigned type, const void *data, size_t len)
{
	note_header(core, name, type, len);
	core_emit(core, data, len);
	core->pos = ALIGN_UP(core->pos, 4ul);
}

static struct __kernel_old_timeval timeval(u64 ns)
{
	return (struct __kernel_old_timeval){ ns / NSEC_PER_SEC,
					      ns % NSEC_PER_SEC / NSEC_PER_USEC };
}

static int parent_number(struct process *process)
{
	int number;

	spin_lock(&process_tree_lock);
	number = process->parent ? process_number(process->parent) : 0;
	spin_unlock(&process_tree_lock);
	return number;
}

static void note_thread(struct core *core, struct task *task, int sig)
{
	bool is_current = &task->thread == current;
	struct process *process = task->process;
	struct core_status status;
	struct process_usage usage;

	memset(&status, 0, sizeof(status));
	task_usage(task, &usage);
	status.signo = status.cursig = (s16)sig;
	status.pending = task->pending.set & ~SIGNAL_MASK(SIGKILL);
	status.held = task->sigmask;
	status.pid = task_number(task);
	status.ppid = parent_number(process);
	status.pgrp = process_group_number(process);
	status.sid = process_session_number(process);
	status.utime = timeval(usage.user_ns);
	status.stime = timeval(usage.system_ns);
	status.cutime = timeval(process->children_usage.user_ns);
	status.cstime = timeval(process->children_usage.system_ns);
	arch_regs_read(&task->thread.arch, is_current, arch_thread_regs(&task->thread.arch),
		       status.regs);
	status.fpvalid = 1;
	note(core, "CORE", NT_PRSTATUS, &status, sizeof(status));
}

static void note_fpu(struct core *core, struct task *task)
{
	const void *image = arch_fpu_image(&task->thread.arch, &task->thread == current);

	if (!image)
		return;
	note(core, "CORE", NT_PRFPREG, image, FPREGS_SIZE);
	if (arch_fpu_size() > FPREGS_SIZE)
		note(core, "LINUX", NT_CORE_XSTATE, image, arch_fpu_size());
}

static void note_process(struct core *core, struct process *process)
{
	const struct cred *cred = current_cred();
	struct vm_space *space = process->space;
	struct core_info info;
	ssize_t n;

	memset(&info, 0, sizeof(info));
	info.sname = 'R';
	info.nice = current->nice;
	info.uid = cred->uid;
	info.gid = cred->gid;
	info.pid = process_number(process);
	info.ppid = parent_number(process);
	info.pgrp = process_group_number(process);
	info.sid = process_session_number(process);
	strlcpy(info.fname, task_comm(current_task()), sizeof(info.fname));
	n = vm_read_remote(space, space->arg_start, info.args,
			   min_t(u64, sizeof(info.args) - 1, space->arg_end - space->arg_start),
			   true);
	for (ssize_t i = 0; i + 1 < n; i++)
		if (!info.args[i])
			info.args[i] = ' ';
	note(core, "CORE", NT_PRPSINFO, &info, sizeof(info));
}

/* Which files are mapped where: numbers first, then the names in the same order. */
static void note_files(struct core *core)
{
	u64 words[3] = { 0, PAGE_SIZE }, start, end;
	char *buf = kmalloc(PATH_MAX), *name;
	struct path root;

	if (!buf)
		return;
	for (unsigned i = 0; i < core->nregions; i++)
		words[0] += core->regions[i].file != NULL;
	note_header(core, "CORE", NT_CORE_FILE, 0); /* the length is known at the end */
	start = core->pos;
	core_emit(core, words, 2 * sizeof(u64));
	for (unsigned i = 0; i < core->nregions; i++) {
		const struct core_region *region = &core->regions[i];

		if (!region->file)
			continue;
		words[0] = region->start;
		words[1] = region->end;
		words[2] = region->pgoff;
		core_emit(core, words, sizeof(words));
	}
	fs_context_root(current_caller()->fs, &root);
	for (unsigned i = 0; i < core->nregions; i++) {
		if (!core->regions[i].file)
			continue;
		name = path_name_link(&core->regions[i].file->path, &root, buf, PATH_MAX);
		core_emit(core, name ? name : "", name ? strlen(name) + 1 : 1);
	}
	path_put(&root);
	end = core->pos;
	core->pos = start - sizeof(Elf64_Nhdr) - 8;
	note_header(core, "CORE", NT_CORE_FILE, end - start);
	core->pos = ALIGN_UP(end, 4ul);
	kfree(buf);
}

void core_emit_notes(struct core *core, struct process *process, const siginfo_t *info)
{
	struct task *self = current_task(), *task;
	struct vm_space *space = process->space;

	note_thread(core, self, info->si_signo);
	note_process(core, process);
	note(core, "CORE", NT_CORE_SIGINFO, info, sizeof(*info));
	note(core, "CORE", NT_AUXV, space->auxv, space->auxv_words * sizeof(u64));
	note_files(core);
	note_fpu(core, self);
	/* All are parked: the list stands still. */
	list_for_each_entry(task, &process->tasks, process_link) {
		if (task == self || task->dead)
			continue;
		note_thread(core, task, info->si_signo);
		note_fpu(core, task);
	}
}
