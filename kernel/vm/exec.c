/*
 * exec.c - what execve(2) builds a new address space from.
 *
 *	0x7fff'ffff'f000  +--------------+ USER_ADDR_MAX
 *	                  | random       | up to 16 GiB
 *	                  +--------------+ stack_top
 *	                  | stack, grows | up to RLIMIT_STACK
 *	                  +--------------+
 *	                  | gap, random  |
 *	                  +--------------+ mmap_base: mappings, downwards
 *	                  | libraries    |
 *	                  |     ...      |
 *	0x5555'5555'4000  | PIE + random | and its heap behind it
 *	                  |     ...      |
 *	0x40'0000         | fixed image  |
 *	                  +--------------+
 *
 * The numbers of random bits are Linux's: 28 pages bits for mmap and PIE, 22
 * for the stack, 32 MiB for the heap.
 *
 * The space is not shared yet, so locks are taken for the assertions' sake.
 */
#include "abi/mman.h"
#include "arch/api/vdso.h"
#include "core/random.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/page.h"
#include "vm/fault.h"
#include "vm/mmap.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

#define MMAP_RANDOM_PAGES  (1ull << 28)
#define STACK_RANDOM_PAGES (1ull << 22)
#define BRK_RANDOM_BYTES   0x02000000ull
#define STACK_GAP_MIN	   MIB(128)
#define STACK_INITIAL	   KIB(132)

static u64 random_pages(u64 bound)
{
	return (random_u64() & (bound - 1)) << PAGE_SHIFT;
}

void vm_layout(struct vm_space *space, u64 stack_limit, bool randomize)
{
	u64 gap = stack_limit, pad = STACK_GUARD_GAP + (STACK_RANDOM_PAGES << PAGE_SHIFT);

	if (gap + pad > gap)
		gap += pad;
	gap = clamp(gap, (u64)STACK_GAP_MIN, USER_ADDR_MAX / 6 * 5);
	space->stack_top = USER_ADDR_MAX;
	space->mmap_base = ALIGN_DOWN(USER_ADDR_MAX - gap, PAGE_SIZE);
	if (randomize) {
		u64 bits = random_u64();

		space->stack_top -= (bits % STACK_RANDOM_PAGES) << PAGE_SHIFT;
		space->mmap_base -= (bits >> 32) % MMAP_RANDOM_PAGES << PAGE_SHIFT;
	}
	space->free_hint = space->mmap_base;
	space->largest_skipped = 0;
}

u64 vm_pie_base(struct vm_space *space, bool randomize)
{
	u64 base = ALIGN_DOWN(USER_ADDR_MAX / 3 * 2, PAGE_SIZE);

	return randomize ? base + random_pages(MMAP_RANDOM_PAGES) : base;
}

int vm_find_free(struct vm_space *space, u64 len, u64 *out)
{
	u64 addr;

	rwsem_write_lock(&space->lock);
	addr = vm_get_area(space, 0, ALIGN_UP(len, PAGE_SIZE), 0);
	rwsem_write_unlock(&space->lock);
	if ((s64)addr < 0)
		return (int)(s64)addr;
	*out = addr;
	return 0;
}

int vm_zero_tail(struct vm_space *space, u64 addr)
{
	size_t offset = addr & ~PAGE_MASK;
	struct page *page;
	int err;

	if (!offset)
		return 0;
	err = vm_get_page(space, addr, VM_FAULT_WRITE, &page);
	if (err)
		return err;
	memset((char *)page_to_virt(page) + offset, 0, PAGE_SIZE - offset);
	page_put(page);
	return 0;
}

int vm_map_elf_pages(struct vm_space *space, struct file *file, u64 addr, u64 offset, u64 filesz,
		     unsigned prot, bool replace)
{
	u64 start = addr & PAGE_MASK, skip = addr & ~PAGE_MASK, out;

	if (!(filesz + skip))
		return 0;
	if ((addr ^ offset) & ~PAGE_MASK)
		return -EINVAL;
	return vm_mmap(space, start, ALIGN_UP(filesz + skip, PAGE_SIZE), prot,
		       MAP_PRIVATE | (replace ? MAP_FIXED : MAP_FIXED_NOREPLACE), file,
		       offset - skip, &out);
}

