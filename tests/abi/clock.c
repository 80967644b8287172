/* time(2), clock_gettime(2), settimeofday(2), clock_settime(2), adjtimex(2); syslog(2), reboot(2). */
#include "abi_test.h"
#include <pthread.h>
#include <linux/reboot.h>
#include <sys/mount.h>
#include <sys/time.h>
#include <sys/timex.h>

TEST(time_and_clocks_agree, SYS_time, SYS_clock_gettime)
{
	struct timespec real, mono, later, cpu;
	time_t t, stored = 0;

	t = CHECK_OK(syscall(SYS_time, &stored));
	CHECK_EQ(t, stored);
	CHECK_OK(syscall(SYS_clock_gettime, CLOCK_REALTIME, &real));
	CHECK(real.tv_sec >= t && real.tv_sec <= t + 2);
	CHECK_OK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &mono));
	CHECK_OK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &later));
	CHECK(later.tv_sec > mono.tv_sec ||
	      (later.tv_sec == mono.tv_sec && later.tv_nsec >= mono.tv_nsec));
	CHECK_OK(syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &later));
	CHECK(later.tv_sec >= mono.tv_sec);
	CHECK_OK(syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &cpu));
	CHECK(cpu.tv_sec < 10 && cpu.tv_nsec < 1000000000);
	CHECK_OK(syscall(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, &cpu));
	CHECK_OK(syscall(SYS_clock_gettime, CLOCK_REALTIME_COARSE, &later));
	CHECK(later.tv_sec + 1 >= real.tv_sec);
	CHECK_EQ(syscall(SYS_time, NULL) - t < 5, 1);
	CHECK_ERR(syscall(SYS_time, (void *)-4096), EFAULT);
	CHECK_ERR(syscall(SYS_clock_gettime, 99, &real), EINVAL);
	CHECK_ERR(syscall(SYS_clock_gettime, CLOCK_REALTIME, (void *)-4096), EFAULT);
}

static int64_t ns_by(int how, int clock)
{
	struct timespec t;

	CHECK_OK(how ? clock_gettime(clock, &t) : syscall(SYS_clock_gettime, clock, &t));
	CHECK(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* The C library asks the vDSO: its answers lie among those of the call. */
TEST(the_vdso_answers_as_the_call_does, SYS_clock_gettime)
{
	static const int clocks[] = { CLOCK_REALTIME,
				      CLOCK_MONOTONIC,
				      CLOCK_MONOTONIC_RAW,
				      CLOCK_REALTIME_COARSE,
				      CLOCK_MONOTONIC_COARSE,
				      CLOCK_BOOTTIME,
				      CLOCK_TAI,
				      CLOCK_PROCESS_CPUTIME_ID,
				      CLOCK_THREAD_CPUTIME_ID };
	struct timespec t;

	for (unsigned c = 0; c < sizeof(clocks) / sizeof(clocks[0]); c++) {
		int64_t last = 0, now;

		for (int i = 0; i < 300; i++, last = now) {
			now = ns_by(i % 2, clocks[c]);
			CHECK(now >= last);
		}
	}
	CHECK_ERR(clock_gettime(10, &t), EINVAL);
	CHECK_ERR(clock_gettime(12, &t), EINVAL);
	CHECK_ERR(clock_gettime(32, &t), EINVAL);
}

static volatile bool clock_is_read;

static void *set_the_date(void *arg)
{
	struct timespec t;

	while (!clock_is_read) {
		CHECK_OK(clock_gettime(CLOCK_REALTIME, &t));
		CHECK_OK(syscall(SYS_clock_settime, CLOCK_REALTIME, &t));
	}
	return NULL;
}

/* What the vDSO reads is written at that moment: no clock jumps. */
TEST(clocks_are_read_while_the_date_is_set, SYS_clock_settime)
{
	int64_t real = ns_by(1, CLOCK_REALTIME), mono = ns_by(1, CLOCK_MONOTONIC), last = mono, now;
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, set_the_date, NULL), 0);
	for (int i = 0; i < 100000; i++, last = now) {
		now = ns_by(1, CLOCK_MONOTONIC);
		CHECK(now >= last && now - last < 10000000000ll);
		CHECK(llabs(ns_by(1, CLOCK_REALTIME) - real - (now - mono)) < 10000000000ll);
	}
	clock_is_read = true;
	pthread_join(thread, NULL);
}

