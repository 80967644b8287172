/* Resource limits of a process. */
#pragma once

#include <linux/resource.h>
#include "core/spinlock.h"
#include "lib/types.h"

struct rlimits {
	struct rlimit64 v[RLIM_NLIMITS]; /* [lock] to write; a u64 reads untorn */
	struct spinlock lock;		 /* rank LOCK_RLIMITS */
};

/* Linux's defaults for init; @threads: RLIMIT_NPROC and RLIMIT_SIGPENDING, by memory. */
void rlimits_init(struct rlimits *r, u64 threads);
void rlimits_copy(struct rlimits *dst, struct rlimits *src);
static inline u64 rlimit_cur(const struct rlimits *r, unsigned which)
{
	return READ_ONCE(r->v[which].rlim_cur);
}
static inline u64 rlimit_max(const struct rlimits *r, unsigned which)
{
	return READ_ONCE(r->v[which].rlim_max);
}
void rlimit_read(struct rlimits *r, unsigned which, struct rlimit64 *out);
/* @privileged: CAP_SYS_RESOURCE.  -EINVAL cur > max or bad number; -EPERM raising max. */
int rlimit_write(struct rlimits *r, unsigned which, const struct rlimit64 *new, bool privileged);
