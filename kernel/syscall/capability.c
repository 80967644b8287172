/*
 * capability.c - capget(2), capset(2).  capabilities(7).
 */
#include <linux/capability.h>
#include "core/cred.h"
#include "mem/user.h"
#include "proc/proc_internal.h"
#include "syscall/syscalls.h"

/* Words per set for the version in *header, which is corrected when unknown. */
static int header_words(struct __user_cap_header_struct __user *uheader,
			struct __user_cap_header_struct *header, unsigned *words)
{
	if (copy_from_user(header, uheader, sizeof(*header)))
		return -EFAULT;
	switch (header->version) {
	case _LINUX_CAPABILITY_VERSION_1:
		*words = _LINUX_CAPABILITY_U32S_1;
		return 0;
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		*words = _LINUX_CAPABILITY_U32S_3;
		return 0;
	}
	if (put_user_u32(_LINUX_CAPABILITY_VERSION_3, &uheader->version))
		return -EFAULT;
	return -EINVAL;
}

/* EINVAL: version (with data == NULL it is how one asks), pid < 0.  ESRCH. */
long sys_capget(struct __user_cap_header_struct __user *uheader,
		struct __user_cap_data_struct __user *udata)
{
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2];
	const struct cred *cred;
	struct task *task;
	unsigned words;
	int err;

	err = header_words(uheader, &header, &words);
	if (err)
		return !udata && err == -EINVAL ? 0 : err;
	if (!udata)
		return 0;
	if (header.pid < 0)
		return -EINVAL;
	if (header.pid == 0 || header.pid == task_number(current_task())) {
		cred = cred_get(current_cred());
	} else {
		unsigned long flags;

		task = task_lookup(header.pid);
		if (!task)
			return -ESRCH;
		flags = spin_lock_irqsave(&task->process->lock);
		cred = cred_get(task->caller.cred);
		spin_unlock_irqrestore(&task->process->lock, flags);
		task_put(task);
	}
	for (unsigned i = 0; i < 2; i++) {
		data[i].effective = (u32)(cred->effective >> 32 * i);
		data[i].permitted = (u32)(cred->permitted >> 32 * i);
		data[i].inheritable = (u32)(cred->inheritable >> 32 * i);
	}
	cred_put(cred);
	return copy_to_user(udata, data, words * sizeof(data[0]));
}

/* EPERM: adding to permitted, effective beyond it, another process... */
long sys_capset(struct __user_cap_header_struct __user *uheader,
		const struct __user_cap_data_struct __user *udata)
{
	const struct cred *old = current_cred();
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2] = { 0 };
	u64 effective, permitted, inheritable;
	struct cred *next;
	unsigned words;
	int err;

	err = header_words(uheader, &header, &words);
	if (err)
		return err;
	if (header.pid != 0 && header.pid != task_number(current_task()))
		return -EPERM;
	if (copy_from_user(data, udata, words * sizeof(data[0])))
		return -EFAULT;
	effective = (data[0].effective | (u64)data[1].effective << 32) & CAP_FULL_SET;
	permitted = (data[0].permitted | (u64)data[1].permitted << 32) & CAP_FULL_SET;
	inheritable = (data[0].inheritable | (u64)data[1].inheritable << 32) & CAP_FULL_SET;

	if (!cred_capable(old, CAP_SETPCAP) && inheritable & ~(old->inheritable | old->permitted))
		return -EPERM;
	if (inheritable & ~(old->inheritable | old->bounding))
		return -EPERM;
	if (permitted & ~old->permitted || effective & ~permitted)
		return -EPERM;
	next = cred_dup(old);
	if (!next)
		return -ENOMEM;
	next->effective = effective;
	next->permitted = permitted;
	next->inheritable = inheritable;
	next->ambient &= permitted & inheritable;
	cred_commit(next);
	return 0;
}
