/* mem/defer.h - freeing after an RCU grace period, for mem/ itself.  sched/rcu.c sets
 * the function once at boot; before that nobody reads concurrently, and it frees at once. */
#pragma once

struct rcu_head {
	struct rcu_head *next;
	void (*fn)(struct rcu_head *head);
};

extern void (*mem_call_rcu)(struct rcu_head *head, void (*fn)(struct rcu_head *head));
