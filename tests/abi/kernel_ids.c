/* What a process asks about itself and the machine: uname(2), sysinfo(2), kcmp(2), ioprio_set(2)... */
#include "abi_test.h"
#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>

static long kcmp(int a, int b, int type, unsigned long i, unsigned long j)
{
	return syscall(SYS_kcmp, a, b, type, i, j);
}

TEST(kcmp_tells_what_is_shared, SYS_kcmp)
{
	int me = getpid(), fd = CHECK_OK(open("/dev/null", O_RDWR)), other, child, epoll;
	struct epoll_event event = { 0 };
	struct kcmp_epoll_slot slot;
	int pipe_fd[2];

	other = CHECK_OK(open("/dev/null", O_RDWR));
	CHECK_EQ(kcmp(me, me, KCMP_FILE, fd, dup(fd)), 0);
	CHECK(kcmp(me, me, KCMP_FILE, fd, other) == 1 || kcmp(me, me, KCMP_FILE, fd, other) == 2);
	CHECK_EQ(kcmp(me, me, KCMP_FILE, fd, other) + kcmp(me, me, KCMP_FILE, other, fd), 3);
	CHECK_ERR(kcmp(me, me, KCMP_FILE, fd, 190), EBADF);
	CHECK_ERR(kcmp(me, me, KCMP_TYPES, 0, 0), EINVAL);
	CHECK_ERR(kcmp(me, me, -1, 0, 0), EINVAL);
	CHECK_ERR(kcmp(me, 4000000, KCMP_VM, 0, 0), ESRCH);
	CHECK_EQ(kcmp(me, me, KCMP_SYSVSEM, 0, 0), 0);
	CHECK_EQ(kcmp(me, me, KCMP_IO, 0, 0), 0);
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	CHECK_EQ(kcmp(me, child, KCMP_FILE, fd, fd), 0);
	CHECK(kcmp(me, child, KCMP_VM, 0, 0) > 0);
	CHECK(kcmp(me, child, KCMP_FILES, 0, 0) > 0);
	CHECK(kcmp(me, child, KCMP_FS, 0, 0) > 0);
	CHECK(kcmp(me, child, KCMP_SIGHAND, 0, 0) > 0);
	CHECK_OK(kill(child, SIGKILL));
	waitpid(child, NULL, 0);
	child = syscall(SYS_clone, CLONE_FILES | CLONE_FS | SIGCHLD, 0, 0, 0, 0);
	if (child == 0)
		for (;;)
			pause();
	CHECK_EQ(kcmp(me, child, KCMP_FILES, 0, 0), 0);
	CHECK_EQ(kcmp(me, child, KCMP_FS, 0, 0), 0);
	CHECK(kcmp(me, child, KCMP_VM, 0, 0) > 0);
	CHECK_OK(kill(child, SIGKILL));
	CHECK_OK(pipe(pipe_fd));
	epoll = CHECK_OK(epoll_create1(0));
	CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, pipe_fd[0], &event));
	slot = (struct kcmp_epoll_slot){ epoll, pipe_fd[0], 0 };
	CHECK_EQ(kcmp(me, me, KCMP_EPOLL_TFD, pipe_fd[0], (long)&slot), 0);
	CHECK(kcmp(me, me, KCMP_EPOLL_TFD, pipe_fd[1], (long)&slot) > 0);
	slot.toff = 1;
	CHECK_ERR(kcmp(me, me, KCMP_EPOLL_TFD, pipe_fd[0], (long)&slot), ENOENT);
	slot = (struct kcmp_epoll_slot){ fd, pipe_fd[0], 0 };
	CHECK_ERR(kcmp(me, me, KCMP_EPOLL_TFD, pipe_fd[0], (long)&slot), EINVAL);
	CHECK_ERR(kcmp(me, me, KCMP_EPOLL_TFD, pipe_fd[0], 0), EFAULT);
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		CHECK_ERR(kcmp(getpid(), 1, KCMP_VM, 0, 0), EPERM);
	});
}

static long ioprio_set(int which, int who, int value)
{
	return syscall(SYS_ioprio_set, which, who, value);
}

static long ioprio_get(int which, int who)
{
	return syscall(SYS_ioprio_get, which, who);
}

