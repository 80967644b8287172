/* proc(5): the smaller files of /proc/PID: logins, maps of ids, timers, calls, scheduling. */
#include "abi_test.h"
#include <sched.h>
#include <stdarg.h>
#include <sys/prctl.h>

static char text[8192];

static ssize_t slurp(const char *format, ...)
{
	char name[64];
	va_list ap;
	ssize_t n;
	int fd;

	va_start(ap, format);
	vsnprintf(name, sizeof(name), format, ap);
	va_end(ap);
	fd = CHECK_OK(open(name, O_RDONLY | O_CLOEXEC));
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = 0;
	close(fd);
	return n;
}

/* 0, or the errno of the open or the write. */
static int put(const char *name, const char *value)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, value, strlen(value)) < 0)
		err = errno;
	else
		errno = 0;
	close(fd);
	return err;
}

static long number(const char *name)
{
	CHECK_OK(slurp("%s", name));
	return strtol(text, NULL, 10);
}

TEST(loginuid_is_written_once_and_inherited, SYS_write, SYS_getpid)
{
	static const char uid[] = "/proc/self/loginuid", session[] = "/proc/self/sessionid";
	long first;

	CHECK_EQ(slurp(uid), 10);
	CHECK(!strcmp(text, "4294967295"));
	slurp(session);
	CHECK(!strcmp(text, "4294967295"));
	CHECK_EQ(put(uid, "x"), EINVAL);
	CHECK_EQ(put(uid, "-1"), EINVAL);
	CHECK_EQ(put(uid, "99999999999"), ERANGE);
	CHECK_EQ(put("/proc/1/loginuid", "5"), EPERM);
	CHECK_EQ(put(uid, "1000\n"), 0);
	CHECK_EQ(number(uid), 1000);
	first = number(session);
	CHECK(first > 0 && first < 4294967295);
	CHECK_EQ(put(uid, "1001"), 0); /* CAP_AUDIT_CONTROL */
	CHECK_EQ(number(session), first + 1);
	CHECK_CHILD({
		CHECK_EQ(number(uid), 1001);
		CHECK_EQ(number(session), first + 1);
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_OK(prctl(PR_SET_DUMPABLE, 1));
		CHECK_EQ(put(uid, "7"), EPERM);
		CHECK_EQ(number(uid), 1001);
	});
	CHECK_EQ(put(uid, "4294967295"), 0);
	CHECK_EQ(number(session), 4294967295);
	CHECK_CHILD({ /* the first time anybody may */
		      CHECK_OK(setresuid(1000, 1000, 1000));
		      CHECK_OK(prctl(PR_SET_DUMPABLE, 1));
		      CHECK_EQ(put(uid, "7"), 0);
		      CHECK_EQ(put(uid, "8"), EPERM);
	});
}

TEST(id_maps_of_the_first_namespace, SYS_write)
{
	static const char *const maps[] = { "/proc/self/uid_map", "/proc/self/gid_map",
					    "/proc/self/projid_map" };
	struct stat st;

	for (int i = 0; i < 3; i++) {
		slurp("%s", maps[i]);
		CHECK(!strcmp(text, "         0          0 4294967295\n"));
		CHECK_EQ(put(maps[i], "0 0 1"), EPERM);
		CHECK_OK(stat(maps[i], &st));
		CHECK_EQ(st.st_mode, S_IFREG | 0644);
	}
	slurp("/proc/self/setgroups");
	CHECK(!strcmp(text, "allow\n"));
	CHECK_EQ(put("/proc/self/setgroups", "deny"), EPERM);
	CHECK_EQ(put("/proc/self/setgroups", "allow\n"), 0);
	CHECK_EQ(put("/proc/self/setgroups", "bogus"), EINVAL);
	CHECK_EQ(put("/proc/self/sessionid", "5"), EINVAL);
}

