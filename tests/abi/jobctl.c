/* Job control: sessions, controlling terminals, foreground groups, hangups. */
#include "abi_test.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;
static char slave_name[32];
static volatile int *shared; /* between the processes of a test */

static void open_pair(void)
{
	int unlock = 0;
	unsigned number;

	master = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	CHECK_OK(ioctl(master, TIOCSPTLCK, &unlock));
	CHECK_OK(ioctl(master, TIOCGPTN, &number));
	snprintf(slave_name, sizeof(slave_name), "/dev/pts/%u", number);
	slave = CHECK_OK(open(slave_name, O_RDWR | O_NOCTTY));
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* Becomes a session's leader with the slave as its terminal. */
static void lead_session(void)
{
	CHECK_OK(setsid());
	CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
}

static void wait_for(volatile int *flag, int value)
{
	for (int i = 0; *flag != value; i++) {
		if (i > 5000)
			abi_fail(__FILE__, __LINE__, "flag is %d, not %d", *flag, value);
		usleep(1000);
	}
}

static volatile int caught[65], code_of[65], sender_of[65];

static void note(int sig, siginfo_t *info, void *context)
{
	caught[sig]++;
	code_of[sig] = info->si_code;
	sender_of[sig] = info->si_pid;
}

static void catch_signal(int sig)
{
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART };

	CHECK_OK(sigaction(sig, &action, NULL));
}

/* Like CHECK_CHILD, with the pair open. */
#define IN_SESSION(...)                                                                            \
	CHECK_CHILD({                                                                              \
		lead_session();                                                                    \
		__VA_ARGS__;                                                                       \
	})

TEST(controlling_terminals_are_taken_by_the_rules, SYS_ioctl, SYS_setsid)
{
	open_pair();
	CHECK_ERR(ioctl(slave, TIOCSCTTY, 0), EPERM); /* no session's leader */
	CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
	CHECK_ERR(ioctl(slave, TIOCNOTTY), ENOTTY);
	CHECK_CHILD({
		int pgrp = 0;

		CHECK_OK(setsid());
		CHECK_ERR(ioctl(slave, TIOCGPGRP, &pgrp), ENOTTY);
		CHECK_ERR(ioctl(slave, TIOCGSID, &pgrp), ENOTTY);
		CHECK_ERR(ioctl(master, TIOCGSID, &pgrp), ENOTTY);
		CHECK_OK(ioctl(master, TIOCGPGRP, &pgrp));
		CHECK_EQ(pgrp, 0);
		CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
		CHECK_OK(ioctl(slave, TIOCSCTTY, 0)); /* again */
		CHECK_OK(ioctl(slave, TIOCGPGRP, &pgrp));
		CHECK_EQ(pgrp, getpid());
		CHECK_OK(ioctl(master, TIOCGSID, &pgrp));
		CHECK_EQ(pgrp, getpid());
		CHECK_OK(open("/dev/tty", O_RDWR));
		CHECK_CHILD({
			CHECK_OK(open("/dev/tty", O_RDWR)); /* the session's, inherited */
			CHECK_OK(setsid());
			CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
			/* Another session's: only by force, with privilege. */
			CHECK_ERR(ioctl(slave, TIOCSCTTY, 0), EPERM);
			CHECK_CHILD({
				CHECK_OK(setsid());
				CHECK_OK(setuid(1000));
				CHECK_ERR(ioctl(slave, TIOCSCTTY, 1), EPERM);
			});
			CHECK_OK(ioctl(slave, TIOCSCTTY, 1));
		});
		CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO); /* it was stolen */
	});
}

