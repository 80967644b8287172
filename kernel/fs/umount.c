/*
 * umount2(2): what is taken from the tree, and from wherever its place propagates to.
 *
 * Without MNT_DETACH nobody may be using it.  With it, it leaves the tree at once and goes when
 * the last user does.
 *
 * Source: umount(2), mount_namespaces(7)
 */
#include <linux/mount.h>

#include "abi/mount.h"
#include "core/caller.h"
#include "core/cred.h"
#include "fs/dentry.h"
#include "fs/mount_internal.h"
#include "lib/errno.h"

/* Detaches top and all below it, from the leaves up. */
static void umount_tree(struct mount *top)
{
	struct mount *m;
	DEFINE_LIST(gone);

	do {
		m = mount_deepest(top);
		mount_detach_propagated(m, &gone);
	} while (m != top);
	mount_changed();
	mount_put_detached(&gone);
}

static int umount_locked(struct mount *mount, int flags) REQUIRES(&mount_root_ns.lock)
{
	if (!mount->ns || !mount->parent)
		return -EINVAL;
	if (!(flags & MNT_DETACH)) {
		/* The tree's reference and the caller's; a child would hold another. */
		if (!list_empty(&mount->children) || mount_is_busy(mount, 2) ||
		    mount_propagated_busy(mount))
			return -EBUSY;
		if ((flags & MNT_EXPIRE) && !(mount->flags & MNT_EXPIRED)) {
			mount->flags |= MNT_EXPIRED;
			return -EAGAIN;
		}
	}
	umount_tree(mount);
	return 0;
}

int vfs_umount(const struct caller *caller, const char *target, int flags)
{
	struct path at;
	int err;

	err = path_lookup(caller, NULL, target, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &at);
	if (err)
		return err;
	if (!cred_capable(caller->cred, CAP_SYS_ADMIN))
		err = -EPERM;
	else if (at.dentry != at.mount->root)
		err = -EINVAL;
	else if ((flags & MNT_EXPIRE) && (flags & (MNT_FORCE | MNT_DETACH)))
		err = -EINVAL;
	if (!err) {
		mutex_lock(&mount_root_ns.lock);
		err = umount_locked(at.mount, flags);
		mutex_unlock(&mount_root_ns.lock);
	}
	path_put(&at);
	return err;
}
