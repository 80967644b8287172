/* mem/uio.c - copies between the kernel and a struct uio.
 *
 * Every copy goes segment by segment and advances by what really moved, so that a fault in
 * the middle leaves the uio telling the truth: callers compare uio->len before and after. */
#include "mem/uio.h"
#include "mem/slab.h"
#include "mem/user.h"
#include "core/percpu.h"
#include "lib/errno.h"
#include "lib/kasan.h"
#include "lib/string.h"

/* An iov_base is a user's address or the kernel's as uio->user says; here it is the user's. */
static inline void __user *user_base(void *base)
{
	return (void __user *)(u64)base;
}

int uio_init_user(struct uio *uio, void __user *buf, size_t len)
{
	if (len > UIO_MAX_BYTES) {
		if ((ssize_t)len < 0 || !user_range_ok(buf, len))
			return -EFAULT;
		len = UIO_MAX_BYTES;
	} else if (!user_range_ok(buf, len)) {
		return -EFAULT;
	}
	uio->one.iov_base = (void *)(u64)buf;
	uio->one.iov_len = len;
	uio->segs = &uio->one;
	uio->nsegs = 1;
	uio->user = true;
	uio->nofault = false;
	uio->nowait = false;
	uio->off = 0;
	uio->len = len;
	return 0;
}

void uio_init_kernel(struct uio *uio, void *buf, size_t len)
{
	uio->one.iov_base = buf;
	uio->one.iov_len = len;
	uio->segs = &uio->one;
	uio->nsegs = 1;
	uio->user = false;
	uio->nofault = false;
	uio->nowait = false;
	uio->off = 0;
	uio->len = len;
}

void uio_init_kvec(struct uio *uio, const struct iovec *segs, u32 nsegs)
{
	uio->segs = segs;
	uio->nsegs = nsegs;
	uio->user = false;
	uio->nofault = false;
	uio->nowait = false;
	uio->off = 0;
	uio->len = 0;
	for (u32 i = 0; i < nsegs; i++)
		uio->len += segs[i].iov_len;
}

int uio_init_iovec(struct uio *uio, const struct iovec __user *uiov, unsigned long n,
		   struct iovec *fast, struct iovec **heap)
{
	struct iovec *segs = fast;
	size_t total = 0;
	int err;

	*heap = NULL;
	if (n > UIO_MAX_SEGS)
		return -EINVAL;
	if (n > UIO_FAST_SEGS) {
		segs = kmalloc(n * sizeof(*segs));
		if (!segs)
			return -ENOMEM;
	}
	err = copy_from_user(segs, uiov, n * sizeof(*segs));
	if (err)
		goto out_free;
	for (unsigned long i = 0; i < n; i++) {
		size_t len = segs[i].iov_len;

		err = -EINVAL;
		if ((ssize_t)len < 0)
			goto out_free;
		err = -EFAULT;
		if (!user_range_ok(user_base(segs[i].iov_base), len))
			goto out_free;
		if (len > UIO_MAX_BYTES - total) {
			len = UIO_MAX_BYTES - total;
			segs[i].iov_len = len;
		}
		total += len;
	}
	*uio = (struct uio){ .segs = segs, .nsegs = (u32)n, .user = true, .len = total };
	if (segs != fast)
		*heap = segs;
	return 0;

out_free:
	if (segs != fast)
		kfree(segs);
	return err;
}

/* Bytes of the current segment that are left; steps over finished ones.  len > 0. */
static inline size_t seg_left(struct uio *uio)
{
	while (uio->off == uio->segs->iov_len) {
		uio->segs++;
		uio->nsegs--;
		uio->off = 0;
	}
	return uio->segs->iov_len - uio->off;
}

static inline struct thread_head *self(void)
{
	return (struct thread_head *)this_cpu(current_thread);
}

enum op { OP_TO, OP_FROM, OP_ZERO };

/* Bytes not moved. */
static inline size_t move(const struct uio *uio, void *at, void *buf, size_t n, enum op op)
{
	if (!uio->user) {
		if (op == OP_TO)
			memcpy(at, buf, n);
		else if (op == OP_FROM)
			memcpy(buf, at, n);
		else
			memset(at, 0, n);
		return 0;
	}
	if (op != OP_ZERO)
		kasan_check(buf, n, op == OP_FROM);
	if (op == OP_TO)
		return arch_copy_to_user(user_base(at), buf, n);
	if (op == OP_FROM)
		return arch_copy_from_user(buf, user_base(at), n);
	return arch_clear_user(user_base(at), n);
}

static __always_inline int copy(struct uio *uio, void *buf, size_t n, enum op op)
{
	bool nofault = uio->user && uio->nofault;
	int err = 0;

	if (unlikely(n > uio->len)) {
		n = uio->len;
		err = -EFAULT;
	}
	if (nofault)
		self()->nofault_depth++;
	else if (uio->user)
		user_may_fault();
	while (n) {
		size_t part = seg_left(uio), left;

		if (part > n)
			part = n;
		left = move(uio, (char *)uio->segs->iov_base + uio->off, buf, part, op);
		part -= left;
		uio->off += part;
		uio->len -= part;
		n -= part;
		buf = (char *)buf + part;
		if (unlikely(left)) {
			err = -EFAULT;
			break;
		}
	}
	if (nofault)
		self()->nofault_depth--;
	return err;
}

int copy_to_uio(struct uio *uio, const void *src, size_t n)
{
	return copy(uio, (void *)src, n, OP_TO);
}

int copy_from_uio(struct uio *uio, void *dst, size_t n)
{
	return copy(uio, dst, n, OP_FROM);
}

int zero_uio(struct uio *uio, size_t n)
{
	return copy(uio, NULL, n, OP_ZERO);
}

void uio_advance(struct uio *uio, size_t n)
{
	if (n > uio->len)
		n = uio->len;
	while (n) {
		size_t part = seg_left(uio);

		if (part > n)
			part = n;
		uio->off += part;
		uio->len -= part;
		n -= part;
	}
}

void uio_rewind(struct uio *uio, size_t n)
{
	while (n) {
		size_t part;

		if (uio->off == 0) {
			uio->segs--;
			uio->nsegs++;
			uio->off = uio->segs->iov_len;
		}
		part = uio->off < n ? uio->off : n;
		uio->off -= part;
		uio->len += part;
		n -= part;
	}
}

/* Touch one byte of the page at @at. */
static int touch(void __user *at, bool write)
{
	u8 byte;
	int err = arch_user_load_u8(at, &byte);

	if (err || !write)
		return err;
	/* A write fault without a change: add nothing to the word that holds the byte. */
	return arch_user_add_u32((u32 __user *)((u64)at & ~3ull), 0, &(u32){ 0 });
}

int uio_fault_in(struct uio *uio, size_t n, bool write)
{
	const struct iovec *seg = uio->segs;
	size_t off = uio->off;
	bool any = false;

	if (n > uio->len)
		n = uio->len;
	if (!uio->user || !n)
		return 0;
	while (n) {
		size_t part;
		u64 at, end;

		while (off == seg->iov_len) {
			seg++;
			off = 0;
		}
		part = seg->iov_len - off;
		if (part > n)
			part = n;
		at = (u64)seg->iov_base + off;
		end = at + part;
		for (; at < end; at = (at & PAGE_MASK) + PAGE_SIZE) {
			if (touch((void __user *)at, write))
				return any ? 0 : -EFAULT;
			any = true;
		}
		n -= part;
		off += part;
	}
	return 0;
}
