/*
 * The parts of the dentry cache that the lock-free path walk uses inline.
 * For fs/ only.
 */
#pragma once
#include "core/percpu.h"
#include "core/seqlock.h"
#include "core/spinlock.h"
#include "fs/dentry.h"
#include "fs/inode.h"
#include "fs/path.h"
#include "fs/superblock.h"
#include "lib/hash.h"
#include "sched/work.h"

struct dcache_table {
	u32 mask;
	struct rcu_head rcu;
	struct dentry *slots[];
};

/*
 * Chains change under one of a few locks, told by the lowest bits of the slot's number, which
 * no size of the table changes: a few instructions, inside dcache.lock.  Who changes the table
 * has all of them.
 */
#define CHAIN_LOCKS 16
struct chain_lock {
	struct spinlock lock; /* rank LOCK_DCACHE_CHAIN */
} __aligned(64);
extern struct chain_lock chain_locks[CHAIN_LOCKS];

/*
 * lock serialises every change of parents, names, the LRU, the mount tree and the table
 * itself.  seq moves only for the changes that could send a lock-free walker astray:
 * rename, resize, mount and umount.  Making and removing a name in an SB_MEMORY directory
 * takes neither.  What walkers read is not in a line that others write.
 */
struct dcache {
	struct seqcount seq;			/* written under lock */
	struct dcache_table *table;		/* [lock], read under RCU */
	struct work shrink;			/* dcache.c: makes the table smaller */
	struct spinlock lock __aligned(64);	/* rank LOCK_DCACHE */
	u64 unused GUARDED_BY(&lock);		/* [lock] on lru */
	struct list_node lru GUARDED_BY(&lock); /* [lock] oldest first */
	s64 count;				/* [a] hashed, but for what CPUs keep: dcache.c */
	u32 shrink_below; /* [lock] with fewer the table is too large; 0: never */
};
extern struct dcache dcache;

#define NAME_HASH_SEED 0x9ae16a3b2f90404fULL
#define NAME_ONES      0x0101010101010101ULL
#define NAME_HIGHS     0x8080808080808080ULL
#define NAME_SLASHES   0x2f2f2f2f2f2f2f2fULL

static inline u64 name_mix(u64 hash, u64 word)
{
	hash = (hash ^ word) * 0x9fb21c651e98df25ULL;
	return hash ^ (hash >> 32);
}

struct name_word {
	u64 word;
} __packed __attribute__((may_alias));

/* May read past the end of the string, but not past its page: name_scan() only.
 * (Nothing for a kernel build; the unit tests run under the address sanitizer.) */
__attribute__((no_sanitize_address)) static inline u64 name_load_past(const char *p)
{
	return ((const struct name_word *)p)->word;
}

static inline u64 name_load(const char *p)
{
	u64 word;

	__builtin_memcpy(&word, p, sizeof(word));
	return word;
}

/* The first n < 8 bytes of a string, which may end right at a page's end. */
static inline u64 name_load_tail(const char *p, u32 n)
{
	u64 word = 0;

	for (u32 i = 0; i < n; i++)
		word |= (u64)(u8)p[i] << (8 * i);
	return word;
}

/* Eight bytes up to a NUL that may be the last byte of the last page. */
static inline u64 name_load_careful(const char *p)
{
	u64 word = 0;

	for (u32 i = 0; i < 8 && p[i]; i++)
		word |= (u64)(u8)p[i] << (8 * i);
	return word;
}

/* Length of the component at @str, which ends at '/' or NUL, and its hash:
 * eight bytes at a time (0x01.. trick; the lowest hit is exact). */
static inline u32 name_scan(const char *str, u32 *hash_out)
{
	u64 hash = NAME_HASH_SEED, word, slash, hit;
	const char *p = str;
	u32 tail;

	for (;;) {
		if (unlikely(((uintptr_t)p & (PAGE_SIZE - 1)) > PAGE_SIZE - 8))
			word = name_load_careful(p);
		else
			word = name_load_past(p);
		slash = word ^ NAME_SLASHES;
		hit = (((word - NAME_ONES) & ~word) | ((slash - NAME_ONES) & ~slash)) & NAME_HIGHS;
		if (hit)
			break;
		hash = name_mix(hash, word);
		p += 8;
	}
	tail = __builtin_ctzll(hit) >> 3;
	/* Keeps the bytes below the terminator: (lowest hit bit >> 7) - 1. */
	word &= ((hit & -hit) >> 7) - 1;
	*hash_out = (u32)name_mix(hash, word);
	return (u32)(p - str) + tail;
}

/* The names' hashes are mixed well; a directory moves all of its by the same. */
static inline u32 dcache_slot(const struct dentry *parent, u32 hash)
{
	return hash + (u32)((uintptr_t)parent / DENTRY_ALIGN);
}

/* Dentry names are zero padded; @str is exactly @len bytes. */
static inline bool name_equal(const char *padded, const char *str, u32 len)
{
	u32 i = 0;

	for (; i + 8 <= len; i += 8)
		if (name_load(padded + i) != name_load(str + i))
			return false;
	if (i == len)
		return true;
	if (len >= 8) /* the last word overlaps the one before */
		return name_load(padded + len - 8) == name_load(str + len - 8);
	if (len >= 4) {
		u32 a, b, c, d;

		__builtin_memcpy(&a, padded, 4);
		__builtin_memcpy(&b, str, 4);
		__builtin_memcpy(&c, padded + len - 4, 4);
		__builtin_memcpy(&d, str + len - 4, 4);
		return a == b && c == d;
	}
	return padded[0] == str[0] && padded[len - 1] == str[len - 1] &&
	       (len < 3 || padded[1] == str[1]);
}

