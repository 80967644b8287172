/*
 * Signals with odd arguments, as random calls on both kernels showed them: which error comes
 * first, and what of a siginfo or a timer's number is kept; sigstack.c has stacks.
 * rt_sigqueueinfo(2), timer_create(2), clock_nanosleep(2).
 */
#include "abi_test.h"
#include <limits.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>

#define BAD ((void *)8)

union info {
	siginfo_t si;
	uint32_t word[32];
};

static uint64_t mask_of(int sig)
{
	return 1ull << (sig - 1);
}

static void block(int sig)
{
	uint64_t mask = mask_of(sig);

	CHECK_OK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &mask, NULL, 8));
}

/* --- siginfo ------------------------------------------------------------------ */

/* Queues @code to itself with a word set that no known layout has. */
static long queue_odd(int sig, int code)
{
	union info info = { .word[2] = (uint32_t)code, .word[20] = 5 };

	return syscall(SYS_rt_sigqueueinfo, getpid(), sig, &info);
}

TEST(siginfo_of_unknown_layout_is_short, SYS_rt_sigqueueinfo)
{
	static const struct {
		int sig, last;
	} most[] = { { SIGILL, 11 }, { SIGTRAP, 6 }, { SIGBUS, 5 },  { SIGFPE, 15 },
		     { SIGSEGV, 9 }, { SIGCHLD, 6 }, { SIGPOLL, 6 }, { SIGSYS, 2 },
		     { SIGUSR1, 6 }, { SIGHUP, 6 },  { 34, 6 },	     { 64, 6 } };

	for (size_t i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
		block(most[i].sig);
		CHECK_OK(queue_odd(most[i].sig, most[i].last));
		CHECK_ERR(queue_odd(most[i].sig, most[i].last + 1), E2BIG);
		CHECK_OK(queue_odd(most[i].sig, -7));
		CHECK_ERR(queue_odd(most[i].sig, -8), E2BIG);
		CHECK_OK(queue_odd(most[i].sig, -60));
		CHECK_OK(queue_odd(most[i].sig, SI_KERNEL));
		CHECK_ERR(queue_odd(most[i].sig, SI_KERNEL + 1), E2BIG);
	}
}

TEST(siginfo_is_48_bytes_where_its_layout_is_known, SYS_rt_sigqueueinfo, SYS_rt_sigtimedwait)
{
	const struct timespec none = { 0 };
	uint64_t set = mask_of(40);
	union info info;

	block(40);
	for (int i = 0; i < 32; i++)
		info.word[i] = (uint32_t)i;
	info.si.si_code = SI_QUEUE;
	CHECK_OK(syscall(SYS_rt_sigqueueinfo, getpid(), 40, &info));
	memset(&info, 0xff, sizeof(info));
	CHECK_EQ(syscall(SYS_rt_sigtimedwait, &set, &info, &none, 8), 40);
	CHECK_EQ(info.si.si_signo, 40);
	for (int i = 3; i < 32; i++)
		CHECK_EQ(info.word[i], i < 12 ? i : 0);
}

TEST(siginfo_is_read_before_the_rest_is_looked_at, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo)
{
	union info info = { .word[2] = 200, .word[20] = 5 };

	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, INT_MAX, SIGUSR1, &info), E2BIG);
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getpid(), 65, &info), E2BIG);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, 0, getpid(), SIGUSR1, &info), E2BIG);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, 0, getpid(), SIGUSR1, BAD), EFAULT);
	info.word[20] = 0;
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, INT_MAX, SIGUSR1, &info), EPERM);
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getpid(), 65, &info), EINVAL);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, 0, getpid(), SIGUSR1, &info), EINVAL);
	info.si.si_code = SI_QUEUE;
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, INT_MAX, SIGUSR1, &info), ESRCH);
}

/* --- timers --------------------------------------------------------------------- */

static int created; /* the number that the last one wrote; -5: none */

static long create(int clock, int notify, int sig)
{
	struct sigevent event = { .sigev_notify = notify, .sigev_signo = sig };

	created = -5;
	return syscall(SYS_timer_create, clock, &event, &created);
}

