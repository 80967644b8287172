/* Sending signals: kill(2), tgkill(2), rt_sigqueueinfo(2), pidfd_send_signal(2); queues and limits. */
#include "abi_test.h"
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

static volatile int caught[65], order[256], norder;
static siginfo_t last;

static void note(int sig, siginfo_t *info, void *context)
{
	caught[sig]++;
	if (norder < 256)
		order[norder++] = sig * 1000 + info->si_value.sival_int % 1000;
	last = *info;
}

static void catch_signal(int sig, int flags)
{
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO | flags };

	CHECK_OK(sigaction(sig, &action, NULL));
}

static pid_t spawn_pause(void)
{
	pid_t pid = CHECK_OK(fork());

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

TEST(kill_chooses_its_targets, SYS_kill)
{
	pid_t a, b;
	int status;

	CHECK_ERR(kill(getpid(), 65), EINVAL);
	CHECK_ERR(kill(getpid(), -1), EINVAL);
	CHECK_ERR(kill(4000000, 65), ESRCH);
	CHECK_ERR(kill(-4000000, 65), ESRCH);
	CHECK_ERR(kill(0, 65), EINVAL);
	CHECK_ERR(kill(-1, 65), EINVAL);
	CHECK_OK(kill(-1, 0)); /* whether or not somebody is there */
	CHECK_ERR(kill(4000000, 0), ESRCH);
	CHECK_ERR(kill(-4000000, 0), ESRCH);
	CHECK_ERR(kill(0x80000000, 0), ESRCH);
	CHECK_OK(kill(0, 0));
	a = spawn_pause();
	b = spawn_pause();
	CHECK_OK(setpgid(a, a));
	CHECK_OK(setpgid(b, a));
	CHECK_OK(kill(-a, SIGTERM));
	CHECK_EQ(waitpid(a, &status, 0), a);
	CHECK_EQ(status, SIGTERM);
	CHECK_EQ(waitpid(b, &status, 0), b);
	CHECK_ERR(kill(-a, 0), ESRCH);
	catch_signal(SIGUSR1, 0);
	CHECK_OK(kill(0, SIGUSR1));
	CHECK_EQ(caught[SIGUSR1], 1);
	CHECK_EQ(last.si_code, SI_USER);
	CHECK_EQ(last.si_pid, getpid());
	CHECK_EQ(last.si_uid, 0);
}

/* kill(2): real or effective id of the sender against real or saved id of the target. */
TEST(permission_goes_by_ids, SYS_kill, SYS_setresuid)
{
	pid_t child, other;
	int fd[2];
	char c;

	CHECK_OK(pipe(fd));
	child = fork();
	if (child == 0) {
		CHECK_OK(setresuid(1000, 1001, 1002));
		write(fd[1], "x", 1);
		for (;;)
			pause();
	}
	read(fd[0], &c, 1);
	for (int uid = 1000; uid < 1004; uid++) {
		CHECK_CHILD({
			CHECK_OK(setresuid(uid, uid, uid));
			if (uid == 1000 || uid == 1002)
				CHECK_OK(kill(child, 0));
			else
				CHECK_ERR(kill(child, 0), EPERM);
			CHECK_ERR(kill(1, 0), EPERM);
			CHECK_OK(kill(child, SIGCONT)); /* the same session */
		});
	}
	CHECK_CHILD({
		CHECK_OK(setsid());
		CHECK_OK(setuid(5));
		CHECK_ERR(kill(child, SIGCONT), EPERM);
		CHECK_ERR(kill(child, 65), EINVAL);
		CHECK_ERR(syscall(SYS_tkill, child, SIGTERM), EPERM);
		CHECK_ERR(syscall(SYS_tgkill, child, child, SIGTERM), EPERM);
		CHECK_ERR(kill(-getpgid(child), SIGTERM), EPERM);
		/* All that one may signal is nothing: not an error, if somebody is there. */
		CHECK_OK(kill(-1, SIGTERM));
	});
	/* A group of which one member may be signalled. */
	other = fork();
	if (other == 0) {
		CHECK_OK(setpgid(0, 0));
		CHECK_OK(setuid(1000));
		write(fd[1], "x", 1);
		for (;;)
			pause();
	}
	read(fd[0], &c, 1);
	CHECK_OK(setpgid(child, other));
	CHECK_CHILD({
		CHECK_OK(setuid(1002));
		CHECK_OK(kill(-other, 0));
	});
	CHECK_OK(kill(child, SIGKILL));
	CHECK_OK(kill(other, SIGKILL));
}

TEST(threads_are_signalled_by_number, SYS_tgkill, SYS_tkill)
{
	catch_signal(SIGUSR1, 0);
	CHECK_ERR(syscall(SYS_tgkill, 0, getpid(), 0), EINVAL);
	CHECK_ERR(syscall(SYS_tgkill, getpid(), 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_tgkill, -1, -1, 0), EINVAL);
	CHECK_ERR(syscall(SYS_tgkill, getpid(), 4000000, 0), ESRCH);
	CHECK_ERR(syscall(SYS_tgkill, 1, getpid(), 0), ESRCH);
	CHECK_ERR(syscall(SYS_tgkill, getpid(), getpid(), 65), EINVAL);
	CHECK_ERR(syscall(SYS_tkill, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_tkill, -1, 0), EINVAL);
	CHECK_ERR(syscall(SYS_tkill, 4000000, 0), ESRCH);
	CHECK_ERR(syscall(SYS_tkill, getpid(), 65), EINVAL);
	CHECK_OK(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1));
	CHECK_EQ(last.si_code, SI_TKILL);
	CHECK_EQ(last.si_pid, getpid());
	CHECK_OK(syscall(SYS_tkill, getpid(), SIGUSR1));
	CHECK_EQ(caught[SIGUSR1], 2);
}

