/*
 * pivot_root(2): another mount becomes the root of the tree, and the old root
 * goes below it.  Every process whose root or working directory was the old
 * root is moved along.
 *
 * Source: pivot_root(2)
 */
#include "core/caller.h"
#include "core/hooks.h"
#include "fs/dentry.h"
#include "fs/fs_context.h"
#include "fs/mount_internal.h"
#include "lib/errno.h"

/* Namespace lock held. */
static int pivot_check(const struct path *new, const struct path *old, const struct path *root)
{
	if (old->mount->group || !new->mount->ns || !root->mount->ns)
		return -EINVAL;
	/* The rootfs stays where it is. */
	if (!new->mount->parent || new->mount->parent->group ||
	    (root->mount->parent && root->mount->parent->group))
		return -EINVAL;
	if (new->mount == root->mount || old->mount == root->mount)
		return -EBUSY;
	/* Both must be mount points, and the rootfs itself cannot be moved. */
	if (new->dentry != new->mount->root || root->dentry != root->mount->root ||
	    !root->mount->parent)
		return -EINVAL;
	/* put_old must be at or below new_root, and that below the root. */
	if (old->mount == new->mount ? !dentry_is_ancestor(new->dentry, old->dentry) :
				       !mount_is_below(old->mount, new->mount))
		return -EINVAL;
	return mount_is_below(new->mount, root->mount) ? 0 : -EINVAL;
}

int vfs_pivot_root(const struct caller *caller, const char *new_root, const char *put_old)
{
	struct path new, old, root, under;
	int err;

	err = path_lookup(caller, NULL, new_root, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &new);
	if (err)
		return err;
	err = path_lookup(caller, NULL, put_old, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &old);
	if (err)
		goto out_put_new;
	fs_context_root(caller->fs, &root);
	mutex_lock(&mount_root_ns.lock);
	err = pivot_check(&new, &old, &root);
	if (err)
		goto out_unlock;
	/* Commit point: new takes the place of root, and then root goes to put_old: at no
	 * time do the parents form a ring. */
	under = (struct path){ root.mount->parent, root.mount->mountpoint };
	path_get(&under);
	mount_move(new.mount, under.mount, under.dentry);
	mount_move(root.mount, old.mount, old.dentry);
	path_put(&under);
	mount_changed();
out_unlock:
	mutex_unlock(&mount_root_ns.lock);
	if (!err && kernel_hooks.root_moved)
		kernel_hooks.root_moved(&root, &new);
	path_put(&root);
	path_put(&old);
out_put_new:
	path_put(&new);
	return err;
}
