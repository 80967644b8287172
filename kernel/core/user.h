/*
 * user.h - what a real uid is charged for: processes, queued signals.
 * getrlimit(2): RLIMIT_NPROC, RLIMIT_SIGPENDING.
 */
#pragma once

#include "lib/types.h"
#include "lib/atomic.h"
#include "lib/hlist.h"
#include "core/refcount.h"

struct user {
	u32 uid;		/* [I] */
	struct refcount refs;	/* [a] */
	struct atomic ntasks;	/* [a] */
	struct atomic nsignals; /* [a] */
	struct hlist_node link; /* users.lock */
};

/* Root's; never freed. */
extern struct user user_root;

/* The record of @uid, with a reference; NULL without memory. */
struct user *user_lookup(u32 uid);
static inline struct user *user_get(struct user *user)
{
	refcount_get(&user->refs);
	return user;
}
void user_put(struct user *user);
