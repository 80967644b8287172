/*
 * The kernel log: a ring of records for dmesg, and consoles.
 *
 *	log_info(VM, "%llu pages free", n);
 *
 * A message below its subsystem's level costs one load and one compare.  What passes
 * goes to the ring (syslog(2), /dev/kmsg) and, if its level is under the console level,
 * to the consoles.  The console level starts at 4 (errors), as with Linux's `quiet`, so that
 * nothing slows a good boot; loglevel=, debug, ignore_loglevel, earlyprintk or log= raise it.
 * log=vm:debug,sched:info (or log=debug for all) sets the subsystems' levels.
 */
#pragma once

#include "lib/annotate.h"
#include "lib/list.h"
#include "lib/types.h"

enum log_level {
	LOG_EMERG,
	LOG_ALERT,
	LOG_CRIT,
	LOG_ERR,
	LOG_WARNING,
	LOG_NOTICE,
	LOG_INFO,
	LOG_DEBUG
};

/* clang-format off */
#define LOG_SUBSYSTEMS(X)						\
	X(BOOT, boot) X(ARCH, arch) X(IRQ, irq) X(SMP, smp) X(TIME, time) X(CORE, core)	\
	X(PLATFORM, platform) X(ACPI, acpi) X(MEM, mem) X(SCHED, sched) X(VM, vm)	\
	X(BLOCK, block) X(FS, fs) X(TMPFS, tmpfs) X(EXT4, ext4) X(INITRAMFS, initramfs)	\
	X(PROCFS, procfs) X(IPC, ipc) X(FUTEX, futex) X(NET, net) X(TCP, tcp)		\
	X(PROC, proc) X(SIGNAL, signal) X(EXEC, exec) X(TTY, tty) X(SERIAL, serial)	\
	X(PCI, pci) X(VIRTIO, virtio) X(DRIVER, driver) X(SYSCALL, syscall)		\
	X(TRACE, trace) X(USER, user) X(SYSRQ, sysrq)
/* clang-format on */

enum log_subsys {
#define X(upper, lower) LOG_SUBSYS_##upper,
	LOG_SUBSYSTEMS(X)
#undef X
		LOG_SUBSYS_COUNT
};

extern u8 log_subsys_level[LOG_SUBSYS_COUNT];

void log_emit(enum log_subsys s, enum log_level level, const char *fmt, ...) __printf(3, 4) __cold;

#define log_at(S, level, ...)                                                                      \
	do {                                                                                       \
		if (unlikely(log_subsys_level[LOG_SUBSYS_##S] >= (level)))                         \
			log_emit(LOG_SUBSYS_##S, level, __VA_ARGS__);                              \
	} while (0)
#define log_err(S, ...)	   log_at(S, LOG_ERR, __VA_ARGS__)
#define log_warn(S, ...)   log_at(S, LOG_WARNING, __VA_ARGS__)
#define log_notice(S, ...) log_at(S, LOG_NOTICE, __VA_ARGS__)
#define log_info(S, ...)   log_at(S, LOG_INFO, __VA_ARGS__)
#define log_debug(S, ...)  log_at(S, LOG_DEBUG, __VA_ARGS__)

/* A console: write() is called with interrupts off and the console lock held, "\n" line ends
 * (the driver adds "\r").  It must not log. */
struct cred;

struct console {
	void (*write)(struct console *con, const char *s, size_t len);
	void (*finish)(struct console *con); /* what programs wrote goes out; ends the line */
	const char *name;		     /* "ttyS0" */
	u64 dev;			     /* its device number */
	void *priv;
	struct list_node link;
};
/* Replays what the ring holds at or below the console level. */
void console_register(struct console *con);
/* Those registered: none comes or goes after the boot's start. */
void console_for_each(void (*fn)(const struct console *con, void *arg), void *arg);
/* To every console, past the ring, at once (panic, the last line). */
void console_write_all(const char *s, size_t len);
/* The machine ends: programs' output is brought out, and what is written next begins a line. */
void console_finish_all(void);

/* Reads debug, loglevel=, ignore_loglevel, earlyprintk, log= and panic= from the command line. */
void log_init(void);
int log_console_level(void); /* messages with a lower number are shown */
void log_set_console_level(int level);
/* kernel.dmesg_restrict: reading the log wants CAP_SYSLOG; read racily. */
extern int log_restricted;
bool log_may_read(const struct cred *cred); /* though restricted */
void log_console_off(void);		    /* SYSLOG_ACTION_CONSOLE_OFF / _ON */
void log_console_on(void);

/* ---- readers (dmesg, /dev/kmsg) ---- */
struct log_record {
	u64 seq;
	ktime_t time_ns;
	u8 level;
	u8 facility; /* 0 kernel, 1 user */
	u16 len;
};
/* Oldest and next sequence numbers, and the first after SYSLOG_ACTION_CLEAR. */
u64 log_seq_first(void);
u64 log_seq_next(void);
u64 log_seq_cleared(void);
void log_clear(void);
/* The first record with seq >= *seq: text (no NUL, no newline) to @buf, cut at @size;
 * *seq becomes rec->seq + 1.  Return bytes, or -EAGAIN: none yet. */
int log_read(u64 *seq, struct log_record *rec, char *buf, size_t size);
/* One record as syslog(2) prints it: "<6>[    0.000000] text\n".  Same returns. */
int log_read_syslog(u64 *seq, char *buf, size_t size, bool prefix_level);
size_t log_ring_size(void);
/* A process writes to /dev/kmsg. */
void log_user(u8 facility, u8 level, const char *text, size_t len);

#define LOG_LINE_MAX 976 /* text bytes in a record, as in Linux */
