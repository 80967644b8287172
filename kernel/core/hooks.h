/*
 * The calls that go up: what core/, mem/ and tty/ need from layers above them.
 * Filled once while booting, before the second thread exists.  NULL members are not called.
 */
#pragma once

#include "lib/types.h"

struct path;
struct pid;

/* A signal of fcntl(2)'s F_SETOWN and F_SETSIG. */
struct io_signal {
	struct pid *pid;
	int owner_type; /* F_OWNER_*: a thread, a process, a group */
	int sig;	/* 0: a plain SIGIO */
	int code;	/* POLL_IN ... */
	int fd;
	u32 uid, euid; /* of who set the owner */
};

struct kernel_hooks {
	/* memory for core's own objects: mem/slab's kzalloc and kfree */
	void *(*alloc)(size_t size);
	void (*free)(void *p);
	/* give back about @pages; returns how many came; may sleep */
	size_t (*reclaim)(size_t pages);
	/* choose and kill the process that holds most, or let the last one chosen die first;
	 * false: none left */
	bool (*oom_kill)(void);
	/* SIGPIPE to the running thread, whose write was cut short: write(2) says how much */
	void (*write_broken)(void);
	/* O_ASYNC: tell the owner of a file that it is ready */
	void (*signal_io)(const struct io_signal *io);
	/* pivot_root: whose root or working directory was @old has @new instead; may sleep */
	void (*root_moved)(const struct path *old, const struct path *new);
	/* the session of @sid ended: let go of its terminal */
	void (*session_exit_tty)(struct pid *sid);
	/* "comm" and tid of the current thread, for log and panic; may be called anywhere */
	const char *(*task_name)(int *tid);
	/* a record was added to the log; called anywhere, also with run-queue locks held:
	 * may only set a flag */
	void (*log_added)(void);
	/* the realtime clock was stepped (cancel_on_set timers, vDSO) */
	void (*clock_set)(void);
	/* the machine is about to end in an orderly way: print what was collected */
	void (*machine_ending)(void);
	/* core/clock's parameters changed: copy them to the vDSO page */
	void (*clock_changed)(void);
};

extern struct kernel_hooks kernel_hooks;
