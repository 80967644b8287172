/* clone(2), clone3(2), vfork(2), unshare(2): flags, what they share, and errors. */
#include "abi_test.h"
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static long raw_clone(unsigned long flags, void *stack, void *ptid, void *ctid, unsigned long tls)
{
	return syscall(SYS_clone, flags, stack, ptid, ctid, tls);
}

static long raw_clone3(struct clone_args *args, size_t size)
{
	return syscall(SYS_clone3, args, size);
}

TEST(flags_of_clone_that_do_not_go_together, SYS_clone)
{
	CHECK_ERR(raw_clone(CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(raw_clone(CLONE_THREAD | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(raw_clone(CLONE_THREAD | CLONE_VM | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(raw_clone(CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(raw_clone(CLONE_NEWUSER | CLONE_FS | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(raw_clone(CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(raw_clone(CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(raw_clone(CLONE_PIDFD | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 0, 0, 0, 0),
		  EINVAL);
	CHECK_ERR(raw_clone(CLONE_PIDFD | SIGCHLD, 0, (void *)8, 0, 0), EFAULT);
	CHECK_ERR(waitpid(-1, NULL, 0), ECHILD);
}

TEST(clone3_refuses_what_it_does_not_know, SYS_clone3)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	char big[4096] = { 0 };
	int tids[1] = { 1 };

	CHECK_ERR(raw_clone3(&args, 63), EINVAL);
	CHECK_ERR(raw_clone3(&args, 4097), E2BIG);
	CHECK_ERR(raw_clone3(NULL, sizeof(args)), EFAULT);
	big[200] = 1;
	CHECK_ERR(raw_clone3((void *)big, 4096), E2BIG);
	args.flags = 1ull << 40;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	args.flags = CLONE_DETACHED;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	args.flags = SIGCHLD;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	args.flags = 0;
	args.exit_signal = 65;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	args.exit_signal = 0x100;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	args.exit_signal = SIGCHLD;
	args.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	args.flags = CLONE_PARENT;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	args.flags = CLONE_SIGHAND | CLONE_VM | CLONE_CLEAR_SIGHAND;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	args.flags = 0;
	args.stack_size = 4096;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	args.stack_size = 0;
	args.stack = 4096;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	args.stack = -4096ul;
	args.stack_size = 8192;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	args.stack = args.stack_size = 0;
	args.set_tid_size = 1;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	args.set_tid = (uint64_t)tids;
	args.set_tid_size = 0;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	args.set_tid_size = 33;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	CHECK_ERR(waitpid(-1, NULL, 0), ECHILD);
}

/* clone3(2): a process may be given a number of one's choice. */
TEST(numbers_can_be_chosen, SYS_clone3)
{
	int tid = 31000, status;
	struct clone_args args = { .exit_signal = SIGCHLD,
				   .set_tid = (uint64_t)&tid,
				   .set_tid_size = 1 };
	long pid = CHECK_OK(raw_clone3(&args, sizeof(args)));

	if (pid == 0)
		_exit(getpid() == 31000 ? 7 : 8);
	CHECK_EQ(pid, 31000);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 7);
	tid = getpid();
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EEXIST);
	tid = 0;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	tid = 0x7fffffff;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EINVAL);
	args.set_tid = 8;
	CHECK_ERR(raw_clone3(&args, sizeof(args)), EFAULT);
	CHECK_CHILD({
		tid = 31001;
		args.set_tid = (uint64_t)&tid;
		CHECK_OK(setuid(1000));
		CHECK_ERR(raw_clone3(&args, sizeof(args)), EPERM);
	});
}

static volatile int value;

TEST(memory_is_shared_or_copied, SYS_clone, SYS_vfork)
{
	int status;
	pid_t pid;

	value = 1;
	pid = raw_clone(SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		value = 2;
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(value, 1);
	pid = vfork();
	if (pid == 0) {
		value = 3;
		_exit(5);
	}
	CHECK_EQ(value, 3); /* the parent waited */
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 5);
}

TEST(words_are_set_and_cleared, SYS_clone)
{
	volatile int *w = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			       0);
	long pid = raw_clone(CLONE_CHILD_SETTID | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID |
				     SIGCHLD,
			     0, (void *)&w[0], (void *)&w[1], 0);

	if (pid == 0) {
		w[2] = w[0] == getpid() && w[1] == getpid();
		_exit(0);
	}
	CHECK_EQ(w[0], pid);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(w[2], 1);
	CHECK_EQ(w[1], pid); /* only in memory that others use is it cleared */
	CHECK_OK(syscall(SYS_set_tid_address, &w[3]));
	CHECK_EQ(syscall(SYS_set_tid_address, &w[3]), syscall(SYS_gettid));
}

TEST(files_and_directories_are_shared_when_asked, SYS_clone, SYS_unshare)
{
	int fd = CHECK_OK(dup(0)), status;
	pid_t pid = raw_clone(CLONE_FILES | CLONE_FS | SIGCHLD, 0, 0, 0, 0);
	char cwd[100];

	if (pid == 0) {
		close(fd);
		mkdir("below", 0700);
		chdir("below");
		umask(055);
		CHECK_OK(unshare(CLONE_FILES | CLONE_FS));
		chdir("/");
		umask(022);
		dup2(0, fd + 50);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_ERR(fcntl(fd, F_GETFD), EBADF);
	CHECK_ERR(fcntl(fd + 50, F_GETFD), EBADF);
	CHECK_EQ(umask(022), 055);
	CHECK(getcwd(cwd, sizeof(cwd)) && strstr(cwd, "/below"));
	CHECK_ERR(unshare(0x1), EINVAL);
	CHECK_OK(unshare(0));
	CHECK_OK(unshare(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)); /* one thread: nothing to do */
	CHECK_OK(unshare(CLONE_SYSVSEM));
}

/* CLONE_PARENT: the child is the caller's sibling. */
TEST(siblings_belong_to_the_parent, SYS_clone)
{
	volatile int *w = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			       0);
	int status;

	CHECK_CHILD({
		long pid = CHECK_OK(raw_clone(CLONE_PARENT | SIGCHLD, 0, 0, 0, 0));

		if (pid == 0) {
			w[0] = getppid();
			_exit(9);
		}
		CHECK_ERR(waitpid(pid, NULL, 0), ECHILD);
	});
	CHECK_OK(wait(&status));
	CHECK_EQ(WEXITSTATUS(status), 9);
	CHECK_EQ(w[0], getpid());
}

TEST(cleared_handlers, SYS_clone3)
{
	struct clone_args args = { .flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD };
	struct sigaction now;
	long pid;
	int status;

	signal(SIGUSR1, (void (*)(int))abort);
	signal(SIGUSR2, SIG_IGN);
	pid = CHECK_OK(raw_clone3(&args, sizeof(args)));
	if (pid == 0) {
		sigaction(SIGUSR1, NULL, &now);
		status = now.sa_handler == SIG_DFL;
		sigaction(SIGUSR2, NULL, &now);
		_exit(status && now.sa_handler == SIG_IGN ? 3 : 4);
	}
	CHECK_OK(wait(&status));
	CHECK_EQ(WEXITSTATUS(status), 3);
}

/* ---- limits ---- */

TEST(limits_are_checked, SYS_setrlimit, SYS_getrlimit, SYS_prlimit64)
{
	struct rlimit limit, old;

	CHECK_CHILD({
		CHECK_ERR(syscall(SYS_getrlimit, 16, &limit), EINVAL);
		CHECK_ERR(syscall(SYS_setrlimit, 16, &limit), EINVAL);
		CHECK_ERR(syscall(SYS_prlimit64, 0, 16, NULL, NULL), EINVAL);
		CHECK_ERR(syscall(SYS_getrlimit, 0, NULL), EFAULT);
		CHECK_ERR(syscall(SYS_setrlimit, 0, NULL), EFAULT);
		CHECK_ERR(syscall(SYS_prlimit64, 4000000, 0, NULL, NULL), ESRCH);
		limit = (struct rlimit){ 10, 5 };
		CHECK_ERR(syscall(SYS_setrlimit, RLIMIT_NOFILE, &limit), EINVAL);
		limit = (struct rlimit){ 5, 1 << 30 };
		CHECK_ERR(syscall(SYS_setrlimit, RLIMIT_NOFILE, &limit), EPERM); /* nr_open */
		limit = (struct rlimit){ 100, 200 };
		CHECK_OK(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, &old));
		CHECK_OK(syscall(SYS_getrlimit, RLIMIT_NOFILE, &limit));
		CHECK_EQ(limit.rlim_cur, 100);
		CHECK_EQ(limit.rlim_max, 200);
		CHECK_CHILD({
			CHECK_OK(getrlimit(RLIMIT_NOFILE, &limit));
			CHECK_EQ(limit.rlim_max, 200);
		});
		CHECK_OK(setuid(1000));
		limit.rlim_max = 201;
		CHECK_ERR(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
		limit.rlim_cur = limit.rlim_max = 150;
		CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
		CHECK_ERR(syscall(SYS_prlimit64, 1, RLIMIT_NOFILE, NULL, &old), EPERM);
	});
}

TEST(descriptors_end_at_their_limit, SYS_setrlimit, SYS_prlimit64)
{
	CHECK_CHILD({
		struct rlimit limit = { 20, 20 };
		int fds[2];

		while (dup(0) < 15)
			;
		CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
		while (dup(0) >= 0)
			;
		CHECK_EQ(errno, EMFILE);
		CHECK_ERR(open("/dev/null", O_RDONLY), EMFILE);
		CHECK_ERR(pipe(fds), EMFILE);
		CHECK_ERR(dup2(0, 20), EBADF);
		CHECK_ERR(fcntl(0, F_DUPFD, 20), EINVAL);
	});
}

static void on_xcpu(int sig)
{
}

TEST(real_time_runs_have_a_limit, SYS_setrlimit, SYS_prlimit64, SYS_sched_setscheduler)
{
	CHECK_KILLED(SIGKILL, {
		struct rlimit limit = { 100000, 300000 }; /* microseconds */
		struct sched_param param = { 1 };

		signal(SIGXCPU, on_xcpu);
		CHECK_OK(setrlimit(RLIMIT_RTTIME, &limit));
		CHECK_OK(sched_setscheduler(0, SCHED_FIFO, &param));
		for (;;)
			;
	});
	CHECK_KILLED(SIGXCPU, {
		struct rlimit limit = { 100000, 10000000 };
		struct sched_param param = { 1 };

		CHECK_OK(setrlimit(RLIMIT_RTTIME, &limit));
		CHECK_OK(sched_setscheduler(0, SCHED_RR, &param));
		for (;;)
			;
	});
}

TEST(sleeping_starts_the_real_time_run_anew, SYS_setrlimit, SYS_prlimit64, SYS_sched_setscheduler)
{
	CHECK_CHILD({
		struct rlimit limit = { 200000, 200000 };
		struct sched_param param = { 1 };

		CHECK_OK(setrlimit(RLIMIT_RTTIME, &limit));
		CHECK_OK(sched_setscheduler(0, SCHED_FIFO, &param));
		for (int i = 0; i < 6; i++) {
			struct timespec a, b;

			clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
			do {
				clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
			} while ((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 <
				 60);
			usleep(1000);
		}
	});
}

/* --- CLONE_VFORK --------------------------------------------------------------- */

#define THREAD_FLAGS                                                                               \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static char vfork_stack[2][16384] __attribute__((aligned(16)));
static volatile int slept;

static int sleep_a_little(void *arg)
{
	const struct timespec time = { .tv_nsec = 200000000 };

	syscall(SYS_nanosleep, &time, NULL);
	slept = 1;
	return 0;
}

/* Leaves a thread behind that sleeps. */
static int end_before_a_thread(void *arg)
{
	clone(sleep_a_little, vfork_stack[1] + sizeof(vfork_stack[1]), THREAD_FLAGS, NULL);
	return 0;
}

/* clone(2): with CLONE_VFORK the caller goes on when the new one, be it a thread, has ended. */
TEST(vfork_waits_for_a_thread_too, SYS_clone)
{
	int pid, status;

	for (int i = 0; i < 3; i++) {
		slept = 0;
		CHECK_OK(clone(sleep_a_little, vfork_stack[0] + sizeof(vfork_stack[0]),
			       THREAD_FLAGS | CLONE_VFORK, NULL));
		CHECK_EQ(slept, 1);
	}
	slept = 0;
	pid = CHECK_OK(clone(end_before_a_thread, vfork_stack[0] + sizeof(vfork_stack[0]),
			     CLONE_VM | CLONE_VFORK | SIGCHLD, NULL));
	CHECK_EQ(slept, 0); /* its first thread ended, the process has not */
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(slept, 1);
}
