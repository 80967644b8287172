/*
 * session.h - process groups and sessions: POSIX.1 chapter 11, credentials(7).
 */
#pragma once

#include "lib/annotate.h"
#include "lib/types.h"
#include "proc/process.h"

/* Number of this process's group, session; safe against changes. */
int process_group_number(struct process *process);
int process_session_number(struct process *process);
bool process_is_session_leader(const struct process *process);

/*
 * The _locked ones want process_tree_lock held.
 * Orphaned: no member has a parent in the same session but another group.
 */
bool group_is_orphaned(struct pid *group);
bool group_is_orphaned_locked(struct pid *group, const struct process *without)
	REQUIRES(&process_tree_lock);
/* Is @group a process group of the session @session? */
bool group_in_session(struct pid *group, struct pid *session);

/* An exit or a setpgid() may orphan groups with stopped members: SIGHUP, SIGCONT. */
void group_orphan_check_locked(struct process *exiting, struct process *parent)
	REQUIRES(&process_tree_lock);

long session_new(void);		   /* setsid(2) */
long group_set(int pid, int pgid); /* setpgid(2) */
