/*
 * Signals for readiness: O_ASYNC, F_SETOWN, F_SETSIG of fcntl(2).
 *
 * An object that can signal (a pipe, a terminal) has a list of the files that
 * asked for it, which is nearly always empty: sigio_send() is then one test.
 */
#pragma once
#include <linux/signal.h>
#include "core/spinlock.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/types.h"

struct cred;
struct f_owner_ex;
struct file;
struct pid;

/* One lock guards all of them, sigio.lock in sigio.c, tag [s] here. */
struct sigio_list {
	struct list_node files; /* [s] file_owner.link; emptiness is read without it */
};

/* Whom a file's signals go to, and where it registered.  Made at first use. */
struct file_owner {
	struct spinlock lock;  /* rank LOCK_FILE */
	struct pid *pid;       /* [l] counted */
	int type;	       /* [l] F_OWNER_* */
	int signal;	       /* [l] F_SETSIG, 0: SIGIO */
	u32 uid, euid;	       /* [l] of who named the owner: the permission to signal */
	struct list_node link; /* [s] in a sigio_list, while O_ASYNC is set */
	struct file *file;     /* [I] */
	int fd;		       /* [s] what si_fd says */
};

static inline void sigio_list_init(struct sigio_list *list)
{
	list_init(&list->files);
}
/* O_ASYNC of @file goes on (@fd is what si_fd will say) or off.  -ENOMEM. */
int sigio_register(struct sigio_list *list, struct file *file, int fd, bool on) __must_check;
void sigio_file_released(struct file *file);
void sigio_send_slow(struct sigio_list *list, u32 mode, int code);

/*
 * Tell the files on @list that were opened with one of the FMODE bits @mode.
 * @code: POLL_IN, POLL_OUT ...; context: thread, no spin lock held.  A file
 * that registers at this moment may miss the event, as on Linux.
 */
static inline void sigio_send(struct sigio_list *list, u32 mode, int code)
{
	if (unlikely(READ_ONCE(list->files.next) != &list->files))
		sigio_send_slow(list, mode, code);
}

/* F_SETOWN: -ESRCH: no such process or group; -ENOMEM. */
int sigio_set_owner(struct file *file, const struct cred *cred, int type, int number) __must_check;
/* As sigio_set_owner, unless it has one already; @pid may be NULL. */
void sigio_default_owner(struct file *file, const struct cred *cred, int type, struct pid *pid);
void sigio_get_owner(struct file *file, struct f_owner_ex *out);
void sigio_get_owner_uids(struct file *file, u32 uids[2]);
int sigio_set_signal(struct file *file, int sig) __must_check;
int sigio_get_signal(struct file *file);
