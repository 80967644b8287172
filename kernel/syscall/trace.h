/* trace.h - strace built in; see trace.c. */
#pragma once

#include "lib/types.h"

struct user_regs;

/* trace= or report= was given: every call goes through trace_syscall(). */
extern bool trace_active;

long trace_syscall(struct user_regs *regs);
/* Reads trace=, report= from the command line; boot, before process 1. */
void trace_init(void);
/* report=1: prints what was asked for and not there; at the end of process 1. */
void trace_report(void);
/* Switches tracing by words, as trace= does; NULL or "" is off.  -EINVAL. */
int trace_set(const char *words);
