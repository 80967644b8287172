/*
 * cred.c - who the caller is and becomes: setuid(2) and its family, groups.  credentials(7).
 */
#include <linux/capability.h>
#include "core/cred.h"
#include "mem/user.h"
#include "proc/proc_internal.h"
#include "syscall/syscalls.h"

#define NO_ID ((u32) - 1)

long sys_getuid(void)
{
	return current_cred()->uid;
}

long sys_geteuid(void)
{
	return current_cred()->euid;
}

long sys_getgid(void)
{
	return current_cred()->gid;
}

long sys_getegid(void)
{
	return current_cred()->egid;
}

long sys_getresuid(u32 __user *ruid, u32 __user *euid, u32 __user *suid)
{
	const struct cred *cred = current_cred();

	if (put_user_u32(cred->uid, ruid) || put_user_u32(cred->euid, euid) ||
	    put_user_u32(cred->suid, suid))
		return -EFAULT;
	return 0;
}

long sys_getresgid(u32 __user *rgid, u32 __user *egid, u32 __user *sgid)
{
	const struct cred *cred = current_cred();

	if (put_user_u32(cred->gid, rgid) || put_user_u32(cred->egid, egid) ||
	    put_user_u32(cred->sgid, sgid))
		return -EFAULT;
	return 0;
}

/* --- user ids ------------------------------------------------------------------ */

/* @new has its ids; does what every uid change does.  EAGAIN: no memory for the record. */
static long commit_uids(struct cred *new)
{
	const struct cred *old = current_cred();
	int err = cred_set_user(new);

	if (err) {
		cred_put(new);
		return err;
	}
	new->fsuid = new->euid;
	cred_fix_caps_setuid(new, old);
	cred_commit(new);
	return 0;
}

/* EPERM: not privileged, and neither the real nor the saved id. */
long sys_setuid(u32 uid)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (uid == NO_ID)
		return -EINVAL;
	if (!cred_capable(old, CAP_SETUID) && uid != old->uid && uid != old->suid)
		return -EPERM;
	new = cred_dup(old);
	if (!new)
		return -ENOMEM;
	if (cred_capable(old, CAP_SETUID))
		new->uid = new->suid = uid;
	new->euid = uid;
	return commit_uids(new);
}

long sys_setreuid(u32 ruid, u32 euid)
{
	const struct cred *old = current_cred();
	bool privileged = cred_capable(old, CAP_SETUID);
	struct cred *new;

	if (!privileged && ruid != NO_ID && ruid != old->uid && ruid != old->euid)
		return -EPERM;
	if (!privileged && euid != NO_ID && euid != old->uid && euid != old->euid &&
	    euid != old->suid)
		return -EPERM;
	new = cred_dup(old);
	if (!new)
		return -ENOMEM;
	if (ruid != NO_ID)
		new->uid = ruid;
	if (euid != NO_ID)
		new->euid = euid;
	if (ruid != NO_ID || (euid != NO_ID && euid != old->uid))
		new->suid = new->euid;
	return commit_uids(new);
}

static bool is_one_of_mine(u32 id, u32 a, u32 b, u32 c)
{
	return id == NO_ID || id == a || id == b || id == c;
}

/* Would it stay?  An effective id that is named brings the file system's along. */
static bool stays(u32 id, u32 now)
{
	return id == NO_ID || id == now;
}

/* Where none of the three changes the file system's id stays too. */
long sys_setresuid(u32 ruid, u32 euid, u32 suid)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (!cred_capable(old, CAP_SETUID) &&
	    !(is_one_of_mine(ruid, old->uid, old->euid, old->suid) &&
	      is_one_of_mine(euid, old->uid, old->euid, old->suid) &&
	      is_one_of_mine(suid, old->uid, old->euid, old->suid)))
		return -EPERM;
	if (stays(ruid, old->uid) && stays(suid, old->suid) && stays(euid, old->euid) &&
	    stays(euid, old->fsuid))
		return 0;
	new = cred_dup(old);
	if (!new)
		return -ENOMEM;
	if (ruid != NO_ID)
		new->uid = ruid;
	if (euid != NO_ID)
		new->euid = euid;
	if (suid != NO_ID)
		new->suid = suid;
	return commit_uids(new);
}