TEST(io_priorities_are_set_and_told, SYS_ioprio_set, SYS_ioprio_get)
{
	int be3 = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3);

	CHECK_CHILD({
		CHECK_EQ(ioprio_get(IOPRIO_WHO_PROCESS, 0), 0);
		CHECK_OK(ioprio_set(IOPRIO_WHO_PROCESS, 0, be3));
		CHECK_EQ(ioprio_get(IOPRIO_WHO_PROCESS, getpid()), be3);
		CHECK_CHILD(CHECK_EQ(ioprio_get(IOPRIO_WHO_PROCESS, 0), be3));
		CHECK_OK(
			ioprio_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)));
		CHECK_OK(ioprio_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, 7)));
		CHECK_ERR(ioprio_set(IOPRIO_WHO_PROCESS, 0, 1), EINVAL);
		CHECK_OK(ioprio_set(IOPRIO_WHO_PROCESS, 0, 0));
		CHECK_ERR(ioprio_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(4, 0)), EINVAL);
		CHECK_ERR(ioprio_set(9, 0, be3), EINVAL);
		CHECK_ERR(ioprio_get(0, 0), EINVAL);
		CHECK_ERR(ioprio_set(IOPRIO_WHO_PROCESS, 4000000, be3), ESRCH);
		CHECK_ERR(ioprio_get(IOPRIO_WHO_PROCESS, 4000000), ESRCH);
		CHECK_ERR(ioprio_get(IOPRIO_WHO_PGRP, 4000000), ESRCH);
		CHECK_OK(setpgid(0, 0));
		CHECK_EQ(ioprio_get(IOPRIO_WHO_PGRP, 0), IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4));
		CHECK_OK(ioprio_set(IOPRIO_WHO_PGRP, 0, be3));
		CHECK_EQ(ioprio_get(IOPRIO_WHO_PGRP, getpgrp()), be3);
		CHECK_OK(setuid(1000));
		CHECK_OK(ioprio_set(IOPRIO_WHO_USER, 1000, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 5)));
		CHECK_EQ(ioprio_get(IOPRIO_WHO_USER, 1000), IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 5));
		CHECK_ERR(ioprio_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, 7)),
			  EPERM);
		CHECK_ERR(ioprio_set(IOPRIO_WHO_PROCESS, 1, be3), EPERM);
		CHECK_OK(ioprio_get(IOPRIO_WHO_PROCESS, 1));
	});
}

TEST(names_of_the_machine, SYS_uname, SYS_sethostname, SYS_setdomainname)
{
	struct utsname name, before;

	CHECK_OK(uname(&before));
	CHECK_EQ(strcmp(before.sysname, "Linux"), 0);
	CHECK_EQ(strcmp(before.machine, "x86_64"), 0);
	CHECK_EQ(strncmp(before.release, "6.1.", 4), 0);
	CHECK_OK(sethostname("abi-host", 8));
	CHECK_OK(setdomainname("abi-domain", 10));
	CHECK_OK(uname(&name));
	CHECK_EQ(strcmp(name.nodename, "abi-host"), 0);
	CHECK_EQ(strcmp(name.domainname, "abi-domain"), 0);
	CHECK_ERR(syscall(SYS_sethostname, "x", 65), EINVAL);
	CHECK_ERR(syscall(SYS_sethostname, "x", -1), EINVAL);
	CHECK_ERR(syscall(SYS_setdomainname, "x", 65), EINVAL);
	CHECK_ERR(syscall(SYS_sethostname, 8, 4), EFAULT);
	CHECK_OK(sethostname("", 0));
	CHECK_OK(uname(&name));
	CHECK_EQ(name.nodename[0], 0);
	CHECK_OK(sethostname(before.nodename, strlen(before.nodename)));
	CHECK_ERR(syscall(SYS_uname, 8), EFAULT);
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		CHECK_ERR(sethostname("x", 1), EPERM);
		CHECK_ERR(setdomainname("x", 1), EPERM);
	});
}

TEST(sysinfo_counts, SYS_sysinfo)
{
	struct sysinfo info;

	memset(&info, 0xff, sizeof(info));
	CHECK_OK(sysinfo(&info));
	CHECK_EQ(info.mem_unit, 1);
	CHECK(info.totalram > 30 << 20 && info.totalram < 1ul << 34);
	CHECK(info.freeram > 0 && info.freeram < info.totalram);
	CHECK(info.procs >= 2 && info.procs < 10000);
	CHECK(info.uptime >= 0 && info.uptime < 3600);
	CHECK_EQ(info.totalswap, 0);
	CHECK_EQ(info.totalhigh, 0);
	CHECK_ERR(syscall(SYS_sysinfo, 8), EFAULT);
}

TEST(random_bytes_come_without_waiting, SYS_getrandom)
{
	unsigned char a[300] = { 0 }, b[300] = { 0 };

	CHECK_EQ(getrandom(a, 300, 0), 300);
	CHECK_EQ(getrandom(b, 300, GRND_NONBLOCK), 300);
	CHECK(memcmp(a, b, 300) != 0);
	CHECK_EQ(getrandom(a, 300, GRND_RANDOM), 300);
	CHECK_EQ(getrandom(a, 10, GRND_INSECURE), 10);
	CHECK_ERR(getrandom(a, 10, GRND_INSECURE | GRND_RANDOM), EINVAL);
	CHECK_ERR(getrandom(a, 10, 8), EINVAL);
	CHECK_EQ(getrandom(a, 0, 0), 0);
	CHECK_ERR(syscall(SYS_getrandom, 8, 10, 0), EFAULT);
}

