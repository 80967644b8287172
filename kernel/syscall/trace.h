/* trace.h - strace built in; see trace.c. */
#pragma once

#include "lib/types.h"

struct user_regs;

/* Not 0: every call goes through trace_syscall(), because somebody wants it. */
extern u32 trace_active;
#define TRACE_CALLS  1u /* trace=, /proc/linnet/trace */
#define TRACE_REPORT 2u /* report=1 */
#define TRACE_STATS  4u /* /proc/linnet/syscalls */
void trace_activate(u32 who, bool on);
/* NULL: no call of that number. */
const char *syscall_name(u64 nr);

long trace_syscall(struct user_regs *regs);
/* Reads trace=, report= from the command line; boot, before process 1. */
void trace_init(void);
/* report=1: prints what was asked for and not there; at the end of process 1. */
void trace_report(void);
/* Switches tracing by words, as trace= does; NULL or "" is off.  -EINVAL: some word is unknown. */
int trace_set(const char *words);
