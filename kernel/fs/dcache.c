/*
 * dcache.c - the hash table of the dentry cache, and how it grows and shrinks.
 *
 * It has four times as many slots once there is a name a slot, which leaves four slots a name,
 * and a fourth when there are eight slots a name, which leaves two.  A worker shrinks it, so
 * that removing names costs no memory and no wait.
 *
 * Names are counted by processor, and looked at together when a processor has made or removed
 * COUNT_BATCH more than the other way round.
 *
 * Readers load the table once, under RCU.  Another one is filled under
 * dcache.lock while dcache.seq is odd, so that whoever followed a chain into
 * the new table meanwhile looks again; the old one goes after a grace period.
 * All chains are locked meanwhile.
 */
#include "fs/dentry.h"
#include "fs/dcache_internal.h"
#include "lib/string.h"
#include "mem/slab.h"

#define FIRST_SLOTS 1024
#define COUNT_BATCH 32

DEFINE_PERCPU_STATIC(s32, counted); /* names that this CPU has not yet added to dcache.count */

struct dcache dcache;
struct chain_lock chain_locks[CHAIN_LOCKS];

static struct {
	struct dcache_table table;
	struct dentry *slots[FIRST_SLOTS];
} first_table;

static struct dcache_table *table_new(u32 slots)
{
	struct dcache_table *table;

	table = kvzalloc(sizeof(*table) + slots * sizeof(table->slots[0]));
	if (table)
		table->mask = slots - 1;
	return table;
}

static void table_free(struct rcu_head *rcu)
{
	struct dcache_table *table = container_of(rcu, struct dcache_table, rcu);

	if (table != (struct dcache_table *)&first_table)
		kvfree(table);
}

static void lock_chains(void) NO_THREAD_SAFETY
{
	for (int i = 0; i < CHAIN_LOCKS; i++)
		spin_lock(&chain_locks[i].lock);
}

static void unlock_chains(void) NO_THREAD_SAFETY
{
	for (int i = 0; i < CHAIN_LOCKS; i++)
		spin_unlock(&chain_locks[i].lock);
}

/*
 * Moves all names to a table of @slots, unless it has become needless: @larger says which way
 * it goes.  Without memory the old one stays: longer chains or idle slots, nothing worse.
 */
static void table_resize(u32 slots, bool larger)
{
	struct dcache_table *old, *new = table_new(slots);

	if (!new)
		return;
	spin_lock(&dcache.lock);
	old = dcache.table;
	if (larger ? new->mask <= old->mask : READ_ONCE(dcache.count) >= dcache.shrink_below) {
		spin_unlock(&dcache.lock);
		kvfree(new);
		return;
	}
	seq_write_begin(&dcache.seq);
	lock_chains();
	for (u32 i = 0; i <= old->mask; i++) {
		struct dentry *d = old->slots[i], *next;

		for (; d; d = next) {
			u32 slot = dcache_slot(d->parent, d->hash) & new->mask;

			next = d->hash_next;
			chain_add_locked(&new->slots[slot], d);
		}
	}
	store_release(&dcache.table, new);
	unlock_chains();
	dcache.shrink_below = slots > FIRST_SLOTS ? slots / 8 : 0;
	seq_write_end(&dcache.seq);
	spin_unlock(&dcache.lock);
	call_rcu(&old->rcu, table_free);
}

static __cold void dcache_grow(void)
{
	table_resize((dcache.table->mask + 1) * 4, true);
}

/* One step at a time: more names may be on their way out. */
static void dcache_shrink_table(struct work *work)
{
	u32 slots, last;

	do {
		last = dcache.table->mask + 1;
		slots = max(last / 4, (u32)FIRST_SLOTS);
		if (slots < last)
			table_resize(slots, false);
	} while (dcache.table->mask + 1 < last &&
		 READ_ONCE(dcache.count) < READ_ONCE(dcache.shrink_below));
}

void dcache_init(void)
{
	dentry_cache_init();
	spin_init(&dcache.lock, LOCK_DCACHE);
	for (int i = 0; i < CHAIN_LOCKS; i++)
		spin_init(&chain_locks[i].lock, LOCK_DCACHE_CHAIN);
	list_init(&dcache.lru);
	work_init(&dcache.shrink, dcache_shrink_table);
	first_table.table.mask = FIRST_SLOTS - 1;
	dcache.table = &first_table.table;
}

static __noinline s64 count_flush(s32 n)
{
	this_cpu(counted) = 0;
	return __atomic_add_fetch(&dcache.count, n, __ATOMIC_RELAXED);
}

void dcache_count_more(void)
{
	if (unlikely(++this_cpu(counted) >= COUNT_BATCH) &&
	    count_flush(COUNT_BATCH) > READ_ONCE(dcache.table)->mask)
		dcache_grow();
}

void dcache_count_less(void)
{
	if (unlikely(--this_cpu(counted) <= -COUNT_BATCH) &&
	    count_flush(-COUNT_BATCH) < READ_ONCE(dcache.shrink_below))
		work_queue(&dcache.shrink);
}

u32 name_hash(const char *str, u32 len)
{
	u64 hash = NAME_HASH_SEED;
	u32 i = 0;

	for (; i + 8 <= len; i += 8)
		hash = name_mix(hash, name_load(str + i));
	return (u32)name_mix(hash, name_load_tail(str + i, len - i));
}

void name_init(struct name *name, const char *str)
{
	name->str = str;
	name->len = strlen(str);
	name->hash = name_hash(str, name->len);
}

void dcache_stats(struct dcache_stats *out)
{
	s64 count = READ_ONCE(dcache.count);

	for (unsigned cpu = 0; cpu < cpu_possible_count; cpu++)
		count += READ_ONCE(per_cpu(counted, cpu));
	out->dentries = count > 0 ? (u64)count : 0;
	out->unused = READ_ONCE(dcache.unused);
}
