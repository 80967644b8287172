/*
 * elf.c - ELF64 files: checking them, mapping them.
 *
 * Nothing in a file is trusted: every offset, size and count is checked before
 * use, sums against overflow.  Mapping happens in a space that nobody runs in
 * yet, so a bad file costs its caller an errno, not its life.  elf(5), System V
 * ABI chapter 5, and Linux's fs/binfmt_elf.c as observed from outside.
 */
#include "proc/exec_internal.h"
#include "abi/mman.h"
#include "fs/vfs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "vm/mmap.h"
#include "vm/space.h"

#define PHDRS_MAX (65536 / sizeof(Elf64_Phdr))

static bool header_ok(const Elf64_Ehdr *header)
{
	return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 &&
	       (header->e_type == ET_EXEC || header->e_type == ET_DYN) &&
	       header->e_machine == EM_X86_64 && header->e_phentsize == sizeof(Elf64_Phdr) &&
	       header->e_phnum >= 1 && header->e_phnum <= PHDRS_MAX;
}

/* Extent and alignment of the PT_LOADs; what PT_GNU_STACK says. */
static int survey(struct elf_image *image)
{
	bool any = false;

	image->low = U64_MAX;
	image->high = 0;
	image->align = PAGE_SIZE;
	image->exec_stack = false;
	for (unsigned i = 0; i < image->header.e_phnum; i++) {
		const Elf64_Phdr *ph = &image->phdrs[i];

		if (ph->p_type == PT_GNU_STACK)
			image->exec_stack = ph->p_flags & PF_X;
		if (ph->p_type != PT_LOAD)
			continue;
		if (ph->p_filesz > ph->p_memsz || ph->p_memsz > USER_ADDR_MAX ||
		    ph->p_vaddr > USER_ADDR_MAX - ph->p_memsz ||
		    ph->p_offset + ph->p_filesz < ph->p_offset ||
		    ((ph->p_vaddr ^ ph->p_offset) & ~PAGE_MASK))
			return -EINVAL;
		if (IS_POW2(ph->p_align) && ph->p_align > image->align)
			image->align = min(ph->p_align, (u64)GIB(1));
		image->low = min(image->low, ph->p_vaddr & PAGE_MASK);
		image->high = max(image->high, ALIGN_UP(ph->p_vaddr + ph->p_memsz, PAGE_SIZE));
		any = true;
	}
	return any ? 0 : -ENOEXEC;
}

int elf_read(struct file *file, const char *head, size_t len, struct elf_image *image)
{
	size_t size;
	long got;
	int err;

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
		got = vfs_read_kernel(file, image->phdrs, size, image->header.e_phoff);
		if (got != (long)size) {
			err = got < 0 ? got : -EIO;
			goto out_free;
		}
	}
	err = survey(image);
	if (!err)
		return 0;
out_free:
	elf_free(image);
	return err;
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

int elf_map(struct elf_image *image, struct vm_space *space, u64 bias)
{
	int err;

	image->bias = bias;
	image->code_start = image->data_start = U64_MAX;
	image->code_end = image->data_end = image->end_of_bss = 0;
	if (image->high + bias > USER_ADDR_MAX || image->high + bias < bias)
		return -ENOMEM;
	for (unsigned i = 0; i < image->header.e_phnum; i++) {
		const Elf64_Phdr *ph = &image->phdrs[i];
		u64 start = ph->p_vaddr + bias;

		if (ph->p_type != PT_LOAD || !ph->p_memsz)
			continue;
		err = vm_map_elf_segment(space, image->file, start, ph->p_offset, ph->p_filesz,
					 ph->p_memsz, prot_of(ph->p_flags));
		if (err)
			return err;
		if (ph->p_flags & PF_X) {
			image->code_start = min(image->code_start, start);
			image->code_end = max(image->code_end, start + ph->p_filesz);
		}
		image->data_start = start;
		image->data_end = max(image->data_end, start + ph->p_filesz);
		image->end_of_bss = max(image->end_of_bss, start + ph->p_memsz);
	}
	return 0;
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
