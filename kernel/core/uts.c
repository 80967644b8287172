/* uts.c - host and domain name: see uts.h.  One lock; both are small. */
#include "core/uts.h"
#include "core/spinlock.h"
#include "lib/string.h"

static struct {
	struct spinlock lock;
	char names[UTS_FIELDS][UTS_NAME_MAX + 1] GUARDED_BY(&lock); /* [lock] */
} uts = { .lock = SPINLOCK_INIT_RANK(LOCK_THREAD_LEAF), .names = { "(none)", "(none)" } };

void uts_read(enum uts_field which, char out[UTS_NAME_MAX + 1])
{
	spin_lock(&uts.lock);
	memcpy(out, uts.names[which], UTS_NAME_MAX + 1);
	spin_unlock(&uts.lock);
}

void uts_write(enum uts_field which, const char *name, size_t len)
{
	spin_lock(&uts.lock);
	memset(uts.names[which], 0, UTS_NAME_MAX + 1);
	memcpy(uts.names[which], name, len);
	spin_unlock(&uts.lock);
}
