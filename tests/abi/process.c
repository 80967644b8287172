/* fork(2), wait(2), exit(2), groups and sessions, prctl(2), limits. */
#include "abi_test.h"
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/times.h>

TEST(exit_status_reaches_the_parent, SYS_wait4)
{
	CHECK_EQ(CHILD(_exit(42)), 42 << 8);
	CHECK_EQ(CHILD(kill(getpid(), SIGKILL)), SIGKILL);
	CHECK_EQ(CHILD(_exit(256 + 3)), 3 << 8);
}

TEST(wait_without_children_is_echild, SYS_wait4)
{
	int status;

	CHECK_ERR(wait(&status), ECHILD);
	CHECK_ERR(waitpid(1 << 21, &status, 0), ECHILD);
	CHECK_ERR(syscall(SYS_wait4, -1, &status, 0x40, NULL), EINVAL);
}

TEST(wnohang_does_not_sleep, SYS_wait4)
{
	pid_t pid = CHECK_OK(fork());
	int status;

	if (pid == 0) {
		pause();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_OK(kill(pid, SIGTERM));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WTERMSIG(status), SIGTERM);
}

TEST(stop_and_continue_are_reported, SYS_wait4)
{
	pid_t pid = CHECK_OK(fork());
	int status;

	if (pid == 0) {
		raise(SIGSTOP);
		_exit(5);
	}
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(WSTOPSIG(status), SIGSTOP);
	CHECK_EQ(waitpid(pid, &status, WNOHANG | WUNTRACED), 0);
	CHECK_OK(kill(pid, SIGCONT));
	CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
	CHECK(WIFCONTINUED(status) || WIFEXITED(status));
	if (WIFCONTINUED(status))
		CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 5);
}

TEST(waitid_fills_siginfo_and_wnowait_leaves_it, SYS_waitid)
{
	pid_t pid = CHECK_OK(fork());
	siginfo_t info;

	if (pid == 0)
		_exit(9);
	memset(&info, 0xff, sizeof(info));
	CHECK_OK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	CHECK_EQ(info.si_signo, SIGCHLD);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_status, 9);
	CHECK_EQ(info.si_pid, pid);
	CHECK_OK(waitid(P_ALL, 0, &info, WEXITED));
	CHECK_EQ(info.si_pid, pid);
	CHECK_ERR(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
	CHECK_ERR(waitid(P_ALL, 0, &info, 0), EINVAL);
}

TEST(children_go_to_the_subreaper, SYS_prctl)
{
	int fd[2];
	pid_t orphan, new_parent;

	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	CHECK_OK(pipe(fd));
	CHECK_CHILD({
		pid_t first = getpid();
		if (fork() == 0) {
			while (getppid() == first)
				usleep(1000);
			new_parent = getppid();
			CHECK_EQ(write(fd[1], &new_parent, sizeof(new_parent)), sizeof(new_parent));
			_exit(0);
		}
	});
	CHECK_EQ(read(fd[0], &new_parent, sizeof(new_parent)), sizeof(new_parent));
	CHECK_EQ(new_parent, getpid());
	orphan = CHECK_OK(wait(NULL));
	CHECK(orphan > 0);
}

TEST(groups_and_sessions, SYS_setsid, SYS_setpgid)
{
	CHECK_CHILD({
		CHECK_EQ(setsid(), getpid());
		CHECK_EQ(getsid(0), getpid());
		CHECK_EQ(getpgrp(), getpid());
		CHECK_ERR(setsid(), EPERM);
		CHECK_ERR(setpgid(0, 0), EPERM);
	});
	CHECK_CHILD({
		CHECK_OK(setpgid(0, 0));
		CHECK_EQ(getpgrp(), getpid());
		CHECK_ERR(setpgid(0, 1 << 21), EPERM);
		CHECK_ERR(setpgid(0, -1), EINVAL);
		CHECK_ERR(setpgid(1 << 21, 0), ESRCH);
	});
	CHECK_ERR(getpgid(1 << 21), ESRCH);
}

TEST(orphaned_stopped_group_gets_hup_and_cont, SYS_setpgid)
{
	int fd[2];
	char c = 0;

	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	CHECK_OK(pipe(fd));
	CHECK_CHILD({
		pid_t pid = fork();
		if (pid == 0) {
			CHECK_OK(setpgid(0, 0));
			raise(SIGSTOP);
			_exit(0);
		}
		setpgid(pid, pid);
		CHECK_EQ(waitpid(pid, NULL, WUNTRACED), pid);
		CHECK_EQ(write(fd[1], &pid, sizeof(pid)), sizeof(pid));
	});
	pid_t pid;
	int status;
	CHECK_EQ(read(fd[0], &pid, sizeof(pid)), sizeof(pid));
	(void)c;
	/* Its parent is gone, but its new parent is in the same session: not orphaned by group
	 * rules unless the new parent's group is its own; a continue brings the end either way. */
	kill(pid, SIGCONT);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status) || WTERMSIG(status) == SIGHUP);
}

