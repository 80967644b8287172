/*
 * coredump_elf.c - a core file: what a debugger finds in it.
 *
 *	ELF header | program headers | notes | memory, page aligned
 *
 * The first program header is the notes' (coredump_notes.c), each other one a
 * region's.  Pages that were never touched are left out of the file:
 * they are holes, and read as the zeroes they were.  What would be written
 * beyond RLIMIT_CORE is not there.
 *
 * The regions are looked at once, under the space's lock; what happens to them
 * afterwards (by a process that shares the space) makes holes, nothing worse.
 * core(5), elf(5).
 */
#include "abi/elf.h"
#include "fs/file.h"
#include "fs/vfs.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "proc/coredump_internal.h"
#include "sched/sched.h"
#include "vm/mmap.h"
#include "vm/space.h"

#define ELF_CORE_TYPE 4 /* ET_CORE */

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
}

void core_emit(struct core *core, const void *data, size_t len)
{
	emit_at(core, data, len, core->pos);
	core->pos += len;
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
	core_emit(core, &header, sizeof(header));
	core_emit(core, &phdr, sizeof(phdr));
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
		core_emit(core, &phdr, sizeof(phdr));
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
	bool begun = false;

	core.page = kmalloc(PAGE_SIZE);
	if (!core.page || collect_regions(&core, space, READ_ONCE(process->core_filter)))
		goto out_free;
	begun = true;
	notes = sizeof(Elf64_Ehdr) + (core.nregions + 1) * sizeof(Elf64_Phdr);
	core.pos = notes;
	core_emit_notes(&core, process, info);
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
	return begun;
}