static long cpu_clock(unsigned id, unsigned kind)
{
	return (int)(~id << 3 | kind);
}

TEST(timer_numbers_go_to_failed_timers_too, SYS_timer_create)
{
	struct sigevent event = { .sigev_signo = SIGUSR1 };

	CHECK_ERR(create(CLOCK_MONOTONIC, 9, SIGUSR1), EINVAL); /* 0 */
	CHECK_EQ(created, -5);
	CHECK_ERR(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 99), EINVAL); /* 1 */
	CHECK_EQ(created, -5);
	CHECK_ERR(create(-1, SIGEV_SIGNAL, SIGUSR1), EINVAL);
	CHECK_EQ(created, 2);
	CHECK_ERR(create(CLOCK_MONOTONIC_COARSE, SIGEV_SIGNAL, SIGUSR1), EOPNOTSUPP); /* none */
	CHECK_ERR(create(10, SIGEV_SIGNAL, SIGUSR1), EINVAL);			      /* none */
	CHECK_EQ(created, -5);
	CHECK_ERR(syscall(SYS_timer_create, -1, &event, BAD), EFAULT);		    /* 3 */
	CHECK_ERR(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, BAD), EFAULT); /* 4 */
	CHECK_OK(create(CLOCK_MONOTONIC, SIGEV_NONE, 99));
	CHECK_EQ(created, 5);
}

TEST(timers_run_on_every_processor_time_clock, SYS_timer_create, SYS_timer_settime)
{
	const unsigned self = (unsigned)getpid();
	const struct itimerspec value = { .it_value.tv_sec = 100 };
	struct itimerspec left;

	for (unsigned kind = 0; kind < 3; kind++) {
		for (unsigned i = 0; i < 4; i++) {
			CHECK_OK(create((int)cpu_clock(i & 1 ? self : 0, kind | (i & 2) << 1),
					SIGEV_SIGNAL, SIGUSR1));
			CHECK_OK(syscall(SYS_timer_settime, created, 0, &value, NULL));
			CHECK_OK(syscall(SYS_timer_gettime, created, &left));
			CHECK(left.it_value.tv_sec == 99 || left.it_value.tv_sec == 100);
		}
		CHECK_ERR(create((int)cpu_clock(4000000, kind), SIGEV_SIGNAL, SIGUSR1), EINVAL);
		CHECK_ERR(create((int)cpu_clock(1, kind | 4), SIGEV_SIGNAL, SIGUSR1), EINVAL);
	}
	CHECK_ERR(create((int)cpu_clock(0, 7), SIGEV_SIGNAL, SIGUSR1), EINVAL);
	CHECK_ERR(create((int)cpu_clock(0, 3), SIGEV_SIGNAL, SIGUSR1), EOPNOTSUPP);
}

TEST(timers_on_user_time_expire, SYS_timer_create)
{
	const struct itimerspec value = { .it_value.tv_nsec = 20000000 };

	block(SIGUSR1);
	for (unsigned kind = 0; kind < 2; kind++) {
		const struct timespec none = { 0 };
		uint64_t set = mask_of(SIGUSR1), before = (uint64_t)clock();

		CHECK_OK(create((int)cpu_clock(0, kind | 4), SIGEV_SIGNAL, SIGUSR1));
		CHECK_OK(syscall(SYS_timer_settime, created, 0, &value, NULL));
		while (syscall(SYS_rt_sigtimedwait, &set, NULL, &none, 8) < 0)
			for (volatile int i = 0; i < 100000; i++)
				;
		CHECK((uint64_t)clock() - before >= 10000);
	}
}