TEST(opening_takes_a_terminal, SYS_ioctl, SYS_setsid)
{
	open_pair();
	CHECK_CHILD({
		CHECK_OK(setsid());
		CHECK_OK(open(slave_name, O_WRONLY));
		CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
		CHECK_OK(open(slave_name, O_RDWR | O_NOCTTY));
		CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
		CHECK_OK(open(slave_name, O_RDONLY));
		CHECK_OK(open("/dev/tty", O_RDWR));
		/* The leader lets go: for the whole session, and its group hears of it. */
		signal(SIGHUP, SIG_IGN);
		CHECK_OK(ioctl(slave, TIOCNOTTY));
		CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
		CHECK_ERR(ioctl(slave, TIOCNOTTY), ENOTTY);
	});
	CHECK_CHILD({
		lead_session();
		CHECK_CHILD({
			CHECK_OK(ioctl(slave, TIOCNOTTY));
			CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
		});
		CHECK_OK(open("/dev/tty", O_RDWR));
	});
}

TEST(foreground_groups_are_set_by_the_rules, SYS_ioctl, SYS_setpgid)
{
	open_pair();
	signal(SIGTTOU, SIG_IGN);
	IN_SESSION({
		int pgrp = -1;
		pid_t child = fork();

		if (child == 0)
			for (;;)
				pause();
		CHECK_ERR(ioctl(slave, TIOCSPGRP, &pgrp), EINVAL);
		pgrp = 4000000;
		CHECK_ERR(ioctl(slave, TIOCSPGRP, &pgrp), ESRCH);
		pgrp = 1;
		CHECK_ERR(ioctl(slave, TIOCSPGRP, &pgrp), EPERM); /* another session's */
		CHECK_OK(setpgid(child, child));
		pgrp = child;
		CHECK_OK(ioctl(slave, TIOCSPGRP, &pgrp));
		pgrp = 0;
		CHECK_OK(ioctl(slave, TIOCGPGRP, &pgrp));
		CHECK_EQ(pgrp, child);
		CHECK_ERR(ioctl(slave, TIOCSPGRP, NULL), EFAULT);
		CHECK_ERR(ioctl(slave, TIOCGPGRP, NULL), EFAULT);
		CHECK_OK(kill(child, SIGKILL));
	});
	CHECK_ERR(tcsetpgrp(slave, getpgrp()), ENOTTY);
}

static pid_t background(void (*run)(void))
{
	pid_t pid = CHECK_OK(fork());

	if (pid == 0) {
		CHECK_OK(setpgid(0, 0));
		run();
		_exit(7);
	}
	return pid;
}

static void bg_read(void)
{
	char c;

	shared[0] = read(slave, &c, 1) < 0 ? errno : 1000;
}

static void bg_write(void)
{
	shared[0] = write(slave, "x", 1) < 0 ? errno : 1000;
}

static void bg_set(void)
{
	struct termios t;

	tcgetattr(slave, &t);
	shared[0] = tcsetattr(slave, TCSANOW, &t) < 0 ? errno : 1000;
}

static void bg_flush(void)
{
	shared[0] = tcflush(slave, TCIFLUSH) < 0 ? errno : 1000;
}

static void bg_group(void)
{
	shared[0] = tcsetpgrp(slave, getpgrp()) < 0 ? errno : 1000;
}

static void bg_window(void)
{
	struct winsize size = { 10, 20, 0, 0 };

	shared[0] = ioctl(slave, TIOCSWINSZ, &size) < 0 ? errno : 1000;
}

static void bg_get(void)
{
	struct termios t;

	shared[0] = tcgetattr(slave, &t) < 0 ? errno : 1000;
}

static void set_tostop(int on)
{
	struct termios t;

	CHECK_OK(tcgetattr(slave, &t));
	t.c_lflag &= ~TOSTOP;
	t.c_lflag |= on ? TOSTOP : 0;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
}

/* The background process is stopped by SIG, or, with 0, it is not. */
static void expect_stop(void (*run)(void), int sig)
{
	pid_t pid = background(run);
	int status;

	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	if (sig) {
		CHECK(WIFSTOPPED(status));
		CHECK_EQ(WSTOPSIG(status), sig);
		CHECK_OK(kill(pid, SIGKILL));
		CHECK_EQ(waitpid(pid, &status, 0), pid);
	} else {
		CHECK(WIFEXITED(status));
		CHECK_EQ(WEXITSTATUS(status), 7);
		CHECK_EQ(shared[0], 1000);
	}
}

