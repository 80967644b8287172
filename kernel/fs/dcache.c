/*
 * dcache.c - the hash table of the dentry cache, and how it grows and shrinks.
 *
 * It has four times as many slots once there is a name a slot, which leaves four slots a name,
 * and a fourth when there are eight slots a name, which leaves two.  A worker shrinks it, so
 * that removing names costs no memory and no wait.
 *
 * Readers load the table once, under RCU.  Another one is filled under
 * dcache.lock while dcache.seq is odd, so that whoever followed a chain into
 * the new table meanwhile looks again; the old one goes after a grace period.
 */
#include "fs/dentry.h"
#include "fs/dcache_internal.h"
#include "lib/string.h"
#include "mem/slab.h"

#define FIRST_SLOTS 1024

struct dcache dcache;

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
	if (larger ? new->mask <= old->mask : dcache.count >= dcache.shrink_below) {
		spin_unlock(&dcache.lock);
		kvfree(new);
		return;
	}
	seq_write_begin(&dcache.seq);
	for (u32 i = 0; i <= old->mask; i++) {
		struct dentry *d = old->slots[i], *next;

		for (; d; d = next) {
			next = d->hash_next;
			dcache_hash_locked(new, d);
		}
	}
	store_release(&dcache.table, new);
	dcache.shrink_below = slots > FIRST_SLOTS ? slots / 8 : 0;
	seq_write_end(&dcache.seq);
	spin_unlock(&dcache.lock);
	call_rcu(&old->rcu, table_free);
}

__cold void dcache_grow(void)
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
	list_init(&dcache.lru);
	work_init(&dcache.shrink, dcache_shrink_table);
	first_table.table.mask = FIRST_SLOTS - 1;
	dcache.table = &first_table.table;
	dcache.next_cookie = 2;
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
	out->dentries = READ_ONCE(dcache.count);
	out->unused = READ_ONCE(dcache.unused);
}
