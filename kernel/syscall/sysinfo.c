/*
 * sysinfo.c - the system as a whole: uname(2), sysinfo(2), reboot(2), syslog(2),
 * getrandom(2).
 */
#include <linux/random.h>
#include <linux/reboot.h>
#include "abi/personality.h"
#include "abi/sysinfo.h"
#include "abi/utsname.h"
#include "arch/api/thread.h"
#include "core/clock.h"
#include "core/cred.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/random.h"
#include "core/uts.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "mem/uio.h"
#include "mem/user.h"
#include "proc/process.h"
#include "sched/sched.h"
#include "syscall/syscalls.h"

/* 2.6.61 for 6.1 and the like, for programs that read no first number but 2: UNAME26. */
static void release_26(char *dst, size_t size)
{
	const char *rest = LINNET_RELEASE;
	unsigned minor = rest[2] - '0';

	/* 60 stands for the 6. */
	while ((*rest >= '0' && *rest <= '9') || *rest == '.')
		rest++;
	snprintf(dst, size, "2.6.%u%s", 60 + minor, rest);
}

/* personality(2): PER_LINUX32 and UNAME26 change what is said. */
long sys_uname(struct new_utsname __user *dst)
{
	u32 persona = current_process()->personality;
	struct new_utsname name;

	memset(&name, 0, sizeof(name));
	strlcpy(name.sysname, LINNET_SYSNAME, sizeof(name.sysname));
	strlcpy(name.release, LINNET_RELEASE, sizeof(name.release));
	if (persona & UNAME26)
		release_26(name.release, sizeof(name.release));
	strlcpy(name.version, LINNET_VERSION, sizeof(name.version));
	strlcpy(name.machine, arch_platform, sizeof(name.machine));
	if ((persona & PERSONALITY_TYPE) == PER_LINUX32)
		strlcpy(name.machine, "i686", sizeof(name.machine));
	uts_read(UTS_NODENAME, name.nodename);
	uts_read(UTS_DOMAINNAME, name.domainname);
	return copy_to_user(dst, &name, sizeof(name));
}

