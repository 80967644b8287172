/* exec.h - running a program; see exec.c. */
#pragma once

#include "lib/annotate.h"
#include "lib/types.h"

struct path;
struct user_regs;

/* kernel.randomize_va_space: 0 nothing, 1 stack and mappings, 2 the heap too. */
extern int exec_randomize;

struct exec_request {
	const struct path *base;  /* NULL: the working directory */
	const char *name;	  /* below @base */
	const char *display_name; /* AT_EXECFN; what a script's interpreter is given */
	unsigned lookup;	  /* LOOKUP_* */
	int error;		  /* of descriptor and flags: told once argv and envp are read */
	bool name_inaccessible;	  /* by a descriptor that closes on exec */
	bool kernel_strings;	  /* argv, envp are in kernel memory */
	u64 argv, envp;		  /* const char *const[] */
};

int process_exec(struct user_regs *regs, const struct exec_request *req) __must_check;