TEST(the_date_is_set, SYS_settimeofday, SYS_clock_settime)
{
	struct timespec was, mono, now, then;
	struct timeval tv = { 0 }, bad = { 0, 1000000 }, negative = { -1, 0 };
	struct timezone zone = { 0, 0 };

	CHECK_OK(clock_gettime(CLOCK_REALTIME, &was));
	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &mono));
	tv.tv_sec = was.tv_sec + 1000;
	CHECK_OK(syscall(SYS_settimeofday, &tv, NULL));
	CHECK_OK(clock_gettime(CLOCK_REALTIME, &now));
	CHECK(now.tv_sec >= was.tv_sec + 1000 && now.tv_sec < was.tv_sec + 1010);
	then = was;
	then.tv_sec += 1;
	CHECK_OK(syscall(SYS_clock_settime, CLOCK_REALTIME, &then));
	CHECK_OK(clock_gettime(CLOCK_REALTIME, &now));
	CHECK(now.tv_sec >= was.tv_sec + 1 && now.tv_sec < was.tv_sec + 10);
	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &now));
	CHECK(now.tv_sec - mono.tv_sec < 10); /* goes on as if nothing happened */
	CHECK_OK(syscall(SYS_settimeofday, NULL, &zone));
	CHECK_OK(syscall(SYS_settimeofday, NULL, NULL));
	CHECK_ERR(syscall(SYS_settimeofday, &bad, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_settimeofday, &negative, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_settimeofday, (void *)-4096, NULL), EFAULT);
	then.tv_nsec = 1000000000;
	CHECK_ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, &then), EINVAL);
	CHECK_ERR(syscall(SYS_clock_settime, CLOCK_MONOTONIC, &was), EINVAL);
	CHECK_ERR(syscall(SYS_clock_settime, CLOCK_PROCESS_CPUTIME_ID, &was), EINVAL);
	CHECK_ERR(syscall(SYS_clock_settime, -6, &was),
		  EPERM); /* the same, of process 0: this one */
	CHECK_ERR(syscall(SYS_clock_settime, 99, &was), EINVAL);
	CHECK_ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, (void *)-4096), EFAULT);
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		CHECK_ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, &was), EPERM);
		CHECK_ERR(syscall(SYS_settimeofday, &tv, NULL), EPERM);
	});
}

TEST(the_clock_is_disciplined, SYS_adjtimex, SYS_clock_adjtime)
{
	struct timex t = { 0 };
	int state;

	state = CHECK_OK(syscall(SYS_adjtimex, &t));
	CHECK(state >= TIME_OK && state <= TIME_ERROR);
	CHECK_EQ(t.precision, 1);
	CHECK(t.tick > 9000 && t.tick < 11000);
	CHECK(t.time.tv_sec > 0);
	memset(&t, 0, sizeof(t));
	CHECK_OK(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &t));
	CHECK(t.tick > 9000);
	t.modes = ADJ_OFFSET_SS_READ;
	CHECK_OK(syscall(SYS_adjtimex, &t));
	CHECK_EQ(t.offset, 0);
	memset(&t, 0, sizeof(t));
	t.modes = ADJ_TICK;
	t.tick = 1;
	CHECK_ERR(syscall(SYS_adjtimex, &t), EINVAL);
	memset(&t, 0, sizeof(t));
	CHECK_ERR(syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &t), EOPNOTSUPP);
	CHECK_ERR(syscall(SYS_clock_adjtime, 99, &t), EINVAL);
	CHECK_ERR(syscall(SYS_adjtimex, (void *)-4096), EFAULT);
	CHECK_ERR(syscall(SYS_clock_adjtime, CLOCK_REALTIME, (void *)-4096), EFAULT);
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		memset(&t, 0, sizeof(t));
		CHECK_OK(syscall(SYS_adjtimex, &t)); /* who only looks may */
		t.modes = ADJ_STATUS;
		CHECK_ERR(syscall(SYS_adjtimex, &t), EPERM);
		CHECK_ERR(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &t), EPERM);
	});
}

