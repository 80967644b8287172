/* fcntl(2), "Managing signals": O_ASYNC, F_SETOWN, F_SETOWN_EX, F_SETSIG; ioctl FIOASYNC, FIOSETOWN. */
#include "abi_test.h"
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>

static volatile int count, last_code, last_fd, last_pid;
static volatile long last_band;

static void note(int sig, siginfo_t *info, void *context)
{
	count++;
	last_code = info->si_code;
	last_band = info->si_band;
	last_fd = info->si_fd;
	last_pid = syscall(SYS_gettid);
}

static void catch (int sig)
{
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART };

	CHECK_OK(sigaction(sig, &action, NULL));
}

static void turn_on(int fd)
{
	CHECK_OK(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC));
}

static int take(void)
{
	int n = count;

	count = 0;
	return n;
}

TEST(a_pipe_signals_its_reader, SYS_fcntl)
{
	int fd[2];
	char buf[8];

	catch (SIGIO);
	CHECK_OK(pipe2(fd, O_NONBLOCK));
	CHECK_OK(fcntl(fd[0], F_SETOWN, getpid()));
	CHECK_EQ(fcntl(fd[0], F_GETOWN), getpid());
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(take(), 0);
	turn_on(fd[0]);
	CHECK_EQ(fcntl(fd[0], F_GETFL) & O_ASYNC, O_ASYNC);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(take(), 1);
	CHECK_EQ(last_code, SI_KERNEL);
	CHECK_EQ(write(fd[1], "x", 1), 1); /* each write, also when there is something */
	CHECK_EQ(take(), 1);
	CHECK_EQ(read(fd[0], buf, 8), 3);
	CHECK_EQ(take(), 0);
	CHECK_OK(close(fd[1]));
	CHECK_EQ(take(), 1);
	CHECK_OK(fcntl(fd[0], F_SETFL, 0));
	CHECK_EQ(fcntl(fd[0], F_GETFL) & O_ASYNC, 0);
}

TEST(a_pipe_signals_its_writer, SYS_fcntl)
{
	int fd[2];
	char buf[8];

	catch (SIGIO);
	CHECK_OK(pipe2(fd, O_NONBLOCK));
	CHECK_OK(fcntl(fd[1], F_SETOWN, getpid()));
	turn_on(fd[1]);
	CHECK_EQ(write(fd[1], "abc", 3), 3);
	CHECK_EQ(take(), 0);
	CHECK_EQ(read(fd[0], buf, 1), 1);
	CHECK_EQ(take(), 1);
	CHECK_EQ(read(fd[0], buf, 8), 2);
	CHECK_EQ(take(), 1);
	CHECK_OK(close(fd[0]));
	CHECK_EQ(take(), 1);
}

TEST(a_chosen_signal_tells_descriptor_and_band, SYS_fcntl)
{
	int fd[2], copy;
	char c;

	catch (SIGRTMIN);
	catch (SIGIO);
	CHECK_OK(pipe2(fd, O_NONBLOCK));
	CHECK_EQ(fcntl(fd[0], F_GETSIG), 0);
	CHECK_OK(fcntl(fd[0], F_SETSIG, SIGRTMIN));
	CHECK_EQ(fcntl(fd[0], F_GETSIG), SIGRTMIN);
	CHECK_ERR(fcntl(fd[0], F_SETSIG, 65), EINVAL);
	CHECK_ERR(fcntl(fd[0], F_SETSIG, -1), EINVAL);
	CHECK_OK(fcntl(fd[0], F_SETOWN, getpid()));
	copy = CHECK_OK(dup(fd[0]));
	turn_on(copy); /* that is what si_fd names */
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(take(), 1);
	CHECK_EQ(last_code, POLL_IN);
	CHECK_EQ(last_band, POLLIN | POLLRDNORM);
	CHECK_EQ(last_fd, copy);
	CHECK_OK(fcntl(fd[1], F_SETSIG, SIGRTMIN));
	CHECK_OK(fcntl(fd[1], F_SETOWN, getpid()));
	turn_on(fd[1]);
	CHECK_EQ(read(fd[0], &c, 1), 1);
	CHECK_EQ(take(), 1);
	CHECK_EQ(last_code, POLL_OUT);
	CHECK_EQ(last_band, POLLOUT | POLLWRNORM | POLLWRBAND);
	CHECK_EQ(last_fd, fd[1]);
	CHECK_OK(fcntl(fd[0], F_SETSIG, SIGIO)); /* with details, unlike 0 */
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(take(), 1);
	CHECK_EQ(last_code, POLL_IN);
	CHECK_OK(fcntl(fd[0], F_SETSIG, SIGCHLD)); /* has si_codes of its own */
	catch (SIGCHLD);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(take(), 1);
	CHECK_EQ(last_code, SI_SIGIO);
}