TEST(personality_is_remembered, SYS_personality)
{
	CHECK_CHILD({
		CHECK_EQ(personality(0xffffffff), 0);
		CHECK_EQ(personality(ADDR_NO_RANDOMIZE), 0);
		CHECK_EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE);
		CHECK_CHILD(CHECK_EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE));
		CHECK_EQ(personality(0), ADDR_NO_RANDOMIZE);
	});
}

TEST(personality_changes_uname, SYS_personality)
{
	CHECK_CHILD({
		struct utsname name;

		CHECK_OK(personality(PER_LINUX32));
		CHECK_OK(uname(&name));
		CHECK(!strcmp(name.machine, "i686") && !strncmp(name.release, "6.1.", 4));
		CHECK_OK(personality(UNAME26));
		CHECK_OK(uname(&name));
		CHECK(!strcmp(name.machine, "x86_64") && !strncmp(name.release, "2.6.61-", 7));
	});
}

TEST(times_are_in_ticks, SYS_times)
{
	struct tms t = { -1, -1, -1, -1 };
	clock_t start = CHECK_OK(times(&t)), later;

	CHECK(t.tms_utime >= 0 && t.tms_stime >= 0 && t.tms_cutime >= 0 && t.tms_cstime >= 0);
	usleep(100000);
	later = CHECK_OK(times(NULL));
	CHECK(later - start >= 9 && later - start < 1000);
	CHECK_ERR(syscall(SYS_times, 8), EFAULT);
}

static void *name_thread(void *arg)
{
	char name[20] = { 0 };

	CHECK_OK(prctl(PR_GET_NAME, name));
	CHECK_EQ(strcmp(name, "123456789012345"), 0);
	CHECK_OK(prctl(PR_SET_NAME, "inner"));
	return NULL;
}

TEST(thread_names, SYS_prctl)
{
	char name[20] = { 0 };
	pthread_t thread;

	CHECK_OK(prctl(PR_SET_NAME, "1234567890123456789"));
	CHECK_EQ(pthread_create(&thread, NULL, name_thread, NULL), 0);
	pthread_join(thread, NULL);
	CHECK_OK(prctl(PR_GET_NAME, name));
	CHECK_EQ(strcmp(name, "123456789012345"), 0);
	CHECK_ERR(prctl(PR_SET_NAME, 8), EFAULT);
	CHECK_ERR(prctl(PR_GET_NAME, 8), EFAULT);
}

TEST(prctl_options_and_errors, SYS_prctl)
{
	unsigned n = 99;

	CHECK_ERR(prctl(9999), EINVAL);
	CHECK_EQ(prctl(PR_GET_TIMING), PR_TIMING_STATISTICAL);
	CHECK_ERR(prctl(PR_SET_TIMING, PR_TIMING_TIMESTAMP), EINVAL);
	CHECK_OK(prctl(PR_SET_TIMING, PR_TIMING_STATISTICAL));
	CHECK_ERR(prctl(PR_GET_UNALIGN, &n), EINVAL);
	CHECK_ERR(prctl(PR_GET_FPEMU, &n), EINVAL);
	CHECK_ERR(prctl(PR_GET_FPEXC, &n), EINVAL);
	CHECK_ERR(prctl(PR_GET_ENDIAN, &n), EINVAL);
	CHECK_OK(prctl(PR_GET_TSC, &n));
	CHECK_EQ(n, PR_TSC_ENABLE);
	CHECK_OK(prctl(PR_SET_TSC, PR_TSC_ENABLE));
	CHECK_ERR(prctl(PR_SET_TSC, 7), EINVAL);
	CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_DEFAULT);
	CHECK_ERR(prctl(PR_MCE_KILL_GET, 1, 0, 0, 0), EINVAL);
	CHECK_OK(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0));
	CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_EARLY);
	CHECK_ERR(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, 3, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 1, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_MCE_KILL, 2, 0, 0, 0), EINVAL);
	CHECK_OK(prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 0, 0, 0));
	CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_DEFAULT);
	CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 0);
	CHECK_ERR(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0), EINVAL);
	CHECK_CHILD({
		CHECK_OK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
		CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
		CHECK_CHILD(CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1));
	});
	CHECK_ERR(prctl(PR_SET_THP_DISABLE, 1, 1, 0, 0), EINVAL);
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 50000);
	CHECK_OK(prctl(PR_SET_TIMERSLACK, 1000));
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 1000);
	CHECK_CHILD(CHECK_EQ(prctl(PR_GET_TIMERSLACK), 1000));
	CHECK_OK(prctl(PR_SET_TIMERSLACK, 0));
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 50000);
	CHECK_EQ(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), 0);
	CHECK_OK(prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), 1);
	CHECK_ERR(prctl(PR_SET_IO_FLUSHER, 2, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_SET_IO_FLUSHER, 1, 1, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_SET_TAGGED_ADDR_CTRL, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_SET_MM, 99, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_MPX_ENABLE_MANAGEMENT, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_SVE_GET_VL), EINVAL);
	CHECK_CHILD({
		CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
		int on = 0;
		CHECK_OK(prctl(PR_GET_CHILD_SUBREAPER, &on));
		CHECK_EQ(on, 1);
		CHECK_CHILD({
			CHECK_OK(prctl(PR_GET_CHILD_SUBREAPER, &on));
			CHECK_EQ(on, 0);
		});
		CHECK_ERR(prctl(PR_GET_CHILD_SUBREAPER, 8), EFAULT);
	});
}

