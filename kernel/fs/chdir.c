/*
 * chdir.c - working directory and root by name: chdir(2), chroot(2).
 */
#include "fs/vfs.h"
#include <linux/capability.h>
#include "core/caller.h"
#include "core/cred.h"
#include "fs/dentry.h"
#include "fs/fs_context.h"
#include "lib/errno.h"

int vfs_chdir(const struct caller *caller, const char *name)
{
	struct path path;
	int err = path_lookup(caller, NULL, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = inode_permission(caller, path.dentry->inode, MAY_EXEC);
	if (!err)
		fs_context_set_cwd(caller->fs, &path);
	path_put(&path);
	return err;
}

int vfs_chroot(const struct caller *caller, const char *name)
{
	struct path path;
	int err = path_lookup(caller, NULL, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = inode_permission(caller, path.dentry->inode, MAY_EXEC);
	if (!err && !cred_capable(caller->cred, CAP_SYS_CHROOT))
		err = -EPERM;
	if (!err)
		fs_context_set_root(caller->fs, &path);
	path_put(&path);
	return err;
}