TEST(background_use_stops, SYS_setpgid, SYS_ioctl)
{
	open_pair();
	IN_SESSION({
		expect_stop(bg_read, SIGTTIN);
		expect_stop(bg_write, 0);
		set_tostop(1);
		expect_stop(bg_write, SIGTTOU);
		expect_stop(bg_set, SIGTTOU);
		expect_stop(bg_flush, SIGTTOU);
		expect_stop(bg_group, SIGTTOU);
		expect_stop(bg_window, 0);
		expect_stop(bg_get, 0);
	});
}

static void bg_read_ignoring(void)
{
	signal(SIGTTIN, SIG_IGN);
	bg_read();
}

static void bg_read_blocking(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTTIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	bg_read();
}

static void bg_write_ignoring(void)
{
	signal(SIGTTOU, SIG_IGN);
	bg_write();
}

static void bg_set_ignoring(void)
{
	signal(SIGTTOU, SIG_IGN);
	bg_set();
}

TEST(who_ignores_the_stop_gets_an_error_or_writes, SYS_setpgid, SYS_read)
{
	open_pair();
	IN_SESSION({
		int status;

		set_tostop(1);
		CHECK_OK(waitpid(background(bg_read_ignoring), &status, WUNTRACED));
		CHECK_EQ(status, 7 << 8);
		CHECK_EQ(shared[0], EIO);
		CHECK_OK(waitpid(background(bg_read_blocking), &status, WUNTRACED));
		CHECK_EQ(status, 7 << 8);
		CHECK_EQ(shared[0], EIO);
		expect_stop(bg_write_ignoring, 0);
		expect_stop(bg_set_ignoring, 0);
	});
}

/* A group that nobody of the session outside it is the parent of. */
static void orphaned(void)
{
	wait_for(&shared[1], 1);
	bg_read();
	shared[2] = shared[0];
	bg_set();
	shared[3] = shared[0];
	shared[4] = 1;
}

TEST(orphaned_groups_get_eio, SYS_setpgid, SYS_read)
{
	open_pair();
	IN_SESSION({
		pid_t child = fork();

		if (child == 0) {
			background(orphaned);
			_exit(0);
		}
		CHECK_OK(waitpid(child, NULL, 0));
		shared[1] = 1;
		wait_for(&shared[4], 1);
		CHECK_EQ(shared[2], EIO);
		CHECK_EQ(shared[3], EIO);
	});
}

TEST(control_characters_signal_the_group, SYS_ioctl, SYS_write)
{
	open_pair();
	IN_SESSION({
		catch_signal(SIGINT);
		catch_signal(SIGQUIT);
		catch_signal(SIGTSTP);
		catch_signal(SIGWINCH);
		write(master, "\003", 1);
		wait_for(&caught[SIGINT], 1);
		CHECK_EQ(code_of[SIGINT], SI_KERNEL);
		CHECK_EQ(sender_of[SIGINT], 0);
		write(master, "\034", 1);
		wait_for(&caught[SIGQUIT], 1);
		write(master, "\032", 1);
		wait_for(&caught[SIGTSTP], 1);
		int sig = SIGINT;
		CHECK_OK(ioctl(master, TIOCSIG, sig));
		wait_for(&caught[SIGINT], 2);
		CHECK_ERR(ioctl(master, TIOCSIG, SIGTERM), EINVAL);
		struct winsize size = { 30, 90, 0, 0 };
		CHECK_OK(ioctl(master, TIOCSWINSZ, &size));
		wait_for(&caught[SIGWINCH], 1);
		CHECK_OK(ioctl(slave, TIOCSWINSZ, &size)); /* the same: no signal */
		usleep(20000);
		CHECK_EQ(caught[SIGWINCH], 1);
		size.ws_row = 31;
		CHECK_OK(ioctl(slave, TIOCSWINSZ, &size));
		wait_for(&caught[SIGWINCH], 2);
		CHECK_EQ(code_of[SIGWINCH], SI_KERNEL);
	});
}

