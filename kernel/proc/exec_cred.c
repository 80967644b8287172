/*
 * exec_cred.c - who a program runs as: set-user-ID and capabilities.
 *
 * The rules are those of capabilities(7), "Transformation of capabilities
 * during execve()", without file capabilities.  Nothing is allocated when
 * nothing changes, as with nearly every program.
 */
#include <linux/securebits.h>
#include <linux/stat.h>
#include "core/cred.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/vfs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "proc/exec_internal.h"

static void apply_set_id(struct file *file, struct cred *cred)
{
	u32 mode = READ_ONCE(file->inode->mode);

	if (!(mode & (S_ISUID | S_ISGID)) || cred->no_new_privs ||
	    file->path.mount->flags & MNT_NOSUID)
		return;
	if (mode & S_ISUID)
		cred->euid = file->inode->uid;
	if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		cred->egid = file->inode->gid;
}

static void apply_capabilities(const struct cred *old, struct cred *cred)
{
	bool set_id = cred->euid != old->euid || cred->egid != old->egid;
	bool root = !(cred->securebits & SECBIT_NOROOT);

	if (set_id)
		cred->ambient = 0;
	cred->permitted = cred->ambient;
	cred->effective = cred->ambient;
	if (root && (cred->euid == 0 || cred->uid == 0)) {
		cred->permitted |= cred->bounding | cred->inheritable;
		if (cred->euid == 0)
			cred->effective = cred->permitted;
	}
	cred->securebits &= ~SECBIT_KEEP_CAPS;
	cred->suid = cred->fsuid = cred->euid;
	cred->sgid = cred->fsgid = cred->egid;
}

int exec_cred(struct file *file, const struct cred *old, const struct cred **out, bool *secure)
{
	struct cred want = *old, *new;
	struct refcount refs;

	apply_set_id(file, &want);
	apply_capabilities(old, &want);
	*secure = want.uid != want.euid || want.gid != want.egid ||
		  (want.uid != 0 && want.effective & ~want.ambient);
	if (want.euid == old->euid && want.egid == old->egid && want.suid == old->suid &&
	    want.sgid == old->sgid && want.fsuid == old->fsuid && want.fsgid == old->fsgid &&
	    want.permitted == old->permitted && want.effective == old->effective &&
	    want.ambient == old->ambient && want.securebits == old->securebits) {
		*out = cred_get(old);
		return 0;
	}
	new = cred_dup(old);
	if (!new)
		return -ENOMEM;
	refs = new->refs;
	*new = want; /* the group list is the same, counted by cred_dup */
	new->refs = refs;
	*out = new;
	return 0;
}
