/* user.c - one record per real uid that runs something; see user.h. */
#include "core/user.h"
#include "core/hooks.h"
#include "core/spinlock.h"

#define BUCKETS 64

static struct {
	struct spinlock lock;
	struct hlist_head bucket[BUCKETS] GUARDED_BY(&lock); /* [lock] */
} users = { .lock = SPINLOCK_INIT_RANK(LOCK_LEAF) };

struct user user_root = { .uid = 0, .refs = REFCOUNT_INIT(1) };

static struct user *find_locked(u32 uid) REQUIRES(&users.lock)
{
	struct user *user;

	hlist_for_each_entry(user, &users.bucket[uid % BUCKETS], link)
		if (user->uid == uid)
			return user;
	return NULL;
}

struct user *user_lookup(u32 uid)
{
	struct user *user, *fresh;
	unsigned long flags;

	if (uid == 0)
		return user_get(&user_root);
	fresh = kernel_hooks.alloc(sizeof(*fresh));
	if (!fresh)
		return NULL;
	*fresh = (struct user){ .uid = uid };
	refcount_init(&fresh->refs, 1);
	flags = spin_lock_irqsave(&users.lock);
	user = find_locked(uid);
	if (user)
		refcount_get(&user->refs);
	else
		hlist_add(&users.bucket[uid % BUCKETS], &fresh->link);
	spin_unlock_irqrestore(&users.lock, flags);
	if (!user)
		return fresh;
	kernel_hooks.free(fresh);
	return user;
}

void user_put(struct user *user)
{
	unsigned long flags;
	bool last;
	int seen = refcount_read(&user->refs);

	/* Root's record stays, and the fast case: not the last one. */
	while (seen > 1 || user == &user_root)
		if (atomic_try_cmpxchg(&user->refs.v, &seen, seen - 1))
			return;
	/* The count reaches 0 only under the lock, where lookups raise it. */
	flags = spin_lock_irqsave(&users.lock);
	last = refcount_put(&user->refs);
	if (last)
		hlist_del(&user->link);
	spin_unlock_irqrestore(&users.lock, flags);
	if (last)
		kernel_hooks.free(user);
}