int vm_map_elf_zeroes(struct vm_space *space, u64 start, u64 end, bool exec)
{
	u64 out;

	end = ALIGN_UP(end, PAGE_SIZE);
	if (start >= end)
		return 0;
	return vm_mmap(space, start, end - start, PROT_READ | PROT_WRITE | (exec ? PROT_EXEC : 0),
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0, &out);
}

int vm_map_stack(struct vm_space *space, bool exec)
{
	unsigned flags = REGION_READ | REGION_WRITE | REGION_MAYACCESS | REGION_GROWSDOWN |
			 REGION_STACK | REGION_ACCOUNT;
	u64 size = min((u64)STACK_INITIAL,
		       ALIGN_DOWN(max(space->limit_stack, (u64)PAGE_SIZE), PAGE_SIZE));
	struct region *region;
	int err = -ENOMEM;

	if (exec)
		flags |= REGION_EXEC;
	rwsem_write_lock(&space->lock);
	if (!vm_commit(size >> PAGE_SHIFT)) {
		region = region_new(space, space->stack_top - size, space->stack_top, flags);
		if (region) {
			region_insert(space, region);
			err = 0;
		} else {
			vm_uncommit(size >> PAGE_SHIFT);
		}
	}
	rwsem_write_unlock(&space->lock);
	return err;
}

void vm_set_brk(struct vm_space *space, u64 end_of_bss, bool randomize)
{
	u64 brk = ALIGN_UP(end_of_bss, PAGE_SIZE);

	if (randomize)
		brk += random_pages(BRK_RANDOM_BYTES >> PAGE_SHIFT);
	space->brk_start = space->brk = brk;
}

/* --- vdso ------------------------------------------------------------------------ */

/*
 * Kernel memory at a user address, e.g. "[vdso]": pages that live for ever and
 * have no reference count.  They appear on first touch.
 */
struct vm_special {
	const char *name;
	paddr_t (*page_phys)(unsigned index);
	unsigned first, npages; /* indices for page_phys */
	unsigned prot;		/* PROT_READ | PROT_EXEC */
};

static int special_fault(struct region *region, struct vm_fault *fault)
{
	const struct vm_special *special = region->priv;

	if (fault->pgoff >= special->npages)
		return VM_FAULT_SIGBUS;
	fault->pfn = special->page_phys(special->first + fault->pgoff) >> PAGE_SHIFT;
	return 0;
}

static const struct region_ops special_ops = { .fault = special_fault };

/* At @addr, which is free; @special stays valid.  -ENOMEM, -EEXIST. */
static int install_special(struct vm_space *space, u64 addr, const struct vm_special *special)
{
	u64 len = (u64)special->npages << PAGE_SHIFT;
	struct region *region;
	int err = -ENOMEM;

	rwsem_write_lock(&space->lock);
	addr = vm_get_area(space, addr, len, MAP_FIXED_NOREPLACE);
	if ((s64)addr < 0) {
		err = (int)(s64)addr;
		goto out_unlock;
	}
	region = region_new(space, addr, addr + len,
			    special->prot | REGION_MAYREAD | REGION_MAYEXEC | REGION_SPECIAL |
				    REGION_DONTDUMP);
	if (!region)
		goto out_unlock;
	region->ops = &special_ops;
	region->name = special->name;
	region->priv = (void *)special;
	region->pgoff = 0;
	region_insert(space, region);
	err = 0;
out_unlock:
	rwsem_write_unlock(&space->lock);
	return err;
}

int vm_map_vdso(struct vm_space *space, u64 *vdso)
{
	static struct vm_special vvar = { "[vvar]", arch_vdso_page_phys, 0, 1, PROT_READ };
	static struct vm_special code = { "[vdso]", arch_vdso_page_phys, 1, 0,
					  PROT_READ | PROT_EXEC };
	unsigned npages = arch_vdso_pages();
	u64 addr;
	int err;

	*vdso = 0;
	if (npages < 2)
		return 0;
	code.npages = npages - 1;
	err = vm_find_free(space, (u64)npages << PAGE_SHIFT, &addr);
	if (!err)
		err = install_special(space, addr, &vvar);
	if (!err)
		err = install_special(space, addr + PAGE_SIZE, &code);
	if (err)
		return err;
	space->vdso = *vdso = addr + PAGE_SIZE;
	return 0;
}