static void note_hup_and_cont(void)
{
	catch_signal(SIGHUP);
	catch_signal(SIGCONT);
	shared[10] = 1;
	for (;;) {
		shared[11] = caught[SIGHUP];
		shared[12] = caught[SIGCONT];
		usleep(500);
	}
}

/*
 * The master closes: the leader is told at once, the foreground group when the
 * leader exits.
 */
TEST(hangup_tells_the_leader_then_the_group, SYS_setsid, SYS_close)
{
	pid_t leader;

	open_pair();
	leader = fork();
	if (leader == 0) {
		pid_t fg;

		lead_session();
		close(master);
		catch_signal(SIGHUP);
		catch_signal(SIGCONT);
		signal(SIGTTOU, SIG_IGN);
		fg = background(note_hup_and_cont);
		wait_for(&shared[10], 1);
		CHECK_OK(setpgid(fg, fg));
		CHECK_OK(tcsetpgrp(slave, fg));
		shared[1] = 1;
		wait_for(&shared[2], 1);
		wait_for(&caught[SIGHUP], 1);
		wait_for(&caught[SIGCONT], 1);
		CHECK_EQ(code_of[SIGHUP], SI_KERNEL);
		usleep(30000);
		CHECK_EQ(shared[11], 0);
		CHECK_EQ(shared[12], 0);
		CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
		_exit(0);
	}
	wait_for(&shared[1], 1);
	CHECK_OK(close(master));
	shared[2] = 1;
	CHECK_OK(waitpid(leader, (int *)&shared[3], 0));
	CHECK_EQ(shared[3], 0);
	wait_for(&shared[11], 1);
	wait_for(&shared[12], 1);
}

/* The leader exits while its terminal is there: SIGHUP to the group, no SIGCONT. */
TEST(leaders_exit_hangs_up_the_group, SYS_setsid, SYS_exit_group)
{
	pid_t leader;

	open_pair();
	leader = fork();
	if (leader == 0) {
		pid_t fg;

		lead_session();
		signal(SIGTTOU, SIG_IGN);
		fg = background(note_hup_and_cont);
		wait_for(&shared[10], 1);
		CHECK_OK(tcsetpgrp(slave, fg));
		_exit(0);
	}
	CHECK_OK(waitpid(leader, NULL, 0));
	wait_for(&shared[11], 1);
	usleep(30000);
	CHECK_EQ(shared[12], 0);
	/* The pty lives on, for another session. */
	CHECK_EQ(write(slave, "x", 1), 1);
	IN_SESSION(CHECK_OK(open("/dev/tty", O_RDWR)));
}

TEST(vhangup_ends_the_callers_terminal, SYS_vhangup)
{
	open_pair();
	CHECK_OK(syscall(SYS_vhangup)); /* none: nothing */
	IN_SESSION({
		struct pollfd set = { slave, POLLIN | POLLOUT, 0 };
		char c;
		int n;

		catch_signal(SIGHUP);
		CHECK_OK(syscall(SYS_vhangup));
		CHECK_EQ(caught[SIGHUP], 1);
		CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
		CHECK_EQ(read(slave, &c, 1), 0);
		CHECK_ERR(write(slave, &c, 1), EIO);
		CHECK_ERR(ioctl(slave, FIONREAD, &n), EIO);
		CHECK_ERR(ioctl(slave, TIOCSCTTY, 0), EIO);
		struct termios t;
		CHECK_ERR(tcgetattr(slave, &t), EIO);
		CHECK_EQ(poll(&set, 1, 0), 1);
		CHECK_EQ(set.revents, POLLIN | POLLOUT | POLLERR | POLLHUP);
		/* The terminal itself can be opened again. */
		slave = CHECK_OK(open(slave_name, O_RDWR | O_NOCTTY));
		CHECK_EQ(write(slave, "y", 1), 1);
		CHECK_OK(setuid(1000));
		CHECK_ERR(syscall(SYS_vhangup), EPERM);
	});
}

