/*
 * remote.c - reading and writing the memory of another space, page by page:
 * ptrace, /proc/PID/mem, process_vm_readv, and exec, which fills a stack that
 * is not loaded yet.
 *
 * A page is held by a reference while it is copied; what a truncation or an
 * munmap does meanwhile does not matter.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/page.h"
#include "mem/uio.h"
#include "vm/fault.h"
#include "vm/mmap.h"
#include "vm/oom.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

/* A page with the contents of one that has no struct page. */
static int vm_copy_special(pfn_t pfn, struct page **out)
{
	struct page *page = page_alloc(0);

	if (!page)
		return -ENOMEM;
	page_copy(page_to_virt(page), phys_to_virt(pfn << PAGE_SHIFT));
	*out = page;
	return 0;
}

/* Does the entry allow the access?  A forced write wants a page of our own. */
static bool entry_allows(const struct region *region, pte_t entry, unsigned flags)
{
	if (!pte_present(entry) || pte_special(entry))
		return false;
	if (!(flags & VM_FAULT_WRITE) || pte_writable(entry))
		return true;
	return (flags & VM_FAULT_FORCE) && !(region->flags & REGION_SHARED) && !pte_soft(entry) &&
	       page_refs(pfn_to_page(pte_pfn(entry))) == 1;
}

int vm_get_page(struct vm_space *space, u64 addr, unsigned flags, struct page **out)
{
	int ret = 0;

	addr &= PAGE_MASK;
	if (addr >= USER_ADDR_MAX)
		return -EFAULT;
	for (unsigned attempt = 0; attempt < 100; attempt++) {
		struct region *region;
		struct page *page = NULL, *leaf;
		pte_t *pte, entry = 0;

		rwsem_read_lock(&space->lock);
		region = region_find(space, addr);
		if (region && !fault_check_access(region, flags)) {
			pte = arch_pte_lookup(&space->arch, addr);
			if (pte) {
				leaf = pte_lock(pte);
				entry = pte_get(pte);
				if (entry_allows(region, entry, flags)) {
					page = pfn_to_page(pte_pfn(entry));
					page_get(page);
				}
				pte_unlock(leaf);
			}
			/* The zero page, vdso: a reader may have a stand-in. */
			if (!page && pte_present(entry) && pte_special(entry) &&
			    !(flags & VM_FAULT_WRITE)) {
				if (region->flags & REGION_IO)
					ret = -EFAULT;
				else
					ret = vm_copy_special(pte_pfn(entry), &page);
			}
		}
		if (!page && !ret) {
			ret = fault_locked(space, addr, flags);
			if (ret == VM_FAULT_OOM)
				ret = -ENOMEM;
			else if (ret)
				ret = -EFAULT;
		}
		rwsem_read_unlock(&space->lock);
		if (page) {
			*out = page;
			return 0;
		}
		if (ret == -ENOMEM && vm_oom_retry(attempt))
			ret = 0;
		if (ret)
			return ret;
	}
	return -EFAULT;
}

static unsigned remote_flags(bool write, bool force)
{
	return VM_FAULT_REMOTE | (write ? VM_FAULT_WRITE : 0) | (force ? VM_FAULT_FORCE : 0);
}

ssize_t vm_read_remote(struct vm_space *space, u64 addr, void *buf, size_t len, bool force)
{
	size_t done = 0;

	while (done < len) {
		size_t offset = (addr + done) & ~PAGE_MASK;
		size_t chunk = min_t(size_t, len - done, PAGE_SIZE - offset);
		struct page *page;
		int err = vm_get_page(space, addr + done, remote_flags(false, force), &page);

		if (err)
			return done ? (ssize_t)done : err;
		memcpy((char *)buf + done, (char *)page_to_virt(page) + offset, chunk);
		page_put(page);
		done += chunk;
	}
	return done;
}

ssize_t vm_write_remote(struct vm_space *space, u64 addr, const void *buf, size_t len, bool force)
{
	size_t done = 0;

	while (done < len) {
		size_t offset = (addr + done) & ~PAGE_MASK;
		size_t chunk = min_t(size_t, len - done, PAGE_SIZE - offset);
		struct page *page;
		int err = vm_get_page(space, addr + done, remote_flags(true, force), &page);

		if (err)
			return done ? (ssize_t)done : err;
		memcpy((char *)page_to_virt(page) + offset, (const char *)buf + done, chunk);
		page_put(page);
		done += chunk;
	}
	return done;
}

ssize_t vm_copy_remote_to_uio(struct vm_space *space, u64 addr, struct uio *dst, size_t len,
			      bool force)
{
	size_t before = dst->len, done = 0;

	len = min(len, dst->len);
	while (done < len) {
		size_t offset = (addr + done) & ~PAGE_MASK;
		size_t chunk = min_t(size_t, len - done, PAGE_SIZE - offset);
		struct page *page;
		int err = vm_get_page(space, addr + done, remote_flags(false, force), &page);

		if (!err) {
			err = copy_to_uio(dst, (char *)page_to_virt(page) + offset, chunk);
			page_put(page);
		}
		done = before - dst->len;
		if (err)
			return done ? (ssize_t)done : err;
	}
	return done;
}

ssize_t vm_copy_remote_from_uio(struct vm_space *space, u64 addr, struct uio *src, size_t len,
				bool force)
{
	size_t before = src->len, done = 0;

	len = min(len, src->len);
	while (done < len) {
		size_t offset = (addr + done) & ~PAGE_MASK;
		size_t chunk = min_t(size_t, len - done, PAGE_SIZE - offset);
		struct page *page;
		int err = vm_get_page(space, addr + done, remote_flags(true, force), &page);

		if (!err) {
			err = copy_from_uio(src, (char *)page_to_virt(page) + offset, chunk);
			page_put(page);
		}
		done = before - src->len;
		if (err)
			return done ? (ssize_t)done : err;
	}
	return done;
}