TEST(clone_flags_that_contradict_are_refused, SYS_clone)
{
	CHECK_ERR(syscall(SYS_clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_clone, CLONE_FS | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0), EINVAL);
}

TEST(clone3_checks_its_arguments, SYS_clone3)
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls,
			more;
	} args = { .exit_signal = SIGCHLD };
	pid_t pid;

	CHECK_ERR(syscall(SYS_clone3, &args, 8), EINVAL);
	args.more = 1;
	CHECK_ERR(syscall(SYS_clone3, (void *)8, 64), EFAULT);
	args.exit_signal = 4096;
	CHECK_ERR(syscall(SYS_clone3, &args, 64), EINVAL);
	args.exit_signal = SIGCHLD;
	pid = CHECK_OK(syscall(SYS_clone3, &args, 64));
	if (pid == 0)
		_exit(3);
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 3);
}

TEST(vfork_shares_memory_until_exit, SYS_vfork)
{
	volatile int seen = 0;
	pid_t pid = vfork();

	if (pid == 0) {
		seen = 1;
		_exit(0);
	}
	CHECK(pid > 0);
	CHECK_EQ(seen, 1);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

TEST(memory_is_copied_on_fork, SYS_clone, SYS_fork)
{
	static int value = 1;

	CHECK_CHILD(CHECK_EQ(value++, 1));
	CHECK_EQ(value, 1);
}

TEST(prctl_names_and_refuses, SYS_prctl)
{
	char name[16] = "";
	int sig = -1;

	CHECK_OK(prctl(PR_SET_NAME, "a-name-too-long-for-it"));
	CHECK_OK(prctl(PR_GET_NAME, name));
	CHECK_EQ(strcmp(name, "a-name-too-long"), 0);
	CHECK_OK(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	CHECK_OK(prctl(PR_GET_PDEATHSIG, &sig));
	CHECK_EQ(sig, SIGUSR1);
	CHECK_ERR(prctl(PR_SET_PDEATHSIG, 65), EINVAL);
	CHECK_ERR(prctl(0x7654321), EINVAL);
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	CHECK_ERR(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
}

TEST(parent_death_signal_arrives, SYS_prctl)
{
	int fd[2];
	char c = 0;

	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	CHECK_OK(pipe(fd));
	CHECK_CHILD({
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			CHECK_EQ(write(fd[1], "r", 1), 1);
			pause();
			_exit(0);
		}
		CHECK_EQ(read(fd[0], &c, 1), 1);
	});
	int status;
	CHECK(wait(&status) > 0);
	CHECK_EQ(WTERMSIG(status), SIGKILL);
}

TEST(limits_are_kept_and_checked, SYS_prlimit64)
{
	struct rlimit limit, again;

	CHECK_OK(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 10;
	CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
	CHECK_OK(getrlimit(RLIMIT_NOFILE, &again));
	CHECK_EQ(again.rlim_cur, 10);
	CHECK_ERR(dup2(0, 10), EBADF);
	limit.rlim_cur = limit.rlim_max + 1;
	if (limit.rlim_max != RLIM_INFINITY)
		CHECK_ERR(setrlimit(RLIMIT_NOFILE, &limit), EINVAL);
	CHECK_ERR(getrlimit(99, &limit), EINVAL);
	CHECK_ERR(syscall(SYS_prlimit64, 1 << 21, RLIMIT_CPU, NULL, &limit), ESRCH);
}

TEST(rusage_and_times_move, SYS_getrusage, SYS_times)
{
	struct rusage usage;
	struct tms tms;
	volatile unsigned long spin = 0;
	struct timespec start, now;

	CHECK_OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start));
	do {
		for (int i = 0; i < 100000; i++)
			spin++;
		CHECK_OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now));
	} while ((now.tv_sec - start.tv_sec) * 1000000000l + now.tv_nsec - start.tv_nsec <
		 60000000);
	CHECK_OK(getrusage(RUSAGE_SELF, &usage));
	CHECK(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec + usage.ru_utime.tv_sec * 1000000 >=
	      50000);
	CHECK(usage.ru_minflt > 0);
	CHECK(times(&tms) != -1);
	CHECK(tms.tms_utime + tms.tms_stime >= 4);
	CHECK_ERR(getrusage(7, &usage), EINVAL);
}