TEST(queued_signals_carry_what_they_were_given, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo)
{
	siginfo_t info = { .si_signo = 5, .si_code = SI_QUEUE, .si_errno = 77 };
	pid_t child = spawn_pause();

	info.si_pid = 1234;
	info.si_uid = 4321;
	info.si_value.sival_int = 42;
	catch_signal(SIGUSR1, 0);
	CHECK_OK(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info));
	CHECK_EQ(last.si_signo, SIGUSR1); /* not what the caller said */
	CHECK_EQ(last.si_code, SI_QUEUE);
	CHECK_EQ(last.si_errno, 77);
	CHECK_EQ(last.si_pid, 1234);
	CHECK_EQ(last.si_uid, 4321);
	CHECK_EQ(last.si_value.sival_int, 42);
	CHECK_OK(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGUSR1, &info));
	CHECK_EQ(caught[SIGUSR1], 2);
	/* To oneself one may pretend anything. */
	info.si_code = SI_USER;
	CHECK_OK(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info));
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, &info), EPERM);
	info.si_code = SI_KERNEL;
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, &info), EPERM);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, child, child, SIGUSR1, &info), EPERM);
	info.si_code = SI_TKILL;
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, &info), EPERM);
	info.si_code = -60;
	CHECK_OK(syscall(SYS_rt_sigqueueinfo, child, 0, &info));
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, child, 65, &info), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, 4000000, 0, &info), ESRCH);
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, child, 0, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, 0, child, 0, &info), EINVAL);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, getpid(), child, 0, &info), ESRCH);
	CHECK_OK(kill(child, SIGKILL));
}

TEST(pidfds_send_by_the_same_rules, SYS_pidfd_send_signal)
{
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };
	int self = CHECK_OK(syscall(SYS_pidfd_open, getpid(), 0));
	int one = CHECK_OK(syscall(SYS_pidfd_open, 1, 0));

	catch_signal(SIGUSR1, 0);
	CHECK_OK(syscall(SYS_pidfd_send_signal, self, SIGUSR1, NULL, 0));
	CHECK_EQ(last.si_code, SI_USER);
	CHECK_EQ(last.si_pid, getpid());
	CHECK_OK(syscall(SYS_pidfd_send_signal, self, SIGUSR1, &info, 0));
	CHECK_EQ(last.si_code, SI_QUEUE);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, self, SIGUSR2, &info, 0), EINVAL);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, self, SIGUSR1, &info, 1), EINVAL);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, self, SIGUSR1, (void *)8, 0), EFAULT);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, 0, SIGUSR1, NULL, 0), EBADF);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, 150, SIGUSR1, NULL, 0), EBADF);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, self, 65, NULL, 0), EINVAL);
	info.si_code = SI_USER;
	CHECK_ERR(syscall(SYS_pidfd_send_signal, one, SIGUSR1, &info, 0), EPERM);
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		CHECK_ERR(syscall(SYS_pidfd_send_signal, one, 0, NULL, 0), EPERM);
	});
}

