#pragma once
/* The calls that arch code makes into the layers above; nothing else in arch/
 * knows those layers.  Each has one definition: syscall/dispatch.c,
 * proc/signal, vm/fault.c, sched/.
 */
#include "lib/types.h"
#include "lib/annotate.h"

struct user_regs;

/* Bits of thread->work, the first word of struct thread.  The way back to user
 * mode takes the fast exit only while the word is 0; else it calls
 * upcall_return_to_user() until no bit of WORK_LOOP is left.
 */
#define WORK_RESCHED   0x01 /* another thread should run */
#define WORK_SIGNAL    0x02 /* a signal, a stop or the death of the process is pending */
#define WORK_FILE_PUT  0x04 /* deferred last file_put()s */
#define WORK_TRACE     0x08 /* stays set: syscalls of this thread are traced */
#define WORK_FULL_EXIT 0x10 /* registers other than rax changed: restore all of them */
#define WORK_RCU       0x20 /* callbacks whose grace period is over */
#define WORK_KILL      0x40 /* death is certain: ends killable sleeps; WORK_SIGNAL is set too */
#define WORK_LOOP      (WORK_RESCHED | WORK_SIGNAL | WORK_FILE_PUT | WORK_RCU)

/* A system call.  Interrupts on.  The number is regs_syscall_nr(regs); the
 * value returned is what the program sees (arch stores it in the registers).
 */
long upcall_syscall(struct user_regs *regs);

/* A fault or trap in user mode that is a signal: SIGSEGV, SIGFPE, SIGTRAP...
 * si_code and si_addr as sigaction(2) has them.  Interrupts on.
 */
void upcall_user_exception(struct user_regs *regs, int signo, int si_code, u64 addr);

#define FAULT_WRITE   0x1
#define FAULT_EXEC    0x2
#define FAULT_USER    0x4 /* from user mode; else the kernel, in a user copy */
#define FAULT_PRESENT 0x8 /* the page is mapped: a protection fault */

/* What upcall_user_fault() returns when it cannot resolve the fault. */
#define FAULT_SIGNAL(signo, si_code) ((signo) << 8 | (si_code))
#define FAULT_SIGNO(result)	     ((result) >> 8)
#define FAULT_CODE(result)	     ((result) & 0xff)

/* A page fault on a user address: 0 when resolved (or when a signal pending
 * now will end the thread), else FAULT_SIGNAL().  Without FAULT_USER it must
 * refuse at once while the current thread's nofault_depth is not 0.
 * Interrupts are on, except where nofault_depth is not 0 and they were off.
 */
int upcall_user_fault(u64 addr, unsigned flags);

/* Does what thread->work asks for before user mode; may sleep, interrupts on.
 * Clears the bits that it served.
 */
void upcall_return_to_user(struct user_regs *regs);

/* First thing on the stack of a new thread, interrupts off: the scheduler
 * ends its switch.  The thread's function runs after it with interrupts on.
 */
void upcall_thread_start(void);

/* The function of a thread returned. */
void __noreturn upcall_thread_exit(void);

void upcall_irq_timer(void);	      /* this CPU's timer expired; interrupts off */
void upcall_irq_resched(void);	      /* the reschedule IPI; interrupts off */
void upcall_cpu_online(unsigned cpu); /* a secondary CPU is up; does not return */
