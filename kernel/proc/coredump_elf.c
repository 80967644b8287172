/*
 * coredump_elf.c - a core file: what a debugger finds in it.
 *
 *	ELF header | program headers | notes | memory, page aligned
 *
 * The first program header is the notes', each other one a region's.  Notes
 * come first for the thread that died, with what is the process's, then for
 * each other thread.  Pages that were never touched are left out of the file:
 * they are holes, and read as the zeroes they were.  What would be written
 * beyond RLIMIT_CORE is not there.
 *
 * The regions are looked at once, under the space's lock; what happens to them
 * afterwards (by a process that shares the space) makes holes, nothing worse.
 * core(5), elf(5), <sys/procfs.h>.
 */
#include "abi/elf.h"
#include <linux/fcntl.h>
#include <linux/limits.h>
#include "arch/api/thread.h"
#include "core/cred.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/path.h"
#include "fs/vfs.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "proc/coredump.h"
#include "proc/proc_internal.h"
#include "proc/session.h"
#include "proc/signal/signal_internal.h"
#include "sched/sched.h"
#include "vm/mmap.h"
#include "vm/space.h"

#define NT_CORE_SIGINFO 0x53494749
#define NT_CORE_FILE	0x46494c45
#define NT_CORE_XSTATE	0x202
#define FPREGS_SIZE	512
#define ELF_CORE_TYPE	4 /* ET_CORE */

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

struct core_region {
	u64 start, end, pgoff;
	u64 dumped; /* bytes of it that go to the file */
	unsigned flags;
	struct file *file; /* a reference, or NULL */
};

struct core {
	struct file *file;
	u64 pos;	    /* in the file */
	u64 written, limit; /* holes do not count */
	bool failed, begun;
	struct core_region *regions;
	unsigned nregions;
	u8 *page; /* for copying */
};

/* --- output ---------------------------------------------------------------------- */

static void emit_at(struct core *core, const void *data, size_t len, u64 pos)
{
	if (core->failed)
		return;
	if (core->written + len > core->limit ||
	    vfs_write_kernel(core->file, data, len, pos) != (long)len) {
		core->failed = true;
		return;
	}
	core->written += len;
	core->begun = true;
}

static void emit(struct core *core, const void *data, size_t len)
{
	emit_at(core, data, len, core->pos);
	core->pos += len;
}

static void emit_note_header(struct core *core, const char *name, unsigned type, size_t len)
{
	Elf64_Nhdr header = { strlen(name) + 1, len, type };
	char padded[8] = "";

	strlcpy(padded, name, sizeof(padded));
	emit(core, &header, sizeof(header));
	emit(core, padded, sizeof(padded)); /* "CORE" and "LINUX" both take eight */
}

/* Notes are aligned to four; holes are zeroes. */
static void emit_note(struct core *core, const char *name, unsigned type, const void *data,
		      size_t len)
{
	emit_note_header(core, name, type, len);
	emit(core, data, len);
	core->pos = ALIGN_UP(core->pos, 4ul);
}

/* --- notes ------------------------------------------------------------------------- */

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
	emit_note(core, "CORE", NT_PRSTATUS, &status, sizeof(status));
}

static void note_fpu(struct core *core, struct task *task)
{
	const void *image = arch_fpu_image(&task->thread.arch, &task->thread == current);

	if (!image)
		return;
	emit_note(core, "CORE", NT_PRFPREG, image, FPREGS_SIZE);
	if (arch_fpu_size() > FPREGS_SIZE)
		emit_note(core, "LINUX", NT_CORE_XSTATE, image, arch_fpu_size());
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
	emit_note(core, "CORE", NT_PRPSINFO, &info, sizeof(info));
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
	emit_note_header(core, "CORE", NT_CORE_FILE, 0); /* the length is known at the end */
	start = core->pos;
	emit(core, words, 2 * sizeof(u64));
	for (unsigned i = 0; i < core->nregions; i++) {
		const struct core_region *region = &core->regions[i];

		if (!region->file)
			continue;
		words[0] = region->start;
		words[1] = region->end;
		words[2] = region->pgoff;
		emit(core, words, sizeof(words));
	}
	fs_context_root(current_caller()->fs, &root);
	for (unsigned i = 0; i < core->nregions; i++) {
		if (!core->regions[i].file)
			continue;
		name = path_name_link(&core->regions[i].file->path, &root, buf, PATH_MAX);
		emit(core, name ? name : "", name ? strlen(name) + 1 : 1);
	}
	path_put(&root);
	end = core->pos;
	core->pos = start - sizeof(Elf64_Nhdr) - 8;
	emit_note_header(core, "CORE", NT_CORE_FILE, end - start);
	core->pos = ALIGN_UP(end, 4ul);
	kfree(buf);
}

