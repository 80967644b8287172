/*
 * Root, working directory and umask of a process, or of several (CLONE_FS).
 * Path walk reads the two paths without a lock: seq is odd while they change,
 * and what they named lives for a grace period.
 */
#include "fs/fs_context.h"

#include "fs/mount.h"
#include "fs/dentry.h"
#include "lib/atomic.h"
#include "mem/slab.h"

struct fs_context *fs_context_new(const struct path *root)
{
	struct fs_context *fs = kzalloc(sizeof(*fs));

	if (!fs)
		return NULL;
	refcount_init(&fs->refs, 1);
	spin_init(&fs->lock, LOCK_FS_CONTEXT);
	fs->umask = 022;
	fs->root = fs->cwd = *root;
	path_get(root);
	path_get(root);
	return fs;
}

struct fs_context *fs_context_fork(struct fs_context *src)
{
	struct fs_context *fs = kmalloc(sizeof(*fs));

	if (!fs)
		return NULL;
	refcount_init(&fs->refs, 1);
	spin_init(&fs->lock, LOCK_FS_CONTEXT);
	fs->seq = 0;
	spin_lock(&src->lock);
	fs->umask = src->umask;
	fs->root = src->root;
	fs->cwd = src->cwd;
	path_get(&fs->root);
	path_get(&fs->cwd);
	spin_unlock(&src->lock);
	return fs;
}

void fs_context_get(struct fs_context *fs)
{
	refcount_get(&fs->refs);
}

void fs_context_put(struct fs_context *fs)
{
	if (!refcount_put(&fs->refs))
		return;
	path_put(&fs->root);
	path_put(&fs->cwd);
	kfree(fs);
}

void fs_context_root(struct fs_context *fs, struct path *out)
{
	spin_lock(&fs->lock);
	*out = fs->root;
	path_get(out);
	spin_unlock(&fs->lock);
}

void fs_context_cwd(struct fs_context *fs, struct path *out)
{
	spin_lock(&fs->lock);
	*out = fs->cwd;
	path_get(out);
	spin_unlock(&fs->lock);
}

/* @from NULL: whatever it is now. */
static bool path_set(struct fs_context *fs, struct path *which, const struct path *from,
		     const struct path *to)
{
	struct path old;

	path_get(to);
	spin_lock(&fs->lock);
	if (from && !path_equal(which, from)) {
		spin_unlock(&fs->lock);
		path_put(to);
		return false;
	}
	old = *which;
	WRITE_ONCE(fs->seq, fs->seq + 1);
	smp_wmb();
	*which = *to;
	store_release(&fs->seq, fs->seq + 1);
	spin_unlock(&fs->lock);
	path_put(&old);
	return true;
}

void fs_context_set_root(struct fs_context *fs, const struct path *path)
{
	path_set(fs, &fs->root, NULL, path);
}

void fs_context_set_cwd(struct fs_context *fs, const struct path *path)
{
	path_set(fs, &fs->cwd, NULL, path);
}

bool fs_context_move(struct fs_context *fs, const struct path *old, const struct path *new)
{
	bool root = path_set(fs, &fs->root, old, new);

	return path_set(fs, &fs->cwd, old, new) || root;
}
