/*
 * sigio.c - signal-driven I/O: who is told, and when: fcntl(2), "Managing signals".
 *
 *	object (pipe, tty) --sigio_list--> file_owner --> pid, signal
 *	                                       ^--owner-- file
 *
 * A file is on at most one list, that of the object behind it, while its
 * O_ASYNC is set.  What is sent and whether the sender may is proc's business:
 * kernel_hooks.signal_io.
 *
 * Locking: sigio_lock for all lists, held over the sending; owner->lock for
 * whom and what.
 */
#include "fs/sigio.h"
#include <linux/fcntl.h>
#include "core/cred.h"
#include "core/hooks.h"
#include "core/pid.h"
#include "fs/file.h"
#include "lib/errno.h"
#include "mem/slab.h"

static DEFINE_SPINLOCK(sigio_lock, LOCK_SIGIO);

/* NULL: no memory. */
static struct file_owner *owner_of(struct file *file)
{
	struct file_owner *owner = load_acquire(&file->owner);

	if (owner)
		return owner;
	owner = kzalloc(sizeof(*owner));
	if (!owner)
		return NULL;
	spin_init(&owner->lock, LOCK_FILE);
	list_init(&owner->link);
	owner->file = file;
	if (cmpxchg(&file->owner, NULL, owner) != NULL)
		kfree(owner);
	return file->owner;
}

/* The flag follows the list: one that open(2) set alone stays as it is. */
int sigio_register(struct sigio_list *list, struct file *file, int fd, bool on)
{
	struct file_owner *owner = owner_of(file);
	bool was_on;

	if (!owner)
		return -ENOMEM;
	spin_lock(&sigio_lock);
	was_on = !list_empty(&owner->link);
	list_del_init(&owner->link);
	if (on) {
		owner->fd = fd;
		list_add_tail(&list->files, &owner->link);
		__atomic_or_fetch(&file->flags, FASYNC, __ATOMIC_RELAXED);
	} else if (was_on) {
		__atomic_and_fetch(&file->flags, ~FASYNC, __ATOMIC_RELAXED);
	}
	spin_unlock(&sigio_lock);
	return 0;
}

/* At the last put, while the object behind the file is still there. */
void sigio_file_released(struct file *file)
{
	struct file_owner *owner = file->owner;

	spin_lock(&sigio_lock);
	list_del_init(&owner->link);
	spin_unlock(&sigio_lock);
	pid_put(owner->pid);
	kfree(owner);
	file->owner = NULL;
}

static void send_one(struct file_owner *owner, int code)
{
	struct io_signal io = { .code = code, .fd = owner->fd };

	spin_lock(&owner->lock);
	io.pid = owner->pid ? pid_get(owner->pid) : NULL;
	io.owner_type = owner->type;
	io.sig = owner->signal;
	io.uid = owner->uid;
	io.euid = owner->euid;
	spin_unlock(&owner->lock);
	if (!io.pid)
		return;
	kernel_hooks.signal_io(&io);
	pid_put(io.pid);
}

__noinline void sigio_send_slow(struct sigio_list *list, u32 mode, int code)
{
	struct file_owner *owner;

	spin_lock(&sigio_lock);
	list_for_each_entry(owner, &list->files, link)
		if (owner->file->mode & mode)
			send_one(owner, code);
	spin_unlock(&sigio_lock);
}

/* --- whom ------------------------------------------------------------------ */

/* Takes over the reference of @pid. */
static void owner_set(struct file_owner *owner, const struct cred *cred, int type, struct pid *pid,
		      bool force)
{
	struct pid *old = pid;

	spin_lock(&owner->lock);
	if (force || !owner->pid) {
		old = owner->pid;
		owner->pid = pid;
		owner->type = type;
		if (pid) {
			owner->uid = cred->uid;
			owner->euid = cred->euid;
		}
	}
	spin_unlock(&owner->lock);
	pid_put(old);
}

int sigio_set_owner(struct file *file, const struct cred *cred, int type, int number)
{
	struct file_owner *owner = owner_of(file);
	struct pid *pid = NULL;

	if (!owner)
		return -ENOMEM;
	if (number) {
		pid = number > 0 ? pid_lookup(&pid_table_root, number) : NULL;
		if (!pid)
			return -ESRCH;
	}
	owner_set(owner, cred, type, pid, true);
	return 0;
}

void sigio_default_owner(struct file *file, const struct cred *cred, int type, struct pid *pid)
{
	struct file_owner *owner = owner_of(file);

	if (owner && pid)
		owner_set(owner, cred, type, pid_get(pid), false);
}

/* Nobody, once the owner has gone. */
static bool pid_lives(struct pid *pid, int type)
{
	static const int kinds[] = {
		[F_OWNER_TID] = PID_TID, [F_OWNER_PID] = PID_TGID, [F_OWNER_PGRP] = PID_PGID
	};

	return pid && !list_empty(&pid->users[kinds[type]]);
}

void sigio_get_owner(struct file *file, struct f_owner_ex *out)
{
	struct file_owner *owner = load_acquire(&file->owner);

	*out = (struct f_owner_ex){ .type = F_OWNER_TID };
	if (!owner)
		return;
	spin_lock(&owner->lock);
	out->type = owner->type;
	if (pid_lives(owner->pid, owner->type))
		out->pid = pid_nr(owner->pid);
	spin_unlock(&owner->lock);
}

void sigio_get_owner_uids(struct file *file, u32 uids[2])
{
	struct file_owner *owner = load_acquire(&file->owner);

	uids[0] = owner ? READ_ONCE(owner->uid) : 0;
	uids[1] = owner ? READ_ONCE(owner->euid) : 0;
}

int sigio_set_signal(struct file *file, int sig)
{
	struct file_owner *owner = owner_of(file);

	if (!owner)
		return -ENOMEM;
	WRITE_ONCE(owner->signal, sig);
	return 0;
}

int sigio_get_signal(struct file *file)
{
	struct file_owner *owner = load_acquire(&file->owner);

	return owner ? READ_ONCE(owner->signal) : 0;
}
