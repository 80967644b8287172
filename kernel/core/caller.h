/* On whose behalf a call runs: what code below proc/ may know of a process. */
#pragma once

struct cred;	   /* core/cred.h */
struct pid;	   /* core/pid.h */
struct rlimits;	   /* core/rlimit.h */
struct fs_context; /* fs/fs_context.h: root, cwd, umask */

struct caller {
	const struct cred *cred;
	struct pid *pid; /* of the process (tgid) */
	struct rlimits *limits;
	struct fs_context *fs;
};

/* What the kernel itself acts as: root, no process, no limits.  boot/ gives it the
 * first root directory once that exists; unchanged after. */
extern struct caller kernel_caller;
