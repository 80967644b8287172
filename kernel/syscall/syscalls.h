/*
 * syscalls.h - the prototypes of all system calls, from table.def.
 *
 * A definition is a plain function `long sys_NAME(types)`.  Calls that need the
 * caller's registers (fork, execve, rt_sigreturn) take `struct user_regs *`.
 */
#pragma once

#include "lib/types.h"
#include "lib/annotate.h"

struct __kernel_itimerspec;
struct __kernel_old_itimerval;
struct __kernel_old_timeval;
struct __kernel_timespec;
struct __user_cap_data_struct;
struct __user_cap_header_struct;
struct epoll_event;
struct futex_waitv;
struct iovec;
struct new_utsname;
struct open_how;
struct pollfd;
struct rlimit;
struct rlimit64;
struct robust_list_head;
struct rusage;
struct sched_attr;
struct sched_param;
struct stat;
struct statfs;
struct statx;
struct sysinfo;
struct timezone;
struct tms;
struct user_regs;
struct utimbuf;

#define SYSCALL0(nr, name)		     long sys_##name(void);
#define SYSCALL1(nr, name, a)		     long sys_##name(a);
#define SYSCALL2(nr, name, a, b)	     long sys_##name(a, b);
#define SYSCALL3(nr, name, a, b, c)	     long sys_##name(a, b, c);
#define SYSCALL4(nr, name, a, b, c, d)	     long sys_##name(a, b, c, d);
#define SYSCALL5(nr, name, a, b, c, d, e)    long sys_##name(a, b, c, d, e);
#define SYSCALL6(nr, name, a, b, c, d, e, f) long sys_##name(a, b, c, d, e, f);
#define SYSCALL_REGS(nr, name)		     long sys_##name(struct user_regs *);
#include "syscall/table.def"