/* Not referenced.  A miss counts only if dcache.seq did not move. */
static inline struct dentry *dcache_find(const struct dentry *parent, const char *str, u32 len,
					 u32 hash)
{
	const struct dcache_table *table = load_acquire(&dcache.table);
	struct dentry *d = load_acquire(&table->slots[dcache_slot(parent, hash) & table->mask]);

	for (; d; d = load_acquire(&d->hash_next))
		if (d->hash == hash && d->parent == parent && d->len == (u16)len &&
		    name_equal(d->name, str, len))
			return d;
	return NULL;
}

/* --- References that processors keep: dentry_kept.c ------------------------ */

/* One processor has nobody to keep them from. */
static inline u32 dentry_keep_flag(void)
{
	return cpu_possible_count > 1 ? DENTRY_KEEP : 0;
}

/* What a dentry gets that can be found from now on.  A directory is used by many; of a file
 * that has to show: dentry_kept.c. */
static inline u32 dentry_hashed_flags(const struct dentry *d)
{
	bool keep = d->inode && inode_is_dir(d->inode) && !(d->flags & DENTRY_DONTCACHE);

	return DENTRY_HASHED | (keep ? dentry_keep_flag() : 0);
}

/* DENTRY_KEEP was just taken away, by who calls: references that were kept are given back.
 * The caller has one. */
void dentry_unkeep(struct dentry *d);

/* A reference less, or one more that is kept.  True: it was the last. */
bool dentry_drop_ref(struct dentry *d) __must_check;

/* --- Changes ------------------------------------------------------------- */

/* All that can be found and is written by more than one: [a]. */
static inline u32 dentry_clear_flags(struct dentry *d, u32 flags)
{
	return __atomic_fetch_and(&d->flags, ~flags, __ATOMIC_SEQ_CST);
}

static inline void dentry_set_flags(struct dentry *d, u32 flags)
{
	__atomic_fetch_or(&d->flags, flags, __ATOMIC_SEQ_CST);
}

/* The lock of @d's chain, and its slot as long as that is held. */
static inline struct spinlock *chain_lock_of(const struct dentry *d)
{
	return &chain_locks[dcache_slot(d->parent, d->hash) % CHAIN_LOCKS].lock;
}

static inline struct dentry **chain_of(const struct dentry *d)
{
	return &dcache.table->slots[dcache_slot(d->parent, d->hash) & dcache.table->mask];
}

/* What a walker may find from now on is written before. */
static inline void chain_add_locked(struct dentry **slot, struct dentry *d)
{
	WRITE_ONCE(d->hash_next, *slot);
	store_release(slot, d);
}

static inline void chain_add(struct dentry *d)
{
	struct spinlock *lock = chain_lock_of(d);

	spin_lock(lock);
	chain_add_locked(chain_of(d), d);
	spin_unlock(lock);
}

/* The same unless such a name is there already. */
static inline bool chain_add_new(struct dentry *d)
{
	struct spinlock *lock = chain_lock_of(d);
	struct dentry **slot, *p;

	spin_lock(lock);
	slot = chain_of(d);
	for (p = *slot; p; p = p->hash_next)
		if (p->hash == d->hash && p->parent == d->parent && p->len == d->len &&
		    name_equal(p->name, d->name, d->len))
			break;
	if (likely(!p))
		chain_add_locked(slot, d);
	spin_unlock(lock);
	return !p;
}

/* d->hash_next stays: a walker standing on d goes on. */
static inline void chain_remove(struct dentry *d)
{
	struct spinlock *lock = chain_lock_of(d);
	struct dentry **p;

	spin_lock(lock);
	p = chain_of(d);
	while (*p != d)
		p = &(*p)->hash_next;
	WRITE_ONCE(*p, d->hash_next);
	spin_unlock(lock);
}

/* The parent's names, newest first: [n]. */
static inline void child_add(struct dentry *d)
{
	unsigned list = d->sb->flags & SB_MEMORY ? cpu_id() % DIR_LISTS : 0;
	struct dentry **head = memory_dir_list(d->parent->inode, list), *older = *head;

	d->list = (u8)list;
	d->cookie = 1;
	if (older) {
		d->cookie += older->cookie;
		older->sibling_at = &d->sibling;
	}
	d->sibling = older;
	d->sibling_at = head;
	*head = d;
}

static inline void child_remove(struct dentry *d)
{
	if (!d->sibling_at)
		return;
	*d->sibling_at = d->sibling;
	if (d->sibling)
		d->sibling->sibling_at = d->sibling_at;
	d->sibling_at = NULL;
}

/* One of an inode's names: it is a directory, and has some. */
static inline struct dentry *child_first(struct inode *inode)
{
	struct dentry *child = NULL;

	if (!inode || !inode_is_dir(inode))
		return NULL;
	for (unsigned i = 0; !child && i < (inode->sb->flags & SB_MEMORY ? DIR_LISTS : 1); i++)
		child = READ_ONCE(*memory_dir_list(inode, i));
	return child;
}

/* dcache.c: one name more, after which the table may be too small, or less. */
void dcache_count_more(void);
void dcache_count_less(void);

/* Takes a name out that was found, and what hashing brought. */
static inline void dcache_unhash_locked(struct dentry *d) REQUIRES(&dcache.lock)
{
	if (!(READ_ONCE(d->flags) & DENTRY_HASHED))
		return;
	chain_remove(d);
	if (dentry_clear_flags(d, DENTRY_HASHED | DENTRY_KEEP) & DENTRY_KEEP)
		dentry_unkeep(d);
	dcache_count_less();
}

/* dentry.c */
void dentry_cache_init(void);