static long set_uts(enum uts_field which, const char __user *uname, int len)
{
	char name[UTS_NAME_MAX];

	if (!cred_capable(current_cred(), CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > UTS_NAME_MAX)
		return -EINVAL;
	if (copy_from_user(name, uname, len))
		return -EFAULT;
	uts_write(which, name, len);
	return 0;
}

long sys_sethostname(const char __user *name, int len)
{
	return set_uts(UTS_NODENAME, name, len);
}

long sys_setdomainname(const char __user *name, int len)
{
	return set_uts(UTS_DOMAINNAME, name, len);
}

long sys_sysinfo(struct sysinfo __user *dst)
{
	struct page_stats stats;
	struct sysinfo info;
	u32 load[3];

	memset(&info, 0, sizeof(info));
	page_stats(&stats);
	sched_loadavg(load);
	info.uptime = DIV_ROUND_UP(clock_boottime_ns(), NSEC_PER_SEC);
	for (int i = 0; i < 3; i++)
		info.loads[i] = (u64)load[i] << (SI_LOAD_SHIFT - 11);
	info.totalram = stats.total * PAGE_SIZE;
	info.freeram = stats.free * PAGE_SIZE;
	info.sharedram = stats.shmem * PAGE_SIZE;
	info.bufferram = 0;
	info.procs = min(process_task_count(), 65535u);
	info.mem_unit = 1;
	return copy_to_user(dst, &info, sizeof(info));
}

/* --- reboot ---------------------------------------------------------------------- */

/* EPERM: CAP_SYS_BOOT.  EINVAL: magic numbers, command. */
long sys_reboot(int magic1, int magic2, unsigned command, void __user *arg)
{
	if (!cred_capable(current_cred(), CAP_SYS_BOOT))
		return -EPERM;
	if ((unsigned)magic1 != LINUX_REBOOT_MAGIC1 ||
	    (magic2 != LINUX_REBOOT_MAGIC2 && magic2 != LINUX_REBOOT_MAGIC2A &&
	     magic2 != LINUX_REBOOT_MAGIC2B && magic2 != LINUX_REBOOT_MAGIC2C))
		return -EINVAL;
	switch (command) {
	case LINUX_REBOOT_CMD_CAD_ON:
		WRITE_ONCE(machine_ctrl_alt_del, 1);
		return 0;
	case LINUX_REBOOT_CMD_CAD_OFF:
		WRITE_ONCE(machine_ctrl_alt_del, 0);
		return 0;
	case LINUX_REBOOT_CMD_HALT:
		machine_end(MACHINE_HALT, EXIT_CODE_OTHER, "halted by process %d",
			    process_number(current_process()));
	case LINUX_REBOOT_CMD_POWER_OFF:
		machine_end(MACHINE_POWER_OFF, EXIT_CODE_OTHER, "powered off by process %d",
			    process_number(current_process()));
	case LINUX_REBOOT_CMD_RESTART:
	case LINUX_REBOOT_CMD_RESTART2:
		machine_end(MACHINE_REBOOT, EXIT_CODE_OTHER, "rebooted by process %d",
			    process_number(current_process()));
	}
	return -EINVAL;
}

/* --- syslog ------------------------------------------------------------------------ */

enum {
	ACTION_CLOSE,
	ACTION_OPEN,
	ACTION_READ,
	ACTION_READ_ALL,
	ACTION_READ_CLEAR,
	ACTION_CLEAR,
	ACTION_CONSOLE_OFF,
	ACTION_CONSOLE_ON,
	ACTION_CONSOLE_LEVEL,
	ACTION_SIZE_UNREAD,
	ACTION_SIZE_BUFFER
};

#define LINE_SIZE (LOG_LINE_MAX + 48)

static u64 syslog_seq; /* of ACTION_READ; one reader at a time, as in Linux */

/* All records from @seq on, the last that fit into @len. */
static long read_all(char __user *dst, size_t len, u64 seq, char *line)
{
	u64 at = seq;
	size_t total = 0, done = 0;
	int n;

	while ((n = log_read_syslog(&at, line, LINE_SIZE, true)) >= 0)
		total += n;
	for (at = seq; total > len; total -= n) {
		n = log_read_syslog(&at, line, LINE_SIZE, true);
		if (n < 0)
			break;
	}
	while ((n = log_read_syslog(&at, line, LINE_SIZE, true)) >= 0 && done + n <= len) {
		if (copy_to_user(dst + done, line, n))
			return -EFAULT;
		done += n;
	}
	return done;
}

/* Waits until there is something; what does not fit stays. */
static long read_new(char __user *dst, size_t len, char *line)
{
	u64 next = syslog_seq;
	size_t done = 0;
	int n, err;

	for (;;) {
		n = log_read_syslog(&next, line, LINE_SIZE, true);
		if (n >= 0 && (size_t)n > len - done)
			break;
		if (n < 0) {
			if (done)
				break;
			err = thread_sleep_until(clock_monotonic_ns() + 50 * NSEC_PER_MSEC,
						 SLEEP_INTERRUPTIBLE);
			if (err)
				return err;
			continue;
		}
		if (copy_to_user(dst + done, line, n))
			return done ? (long)done : -EFAULT;
		done += n;
		syslog_seq = next;
	}
	return done;
}

static long size_unread(char *line)
{
	u64 at = syslog_seq;
	long total = 0;
	int n;

	while ((n = log_read_syslog(&at, line, LINE_SIZE, true)) >= 0)
		total += n;
	return total;
}

long sys_syslog(int action, char __user *buf, int len)
{
	bool wants_buffer = action == ACTION_READ || action == ACTION_READ_ALL ||
			    action == ACTION_READ_CLEAR;
	bool harmless = action == ACTION_READ_ALL || action == ACTION_SIZE_BUFFER;
	char *line;
	long ret = 0;

	if ((!harmless || READ_ONCE(log_restricted)) && !log_may_read(current_cred()))
		return -EPERM;
	if (wants_buffer) {
		if (!buf || len < 0)
			return -EINVAL;
		if (len == 0)
			return 0;
		if (!user_range_ok(buf, len))
			return -EFAULT;
	}
	line = kmalloc(LINE_SIZE);
	if (!line)
		return -ENOMEM;
	switch (action) {
	case ACTION_CLOSE:
	case ACTION_OPEN:
		break;
	case ACTION_READ:
		ret = read_new(buf, len, line);
		break;
	case ACTION_READ_ALL:
		ret = read_all(buf, len, log_seq_cleared(), line);
		break;
	case ACTION_READ_CLEAR:
		ret = read_all(buf, len, log_seq_cleared(), line);
		if (ret >= 0)
			log_clear();
		break;
	case ACTION_CLEAR:
		log_clear();
		break;
	case ACTION_CONSOLE_OFF:
		log_console_off();
		break;
	case ACTION_CONSOLE_ON:
		log_console_on();
		break;
	case ACTION_CONSOLE_LEVEL:
		if (len < 1 || len > 8)
			ret = -EINVAL;
		else
			log_set_console_level(len);
		break;
	case ACTION_SIZE_UNREAD:
		ret = size_unread(line);
		break;
	case ACTION_SIZE_BUFFER:
		ret = log_ring_size();
		break;
	default:
		ret = -EINVAL;
	}
	kfree(line);
	return ret;
}

/* --- getrandom ----------------------------------------------------------------------- */

#define RANDOM_CHUNK 256

/* EAGAIN: GRND_NONBLOCK, and the generator is not seeded yet. */
long sys_getrandom(char __user *buf, size_t len, unsigned flags)
{
	u8 chunk[RANDOM_CHUNK];
	size_t done = 0, n;
	int err;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE) ||
	    (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	while (!(flags & GRND_INSECURE) && unlikely(!random_ready())) {
		if (flags & GRND_NONBLOCK)
			return -EAGAIN;
		err = thread_sleep_until(clock_monotonic_ns() + NSEC_PER_MSEC, SLEEP_INTERRUPTIBLE);
		if (err)
			return err;
	}
	len = min(len, (size_t)INT_MAX);
	while (done < len) {
		n = min(len - done, sizeof(chunk));
		random_bytes(chunk, n);
		if (copy_to_user(buf + done, chunk, n)) {
			memzero_explicit(chunk, sizeof(chunk));
			return done ? (long)done : -EFAULT;
		}
		done += n;
		if (done % PAGE_SIZE == 0 && done < len) {
			sched_yield_point();
			if (thread_work_test(current, WORK_SIGNAL))
				break;
		}
	}
	memzero_explicit(chunk, sizeof(chunk));
	return done;
}
