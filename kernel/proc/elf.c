/*
 * elf.c - ELF64 files: checking them, mapping them.
 *
 * Nothing in a file is trusted: every offset, size and count is checked before
 * use, sums against overflow.  What is wrong with the headers is an errno.
 * Segments that cannot be mapped are found by Linux when there is no way back
 * to the old program, and kill: elf_map() tells its caller, who does the same.
 * elf(5), System V ABI chapter 5, and Linux as tests/abi/badelf.c saw it.
 */
#include "proc/exec_internal.h"
#include "abi/mman.h"
#include "fs/vfs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "vm/mmap.h"
#include "vm/space.h"

#define PHDRS_MAX (PAGE_SIZE / sizeof(Elf64_Phdr))

/* Only the magic number of e_ident counts. */
static bool header_ok(const Elf64_Ehdr *header)
{
	return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_machine == EM_X86_64 &&
	       header->e_phentsize == sizeof(Elf64_Phdr) && header->e_phnum >= 1 &&
	       header->e_phnum <= PHDRS_MAX;
}

static bool segment_ok(const Elf64_Phdr *ph)
{
	return ph->p_filesz <= ph->p_memsz && ph->p_memsz <= USER_ADDR_MAX &&
	       ph->p_vaddr <= USER_ADDR_MAX - ph->p_memsz;
}

/* Extent and alignment of the PT_LOADs, if they make sense; what PT_GNU_STACK says. */
static void survey(struct elf_image *image)
{
	image->low = U64_MAX;
	image->high = 0;
	image->align = PAGE_SIZE;
	image->exec_stack = false;
	image->mappable = image->header.e_type == ET_EXEC || image->header.e_type == ET_DYN;
	for (unsigned i = 0; i < image->header.e_phnum; i++) {
		const Elf64_Phdr *ph = &image->phdrs[i];

		if (ph->p_type == PT_GNU_STACK)
			image->exec_stack = ph->p_flags & PF_X;
		if (ph->p_type != PT_LOAD)
			continue;
		if (!segment_ok(ph)) {
			image->mappable = false;
			continue;
		}
		if (IS_POW2(ph->p_align) && ph->p_align > image->align)
			image->align = min(ph->p_align, (u64)GIB(1));
		image->low = min(image->low, ph->p_vaddr & PAGE_MASK);
		image->high = max(image->high, ALIGN_UP(ph->p_vaddr + ph->p_memsz, PAGE_SIZE));
	}
	if (image->low > image->high)
		image->mappable = false; /* nothing to map */
}

int elf_read(struct file *file, const char *head, size_t len, struct elf_image *image)
{
	size_t size;
	long got;

	image->phdrs = NULL;
	image->file = file;
	if (len < sizeof(image->header))
		return -ENOEXEC;
	memcpy(&image->header, head, sizeof(image->header));
	if (!header_ok(&image->header))
		return -ENOEXEC;

	size = image->header.e_phnum * sizeof(Elf64_Phdr);
	image->phdrs = kmalloc(size);
	if (!image->phdrs)
		return -ENOMEM;
	if (image->header.e_phoff <= len && size <= len - image->header.e_phoff) {
		memcpy(image->phdrs, head + image->header.e_phoff, size);
	} else {
		got = image->header.e_phoff <= S64_MAX ?
			      vfs_read_kernel(file, image->phdrs, size, image->header.e_phoff) :
			      -EINVAL;
		if (got != (long)size) {
			elf_free(image);
			return -ENOEXEC;
		}
	}
	survey(image);
	return 0;
}

void elf_free(struct elf_image *image)
{
	kfree(image->phdrs);
	image->phdrs = NULL;
}

int elf_interpreter(struct elf_image *image, char **out)
{
	const Elf64_Phdr *ph = NULL;
	char *path;
	long got;

	*out = NULL;
	for (unsigned i = 0; i < image->header.e_phnum && !ph; i++)
		if (image->phdrs[i].p_type == PT_INTERP)
			ph = &image->phdrs[i];
	if (!ph)
		return 0;
	if (ph->p_filesz < 2 || ph->p_filesz > 4096)
		return -ENOEXEC;
	if (ph->p_offset > S64_MAX)
		return -EINVAL;
	path = kmalloc(ph->p_filesz);
	if (!path)
		return -ENOMEM;
	got = vfs_read_kernel(image->file, path, ph->p_filesz, ph->p_offset);
	if (got != (long)ph->p_filesz || path[ph->p_filesz - 1] != '\0') {
		kfree(path);
		return got < 0 ? got : got != (long)ph->p_filesz ? -EIO : -ENOEXEC;
	}
	*out = path;
	return 0;
}

