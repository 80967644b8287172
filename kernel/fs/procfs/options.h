/* Options of a procfs mount; see options.c. */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"

struct cred;
struct process;

/* Ordered: who hides names also hides what is below them. */
enum proc_hide { HIDE_OFF, HIDE_NOACCESS, HIDE_INVISIBLE, HIDE_NOT_PTRACEABLE };

/* Changed by remount, word by word, and read without a lock. */
struct proc_options {
	enum proc_hide hide;
	u32 gid;	/* whose members see all */
	bool only_pids; /* nothing but the processes */
};

/* Of a process, when its name was looked up: for proc_hides(). */
struct proc_identity {
	u32 uid, gid;
	u64 permitted;
	bool same; /* all its ids are these, and it may be dumped */
};

/* Adds to *options; -EINVAL leaves them alone. */
int proc_options_parse(const char *text, struct proc_options *options) __must_check;
int proc_options_show(const struct proc_options *options, char *buf, size_t size);
void proc_identity_note(struct proc_identity *identity, struct process *p);
/* Does the mount hide a process at this level or above?  Takes no lock. */
bool proc_hides(const struct proc_options *options, enum proc_hide from, const struct cred *cred,
		const struct proc_identity *identity);
