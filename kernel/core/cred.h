/*
 * Credentials: who a process acts as.  Reference counted and immutable once published:
 * to change them, cred_dup(), edit the copy, swap the pointer (commit_creds in proc/).
 */
#pragma once

#include <linux/capability.h>
#include "core/percpu.h"
#include "core/refcount.h"
#include "lib/annotate.h"
#include "lib/types.h"

struct user;

/* Supplementary groups, sorted, shared between credentials. */
struct group_list {
	struct refcount refs;
	u32 count;
	u32 gid[];
};
#define GROUPS_MAX   65536

#define CAP_FULL_SET ((1ULL << (CAP_LAST_CAP + 1)) - 1)

struct cred {
	struct refcount refs; /* [a]; all else [I] after publishing */
	u32 uid, euid, suid, fsuid;
	u32 gid, egid, sgid, fsgid;
	struct user *user;					  /* who is charged: uid's */
	struct group_list *groups;				  /* NULL: none */
	u64 effective, permitted, inheritable, bounding, ambient; /* BIT(CAP_x) */
	u32 securebits;
	bool no_new_privs;
};

/* Root with everything; never freed. */
extern struct cred cred_root;

/*
 * References that nobody uses: a CPU keeps some of the credentials that were put there last,
 * for the next get.  So threads that open and close files side by side do not write to one
 * counter.  Thread context.
 */
#define CRED_KEEP_MAX 16
struct cred_kept {
	const struct cred *cred;
	u32 count;
};
DECLARE_PERCPU(struct cred_kept, cred_kept);

void cred_put_slow(const struct cred *cred);

/* @cred may be const: counting is no change. */
static inline const struct cred *cred_get(const struct cred *cred)
{
	if (likely(this_cpu(cred_kept).cred == cred && this_cpu(cred_kept).count))
		this_cpu(cred_kept).count--;
	else
		refcount_get(&((struct cred *)cred)->refs);
	return cred;
}

static inline void cred_put(const struct cred *cred)
{
	if (likely(this_cpu(cred_kept).cred == cred && this_cpu(cred_kept).count < CRED_KEEP_MAX))
		this_cpu(cred_kept).count++;
	else
		cred_put_slow(cred);
}
/* A private copy with one reference; NULL: no memory. */
struct cred *cred_dup(const struct cred *cred) __must_check;

static inline bool cred_capable(const struct cred *cred, int cap)
{
	return cred->effective >> cap & 1;
}
bool cred_in_group(const struct cred *cred, u32 gid);  /* fsgid or supplementary */
bool cred_in_egroup(const struct cred *cred, u32 gid); /* egid or supplementary */
/* NULL: no memory.  The list must be sorted with group_list_sort before it is used. */
struct group_list *group_list_new(u32 count) __must_check;
void group_list_sort(struct group_list *g);
struct group_list *group_list_get(struct group_list *g); /* NULL gives NULL */
void group_list_put(struct group_list *g);
/* Replaces the list of an unpublished @cred; takes over the reference. */
void cred_set_groups(struct cred *cred, struct group_list *g);
/* The user of an unpublished @cred becomes that of its uid.  EAGAIN: no memory. */
int cred_set_user(struct cred *cred) __must_check;
/* Capability sets after euid/fsuid changes from root or to root (capabilities(7)). */
void cred_fix_caps_setuid(struct cred *new, const struct cred *old);
void cred_fix_caps_setfsuid(struct cred *new, const struct cred *old);
/* May a process with @cred signal one with @target (kill(2)), SIGCONT aside? */
bool cred_may_kill(const struct cred *cred, const struct cred *target);
