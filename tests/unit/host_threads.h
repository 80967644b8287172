#pragma once
/*
 * Tests whose threads sleep: sched/ for real (UNIT_threads in unit.mk) over coroutines.
 *
 * main() calls host_threads_main(run): run() is a thread, in which cmocka and the tests run
 * and may sleep.  Where every thread sleeps and no timer is armed, the program panics.
 */
#include "lib/types.h"

int host_threads_main(int (*run)(void));

/* For a program that makes no threads: its flow of control is the idle thread and never sleeps,
 * and lets deferred work be done now and then. */
void host_threads_boot(void);
void host_threads_idle(void);

/* A thread beside the test's: fn(arg). */
struct thread *host_spawn(void (*fn)(void *arg), void *arg);
/* Until all others that can run have slept or ended. */
void host_settle(void);
/* Until the thread has ended; drops the reference of host_spawn(). */
void host_join(struct thread *thread);
