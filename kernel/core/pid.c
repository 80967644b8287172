/*
 * Process numbers.
 *
 * A table of three levels, 64 x 128 x 512, maps numbers to struct pid; levels are allocated when
 * first needed and kept.  Numbers are given out upwards, as programs that reuse a number at
 * once would be racy; after the last one the search starts again at 300, as on Linux, so
 * that daemons' low numbers stay rare.
 * Locking: table->lock for all of the table and pid->hashed; thread context only.
 */
#include "core/pid.h"
#include "core/hooks.h"
#include "lib/errno.h"

#define LEAF_SLOTS    512
#define MID_SLOTS     128
#define ROOT_SLOTS    (PID_MAX_LIMIT / (LEAF_SLOTS * MID_SLOTS))
#define RESERVED_PIDS 300

struct pid_leaf {
	struct pid *slot[LEAF_SLOTS];
};

struct pid_mid {
	struct pid_leaf *leaf[MID_SLOTS];
	u16 used[MID_SLOTS]; /* slots taken in each leaf */
};

struct pid_table {
	struct spinlock lock;
	int last GUARDED_BY(&lock);			   /* [l] number given out last */
	int max GUARDED_BY(&lock);			   /* [l] numbers are below this */
	struct pid_mid *mid[ROOT_SLOTS] GUARDED_BY(&lock); /* [l] */
};

/* A cache line of its own: each fork writes here, each wake-up reads what would lie beside it. */
__aligned(64) struct pid_table pid_table_root = {
	.lock = SPINLOCK_INIT_RANK(LOCK_PID_TABLE),
	.max = PID_MAX_DEFAULT,
};

static struct pid_mid *mid_of(struct pid_table *t, int nr) REQUIRES(&t->lock)
{
	return t->mid[nr / (LEAF_SLOTS * MID_SLOTS)];
}

static unsigned leaf_index(int nr)
{
	return nr / LEAF_SLOTS % MID_SLOTS;
}

static struct pid **slot_of(struct pid_table *t, int nr) REQUIRES(&t->lock)
{
	struct pid_mid *mid = mid_of(t, nr);
	struct pid_leaf *leaf = mid ? mid->leaf[leaf_index(nr)] : NULL;

	return leaf ? &leaf->slot[nr % LEAF_SLOTS] : NULL;
}

/* A free number in [from, end), or -1.  Numbers in levels that do not exist are free. */
static int find_free(struct pid_table *t, int from, int end) REQUIRES(&t->lock)
{
	for (int nr = from; nr < end;) {
		struct pid_mid *mid = mid_of(t, nr);
		struct pid_leaf *leaf = mid ? mid->leaf[leaf_index(nr)] : NULL;

		if (!leaf || !leaf->slot[nr % LEAF_SLOTS])
			return nr;
		if (mid->used[leaf_index(nr)] == LEAF_SLOTS)
			nr = ALIGN_DOWN(nr, LEAF_SLOTS) + LEAF_SLOTS;
		else
			nr++;
	}
	return -1;
}

/* Makes the levels that @nr needs.  Called and returns with the lock held, dropped within. */
static int grow_unlocked(struct pid_table *t, int nr) REQUIRES(t->lock)
{
	struct pid_mid **mid = &t->mid[nr / (LEAF_SLOTS * MID_SLOTS)];
	struct pid_mid *new_mid = NULL;
	struct pid_leaf *new_leaf;

	spin_unlock(&t->lock);
	if (!READ_ONCE(*mid))
		new_mid = kernel_hooks.alloc(sizeof(*new_mid));
	new_leaf = kernel_hooks.alloc(sizeof(*new_leaf));
	spin_lock(&t->lock);

	if (!*mid && new_mid)
		swap(*mid, new_mid);
	if (*mid && new_leaf && !(*mid)->leaf[leaf_index(nr)])
		swap((*mid)->leaf[leaf_index(nr)], new_leaf);
	if (new_mid)
		kernel_hooks.free(new_mid);
	if (new_leaf)
		kernel_hooks.free(new_leaf);
	return slot_of(t, nr) ? 0 : -ENOMEM;
}

