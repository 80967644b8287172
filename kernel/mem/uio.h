/* mem/uio.h - a place to read bytes from or put them to: one buffer or several,
 * the caller's or the kernel's.  Copies advance it by what was moved. */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"

#include <linux/uio.h> /* struct iovec */
#include "lib/atomic.h"
#include "core/percpu.h"

#define UIO_MAX_SEGS  UIO_MAXIOV
#define UIO_FAST_SEGS 8
#define UIO_MAX_BYTES 0x7ffff000ull /* Linux's MAX_RW_COUNT */

/* How mem/ sees struct thread (sched/thread.h): its first fields. */
struct thread_head {
	struct atomic work;
	u32 nofault_depth; /* [T] user faults fail at once while not 0 */
};
struct thread;
DECLARE_PERCPU(struct thread *, current_thread);

struct uio {
	const struct iovec *segs; /* kernel copy of the vector */
	u32 nsegs;		  /* from *segs on */
	bool user;		  /* iov_base is a user address */
	bool nofault;		  /* copies fail instead of faulting pages in */
	bool nowait;		  /* RWF_NOWAIT: -EAGAIN instead of a sleep */
	size_t off;		  /* into segs[0] */
	size_t len;		  /* bytes left in all */
	struct iovec one;	  /* storage of the single-buffer case */
};

/* One user buffer.  -EFAULT when it leaves user space; @len is cut to UIO_MAX_BYTES. */
int uio_init_user(struct uio *uio, void __user *buf, size_t len) __must_check;
void uio_init_kernel(struct uio *uio, void *buf, size_t len);
/* Kernel buffers in a vector. */
void uio_init_kvec(struct uio *uio, const struct iovec *segs, u32 nsegs);
/* A user's iovec array: copied to @fast (UIO_FAST_SEGS entries) or to a kmalloc that
 * *@heap returns for kfree.  -EINVAL: too many or too long.  -EFAULT, -ENOMEM. */
int uio_init_iovec(struct uio *uio, const struct iovec __user *uiov, unsigned long n,
		   struct iovec *fast, struct iovec **heap) __must_check;

/* Move exactly @n bytes (n <= uio->len, else -EFAULT after what fits).
 * -EFAULT: part of it may have moved, uio->len tells. */
int copy_to_uio(struct uio *uio, const void *src, size_t n) __must_check;
int copy_from_uio(struct uio *uio, void *dst, size_t n) __must_check;
int zero_uio(struct uio *uio, size_t n) __must_check;
/* Skip without copying; rewind what was moved (n bytes back). */
void uio_advance(struct uio *uio, size_t n);
void uio_rewind(struct uio *uio, size_t n);
/* Make up to @n next bytes present (@write: writable).  0, or -EFAULT when not one byte is. */
int uio_fault_in(struct uio *uio, size_t n, bool write) __must_check;
/* Copy of the state, to try again from. */
static inline struct uio uio_save(const struct uio *uio)
{
	return *uio;
}
