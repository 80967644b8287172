/*
 * struct pid: a number, and who uses it as thread, process, group or session.
 *
 * The number is taken as long as the pid is attached to anything, so that a process
 * group outlives its leader; the struct as long as references are held, so that a holder
 * never meets a reused number.
 *
 * Locking: users[] is the process tree's (proc/), which calls pid_attach and pid_detach
 * under its tree lock.  The table has a lock of its own.
 */
#pragma once

#include "core/refcount.h"
#include "core/spinlock.h"
#include "lib/annotate.h"
#include "lib/list.h"

enum pid_type { PID_TID, PID_TGID, PID_PGID, PID_SID, PID_TYPES };

struct pid {
	struct refcount refs;		   /* [a] */
	int nr;				   /* [I] */
	struct pid_table *table;	   /* [I] */
	bool hashed;			   /* [table lock] */
	struct list_node users[PID_TYPES]; /* [tree lock] */
};

#define PID_MAX_DEFAULT 32768
#define PID_MAX_LIMIT	(4 * 1024 * 1024)

struct pid_table;
extern struct pid_table pid_table_root;

/* A fresh number, one reference (besides the table's own).  -EAGAIN: none free; -ENOMEM. */
int pid_alloc(struct pid_table *table, struct pid **out) __must_check;
/* This one.  -EEXIST: somebody has it; -EINVAL: there is no such number; -ENOMEM. */
int pid_alloc_number(struct pid_table *table, int nr, struct pid **out) __must_check;
/* Gives a number back that was never attached (fork failed), and the caller's reference. */
void pid_abandon(struct pid *pid);
/* A reference, or NULL. */
struct pid *pid_lookup(struct pid_table *table, int nr) __must_check;
/* The lowest pid >= nr in use, referenced, or NULL: to list /proc. */
struct pid *pid_next(struct pid_table *table, int nr) __must_check;
struct pid *pid_get(struct pid *pid);
void pid_put(struct pid *pid); /* NULL is fine */

/* In front of those that have it already: of a group, the newest hears of a signal first. */
void pid_attach(struct pid *pid, enum pid_type type, struct list_node *node);
/* The last detach frees the number. */
void pid_detach(struct pid *pid, struct list_node *node);
static inline int pid_nr(const struct pid *pid)
{
	return pid ? pid->nr : 0;
}
int pid_table_last(struct pid_table *table);		 /* last number given out (/proc/loadavg) */
int pid_table_set_last(struct pid_table *table, int nr); /* the next is behind it; -EINVAL */
int pid_table_max(struct pid_table *table);
int pid_table_set_max(struct pid_table *table, int max); /* -EINVAL */