TEST(timer_slack, SYS_prctl)
{
	static const char slack[] = "/proc/self/timerslack_ns";
	struct sched_param param = { 10 };
	char name[64];
	pid_t child;

	CHECK_EQ(number(slack), 50000);
	CHECK_OK(prctl(PR_SET_TIMERSLACK, 12345));
	CHECK_EQ(number(slack), 12345);
	CHECK_EQ(put(slack, "777"), 0);
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 777);
	CHECK_EQ(put(slack, "0\n"), 0);
	CHECK_EQ(number(slack), 50000);
	CHECK_EQ(put(slack, "x"), EINVAL);
	CHECK_EQ(put(slack, "-1"), EINVAL);
	CHECK_EQ(put(slack, "99999999999999999999999"), ERANGE);
	CHECK_EQ(put(slack, "0x10"), EINVAL);
	CHECK_OK(prctl(PR_SET_TIMERSLACK, 60000));
	child = CHECK_OK(fork());
	if (child == 0)
		pause();
	snprintf(name, sizeof(name), "/proc/%d/timerslack_ns", child);
	CHECK_EQ(put(name, "4321"), 0);
	CHECK_EQ(number(name), 4321);
	CHECK_EQ(put(name, "0"), 0); /* the default is what it was created with */
	CHECK_EQ(number(name), 60000);
	CHECK_CHILD({
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_EQ(put(name, "5"), EPERM);
		CHECK_ERR(slurp("%s", name), EPERM);
		CHECK_EQ(put(slack, "88"), 0);
		CHECK_EQ(number(slack), 88);
	});
	CHECK_CHILD({ /* real-time threads have none */
		      CHECK_OK(sched_setscheduler(0, SCHED_FIFO, &param));
		      CHECK_EQ(number(slack), 0);
		      CHECK_EQ(put(slack, "33"), 0);
		      CHECK_EQ(number(slack), 0);
		      CHECK_EQ(prctl(PR_GET_TIMERSLACK), 0);
		      param.sched_priority = 0;
		      CHECK_OK(sched_setscheduler(0, SCHED_OTHER, &param));
		      CHECK_EQ(number(slack), 60000);
	});
	kill(child, SIGKILL);
}

TEST(timers_of_a_process, SYS_timer_create)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };
	char want[512];
	pid_t me = getpid();
	timer_t id;

	slurp("/proc/self/timers");
	CHECK(!*text);
	event.sigev_value.sival_ptr = (void *)0x1234567;
	CHECK_OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
	event.sigev_notify = SIGEV_NONE;
	CHECK_OK(syscall(SYS_timer_create, CLOCK_REALTIME, &event, &id));
	event.sigev_notify = 4; /* SIGEV_THREAD_ID */
	event._sigev_un._tid = me;
	CHECK_OK(syscall(SYS_timer_create, CLOCK_PROCESS_CPUTIME_ID, &event, &id));
	event.sigev_notify = SIGEV_SIGNAL;
	CHECK_OK(syscall(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &event, &id));
	slurp("/proc/self/timers");
	snprintf(want, sizeof(want),
		 "ID: 3\nsignal: 12/0000000001234567\nnotify: signal/pid.%d\nClockID: -2\n"
		 "ID: 2\nsignal: 12/0000000001234567\nnotify: signal/tid.%d\nClockID: -6\n"
		 "ID: 1\nsignal: 12/0000000001234567\nnotify: none/pid.%d\nClockID: 0\n"
		 "ID: 0\nsignal: 12/0000000001234567\nnotify: signal/pid.%d\nClockID: 1\n",
		 me, me, me, me);
	CHECK(!strcmp(text, want));
}

/* A child that does nothing but @what; killed by the caller. */
#define START(what)                                                                                \
	({                                                                                         \
		pid_t started_ = CHECK_OK(fork());                                                 \
		if (started_ == 0)                                                                 \
			for (;;)                                                                   \
				what;                                                              \
		started_;                                                                          \
	})

/* The state letter of a process, once it is @state. */
static void until_state(pid_t pid, char state)
{
	do {
		usleep(2000);
		slurp("/proc/%d/stat", pid);
	} while (strrchr(text, ')')[2] != state);
}

