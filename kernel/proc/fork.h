/* fork.h - making processes and threads; see fork.c. */
#pragma once

#include "lib/types.h"
#include "lib/annotate.h"

struct user_regs;

struct clone_request {
	u64 flags;	 /* CLONE_*, without the signal */
	int exit_signal; /* 0: none */
	bool choose_number;
	int number; /* with choose_number: clone3(2), set_tid */
	u64 stack;  /* the child's stack pointer; 0: the parent's */
	u64 tls;
	u32 __user *parent_tid;
	u32 __user *child_tid;
	int __user *pidfd;
	const struct user_regs *regs; /* what the child starts with */
	void (*fn)(void *);	      /* instead, in the kernel: process 1 */
	void *arg;
};

long process_clone(const struct clone_request *req);
#define THREADS_LIMIT 32768
/* kernel.threads-max: how many there may be, at first what memory is good for; read racily. */
extern int threads_max;
void fork_init(void);
/* A task begins, ends for good. */
void fork_task_born(void);
void fork_task_gone(void);