static void *name_thread(void *arg)
{
	*(volatile int *)arg = (int)syscall(SYS_gettid);
	while (true)
		pause();
	return NULL;
}

/* An open /proc/PID is as good as a pidfd to send a signal, and to nothing else. */
TEST(a_directory_of_proc_sends_signals, SYS_pidfd_send_signal)
{
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };
	int self = CHECK_OK(open("/proc/self", O_RDONLY | O_DIRECTORY));
	int one = CHECK_OK(open("/proc/1", O_RDONLY | O_DIRECTORY)), child, gone, count;
	static volatile int tid;
	static const char *const others[] = { "/proc", "/proc/self/task", "/proc/self/status",
					      "/proc/thread-self", "/tmp" };
	pthread_t thread;
	char name[64];

	catch_signal(SIGUSR1, 0);
	CHECK_OK(syscall(SYS_pidfd_send_signal, self, SIGUSR1, NULL, 0));
	CHECK_EQ(last.si_code, SI_USER);
	CHECK_OK(syscall(SYS_pidfd_send_signal, self, SIGUSR1, &info, 0));
	CHECK_EQ(last.si_code, SI_QUEUE);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, self, SIGUSR2, &info, 0), EINVAL);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, self, SIGUSR1, NULL, 1), EINVAL);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, one, SIGUSR1, &(siginfo_t){ .si_signo = SIGUSR1 },
			  0),
		  EPERM);
	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		int fd = CHECK_OK(open(others[i], O_RDONLY));

		CHECK_ERR(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), EBADF);
	}
	CHECK_ERR(syscall(SYS_pidfd_send_signal, open("/proc/self", O_PATH), 0, NULL, 0), EBADF);

	/* A thread has such a directory too, though none lists it. */
	CHECK_EQ(pthread_create(&thread, NULL, name_thread, (void *)&tid), 0);
	while (!tid)
		sched_yield();
	snprintf(name, sizeof(name), "/proc/%d", tid);
	count = caught[SIGUSR1];
	CHECK_OK(syscall(SYS_pidfd_send_signal, CHECK_OK(open(name, O_RDONLY)), SIGUSR1, NULL, 0));
	while (caught[SIGUSR1] == count) /* in either thread */
		sched_yield();
	snprintf(name, sizeof(name), "/proc/self/task/%d", tid);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, CHECK_OK(open(name, O_RDONLY)), 0, NULL, 0),
		  EBADF);

	child = CHECK_OK(fork());
	if (child == 0)
		for (;;)
			pause();
	snprintf(name, sizeof(name), "/proc/%d", child);
	gone = CHECK_OK(open(name, O_RDONLY));
	CHECK_OK(syscall(SYS_pidfd_send_signal, gone, SIGKILL, NULL, 0));
	CHECK_OK(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	CHECK_OK(syscall(SYS_pidfd_send_signal, gone, 0, NULL, 0));
	CHECK_EQ(waitpid(child, NULL, 0), child);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, gone, 0, NULL, 0), ESRCH);
}

TEST(a_directory_of_proc_is_no_pidfd_otherwise, SYS_pidfd_getfd, SYS_waitid)
{
	int self = CHECK_OK(open("/proc/self", O_RDONLY | O_DIRECTORY));
	siginfo_t info;

	CHECK_ERR(syscall(SYS_pidfd_getfd, self, 0, 0), EBADF);
	CHECK_ERR(syscall(SYS_waitid, 3 /* P_PIDFD */, self, &info, WEXITED, NULL), EBADF);
}

static void send_value(int sig, int value)
{
	CHECK_OK(sigqueue(getpid(), sig, (union sigval){ .sival_int = value }));
}

