/* wait.h - waiting for children; see wait.c. */
#pragma once

#include "lib/types.h"
#include "abi/wait.h"

struct pid;
struct process;
struct process_usage;

struct wait_request {
	int type;	 /* P_ALL, P_PID, P_PGID */
	struct pid *pid; /* P_PID, P_PGID: borrowed; NULL matches nothing */
	int options;	 /* WEXITED ... __WALL, as waitid(2) */
	/* Out, when a child was found: */
	int status;	       /* as wait4(2) gives it */
	int code, code_status; /* CLD_*, as siginfo has it */
	u32 uid;
	bool claimed;		     /* a zombie, and the caller's to bury */
	struct process_usage *usage; /* may be NULL */
};

/* The child's number; 0 with WNOHANG; -ECHILD, -ERESTARTSYS. */
long process_wait(struct wait_request *req);
