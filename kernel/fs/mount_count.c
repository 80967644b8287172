/*
 * mount_count.c - references and writers of a mount, counted by processor.
 *
 * Every open and close counts its mount, so a mount that is in use by all (by_cpu) has a
 * pair of counters for each processor, on a line of its own: a get or a put changes those
 * of the processor that it runs on, and the sum of them all is the count.  Such a mount
 * has the tree's reference, so no put need ask whether it was the last.  Out of the tree,
 * or before it gets there, puts go one by one under counts.lock and look at the sum.
 *
 * Gets take no lock in either case: who gets has a reference, whose put would have to
 * come first.  Between the two ways of counting lies a grace period, after which no
 * processor is in the middle of a put of the other kind: nothing here sleeps.
 *
 * Writers against read-only: a writer counts first and looks then; remount forbids first and
 * counts then; one of the two sees the other.
 */
#include "core/percpu.h"
#include "fs/inode.h"
#include "fs/mount_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "mem/slab.h"

static struct {
	struct spinlock lock; /* puts of mounts that are not by_cpu */
} counts;

void mount_count_init(void)
{
	spin_init(&counts.lock, LOCK_INODE_LIST);
}

int mount_count_new(struct mount *mount)
{
	mount->counts = kcalloc(cpu_possible_count, sizeof(struct mount_count));
	if (!mount->counts)
		return -ENOMEM;
	mount_get(mount);
	return 0;
}

/* --- References ---------------------------------------------------------- */

static s32 refs_sum(const struct mount *mount)
{
	s32 sum = 0;

	for (unsigned cpu = 0; cpu < cpu_possible_count; cpu++)
		sum += READ_ONCE(mount->counts[cpu].refs);
	return sum;
}

static inline void refs_add(struct mount *mount, s32 n)
{
	struct mount_count *mine = &mount->counts[cpu_id()];

	WRITE_ONCE(mine->refs, mine->refs + n);
}

void mount_get(struct mount *mount)
{
	refs_add(mount, 1);
}

static __noinline bool get_live_slow(struct mount *mount)
{
	bool live;

	spin_lock(&counts.lock);
	live = refs_sum(mount) > 0;
	if (live)
		refs_add(mount, 1);
	spin_unlock(&counts.lock);
	return live;
}

bool mount_get_live(struct mount *mount)
{
	if (unlikely(!load_acquire(&mount->by_cpu)))
		return get_live_slow(mount);
	refs_add(mount, 1);
	return true;
}

static __noinline void put_slow(struct mount *mount)
{
	bool last;

	spin_lock(&counts.lock);
	refs_add(mount, -1);
	last = refs_sum(mount) == 0;
	spin_unlock(&counts.lock);
	if (last)
		mount_release(mount);
}

void mount_put(struct mount *mount)
{
	if (likely(READ_ONCE(mount->by_cpu)))
		refs_add(mount, -1);
	else
		put_slow(mount);
}

void mount_count_by_cpu(struct mount *mount)
{
	store_release(&mount->by_cpu, true);
}

void mount_put_detached(struct list_node *gone)
{
	struct mount *m;

	list_for_each_entry(m, gone, list)
		WRITE_ONCE(m->by_cpu, false);
	synchronize_rcu();
	while (!list_empty(gone)) {
		m = list_first_entry(gone, struct mount, list);
		list_del_init(&m->list);
		mount_put(m);
	}
}

/*
 * The sum of counters that others change can come out too low: a reference taken where it has
 * looked, another put where it has not.  So what seems to be idle is counted again while puts
 * wait for each other.
 */
bool mount_is_busy(struct mount *mount, s32 known)
{
	bool busy = refs_sum(mount) > known;

	if (busy || !cpu_online_many())
		return busy;
	WRITE_ONCE(mount->by_cpu, false);
	synchronize_rcu();
	spin_lock(&counts.lock);
	busy = refs_sum(mount) > known;
	spin_unlock(&counts.lock);
	mount_count_by_cpu(mount);
	return busy;
}

/* --- Writers ------------------------------------------------------------- */

int mount_writable(const struct mount *mount)
{
	if (unlikely((mount->flags & MNT_RDONLY) || (mount->sb->flags & SB_RDONLY)))
		return -EROFS;
	return 0;
}

static inline void writers_add(struct mount *mount, s32 n)
{
	struct mount_count *mine = &mount->counts[cpu_id()];

	WRITE_ONCE(mine->writers, mine->writers + n);
}

/* Waiting is short: nothing sleeps while MNT_WRITE_HOLD is set. */
int mount_get_write(struct mount *mount)
{
	writers_add(mount, 1);
	smp_mb();
	while (unlikely(READ_ONCE(mount->flags) & MNT_WRITE_HOLD))
		arch_cpu_relax();
	if (likely(mount_writable(mount) == 0))
		return 0;
	mount_put_write(mount);
	return -EROFS;
}

void mount_put_write(struct mount *mount)
{
	writers_add(mount, -1);
}

/* No writer comes in while it counts but one that waits: at worst there is one too many. */
int mount_hold_writers(struct mount *mount)
{
	s32 writers = 0;

	WRITE_ONCE(mount->flags, mount->flags | MNT_WRITE_HOLD);
	smp_mb();
	for (unsigned cpu = 0; cpu < cpu_possible_count; cpu++)
		writers += READ_ONCE(mount->counts[cpu].writers);
	if (writers == 0)
		return 0;
	WRITE_ONCE(mount->flags, mount->flags & ~MNT_WRITE_HOLD);
	return -EBUSY;
}