TEST(the_call_that_a_thread_is_in, SYS_pause, SYS_read)
{
	long nr, arg[6], sp, ip;
	pid_t child;
	char name[64];
	struct stat st;

	slurp("/proc/self/syscall");
	CHECK_EQ(sscanf(text, "%ld %lx %lx %lx", &nr, &arg[0], &arg[1], &arg[2]), 4);
	CHECK_EQ(nr, SYS_read);
	CHECK_EQ(arg[1], (long)text);
	CHECK_EQ(arg[2], sizeof(text) - 1);

	child = START(syscall(SYS_pause, 1, 2, 3, 4, 5, 6));
	until_state(child, 'S');
	slurp("/proc/%d/syscall", child);
	CHECK_EQ(sscanf(text, "%ld %lx %lx %lx %lx %lx %lx %lx %lx\n", &nr, &arg[0], &arg[1],
			&arg[2], &arg[3], &arg[4], &arg[5], &sp, &ip),
		 9);
	CHECK_EQ(nr, SYS_pause);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(arg[i], i + 1);
	CHECK(labs(sp - (long)__builtin_frame_address(0)) < 65536);
	snprintf(name, sizeof(name), "/proc/%d/syscall", child);
	CHECK_OK(stat(name, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0400);
	CHECK_CHILD({
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_ERR(open(name, O_RDONLY), EACCES);
	});
	kill(child, SIGKILL);

	child = START((void)0);
	until_state(child, 'R');
	slurp("/proc/%d/syscall", child);
	CHECK(!strcmp(text, "running\n"));
	CHECK_OK(kill(child, SIGSTOP));
	until_state(child, 'T');
	slurp("/proc/%d/syscall", child);
	CHECK_EQ(sscanf(text, "%ld %lx %lx\n", &nr, &sp, &ip), 3);
	CHECK_EQ(nr, -1);
	CHECK(sp > 0 && ip > 0);
	CHECK_OK(kill(child, SIGKILL));
	until_state(child, 'Z');
	slurp("/proc/%d/syscall", child);
	CHECK(!strcmp(text, "-1 0x0 0x0\n"));
}

static void woken(int sig)
{
}

/* Who is seen asleep does not run: not even at the very moment when it goes to sleep. */
TEST(who_sleeps_is_in_a_call, SYS_pause)
{
	int stat_fd, call_fd;
	char name[64];
	long nr;

	signal(SIGUSR1, woken);
	pid_t child = CHECK_OK(fork());
	if (child == 0) {
		while (syscall(SYS_pause) < 0 && errno == EINTR)
			;
		_exit(0);
	}
	snprintf(name, sizeof(name), "/proc/%d/stat", child);
	stat_fd = CHECK_OK(open(name, O_RDONLY));
	snprintf(name, sizeof(name), "/proc/%d/syscall", child);
	call_fd = CHECK_OK(open(name, O_RDONLY));
	for (int i = 0; i < 2000; i++) {
		CHECK_OK(kill(child, SIGUSR1));
		do {
			text[CHECK_OK(pread(stat_fd, text, sizeof(text) - 1, 0))] = 0;
			CHECK(strrchr(text, ')')[2] != 'Z');
		} while (strrchr(text, ')')[2] != 'S');
		text[CHECK_OK(pread(call_fd, text, sizeof(text) - 1, 0))] = 0;
		CHECK_EQ(sscanf(text, "%ld", &nr), 1);
		CHECK_EQ(nr, SYS_pause);
	}
}

/* Threads come, sleep and go while their calls are read: nothing but the text may come of it. */
TEST_TIMEOUT(calls_of_threads_that_come_and_go, 60, SYS_nanosleep)
{
	struct timespec end, now, nap = { 0, 100000 };
	char name[64];
	pid_t child;

	CHECK_OK(syscall(SYS_nanosleep, &nap, NULL));
	child = CHECK_OK(fork());
	if (child == 0)
		for (;;) {
			pid_t short_lived = fork();

			if (short_lived == 0) {
				syscall(SYS_nanosleep, &nap, NULL);
				_exit(0);
			}
			waitpid(short_lived, NULL, 0);
		}
	clock_gettime(CLOCK_MONOTONIC, &end);
	for (int last = child;; last++) {
		int fd;

		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - end.tv_sec > 2)
			break;
		snprintf(name, sizeof(name), "/proc/%d/syscall", last);
		fd = open(name, O_RDONLY);
		if (fd < 0) {
			last -= last > child + 1 ? 2 : 1;
			continue;
		}
		text[0] = 0;
		for (int i = 0; i < 20 && pread(fd, text, sizeof(text), 0) > 0; i++)
			CHECK(text[0] == '-' || text[0] == 'r' ||
			      (text[0] >= '0' && text[0] <= '9'));
		close(fd);
	}
	kill(child, SIGKILL);
}