/* The lowest number first, of one number in the order sent; standard ones before all. */
TEST(queued_signals_come_in_order, SYS_rt_sigqueueinfo, SYS_rt_sigprocmask)
{
	sigset_t all, old;
	static const int want[] = { SIGUSR1 * 1000, 34 * 1000 + 5, 34 * 1000 + 4, 40 * 1000 + 1,
				    40 * 1000 + 2,  40 * 1000 + 3, 64 * 1000 + 9 };

	for (int sig = 34; sig <= 64; sig++)
		catch_signal(sig, SA_RESTART);
	catch_signal(SIGUSR1, SA_RESTART);
	sigfillset(&all);
	/* Handlers run one inside the other unless each blocks the rest: block them. */
	for (int sig = 1; sig <= 64; sig++) {
		struct sigaction action;

		if (sigaction(sig, NULL, &action) || action.sa_sigaction != note)
			continue;
		action.sa_mask = all;
		CHECK_OK(sigaction(sig, &action, NULL));
	}
	CHECK_OK(sigprocmask(SIG_BLOCK, &all, &old));
	send_value(64, 9);
	send_value(40, 1);
	send_value(40, 2);
	send_value(34, 5);
	send_value(34, 4);
	send_value(40, 3);
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_OK(kill(getpid(), SIGUSR1));
	sigset_t pending;
	CHECK_OK(sigpending(&pending));
	CHECK_EQ(sigismember(&pending, 40), 1);
	CHECK_EQ(sigismember(&pending, 41), 0);
	CHECK_OK(sigprocmask(SIG_SETMASK, &old, NULL));
	CHECK_EQ(norder, 7);
	CHECK_EQ(order[0] / 1000, SIGUSR1);
	for (int i = 1; i < 7; i++)
		CHECK_EQ(order[i], want[i]);
}

TEST(the_queue_has_a_limit, SYS_rt_sigqueueinfo, SYS_setrlimit, SYS_prlimit64)
{
	struct rlimit limit = { 3, 3 };
	sigset_t set;

	CHECK_OK(setuid(7777)); /* a user with nothing queued */
	CHECK_OK(setrlimit(RLIMIT_SIGPENDING, &limit));
	sigemptyset(&set);
	sigaddset(&set, 40);
	sigaddset(&set, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	for (int i = 0; i < 3; i++)
		send_value(40, i);
	CHECK_ERR(sigqueue(getpid(), 40, (union sigval){ 0 }), EAGAIN);
	/* kill(2) always succeeds; a standard signal even says who sent it. */
	CHECK_OK(kill(getpid(), 40));
	CHECK_OK(kill(getpid(), SIGUSR1));
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(sigwaitinfo(&set, &last), i == 0 ? SIGUSR1 : 40);
		if (i == 0) {
			CHECK_EQ(last.si_code, SI_USER);
			CHECK_EQ(last.si_pid, getpid());
		}
	}
	send_value(40, 7); /* there is room again */
}

TEST(ignoring_drops_what_is_pending, SYS_rt_sigaction, SYS_rt_sigpending)
{
	sigset_t set, pending;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	raise(SIGUSR1);
	raise(SIGCHLD);
	CHECK_OK(sigpending(&pending));
	CHECK_EQ(sigismember(&pending, SIGUSR1), 1);
	CHECK_EQ(sigismember(&pending, SIGCHLD), 1);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* ignored by default */
	CHECK_OK(sigpending(&pending));
	CHECK_EQ(sigismember(&pending, SIGUSR1), 0);
	CHECK_EQ(sigismember(&pending, SIGCHLD), 0);
	raise(SIGUSR1); /* blocked and ignored: it is kept, somebody may wait for it */
	CHECK_OK(sigpending(&pending));
	CHECK_EQ(sigismember(&pending, SIGUSR1), 1);
	CHECK_ERR(syscall(SYS_rt_sigpending, &set, 9), EINVAL);
	CHECK_OK(syscall(SYS_rt_sigpending, &set, 4));
	CHECK_ERR(syscall(SYS_rt_sigpending, NULL, 8), EFAULT);
}

TEST(stop_and_continue_cancel_each_other, SYS_kill, SYS_rt_sigpending)
{
	sigset_t set, pending;

	catch_signal(SIGCONT, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGTTIN);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	raise(SIGTSTP);
	raise(SIGTTIN);
	raise(SIGCONT);
	CHECK_OK(sigpending(&pending));
	CHECK_EQ(sigismember(&pending, SIGTSTP), 0);
	CHECK_EQ(sigismember(&pending, SIGTTIN), 0);
	CHECK_EQ(sigismember(&pending, SIGCONT), 1);
	raise(SIGTSTP);
	CHECK_OK(sigpending(&pending));
	CHECK_EQ(sigismember(&pending, SIGTSTP), 1);
	CHECK_EQ(sigismember(&pending, SIGCONT), 0);
}