/* That @name in /proc/self/status is @want. */
static void check_status(const char *name, const char *want)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256], *value = NULL;

	CHECK(file);
	while (!value && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			value = line + strlen(name);
	fclose(file);
	CHECK(value);
	value[strcspn(value, "\n")] = 0;
	if (strcmp(value, want))
		abi_fail(__FILE__, __LINE__, "%s is \"%s\", not \"%s\"", name, value, want);
}

/* On a CPU with no means against it: nothing to switch, and what exists is told apart. */
TEST(speculation_is_as_it_is, SYS_prctl)
{
	enum { GET = PR_GET_SPECULATION_CTRL, SET = PR_SET_SPECULATION_CTRL };
	static const unsigned long bad[] = {
		0, PR_SPEC_PRCTL, PR_SPEC_ENABLE | PR_SPEC_DISABLE, PR_SPEC_DISABLE_NOEXEC, 32, -1ul
	};
	int store = CHECK_OK(prctl(GET, PR_SPEC_STORE_BYPASS, 0, 0, 0));

	CHECK(store == PR_SPEC_NOT_AFFECTED || store == PR_SPEC_ENABLE);
	check_status("Speculation_Store_Bypass:\t", store ? "vulnerable" : "not vulnerable");
	CHECK_EQ(prctl(GET, PR_SPEC_INDIRECT_BRANCH, 0, 0, 0), PR_SPEC_ENABLE);
	check_status("SpeculationIndirectBranch:\t", "always enabled");
	CHECK_EQ(prctl(GET, PR_SPEC_L1D_FLUSH, 0, 0, 0), PR_SPEC_FORCE_DISABLE);
	CHECK_OK(prctl(SET, PR_SPEC_INDIRECT_BRANCH, PR_SPEC_ENABLE, 0, 0));
	CHECK_ERR(prctl(SET, PR_SPEC_INDIRECT_BRANCH, PR_SPEC_DISABLE, 0, 0), EPERM);
	CHECK_ERR(prctl(SET, PR_SPEC_INDIRECT_BRANCH, PR_SPEC_FORCE_DISABLE, 0, 0), EPERM);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_ERR(prctl(SET, PR_SPEC_STORE_BYPASS, bad[i], 0, 0), ENXIO);
		CHECK_ERR(prctl(SET, PR_SPEC_INDIRECT_BRANCH, bad[i], 0, 0), ERANGE);
		CHECK_ERR(prctl(SET, PR_SPEC_L1D_FLUSH, bad[i], 0, 0), EPERM);
		CHECK_ERR(prctl(SET, 3, bad[i], 0, 0), ENODEV);
	}
	CHECK_ERR(prctl(SET, PR_SPEC_STORE_BYPASS, PR_SPEC_ENABLE, 0, 0), ENXIO);
	CHECK_ERR(prctl(SET, -1ul, PR_SPEC_ENABLE, 0, 0), ENODEV);
	CHECK_ERR(prctl(SET, 3, PR_SPEC_ENABLE, 1, 0), EINVAL);
	CHECK_ERR(prctl(SET, 3, PR_SPEC_ENABLE, 0, 1), EINVAL);
	CHECK_ERR(prctl(GET, 3, 0, 0, 0), ENODEV);
	CHECK_ERR(prctl(GET, 3, 1, 0, 0), EINVAL);
	CHECK_ERR(prctl(GET, 3, 0, 1, 0), EINVAL);
	CHECK_ERR(prctl(GET, 3, 0, 0, 1), EINVAL);
}