TEST(timers_saturate_at_the_end_of_time, SYS_timer_create, SYS_timer_settime)
{
	const struct itimerspec value = { .it_value.tv_sec = LONG_MAX };
	static const int clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_TAI };
	struct itimerspec left;
	struct timespec now;

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		/* A relative timer on CLOCK_REALTIME is one on CLOCK_MONOTONIC. */
		const int base = clocks[i] == CLOCK_REALTIME ? CLOCK_MONOTONIC : clocks[i];

		CHECK_OK(create(clocks[i], SIGEV_SIGNAL, SIGUSR1));
		CHECK_OK(syscall(SYS_timer_settime, created, 0, &value, NULL));
		CHECK_OK(syscall(SYS_timer_gettime, created, &left));
		CHECK_OK(clock_gettime(base, &now));
		CHECK(labs(LONG_MAX / 1000000000 - now.tv_sec - left.it_value.tv_sec) < 3);
	}
}

/* Arms timer @id for @ns from now and lets it expire. */
static void expire(int id)
{
	const struct itimerspec value = { .it_value.tv_nsec = 1000000 };

	CHECK_OK(syscall(SYS_timer_settime, id, 0, &value, NULL));
	usleep(20000);
}

static int take(int sig, siginfo_t *info)
{
	const struct timespec none = { 0 };
	uint64_t set = mask_of(sig);

	return (int)syscall(SYS_rt_sigtimedwait, &set, info, &none, 8);
}

TEST(timers_add_to_a_pending_signal, SYS_timer_create, SYS_timer_settime)
{
	siginfo_t info;

	block(SIGUSR1);
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_OK(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1));
	expire(created);
	CHECK_EQ(take(SIGUSR1, &info), SIGUSR1);
	CHECK_EQ(info.si_code, SI_USER);
	CHECK_EQ(take(SIGUSR1, &info), SIGUSR1);
	CHECK_EQ(info.si_code, SI_TIMER);
	CHECK_ERR(take(SIGUSR1, &info), EAGAIN);
}

TEST(timer_signals_outlive_their_setting, SYS_timer_create, SYS_timer_settime)
{
	const struct itimerspec off = { 0 },
				late = { .it_value.tv_sec = 100, .it_interval.tv_sec = 7 };
	struct itimerspec left;
	siginfo_t info;

	block(40);
	CHECK_OK(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 40));
	expire(created);
	CHECK_OK(syscall(SYS_timer_settime, created, 0, &off, NULL));
	CHECK_EQ(take(40, &info), 40);
	CHECK_EQ(info.si_code, SI_TIMER);
	CHECK_EQ(info.si_overrun, 0);
	CHECK_ERR(take(40, &info), EAGAIN);

	expire(created);
	CHECK_OK(syscall(SYS_timer_settime, created, 0, &late, NULL));
	CHECK_EQ(take(40, &info), 40);
	CHECK_OK(syscall(SYS_timer_gettime, created, &left));
	CHECK(left.it_value.tv_sec >= 98);

	expire(created);
	expire(created);
	expire(created);
	CHECK_EQ(take(40, &info), 40);
	CHECK_EQ(info.si_overrun, 2);
	CHECK_EQ(syscall(SYS_timer_getoverrun, created), 0);
	CHECK_ERR(take(40, &info), EAGAIN);
	expire(created);
	CHECK_EQ(take(40, &info), 40);
	CHECK_EQ(info.si_overrun, 0);
}

TEST(timer_signals_outlive_their_timer, SYS_timer_create, SYS_timer_delete)
{
	siginfo_t info;

	block(40);
	block(SIGUSR1);
	for (int round = 0; round < 3; round++) {
		CHECK_OK(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, round == 2 ? SIGUSR1 : 40));
		expire(created);
		CHECK_OK(syscall(SYS_timer_delete, created));
		CHECK_ERR(syscall(SYS_timer_delete, created), EINVAL);
	}
	for (int round = 0; round < 2; round++) {
		CHECK_EQ(take(40, &info), 40);
		CHECK_EQ(info.si_code, SI_TIMER);
		CHECK_EQ(info.si_timerid, round);
	}
	CHECK(signal(SIGUSR1, SIG_IGN) != SIG_ERR); /* it is dropped */
	CHECK_ERR(take(SIGUSR1, &info), EAGAIN);
	/* To leave with one pending, of a timer that is gone. */
	CHECK_OK(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 40));
	expire(created);
	CHECK_OK(syscall(SYS_timer_delete, created));
}