/* The next free number, or @want (not 0) if it is free: -EEXIST. */
static int alloc(struct pid_table *t, int want, struct pid **out)
{
	struct pid *pid = kernel_hooks.alloc(sizeof(*pid));
	struct pid **slot;
	int nr, err = 0;

	if (!pid)
		return -ENOMEM;
	refcount_init(&pid->refs, 2); /* the caller's and the table's */
	for (int i = 0; i < PID_TYPES; i++)
		list_init(&pid->users[i]);

	spin_lock(&t->lock);
	for (;;) {
		nr = want;
		if (likely(!want))
			nr = find_free(t, t->last + 1, t->max);
		if (nr < 0)
			nr = find_free(t, t->last >= RESERVED_PIDS ? RESERVED_PIDS : 1, t->max);
		if (nr < 0) {
			err = -EAGAIN;
			goto out_unlock;
		}
		slot = slot_of(t, nr);
		if (slot)
			break;
		err = grow_unlocked(t, nr);
		if (err)
			goto out_unlock;
		/* Another thread may have taken the number meanwhile: look again. */
	}
	if (want && *slot) {
		err = -EEXIST;
		goto out_unlock;
	}
	*slot = pid;
	mid_of(t, nr)->used[leaf_index(nr)]++;
	if (!want)
		t->last = nr;
	pid->nr = nr;
	pid->table = t;
	pid->hashed = true;
	spin_unlock(&t->lock);
	*out = pid;
	return 0;

out_unlock:
	spin_unlock(&t->lock);
	kernel_hooks.free(pid);
	return err;
}

int pid_alloc(struct pid_table *t, struct pid **out)
{
	return alloc(t, 0, out);
}

int pid_alloc_number(struct pid_table *t, int nr, struct pid **out)
{
	if (nr < 1 || nr >= READ_ONCE(t->max))
		return -EINVAL;
	return alloc(t, nr, out);
}

/* The number becomes free; drops the table's reference. */
static void unhash(struct pid *pid)
{
	struct pid_table *t = pid->table;
	bool was;

	spin_lock(&t->lock);
	was = pid->hashed;
	if (was) {
		*slot_of(t, pid->nr) = NULL;
		mid_of(t, pid->nr)->used[leaf_index(pid->nr)]--;
		pid->hashed = false;
	}
	spin_unlock(&t->lock);
	if (was)
		pid_put(pid);
}

void pid_abandon(struct pid *pid)
{
	unhash(pid);
	pid_put(pid);
}

struct pid *pid_lookup(struct pid_table *t, int nr)
{
	struct pid **slot, *pid = NULL;

	if (nr <= 0 || nr >= PID_MAX_LIMIT)
		return NULL;
	spin_lock(&t->lock);
	slot = slot_of(t, nr);
	if (slot && *slot)
		pid = pid_get(*slot);
	spin_unlock(&t->lock);
	return pid;
}

struct pid *pid_next(struct pid_table *t, int nr)
{
	struct pid *pid = NULL;

	spin_lock(&t->lock);
	for (nr = max(nr, 1); nr < t->max && !pid;) {
		struct pid_mid *mid = mid_of(t, nr);

		if (!mid) {
			nr = ALIGN_DOWN(nr, LEAF_SLOTS * MID_SLOTS) + LEAF_SLOTS * MID_SLOTS;
		} else if (!mid->used[leaf_index(nr)]) {
			nr = ALIGN_DOWN(nr, LEAF_SLOTS) + LEAF_SLOTS;
		} else {
			struct pid *p = mid->leaf[leaf_index(nr)]->slot[nr % LEAF_SLOTS];

			if (p)
				pid = pid_get(p);
			nr++;
		}
	}
	spin_unlock(&t->lock);
	return pid;
}

struct pid *pid_get(struct pid *pid)
{
	if (pid)
		refcount_get(&pid->refs);
	return pid;
}

void pid_put(struct pid *pid)
{
	if (pid && refcount_put(&pid->refs))
		kernel_hooks.free(pid);
}

void pid_attach(struct pid *pid, enum pid_type type, struct list_node *node)
{
	list_add(&pid->users[type], node);
}

void pid_detach(struct pid *pid, struct list_node *node)
{
	list_del_init(node);
	for (int i = 0; i < PID_TYPES; i++)
		if (!list_empty(&pid->users[i]))
			return;
	unhash(pid);
}

int pid_table_last(struct pid_table *t)
{
	return READ_ONCE(t->last);
}

int pid_table_set_last(struct pid_table *t, int nr)
{
	int err = -EINVAL;

	spin_lock(&t->lock);
	if (nr >= 0 && nr < t->max) {
		t->last = nr;
		err = 0;
	}
	spin_unlock(&t->lock);
	return err;
}

int pid_table_max(struct pid_table *t)
{
	return READ_ONCE(t->max);
}

int pid_table_set_max(struct pid_table *t, int max)
{
	if (max < RESERVED_PIDS + 1 || max > PID_MAX_LIMIT)
		return -EINVAL;
	spin_lock(&t->lock);
	t->max = max;
	spin_unlock(&t->lock);
	return 0;
}