TEST(a_closed_master_ends_the_slave, SYS_close, SYS_read, SYS_write)
{
	struct pollfd set = { 0, POLLIN | POLLOUT, 0 };
	struct termios t;
	char buf[10];
	int n;

	open_pair();
	set.fd = slave;
	CHECK_EQ(write(master, "left\n", 5), 5);
	CHECK_OK(close(master));
	CHECK_EQ(read(slave, buf, 10), 0);
	CHECK_ERR(write(slave, "x", 1), EIO);
	CHECK_ERR(tcgetattr(slave, &t), EIO);
	CHECK_ERR(ioctl(slave, FIONREAD, &n), EIO);
	CHECK_EQ(poll(&set, 1, 0), 1);
	CHECK_EQ(set.revents, POLLIN | POLLOUT | POLLERR | POLLHUP);
	CHECK_ERR(open(slave_name, O_RDWR), ENOENT);
}

TEST(a_closed_slave_hangs_the_master_up_until_it_is_opened, SYS_close, SYS_read)
{
	struct pollfd set = { 0, POLLIN | POLLOUT, 0 };
	char buf[10];

	open_pair();
	set.fd = master;
	CHECK_EQ(write(slave, "out", 3), 3);
	CHECK_OK(close(slave));
	CHECK_EQ(poll(&set, 1, 0), 1);
	CHECK_EQ(set.revents, POLLIN | POLLOUT | POLLHUP);
	CHECK_EQ(read(master, buf, 10), 3);
	CHECK_ERR(read(master, buf, 10), EIO);
	CHECK_EQ(poll(&set, 1, 0), 1);
	CHECK_EQ(set.revents, POLLOUT | POLLHUP);
	CHECK_EQ(write(master, "in\n", 3), 3);
	slave = CHECK_OK(open(slave_name, O_RDWR | O_NOCTTY));
	CHECK_EQ(poll(&set, 1, 0), 1);
	CHECK(!(set.revents & POLLHUP));
	CHECK_EQ(read(slave, buf, 10), 3); /* what was typed meanwhile */
}

/* setsid(2) leaves the terminal behind; what the old session has goes on. */
TEST(a_new_session_has_no_terminal, SYS_setsid)
{
	open_pair();
	IN_SESSION({
		CHECK_CHILD({
			CHECK_EQ(setsid(), getpid());
			CHECK_EQ(getsid(0), getpid());
			CHECK_EQ(getpgrp(), getpid());
			CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
			CHECK_ERR(tcgetpgrp(slave), ENOTTY);
		});
		CHECK_EQ(tcgetpgrp(slave), getpid());
	});
}

/* POSIX: stopped members of a group that becomes orphaned get SIGHUP and SIGCONT. */
TEST(new_orphans_that_are_stopped_are_hung_up, SYS_setpgid, SYS_kill)
{
	pid_t parent;

	open_pair();
	parent = fork();
	if (parent == 0) {
		pid_t child;

		CHECK_OK(setpgid(0, 0));
		child = fork();
		if (child == 0) {
			catch_signal(SIGHUP);
			catch_signal(SIGCONT);
			CHECK_OK(setpgid(0, 0));
			raise(SIGSTOP);
			wait_for(&caught[SIGHUP], 1);
			wait_for(&caught[SIGCONT], 1);
			shared[0] = code_of[SIGHUP] == SI_KERNEL ? 1 : 2;
			_exit(0);
		}
		CHECK_EQ(waitpid(child, NULL, WUNTRACED), child);
		_exit(0);
	}
	CHECK_OK(waitpid(parent, NULL, 0));
	wait_for(&shared[0], 1);
}