TEST(signalfd_reads_the_mask_first, SYS_signalfd4)
{
	uint64_t mask = 0;

	CHECK_ERR(syscall(SYS_signalfd4, -1, BAD, 8, 2), EFAULT);
	CHECK_ERR(syscall(SYS_signalfd4, -1, BAD, 7, 2), EINVAL);
	CHECK_ERR(syscall(SYS_signalfd4, 1000, &mask, 8, 2), EINVAL);
	CHECK_ERR(syscall(SYS_signalfd4, 1000, &mask, 8, 0), EBADF);
}

static void shift_clock(long seconds)
{
	struct timespec now;

	CHECK_OK(clock_gettime(CLOCK_REALTIME, &now));
	now.tv_sec += seconds;
	CHECK_OK(clock_settime(CLOCK_REALTIME, &now));
}

TEST(timers_and_the_setting_of_the_clock, SYS_timer_create, SYS_clock_settime)
{
	const struct itimerspec relative = { .it_value.tv_sec = 1000 };
	struct itimerspec absolute = { 0 }, left, in_fd;
	const struct timespec wait = { .tv_sec = 5 };
	uint64_t set = mask_of(SIGUSR1);
	int first, fd = CHECK_OK(timerfd_create(CLOCK_REALTIME, 0));

	block(SIGUSR1);
	block(SIGUSR2);
	CHECK_OK(clock_gettime(CLOCK_REALTIME, &absolute.it_value));
	absolute.it_value.tv_sec += 1000;
	CHECK_OK(create(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR2));
	CHECK_OK(syscall(SYS_timer_settime, created, 0, &relative, NULL));
	CHECK_OK(timerfd_settime(fd, 0, &relative, NULL));
	first = created;
	CHECK_OK(create(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1));
	CHECK_OK(syscall(SYS_timer_settime, created, TIMER_ABSTIME, &absolute, NULL));
	shift_clock(2000);
	int got = (int)syscall(SYS_rt_sigtimedwait, &set, NULL, &wait, 8);

	CHECK_OK(syscall(SYS_timer_gettime, first, &left));
	CHECK_OK(timerfd_gettime(fd, &in_fd));
	shift_clock(-2000);
	CHECK_EQ(got, SIGUSR1);
	CHECK(left.it_value.tv_sec > 990 && left.it_value.tv_sec <= 1000);
	CHECK(in_fd.it_value.tv_sec > 990 && in_fd.it_value.tv_sec <= 1000);
}

TEST(some_clocks_are_not_slept_on, SYS_clock_nanosleep)
{
	const struct timespec bad = { .tv_nsec = -1 };

	CHECK_ERR(syscall(SYS_clock_nanosleep, (int)cpu_clock(0, 3), 0, &bad, NULL), EOPNOTSUPP);
	CHECK_ERR(syscall(SYS_clock_nanosleep, (int)cpu_clock(7, 3), 0, BAD, NULL), EOPNOTSUPP);
	/* The own thread's clock stands still: EINVAL, once the time has been read. */
	CHECK_ERR(syscall(SYS_clock_nanosleep, -2, 0, BAD, NULL), EFAULT);
}

/* Waiting for it is not blocking it. */
TEST(ignored_signals_are_not_waited_for, SYS_rt_sigtimedwait, SYS_kill)
{
	const struct timespec wait = { .tv_nsec = 100000000 };
	uint64_t set = mask_of(SIGWINCH) | mask_of(SIGUSR1);

	CHECK(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
	for (int blocked = 0; blocked < 2; blocked++) {
		for (int i = 0; i < 2; i++) {
			int sig = i ? SIGUSR1 : SIGWINCH;

			if (blocked)
				block(sig);
			if (fork() == 0) {
				usleep(30000);
				_exit(kill(getppid(), sig));
			}
			errno = 0;
			CHECK_EQ(syscall(SYS_rt_sigtimedwait, &set, NULL, &wait, 8),
				 blocked ? sig : -1);
			CHECK(blocked || errno == EAGAIN);
		}
	}
}