TEST(owners_are_processes_groups_and_threads, SYS_fcntl)
{
	struct f_owner_ex ex = { F_OWNER_PGRP, getpgrp() }, got;
	int fd[2];
	unsigned uids[2];

	CHECK_OK(pipe(fd));
	CHECK_EQ(fcntl(fd[0], F_GETOWN), 0);
	CHECK_OK(fcntl(fd[0], F_GETOWN_EX, &got));
	CHECK_EQ(got.pid, 0);
	CHECK_EQ(got.type, F_OWNER_TID); /* nobody's */
	CHECK_OK(fcntl(fd[0], F_SETOWN_EX, &ex));
	CHECK_OK(fcntl(fd[0], F_GETOWN_EX, &got));
	CHECK_EQ(got.type, F_OWNER_PGRP);
	CHECK_EQ(got.pid, getpgrp());
	errno = 0;
	if (getpgrp() < 4096) { /* fcntl(2), BUGS */
		CHECK_EQ(syscall(SYS_fcntl, fd[0], F_GETOWN), -1);
		CHECK_EQ(errno, getpgrp());
	} else {
		CHECK_EQ(syscall(SYS_fcntl, fd[0], F_GETOWN), -getpgrp());
	}
	ex = (struct f_owner_ex){ F_OWNER_TID, getpid() };
	CHECK_OK(fcntl(fd[0], F_SETOWN_EX, &ex));
	CHECK_OK(fcntl(fd[0], F_GETOWN_EX, &got));
	CHECK_EQ(got.type, F_OWNER_TID);
	ex.type = 3;
	CHECK_ERR(fcntl(fd[0], F_SETOWN_EX, &ex), EINVAL);
	ex = (struct f_owner_ex){ F_OWNER_PID, 99999 };
	CHECK_ERR(fcntl(fd[0], F_SETOWN_EX, &ex), ESRCH);
	CHECK_ERR(fcntl(fd[0], F_SETOWN, 99999), ESRCH);
	CHECK_ERR(fcntl(fd[0], F_SETOWN, (int)0x80000000), EINVAL);
	CHECK_ERR(fcntl(fd[0], F_SETOWN_EX, 8), EFAULT);
	CHECK_OK(fcntl(fd[0], 17 /* F_GETOWNER_UIDS */, uids));
	CHECK_EQ(uids[0], 0);
	/* One that ended is nobody. */
	pid_t pid = fork();
	if (pid == 0)
		pause();
	CHECK_OK(fcntl(fd[0], F_SETOWN, pid));
	CHECK_EQ(fcntl(fd[0], F_GETOWN), pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK_EQ(fcntl(fd[0], F_GETOWN), 0);
	CHECK_OK(fcntl(fd[0], F_SETOWN, 0));
	CHECK_EQ(fcntl(fd[0], F_GETOWN), 0);
}

static void *write_one(void *fd)
{
	CHECK_EQ(write(*(int *)fd, "x", 1), 1);
	return NULL;
}

TEST(a_thread_that_owns_gets_the_signal, SYS_fcntl)
{
	struct f_owner_ex ex = { F_OWNER_TID, syscall(SYS_gettid) };
	pthread_t thread;
	int fd[2];

	catch (SIGRTMIN + 3);
	CHECK_OK(pipe(fd));
	CHECK_OK(fcntl(fd[0], F_SETSIG, SIGRTMIN + 3));
	CHECK_OK(fcntl(fd[0], F_SETOWN_EX, &ex));
	turn_on(fd[0]);
	CHECK_EQ(pthread_create(&thread, NULL, write_one, &fd[1]), 0);
	pthread_join(thread, NULL);
	CHECK_EQ(take(), 1);
	CHECK_EQ(last_pid, syscall(SYS_gettid));
}

TEST(who_set_the_owner_must_be_allowed_to_signal, SYS_fcntl)
{
	int fd[2], ready[2];
	char c;

	CHECK_OK(pipe(fd));
	CHECK_OK(pipe(ready));
	catch (SIGIO);
	/* Another user names us: no signal. */
	CHECK_CHILD({
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_OK(fcntl(fd[0], F_SETOWN, getppid()));
		CHECK_OK(fcntl(fd[0], F_SETFL, O_ASYNC));
	});
	CHECK_EQ(fcntl(fd[0], F_GETOWN), getpid());
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(take(), 0);
	/* Root names another's: it gets it. */
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_EQ(write(ready[1], "x", 1), 1);
		pause();
		_exit(count ? 7 : 1);
	}
	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK_OK(fcntl(fd[0], F_SETOWN, pid));
	int status;
	for (int i = 0; i < 500; i++) {
		CHECK_EQ(write(fd[1], "x", 1), 1);
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
		usleep(2000);
	}
	CHECK_EQ(WEXITSTATUS(status), 7);
}

