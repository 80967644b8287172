#pragma once
/*
 * Changing an address space: what the mmap family of system calls does, and
 * what exec builds a new program from.  Every function takes space->lock
 * itself and may sleep.  prot and flags are Linux's PROT_ and MAP_ bits.
 */
#include "lib/annotate.h"
#include "lib/types.h"
#include "vm/region.h"

struct vm_space;
struct page;
struct uio;

int vm_mmap(struct vm_space *space, u64 addr, u64 len, unsigned prot, unsigned flags,
	    struct file *file, u64 offset, u64 *out) __must_check;
int vm_munmap(struct vm_space *space, u64 addr, u64 len) __must_check;
int vm_mprotect(struct vm_space *space, u64 addr, u64 len, unsigned prot) __must_check;
int vm_mremap(struct vm_space *space, u64 addr, u64 old_len, u64 new_len, unsigned flags,
	      u64 new_addr, u64 *out) __must_check;
int vm_remap_file_pages(struct vm_space *space, u64 start, u64 len, u64 pgoff) __must_check;
int vm_madvise(struct vm_space *space, u64 addr, u64 len, int advice) __must_check;
int vm_msync(struct vm_space *space, u64 addr, u64 len, unsigned flags) __must_check;
/* One byte per page into @vec (kernel memory), at most @npages. */
u64 vm_mincore(struct vm_space *space, u64 addr, u64 npages, u8 *vec) __must_check;
int vm_mlock(struct vm_space *space, u64 addr, u64 len, bool on_fault, bool capable) __must_check;
int vm_munlock(struct vm_space *space, u64 addr, u64 len) __must_check;
int vm_mlockall(struct vm_space *space, unsigned flags, bool capable) __must_check;
int vm_munlockall(struct vm_space *space);
/* brk(2): the new break, or the old one when it cannot be moved. */
u64 vm_brk(struct vm_space *space, u64 brk);
/* Faults [addr, addr+len) in, as MAP_POPULATE: errors are forgotten. */
void vm_populate(struct vm_space *space, u64 addr, u64 len);

/* --- for exec; the space is new and not yet shared --- */

/* Chooses mmap_base and stack_top at random (@randomize) for a stack limit. */
void vm_layout(struct vm_space *space, u64 stack_limit, bool randomize);
/* Random address for a PIE, page aligned, for an image of @len bytes. */
u64 vm_pie_base(struct vm_space *space, bool randomize);
/*
 * Maps the pages of a PT_LOAD that come from the file: bytes [offset, offset+filesz)
 * at @addr.  Without @replace: -EEXIST where something is mapped.  -EINVAL: addr and
 * offset disagree modulo the page size.  -ENOMEM, and what mmap(2) has.
 */
int vm_map_elf_pages(struct vm_space *space, struct file *file, u64 addr, u64 offset, u64 filesz,
		     unsigned prot, bool replace) __must_check;
/* Zeroes from the page @start up to @end, writable, in the place of what is there. */
int vm_map_elf_zeroes(struct vm_space *space, u64 start, u64 end, bool exec) __must_check;
/* Zeroes from @addr to the end of its page, in a private copy.  -EFAULT: not writable. */
int vm_zero_tail(struct vm_space *space, u64 addr) __must_check;
/* Finds @len free bytes for an image and reserves nothing. -ENOMEM. */
int vm_find_free(struct vm_space *space, u64 len, u64 *out) __must_check;
/* The stack region, below stack_top.  @exec: PT_GNU_STACK wants it executable. */
int vm_map_stack(struct vm_space *space, bool exec) __must_check;
/* Heap starts behind @end_of_bss, at random when asked. */
void vm_set_brk(struct vm_space *space, u64 end_of_bss, bool randomize);
/* [vvar] and [vdso], side by side; sets space->vdso.  *vdso 0: there is none. */
int vm_map_vdso(struct vm_space *space, u64 *vdso) __must_check;

/* --- reading and writing another space (ptrace, /proc, exec's strings) --- */

/* Return: bytes moved, possibly short; -EFAULT when none.  May sleep. */
ssize_t vm_read_remote(struct vm_space *space, u64 addr, void *buf, size_t len, bool force);
ssize_t vm_write_remote(struct vm_space *space, u64 addr, const void *buf, size_t len, bool force);
ssize_t vm_copy_remote_to_uio(struct vm_space *space, u64 addr, struct uio *dst, size_t len,
			      bool force);
ssize_t vm_copy_remote_from_uio(struct vm_space *space, u64 addr, struct uio *src, size_t len,
				bool force);

/* --- statistics for /proc --- */

struct region_info {
	u64 start, end;
	unsigned flags;	   /* REGION_* */
	u64 offset;	   /* bytes into the file */
	struct file *file; /* referenced: give back with vm_file_ops.put */
	const char *name;  /* "[heap]" ..., "" when there is none */
	bool shared_anon;  /* "/dev/zero (deleted)" */
	u64 shared_ino;	   /* ... and its inode number */
};

struct region_usage { /* pages, except where said */
	u64 rss, pss_bytes;
	u64 shared_clean, shared_dirty, private_clean, private_dirty;
	u64 referenced, anonymous, locked;
};

/*
 * The first region that ends above @addr.  Iterate with addr = info.end.
 * Return: true when there is one.  @usage may be NULL (smaps wants it).
 */
bool vm_region_info(struct vm_space *space, u64 addr, struct region_info *info,
		    struct region_usage *usage);

struct vm_stat { /* pages */
	u64 size, peak, rss, peak_rss, anon, file, shmem;
	u64 text, data, stack, lib, locked, page_tables;
};
void vm_space_stat(struct vm_space *space, struct vm_stat *out);

/* --- overcommit --- */
struct vm_overcommit {
	int mode;   /* vm.overcommit_memory: 0 guess 1 always 2 strict */
	int ratio;  /* vm.overcommit_ratio */
	u64 kbytes; /* vm.overcommit_kbytes */
};
extern struct vm_overcommit vm_overcommit;
u64 vm_committed_pages(void);
u64 vm_commit_limit_pages(void);
