/* coredump.h - the picture of a process that a signal ends; see coredump.c. */
#pragma once

#include "proc/process.h"

#define CORE_PATTERN_MAX    128
#define CORE_FILTER_DEFAULT 0x33u /* private memory, ELF headers; core(5) */

/* Which memory, one bit each: /proc/PID/coredump_filter. */
#define CORE_ANON_PRIVATE 0x01u
#define CORE_ANON_SHARED  0x02u
#define CORE_FILE_PRIVATE 0x04u
#define CORE_FILE_SHARED  0x08u
#define CORE_ELF_HEADERS  0x10u
#define CORE_FILTER_MASK  0x1ffu /* those of huge pages and DAX are kept, too */

/* A signal that dumps core is fatal to @process: is a dump wanted at all? */
bool core_dump_wanted(const struct process *process);
/*
 * Every thread is stopped, the file written, the process marked for death.
 * The caller took @info, holds process.lock, which is dropped and taken again.
 * Nothing happens to a process that dies already.
 */
void core_dump_locked(struct process *process, const siginfo_t *info, unsigned long *flags)
	REQUIRES(&process->lock);
/* A thread of a process that is being dumped ends: it waits, as it stands, for the writer. */
void core_dump_park(struct task *self);

/* /proc/sys/kernel/core_pattern.  EINVAL: it names a program, which is not there. */
void core_pattern_read(char pattern[CORE_PATTERN_MAX]);
int core_pattern_write(const char *pattern) __must_check;
extern int core_uses_pid;
