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
	struct list_node list GUARDED_BY(&lock); /* [lock] of struct superblock */
	u32 next_minor GUARDED_BY(&lock);	 /* [lock] anonymous devices are 0:n */
} supers = { .lock = SPINLOCK_INIT_RANK(LOCK_INODE_LIST),
	     .list = LIST_INIT(supers.list),
	     .next_minor = 1 };

const struct fs_type *fs_type_find(const char *name, size_t len)
{
	for (unsigned i = 0; i < fs_table_count; i++) {
		const struct fs_type *type = fs_table[i];

		if (type && strlen(type->name) == len && memcmp(type->name, name, len) == 0)
			return type;
	}
	return NULL;
}

struct superblock *superblock_new(const struct fs_type *type, const struct super_ops *ops)
{
	struct superblock *sb = kzalloc(sizeof(*sb));

	if (!sb)
		return NULL;
	refcount_init(&sb->refs, 1);
	list_init(&sb->mounts);
	sb->type = type;
	sb->ops = ops;
	sb->block_size = PAGE_SIZE;
	sb->max_file_size = S64_MAX;
	spin_lock(&supers.lock);
	sb->dev = dev_make(0, supers.next_minor++);
	list_add_tail(&supers.list, &sb->list);
	spin_unlock(&supers.lock);
	return sb;
}

void superblock_get(struct superblock *sb)
{
	refcount_get(&sb->refs);
}

static void superblock_free(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct superblock, rcu));
}

void superblock_put(struct superblock *sb)
{
	if (!refcount_put(&sb->refs))
		return;
	spin_lock(&supers.lock);
	list_del(&sb->list);
	spin_unlock(&supers.lock);
	if (sb->root) {
		dentry_prune(sb->root);
		dentry_put(sb->root);
	}
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