TEST(the_kernel_log_is_read, SYS_syslog)
{
	static char buf[1 << 18];
	int fd, size = CHECK_OK(syscall(SYS_syslog, 10, NULL, 0)), n;

	CHECK(size >= 4096);
	fd = CHECK_OK(open("/dev/kmsg", O_WRONLY));
	CHECK_EQ(write(fd, "<6>a line of the test\n", 22), 22);
	n = CHECK_OK(syscall(SYS_syslog, 3, buf, sizeof(buf) - 1));
	buf[n] = 0;
	CHECK(strstr(buf, "a line of the test\n") != NULL);
	CHECK(syscall(SYS_syslog, 9, NULL, 0) > 0); /* not yet read */
	n = CHECK_OK(syscall(SYS_syslog, 3, buf, 30));
	CHECK(n <= 30);
	CHECK_OK(syscall(SYS_syslog, 5, NULL, 0)); /* cleared: for this call only */
	CHECK_EQ(syscall(SYS_syslog, 3, buf, sizeof(buf)), 0);
	CHECK_OK(syscall(SYS_syslog, 0, NULL, 0));
	CHECK_OK(syscall(SYS_syslog, 1, NULL, 0));
	CHECK_ERR(syscall(SYS_syslog, 8, NULL, 0), EINVAL);
	CHECK_ERR(syscall(SYS_syslog, 8, NULL, 9), EINVAL);
	CHECK_ERR(syscall(SYS_syslog, 11, NULL, 0), EINVAL);
	CHECK_ERR(syscall(SYS_syslog, 3, NULL, 10), EINVAL);
	CHECK_ERR(syscall(SYS_syslog, 3, buf, -1), EINVAL);
	CHECK_ERR(syscall(SYS_syslog, 3, (void *)-4096, 100), EFAULT);
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		CHECK_ERR(syscall(SYS_syslog, 5, NULL, 0), EPERM);
		CHECK_ERR(syscall(SYS_syslog, 2, buf, 10), EPERM);
	});
}

TEST(the_machine_is_not_turned_off_by_chance, SYS_reboot)
{
	CHECK_ERR(syscall(SYS_reboot, 0, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_POWER_OFF, NULL),
		  EINVAL);
	CHECK_ERR(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, 0, LINUX_REBOOT_CMD_POWER_OFF, NULL),
		  EINVAL);
	CHECK_ERR(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, 0x1234, NULL),
		  EINVAL);
	CHECK_OK(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2B,
			 LINUX_REBOOT_CMD_CAD_OFF, NULL));
	CHECK_OK(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2C,
			 LINUX_REBOOT_CMD_CAD_ON, NULL));
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		CHECK_ERR(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
				  LINUX_REBOOT_CMD_POWER_OFF, NULL),
			  EPERM);
		CHECK_ERR(syscall(SYS_reboot, 0, 0, 0, NULL), EPERM);
	});
}

TEST(file_systems_are_unmounted, SYS_umount2)
{
	int fd;

	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("t", "m", "tmpfs", 0, NULL));
	fd = CHECK_OK(open("m/file", O_CREAT | O_RDWR, 0600));
	CHECK_ERR(syscall(SYS_umount2, "m", 0), EBUSY);
	CHECK_ERR(syscall(SYS_umount2, "m", 0x10), EINVAL);
	CHECK_ERR(syscall(SYS_umount2, "m/file", 0), EINVAL);
	CHECK_ERR(syscall(SYS_umount2, "none", 0), ENOENT);
	CHECK_OK(symlink("m", "link"));
	CHECK_ERR(syscall(SYS_umount2, "link", UMOUNT_NOFOLLOW), EINVAL);
	CHECK_ERR(syscall(SYS_umount2, "m", MNT_EXPIRE | MNT_DETACH), EINVAL);
	CHECK_ERR(syscall(SYS_umount2, "m", MNT_EXPIRE), EBUSY);
	CHECK_CHILD({
		CHECK_OK(chmod(".", 0755));
		CHECK_OK(setuid(1000));
		CHECK_ERR(syscall(SYS_umount2, "m", 0), EPERM);
	});
	CHECK_OK(syscall(SYS_umount2, "link", MNT_DETACH));
	CHECK_EQ(write(fd, "x", 1), 1); /* whoever has it open goes on */
	CHECK_ERR(open("m/file", O_RDONLY), ENOENT);
	CHECK_ERR(syscall(SYS_umount2, "m", 0), EINVAL);
	CHECK_OK(mount("t", "m", "tmpfs", 0, NULL));
	CHECK_ERR(syscall(SYS_umount2, "m", MNT_EXPIRE), EAGAIN); /* marked */
	CHECK_OK(syscall(SYS_umount2, "m", MNT_EXPIRE));
}
