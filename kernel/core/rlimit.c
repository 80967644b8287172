/* Resource limits.  Source: getrlimit(2); the defaults are those of Linux 6.1's init. */
#include "core/rlimit.h"
#include "lib/errno.h"

#define NOFILE_CEILING 1048576 /* fs.nr_open */

static const struct rlimit64 defaults[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = { RLIM64_INFINITY, RLIM64_INFINITY },
	[RLIMIT_FSIZE] = { RLIM64_INFINITY, RLIM64_INFINITY },
	[RLIMIT_DATA] = { RLIM64_INFINITY, RLIM64_INFINITY },
	[RLIMIT_STACK] = { MIB(8), RLIM64_INFINITY },
	[RLIMIT_CORE] = { 0, RLIM64_INFINITY },
	[RLIMIT_RSS] = { RLIM64_INFINITY, RLIM64_INFINITY },
	[RLIMIT_NOFILE] = { 1024, 4096 },
	[RLIMIT_MEMLOCK] = { MIB(8), MIB(8) },
	[RLIMIT_AS] = { RLIM64_INFINITY, RLIM64_INFINITY },
	[RLIMIT_LOCKS] = { RLIM64_INFINITY, RLIM64_INFINITY },
	[RLIMIT_MSGQUEUE] = { 819200, 819200 },
	[RLIMIT_RTTIME] = { RLIM64_INFINITY, RLIM64_INFINITY },
};

void rlimits_init(struct rlimits *r, u64 threads)
{
	spin_init(&r->lock, LOCK_RLIMITS);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		r->v[i] = defaults[i];
	r->v[RLIMIT_NPROC] = (struct rlimit64){ threads, threads };
	r->v[RLIMIT_SIGPENDING] = r->v[RLIMIT_NPROC];
}

void rlimits_copy(struct rlimits *dst, struct rlimits *src)
{
	spin_init(&dst->lock, LOCK_RLIMITS);
	spin_lock(&src->lock);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		dst->v[i] = src->v[i];
	spin_unlock(&src->lock);
}

void rlimit_read(struct rlimits *r, unsigned which, struct rlimit64 *out)
{
	spin_lock(&r->lock);
	*out = r->v[which];
	spin_unlock(&r->lock);
}

int rlimit_write(struct rlimits *r, unsigned which, const struct rlimit64 *new, bool privileged)
{
	int err = 0;

	if (which >= RLIM_NLIMITS || new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (which == RLIMIT_NOFILE && new->rlim_max > NOFILE_CEILING)
		return -EPERM;
	spin_lock(&r->lock);
	if (new->rlim_max > r->v[which].rlim_max && !privileged)
		err = -EPERM;
	else
		r->v[which] = *new;
	spin_unlock(&r->lock);
	return err;
}
