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
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

static unsigned remote_flags(bool write, bool force)
{
	return VM_FAULT_REMOTE | (write ? VM_FAULT_WRITE : 0) |
	       (force ? VM_FAULT_FORCE : 0);
}

ssize_t vm_read_remote(struct vm_space *space, u64 addr, void *buf, size_t len,
		       bool force)
{
	size_t done = 0;

	while (done < len) {
		size_t offset = (addr + done) & ~PAGE_MASK;
		size_t chunk = min_t(size_t, len - done, PAGE_SIZE - offset);
		struct page *page;
		int err = vm_get_page(space, addr + done, remote_flags(false, force),
				      &page);

		if (err)
			return done ? (ssize_t)done : err;
		memcpy((char *)buf + done, (char *)page_to_virt(page) + offset, chunk);
		page_put(page);
		done += chunk;
	}
	return done;
}

ssize_t vm_write_remote(struct vm_space *space, u64 addr, const void *buf,
			size_t len, bool force)
{
	size_t done = 0;

	while (done < len) {
		size_t offset = (addr + done) & ~PAGE_MASK;
		size_t chunk = min_t(size_t, len - done, PAGE_SIZE - offset);
		struct page *page;
		int err = vm_get_page(space, addr + done, remote_flags(true, force),
				      &page);

		if (err)
			return done ? (ssize_t)done : err;
		memcpy((char *)page_to_virt(page) + offset, (const char *)buf + done,
		       chunk);
		page_put(page);
		done += chunk;
	}
	return done;
}

ssize_t vm_copy_remote_to_uio(struct vm_space *space, u64 addr, struct uio *dst,
			      size_t len, bool force)
{
	size_t before = dst->len, done = 0;

	len = min(len, dst->len);
	while (done < len) {
		size_t offset = (addr + done) & ~PAGE_MASK;
		size_t chunk = min_t(size_t, len - done, PAGE_SIZE - offset);
		struct page *page;
		int err = vm_get_page(space, addr + done, remote_flags(false, force),
				      &page);

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

ssize_t vm_copy_remote_from_uio(struct vm_space *space, u64 addr, struct uio *src,
				size_t len, bool force)
{
	size_t before = src->len, done = 0;

	len = min(len, src->len);
	while (done < len) {
		size_t offset = (addr + done) & ~PAGE_MASK;
		size_t chunk = min_t(size_t, len - done, PAGE_SIZE - offset);
		struct page *page;
		int err = vm_get_page(space, addr + done, remote_flags(true, force),
				      &page);

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