static unsigned prot_of(u32 flags)
{
	return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
	       (flags & PF_X ? PROT_EXEC : 0);
}

/*
 * A program's segment: pages of the file, and zeroes behind them.  The rest of
 * the file's last page is zeroed where the program could do it itself.
 */
static int map_segment(struct elf_image *image, struct vm_space *space, const Elf64_Phdr *ph,
		       u64 start, bool replace)
{
	u64 file_end = start + ph->p_filesz, zeroes = start & PAGE_MASK;
	int err;

	if (ph->p_filesz) {
		err = vm_map_elf_pages(space, image->file, start, ph->p_offset, ph->p_filesz,
				       prot_of(ph->p_flags), replace);
		if (err)
			return err;
		err = ph->p_memsz > ph->p_filesz ? vm_zero_tail(space, file_end) : 0;
		if (err == -ENOMEM)
			return err;
		zeroes = ALIGN_UP(file_end, PAGE_SIZE);
	}
	return vm_map_elf_zeroes(space, zeroes, start + ph->p_memsz, ph->p_flags & PF_X);
}

static void note_segment(struct elf_image *image, const Elf64_Phdr *ph, u64 start)
{
	if (ph->p_flags & PF_X) {
		image->code_start = min(image->code_start, start);
		image->code_end = max(image->code_end, start + ph->p_filesz);
	}
	image->data_start = start;
	image->data_end = max(image->data_end, start + ph->p_filesz);
	image->end_of_bss = max(image->end_of_bss, start + ph->p_memsz);
}

/* -ENOMEM: it does not fit there. */
static int map_begin(struct elf_image *image, u64 bias)
{
	image->bias = bias;
	image->code_start = image->data_start = U64_MAX;
	image->code_end = image->data_end = image->end_of_bss = 0;
	return image->high + bias > USER_ADDR_MAX || image->high + bias < bias ? -ENOMEM : 0;
}

int elf_map(struct elf_image *image, struct vm_space *space, u64 bias)
{
	bool first = true;
	int err;

	if (map_begin(image, bias))
		return -ENOMEM;
	for (unsigned i = 0; i < image->header.e_phnum; i++) {
		const Elf64_Phdr *ph = &image->phdrs[i];

		if (ph->p_type != PT_LOAD)
			continue;
		err = map_segment(image, space, ph, ph->p_vaddr + bias, !first);
		if (err)
			return err;
		note_segment(image, ph, ph->p_vaddr + bias);
		first = false;
	}
	return 0;
}

/*
 * An interpreter's segments: pages of the file first; then zeroes once, from
 * the end of the last byte of the file to the end of the last one in memory.
 */
int elf_map_interpreter(struct elf_image *image, struct vm_space *space, u64 bias)
{
	bool replace = image->header.e_type == ET_EXEC, exec = false;
	int err;

	if (map_begin(image, bias))
		return -ENOMEM;
	for (unsigned i = 0; i < image->header.e_phnum; i++) {
		const Elf64_Phdr *ph = &image->phdrs[i];

		if (ph->p_type != PT_LOAD)
			continue;
		err = vm_map_elf_pages(space, image->file, ph->p_vaddr + bias, ph->p_offset,
				       ph->p_filesz, prot_of(ph->p_flags), replace);
		if (err)
			return err;
		if (ph->p_vaddr + bias + ph->p_memsz > image->end_of_bss)
			exec = ph->p_flags & PF_X;
		note_segment(image, ph, ph->p_vaddr + bias);
		replace = true;
	}
	err = vm_zero_tail(space, image->data_end);
	return err ? err :
		     vm_map_elf_zeroes(space, ALIGN_UP(image->data_end, PAGE_SIZE),
				       image->end_of_bss, exec);
}

/* Where the program headers lie in memory; 0: in no segment. */
u64 elf_phdr_address(const struct elf_image *image)
{
	u64 offset = image->header.e_phoff;

	for (unsigned i = 0; i < image->header.e_phnum; i++) {
		const Elf64_Phdr *ph = &image->phdrs[i];

		if (ph->p_type == PT_LOAD && ph->p_offset <= offset &&
		    offset - ph->p_offset < ph->p_filesz)
			return offset - ph->p_offset + ph->p_vaddr + image->bias;
	}
	return 0;
}