TEST(sched_of_a_process, SYS_sched_setscheduler, SYS_setpriority)
{
	struct sched_param param = { 7 };
	char want[64];

	CHECK_OK(syscall(SYS_setpriority, 0, 0, 5));
	slurp("/proc/self/sched");
	snprintf(want, sizeof(want), " (%d, #threads: 1)\n-----", getpid());
	CHECK(strstr(text, want));
	CHECK(strstr(text, "\nse.sum_exec_runtime                          :"));
	CHECK(strstr(text, "\nnr_voluntary_switches                        :"));
	CHECK(strstr(text,
		     "\nse.load.weight                               :               343040\n"));
	CHECK(strstr(text,
		     "\npolicy                                       :                    0\n"));
	CHECK(strstr(text,
		     "\nprio                                         :                  125\n"));
	CHECK_OK(sched_setscheduler(0, SCHED_RR, &param));
	slurp("/proc/self/sched");
	CHECK(strstr(text,
		     "\npolicy                                       :                    2\n"));
	CHECK(strstr(text,
		     "\nprio                                         :                   92\n"));
}

TEST(oom_adj_is_the_older_scale, SYS_write)
{
	static const char old[] = "/proc/self/oom_adj", new[] = "/proc/self/oom_score_adj";

	CHECK_EQ(put(old, "3"), 0);
	CHECK_EQ(number(new), 176);
	CHECK_EQ(number(old), 2);
	CHECK_EQ(put(old, "-17"), 0);
	CHECK_EQ(number(new), -1000);
	CHECK_EQ(put(old, "15"), 0);
	CHECK_EQ(number(new), 1000);
	CHECK_EQ(number(old), 15);
	CHECK_EQ(put(old, "-18"), EINVAL);
	CHECK_EQ(put(new, "-500"), 0);
	CHECK_EQ(number(old), -8);
}

TEST(who_is_never_chosen_has_no_score, SYS_openat, SYS_open)
{
	CHECK_EQ(number("/proc/1/oom_score"), 0);
	CHECK(number("/proc/self/oom_score") > 0);
	CHECK_EQ(put("/proc/self/oom_score_adj", "-1000"), 0);
	CHECK_EQ(number("/proc/self/oom_score"), 0);
}

TEST(terminals_are_listed, SYS_openat, SYS_open)
{
	struct stat st;

	CHECK_OK(slurp("/proc/consoles"));
	CHECK(strstr(text, "ttyS0                -W- (EC p a)    4:64\n"));
	CHECK_OK(slurp("/proc/tty/drivers"));
	CHECK(strstr(text, "/dev/console         /dev/console    5       1 system:console\n"));
	CHECK(strstr(text, "\nserial               /dev/ttyS       4 64-"));
	CHECK(strstr(text, "\npty_slave            /dev/pts      136 0-1048575 pty:slave\n"));
	CHECK_OK(slurp("/proc/tty/ldiscs"));
	CHECK(strstr(text, "n_tty       0\n"));
	CHECK_OK(slurp("/proc/tty/driver/serial"));
	CHECK(strstr(text, "serinfo:1.0 driver revision:\n0: uart:16550A port:000003F8 irq:4 tx:"));
	CHECK_OK(stat("/proc/tty/driver", &st));
	CHECK_EQ(st.st_mode, S_IFDIR | 0500);
}