/* Both return the id before, whatever happens. */
long sys_setfsuid(u32 uid)
{
	const struct cred *old = current_cred();
	long before = old->fsuid;
	struct cred *new;

	if (uid == NO_ID || uid == old->fsuid)
		return before;
	if (!cred_capable(old, CAP_SETUID) && uid != old->uid && uid != old->euid &&
	    uid != old->suid)
		return before;
	new = cred_dup(old);
	if (!new)
		return before;
	new->fsuid = uid;
	cred_fix_caps_setfsuid(new, old);
	cred_commit(new);
	return before;
}

/* --- group ids ------------------------------------------------------------------- */

long sys_setgid(u32 gid)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (gid == NO_ID)
		return -EINVAL;
	if (!cred_capable(old, CAP_SETGID) && gid != old->gid && gid != old->sgid)
		return -EPERM;
	new = cred_dup(old);
	if (!new)
		return -ENOMEM;
	if (cred_capable(old, CAP_SETGID))
		new->gid = new->sgid = gid;
	new->egid = new->fsgid = gid;
	cred_commit(new);
	return 0;
}

long sys_setregid(u32 rgid, u32 egid)
{
	const struct cred *old = current_cred();
	bool privileged = cred_capable(old, CAP_SETGID);
	struct cred *new;

	if (!privileged && rgid != NO_ID && rgid != old->gid && rgid != old->egid)
		return -EPERM;
	if (!privileged && egid != NO_ID && egid != old->gid && egid != old->egid &&
	    egid != old->sgid)
		return -EPERM;
	new = cred_dup(old);
	if (!new)
		return -ENOMEM;
	if (rgid != NO_ID)
		new->gid = rgid;
	if (egid != NO_ID)
		new->egid = egid;
	if (rgid != NO_ID || (egid != NO_ID && egid != old->gid))
		new->sgid = new->egid;
	new->fsgid = new->egid;
	cred_commit(new);
	return 0;
}

long sys_setresgid(u32 rgid, u32 egid, u32 sgid)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (!cred_capable(old, CAP_SETGID) &&
	    !(is_one_of_mine(rgid, old->gid, old->egid, old->sgid) &&
	      is_one_of_mine(egid, old->gid, old->egid, old->sgid) &&
	      is_one_of_mine(sgid, old->gid, old->egid, old->sgid)))
		return -EPERM;
	if (stays(rgid, old->gid) && stays(sgid, old->sgid) && stays(egid, old->egid) &&
	    stays(egid, old->fsgid))
		return 0;
	new = cred_dup(old);
	if (!new)
		return -ENOMEM;
	if (rgid != NO_ID)
		new->gid = rgid;
	if (egid != NO_ID)
		new->egid = egid;
	if (sgid != NO_ID)
		new->sgid = sgid;
	new->fsgid = new->egid;
	cred_commit(new);
	return 0;
}

long sys_setfsgid(u32 gid)
{
	const struct cred *old = current_cred();
	long before = old->fsgid;
	struct cred *new;

	if (gid == NO_ID || gid == old->fsgid)
		return before;
	if (!cred_capable(old, CAP_SETGID) && gid != old->gid && gid != old->egid &&
	    gid != old->sgid)
		return before;
	new = cred_dup(old);
	if (!new)
		return before;
	new->fsgid = gid;
	cred_commit(new);
	return before;
}

/* EINVAL: @size too small, and not 0. */
long sys_getgroups(int size, u32 __user *list)
{
	const struct group_list *groups = current_cred()->groups;
	int count = groups ? groups->count : 0;

	if (size < 0)
		return -EINVAL;
	if (size == 0 || count == 0)
		return count;
	if (count > size)
		return -EINVAL;
	if (copy_to_user(list, groups->gid, count * sizeof(u32)))
		return -EFAULT;
	return count;
}

long sys_setgroups(int size, const u32 __user *list)
{
	const struct cred *old = current_cred();
	struct group_list *groups;
	struct cred *new;

	if (!cred_capable(old, CAP_SETGID))
		return -EPERM;
	if ((unsigned)size > GROUPS_MAX)
		return -EINVAL;
	groups = group_list_new(size);
	if (!groups)
		return -ENOMEM;
	if (copy_from_user(groups->gid, list, size * sizeof(u32))) {
		group_list_put(groups);
		return -EFAULT;
	}
	for (int i = 0; i < size; i++) {
		if (groups->gid[i] == NO_ID) {
			group_list_put(groups);
			return -EINVAL;
		}
	}
	group_list_sort(groups);
	new = cred_dup(old);
	if (!new) {
		group_list_put(groups);
		return -ENOMEM;
	}
	cred_set_groups(new, groups);
	cred_commit(new);
	return 0;
}