static void emit_notes(struct core *core, struct process *process, const siginfo_t *info)
{
	struct task *self = current_task(), *task;
	struct vm_space *space = process->space;

	note_thread(core, self, info->si_signo);
	note_process(core, process);
	emit_note(core, "CORE", NT_CORE_SIGINFO, info, sizeof(*info));
	emit_note(core, "CORE", NT_AUXV, space->auxv, space->auxv_words * sizeof(u64));
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

/* --- memory ---------------------------------------------------------------------------- */

/* Does a library begin here?  Its first page lets a debugger find the rest. */
static bool begins_elf(struct vm_space *space, const struct core_region *region)
{
	char magic[4];

	return region->file && region->pgoff == 0 && region->flags & REGION_READ &&
	       vm_read_remote(space, region->start, magic, 4, true) == 4 &&
	       memcmp(magic, "\177ELF", 4) == 0;
}

/* How much of a region goes to the file. */
static u64 dump_size(struct vm_space *space, const struct core_region *region, unsigned filter)
{
	u64 all = region->end - region->start;

	if (region->flags & (REGION_DONTDUMP | REGION_IO))
		return 0;
	if (region->flags & REGION_SPECIAL)
		return region->start == space->vdso ? all : 0;
	if (region->flags & REGION_MAYSHARE)
		return filter & (region->file ? CORE_FILE_SHARED : CORE_ANON_SHARED) ? all : 0;
	if (!region->file || region->flags & REGION_PRIVATE_PAGES) {
		if (filter & CORE_ANON_PRIVATE)
			return all;
		if (!region->file)
			return 0;
	}
	if (filter & CORE_FILE_PRIVATE)
		return all;
	return filter & CORE_ELF_HEADERS && begins_elf(space, region) ? PAGE_SIZE : 0;
}

/* A picture of the regions.  ENOMEM. */
static int collect_regions(struct core *core, struct vm_space *space, unsigned filter)
{
	struct region *region;
	unsigned capacity;

	rwsem_read_lock(&space->lock);
	capacity = space->nregions;
	rwsem_read_unlock(&space->lock);
	core->regions = kvzalloc(capacity * sizeof(*core->regions));
	if (!core->regions)
		return -ENOMEM;
	rwsem_read_lock(&space->lock);
	list_for_each_entry(region, &space->region_list, link) {
		if (core->nregions == capacity)
			break;
		core->regions[core->nregions++] = (struct core_region){
			.start = region->start,
			.end = region->end,
			.pgoff = region->pgoff,
			.flags = region->flags,
			.file = region->file,
		};
		if (region->file)
			file_get(region->file);
	}
	rwsem_read_unlock(&space->lock);
	for (unsigned i = 0; i < core->nregions; i++)
		core->regions[i].dumped = dump_size(space, &core->regions[i], filter);
	return 0;
}

static void emit_headers(struct core *core, u64 notes, u64 notes_len, u64 data)
{
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ELF_CORE_TYPE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = core->nregions + 1,
	};
	Elf64_Phdr phdr = { .p_type = PT_NOTE, .p_offset = notes, .p_filesz = notes_len };

	core->pos = 0;
	emit(core, &header, sizeof(header));
	emit(core, &phdr, sizeof(phdr));
	for (unsigned i = 0; i < core->nregions; i++) {
		const struct core_region *region = &core->regions[i];

		phdr = (Elf64_Phdr){
			.p_type = PT_LOAD,
			.p_flags = (region->flags & REGION_READ ? PF_R : 0) |
				   (region->flags & REGION_WRITE ? PF_W : 0) |
				   (region->flags & REGION_EXEC ? PF_X : 0),
			.p_offset = data,
			.p_vaddr = region->start,
			.p_filesz = region->dumped,
			.p_memsz = region->end - region->start,
			.p_align = PAGE_SIZE,
		};
		emit(core, &phdr, sizeof(phdr));
		data += region->dumped;
	}
}

static void emit_region(struct core *core, struct vm_space *space, const struct core_region *region)
{
	for (u64 at = 0; at < region->dumped && !core->failed; at += PAGE_SIZE) {
		u8 resident = 0;

		if (core_dump_interrupted()) {
			core->failed = true;
			return;
		}
		/* What was never touched is a hole. */
		if ((region->file ||
		     (vm_mincore(space, region->start + at, 1, &resident) && resident & 1)) &&
		    vm_read_remote(space, region->start + at, core->page, PAGE_SIZE, true) ==
			    PAGE_SIZE)
			emit_at(core, core->page, PAGE_SIZE, core->pos + at);
		sched_yield_point();
	}
	core->pos += region->dumped;
}

bool core_write(struct file *file, struct process *process, const siginfo_t *info, u64 limit)
{
	struct core core = { .file = file, .limit = limit };
	struct vm_space *space = process->space;
	u64 notes, notes_end, data;

	core.page = kmalloc(PAGE_SIZE);
	if (!core.page || collect_regions(&core, space, READ_ONCE(process->core_filter)))
		goto out_free;
	core.begun = true;
	notes = sizeof(Elf64_Ehdr) + (core.nregions + 1) * sizeof(Elf64_Phdr);
	core.pos = notes;
	emit_notes(&core, process, info);
	notes_end = core.pos;
	data = ALIGN_UP(notes_end, PAGE_SIZE);
	emit_headers(&core, notes, notes_end - notes, data);
	core.pos = data;
	for (unsigned i = 0; i < core.nregions; i++)
		emit_region(&core, space, &core.regions[i]);
	/* A hole at the end is part of the file. */
	if (!core.failed && vfs_ftruncate(current_caller(), file, core.pos))
		core.failed = true;
	for (unsigned i = 0; i < core.nregions; i++)
		if (core.regions[i].file)
			file_put(core.regions[i].file);
out_free:
	kvfree(core.regions);
	kfree(core.page);
	return core.begun;
}