TEST(opening_with_o_async_does_not_turn_it_on, SYS_open, SYS_openat)
{
	CHECK_OK(mkfifo("p", 0600));
	catch (SIGIO);
	int fd = CHECK_OK(open("p", O_RDWR | O_ASYNC));
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ASYNC, O_ASYNC);
	CHECK_OK(fcntl(fd, F_SETOWN, getpid()));
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(take(), 0);
	/* Nor can it be turned on or off from here. */
	CHECK_OK(fcntl(fd, F_SETFL, 0));
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ASYNC, O_ASYNC);
	CHECK_OK(fcntl(fd, F_SETFL, O_ASYNC));
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(take(), 0);
}

TEST(fioasync_wants_an_object_that_signals, SYS_ioctl)
{
	int on = 1, off = 0, ev = CHECK_OK(eventfd(0, 0)), fd[2], file;

	file = CHECK_OK(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_ERR(ioctl(ev, FIOASYNC, &on), ENOTTY);
	CHECK_ERR(ioctl(file, FIOASYNC, &on), ENOTTY);
	CHECK_OK(ioctl(file, FIOASYNC, &off));
	/* F_SETFL passes over it there. */
	CHECK_OK(fcntl(ev, F_SETFL, O_ASYNC));
	CHECK_EQ(fcntl(ev, F_GETFL) & O_ASYNC, 0);
	CHECK_OK(pipe(fd));
	CHECK_OK(ioctl(fd[0], FIOASYNC, &on));
	CHECK_EQ(fcntl(fd[0], F_GETFL) & O_ASYNC, O_ASYNC);
	catch (SIGIO);
	CHECK_OK(fcntl(fd[0], F_SETOWN, getpid()));
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(take(), 1);
	CHECK_OK(ioctl(fd[0], FIOASYNC, &off));
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(take(), 0);
	CHECK_ERR(ioctl(fd[0], FIOASYNC, 8), EFAULT);
}

static int wait_count(void)
{
	for (int i = 0; i < 500 && !count; i++)
		usleep(2000);
	return take() > 0;
}

TEST(terminals_signal_both_sides, SYS_fcntl)
{
	int master = CHECK_OK(posix_openpt(O_RDWR | O_NOCTTY)), slave;
	struct termios raw;
	char name[64], buf[8];

	catch (SIGIO);
	catch (SIGRTMIN);
	CHECK_OK(unlockpt(master));
	CHECK_EQ(ptsname_r(master, name, sizeof(name)), 0);
	slave = CHECK_OK(open(name, O_RDWR | O_NOCTTY));
	CHECK_OK(tcgetattr(slave, &raw));
	cfmakeraw(&raw);
	CHECK_OK(tcsetattr(slave, TCSANOW, &raw));
	/* Without F_SETOWN whoever turns it on is the owner. */
	turn_on(slave);
	CHECK_EQ(fcntl(slave, F_GETOWN), getpid());
	CHECK_EQ(write(master, "x", 1), 1);
	CHECK(wait_count());
	CHECK_EQ(read(slave, buf, 8), 1);
	count = 0;
	turn_on(master);
	CHECK_EQ(fcntl(master, F_GETOWN), getpid());
	CHECK_OK(fcntl(master, F_SETSIG, SIGRTMIN));
	CHECK_EQ(write(slave, "y", 1), 1);
	CHECK(wait_count());
	CHECK_EQ(last_code, POLL_IN);
	CHECK_EQ(last_fd, master);
}

/* A queue that is full: SIGIO at least says that something happened. */
TEST(a_full_queue_falls_back_to_sigio, SYS_fcntl)
{
	sigset_t set;
	int fd[2];

	catch (SIGIO);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	CHECK_OK(pipe2(fd, O_NONBLOCK));
	CHECK_OK(fcntl(fd[0], F_SETSIG, SIGRTMIN));
	CHECK_OK(fcntl(fd[0], F_SETOWN, getpid()));
	turn_on(fd[0]);
	for (int i = 0; i < 30000 && !count; i++)
		CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK(count);
}