TEST(actions_are_set_and_told, SYS_rt_sigaction)
{
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		unsigned long mask;
	} new = { (void *)1, 0xffffffff & ~4ul, 0, -1ul }, old;

	CHECK_ERR(syscall(SYS_rt_sigaction, 0, &new, NULL, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, 65, &new, NULL, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGKILL, &new, NULL, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGSTOP, &new, NULL, 8), EINVAL);
	CHECK_OK(syscall(SYS_rt_sigaction, SIGKILL, NULL, &old, 8));
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, &new, NULL, 4), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, 8, NULL, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, NULL, 8, 8), EFAULT);
	CHECK_OK(syscall(SYS_rt_sigaction, SIGUSR1, &new, NULL, 8));
	CHECK_OK(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 8));
	/* Unknown flags go, SA_UNSUPPORTED (0x400) among them. */
	CHECK_EQ(old.flags, SA_NOCLDSTOP | SA_NOCLDWAIT | 0x04000000 | 0x800 | SA_ONSTACK |
				    SA_RESTART | SA_NODEFER | SA_RESETHAND);
	CHECK_EQ(old.mask, ~(1ul << (SIGKILL - 1) | 1ul << (SIGSTOP - 1)));
	CHECK_ERR(syscall(SYS_rt_sigprocmask, 7, &new.mask, NULL, 8), EINVAL);
	CHECK_OK(syscall(SYS_rt_sigprocmask, 7, NULL, &old.mask, 8));
	CHECK_ERR(syscall(SYS_rt_sigprocmask, 0, &new.mask, NULL, 7), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigprocmask, 0, 8, NULL, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigsuspend, &new.mask, 7), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigsuspend, 8, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, &new.mask, NULL, NULL, 7), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, 8, NULL, NULL, 8), EFAULT);
	struct timespec odd = { 0, 1000000000 };
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, &new.mask, NULL, &odd, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, &new.mask, NULL, 8, 8), EFAULT);
	CHECK_ERR(syscall(SYS_restart_syscall), EINTR);
}

TEST(signalfd_takes_and_checks, SYS_signalfd4)
{
	struct signalfd_siginfo info;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, 40);
	sigaddset(&set, SIGKILL); /* left out in silence */
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = CHECK_OK(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(signalfd(-1, &set, 1), EINVAL);
	CHECK_ERR(signalfd(0, &set, 0), EINVAL);
	CHECK_ERR(signalfd(150, &set, 0), EBADF);
	CHECK_ERR(syscall(SYS_signalfd4, -1, &set, 7, 0), EINVAL);
	CHECK_ERR(syscall(SYS_signalfd, -1, NULL, 8), EFAULT);
	CHECK_ERR(read(fd, &info, 127), EINVAL);
	CHECK_ERR(read(fd, &info, 128), EAGAIN);
	send_value(40, 17);
	CHECK_EQ(read(fd, &info, 128), 128);
	CHECK_EQ(info.ssi_signo, 40);
	CHECK_EQ(info.ssi_code, SI_QUEUE);
	CHECK_EQ(info.ssi_int, 17);
	CHECK_EQ(info.ssi_pid, getpid());
	sigdelset(&set, 40);
	CHECK_EQ(signalfd(fd, &set, 0), fd);
	send_value(40, 18);
	CHECK_ERR(read(fd, &info, 128), EAGAIN);
}

/* Default actions, all 64: dead, ignored or stopped. */
TEST(default_actions, SYS_kill)
{
	for (int sig = 1; sig <= 64; sig++) {
		pid_t pid = fork();
		int status, want;

		if (pid == 0) {
			sigset_t none;

			sigemptyset(&none);
			syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
			setpgid(0, 0);
			syscall(SYS_tgkill, getpid(), getpid(), sig);
			_exit(9);
		}
		setpgid(pid, pid);
		CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		want = sig;
		if (sig == SIGCHLD || sig == SIGCONT || sig == SIGURG || sig == SIGWINCH)
			want = 9 << 8;
		else if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)
			want = sig << 8 | 0x7f;
		CHECK_EQ(status & ~0x80, want);
		if (WIFSTOPPED(status)) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		}
	}
}
