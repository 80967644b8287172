/*
 * Superblocks and the list of them; file system types; mount option strings.
 */
#include "fs/superblock.h"

#include "fs/dentry.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "sched/mutex.h"

static struct {
	struct spinlock lock;			 /* rank LOCK_INODE_LIST */
	struct list_node list GUARDED_BY(&lock); /* [lock] by device number: 0:1, 0:2, ... */
	/* [lock] No number up to this one's (the list's head: 0:1) is free. */
	struct list_node *before_gap GUARDED_BY(&lock);
} supers = { .lock = SPINLOCK_INIT_RANK(LOCK_INODE_LIST),
	     .list = LIST_INIT(supers.list),
	     .before_gap = &supers.list };

const struct fs_type *fs_type_find(const char *name, size_t len)
{
	for (unsigned i = 0; i < fs_table_count; i++) {
		const struct fs_type *type = fs_table[i];

		if (type && strlen(type->name) == len && memcmp(type->name, name, len) == 0)
			return type;
	}
	return NULL;
}

static u32 super_minor(const struct list_node *node) REQUIRES(&supers.lock)
{
	if (node == &supers.list)
		return dev_minor(NAMELESS_DEV);
	return dev_minor(list_entry(node, struct superblock, list)->dev);
}

/* Gives @sb the least device number that is free, which NAMELESS_DEV is not. */
static void super_number(struct superblock *sb) REQUIRES(&supers.lock)
{
	struct list_node *at = supers.before_gap;

	while (at->next != &supers.list && super_minor(at->next) == super_minor(at) + 1)
		at = at->next;
	sb->dev = dev_make(0, super_minor(at) + 1);
	list_add(at, &sb->list);
	supers.before_gap = &sb->list;
}

static void super_forget(struct superblock *sb) REQUIRES(&supers.lock)
{
	if (super_minor(&sb->list) <= super_minor(supers.before_gap))
		supers.before_gap = sb->list.prev;
	list_del(&sb->list);
}

struct superblock *superblock_new(const struct fs_type *type, const struct super_ops *ops)
{
	struct superblock *sb = kvzalloc(sizeof(*sb) + cpu_possible_count * sizeof(sb->cpu[0]));

	if (!sb)
		return NULL;
	refcount_init(&sb->refs, 1);
	list_init(&sb->mounts);
	sb->type = type;
	sb->ops = ops;
	sb->block_size = PAGE_SIZE;
	sb->max_file_size = S64_MAX;
	spin_lock(&supers.lock);
	super_number(sb);
	spin_unlock(&supers.lock);
	return sb;
}

void superblock_make_nameless(struct superblock *sb)
{
	spin_lock(&supers.lock);
	super_forget(sb);
	sb->dev = NAMELESS_DEV;
	list_add(&supers.list, &sb->list);
	if (supers.before_gap == &supers.list)
		supers.before_gap = &sb->list;
	spin_unlock(&supers.lock);
}

void superblock_get(struct superblock *sb)
{
	refcount_get(&sb->refs);
}

static void superblock_free(struct rcu_head *rcu)
{
	kvfree(container_of(rcu, struct superblock, rcu));
}

void superblock_put(struct superblock *sb)
{
	if (!refcount_put(&sb->refs))
		return;
	spin_lock(&supers.lock);
	super_forget(sb);
	spin_unlock(&supers.lock);
	if (sb->root)
		dentry_put_root(sb->root);
	if (sb->ops->sync)
		sb->ops->sync(sb);
	/* Inodes are freed after a grace period and look at sb->ops then. */
	rcu_barrier();
	if (sb->ops->release)
		sb->ops->release(sb);
	call_rcu(&sb->rcu, superblock_free);
}

int superblock_sync_all(void)
{
	struct superblock *sb, *prev = NULL;
	int ret = 0;

	spin_lock(&supers.lock);
	list_for_each_entry(sb, &supers.list, list) {
		if (!sb->ops->sync || !refcount_get_unless_zero(&sb->refs))
			continue;
		spin_unlock(&supers.lock);
		if (prev)
			superblock_put(prev);
		prev = sb;
		int err = sb->ops->sync(sb);

		if (err)
			ret = err;
		spin_lock(&supers.lock);
	}
	spin_unlock(&supers.lock);
	if (prev)
		superblock_put(prev);
	return ret;
}

bool fs_option_next(const char **cursor, char *key, size_t key_size, char *value, size_t value_size)
{
	const char *p = *cursor;
	size_t k = 0, v = 0;

	while (p && *p == ',')
		p++;
	if (!p || !*p)
		return false;
	for (; *p && *p != ',' && *p != '='; p++)
		if (k + 1 < key_size)
			key[k++] = *p;
	key[k] = '\0';
	if (*p == '=')
		for (p++; *p && *p != ','; p++)
			if (v + 1 < value_size)
				value[v++] = *p;
	value[v] = '\0';
	*cursor = p;
	return true;
}
