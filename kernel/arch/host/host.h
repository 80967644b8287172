#pragma once
/* What unit tests steer in the host build. */
#include <setjmp.h>
#include "lib/types.h"

/* ---- allocation faults ---- */
/* The @nth allocation from now on (1: the next) fails, once; 0: none. */
void host_alloc_fail_nth(unsigned nth);
/* Did that allocation happen (and fail)? */
bool host_alloc_failed(void);
/* Objects and pages allocated and not freed. */
long host_alloc_outstanding(void);
/* Called by everything that allocates: true means refuse. */
bool host_alloc_refuse(void);
void host_alloc_count(int delta);

/* ---- panic ---- */
/* HOST_EXPECT_PANIC(statement): true if the statement panics. */
extern jmp_buf *host_panic_jump;
extern char host_panic_message[256];
#define HOST_EXPECT_PANIC(statement)                                                               \
	({                                                                                         \
		jmp_buf host_jump;                                                                 \
		volatile bool host_panicked = true;                                                \
		host_panic_jump = &host_jump;                                                      \
		if (!setjmp(host_jump)) {                                                          \
			statement;                                                                 \
			host_panicked = false;                                                     \
		}                                                                                  \
		host_panic_jump = NULL;                                                            \
		host_panicked;                                                                     \
	})

/* ---- time ---- */
extern ktime_t host_clock_ns; /* what arch_clock_ns() says; moves when the test moves it */
extern s64 host_wall_ns;      /* arch_wall_clock() */

/* ---- user memory ---- */
/* Accesses to [start, start + len) fail; len 0: none do. */
void host_user_fault_range(const void *start, size_t len);

/* ---- sleeping ---- */
/* Called where the one thread would sleep for ever: makes the condition true, or longjmps.
 * NULL: the test fails. */
extern void (*host_sleep_hook)(void);

/* ---- threads (arch/host/thread.c) ---- */
/* Let time pass: timer interrupts that are due until then. */
void host_timers_run(ktime_t until_ns);
/* No thread can run: to the next timer.  False: there is none, all sleep for ever. */
bool host_idle(void);
