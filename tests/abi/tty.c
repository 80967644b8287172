/* pty(7), termios(3), tty_ioctl(2): the line discipline, job control, hangup. */
#include "abi_test.h"
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;

static void open_pair(void)
{
	int unlock = 0;
	unsigned number;
	char name[32];

	master = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	CHECK_OK(ioctl(master, TIOCSPTLCK, &unlock));
	CHECK_OK(ioctl(master, TIOCGPTN, &number));
	snprintf(name, sizeof(name), "/dev/pts/%u", number);
	slave = CHECK_OK(open(name, O_RDWR | O_NOCTTY));
}

static void type(const char *text)
{
	CHECK_EQ(write(master, text, strlen(text)), strlen(text));
}

/* What the slave reads next is TEXT. */
static void expect_line(const char *text)
{
	char buf[512];
	ssize_t n = CHECK_OK(read(slave, buf, sizeof(buf)));

	CHECK_EQ(n, strlen(text));
	CHECK_EQ(memcmp(buf, text, n), 0);
}

static void expect_echo(const char *text)
{
	char buf[512];
	size_t have = 0, want = strlen(text);

	while (have < want) {
		struct pollfd set = { master, POLLIN, 0 };

		if (poll(&set, 1, 1000) != 1)
			abi_fail(__FILE__, __LINE__, "echo is short: %.*s", (int)have, buf);
		have += CHECK_OK(read(master, buf + have, sizeof(buf) - have));
	}
	if (have != want || memcmp(buf, text, want) != 0)
		abi_fail(__FILE__, __LINE__, "echo is %.*s, not %s", (int)have, buf, text);
}

static int readable(int fd)
{
	int n = -1;

	CHECK_OK(ioctl(fd, FIONREAD, &n));
	return n;
}

TEST(canonical_lines_are_edited, SYS_ioctl)
{
	open_pair();
	type("helxx\x7f\x7flo\n");
	expect_line("hello\n");
	type("junk\x15kept\r");
	expect_line("kept\n");
	type("one two\x17three\n");
	expect_line("one three\n");
	type("\x16\x03\n");
	expect_line("\x03\n");
	type("abc\x04");
	expect_line("abc");
	type("\x04");
	expect_line("");
	type("a\nb\n");
	expect_line("a\n");
	CHECK_EQ(readable(slave), 2);
	expect_line("b\n");
}

TEST(echo_shows_controls_and_erases, SYS_ioctl)
{
	struct termios t;

	open_pair();
	CHECK_OK(tcgetattr(slave, &t));
	CHECK(t.c_lflag & ECHO && t.c_lflag & ICANON && t.c_oflag & ONLCR);
	CHECK_EQ(t.c_cc[VINTR], 3);
	CHECK_EQ(t.c_cc[VERASE], 0x7f);
	type("ab\x7f");
	expect_echo("ab\b \b");
	type("\x01\n");
	expect_echo("^A\r\n");
	t.c_lflag &= ~ECHO;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	type("quiet\n");
	expect_line("a\x01\n");
	expect_line("quiet\n");
	CHECK_EQ(readable(master), 0);
}

TEST(raw_mode_gives_bytes_at_once, SYS_ioctl)
{
	struct termios t;
	char buf[16];

	open_pair();
	CHECK_OK(tcgetattr(slave, &t));
	cfmakeraw(&t);
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	type("\x03\x7f\r");
	CHECK_EQ(read(slave, buf, 16), 3);
	CHECK_EQ(memcmp(buf, "\x03\x7f\r", 3), 0);
	t.c_cc[VMIN] = 3;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	if (fork() == 0) {
		type("a");
		usleep(20000);
		type("bc");
		_exit(0);
	}
	CHECK_EQ(read(slave, buf, 16), 3);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 1;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	CHECK_EQ(read(slave, buf, 16), 0);
	CHECK_EQ(write(slave, "x\ny", 3), 3);
	expect_echo("x\ny");
}

TEST(output_is_processed, SYS_ioctl)
{
	open_pair();
	CHECK_EQ(write(slave, "a\nb", 3), 3);
	expect_echo("a\r\nb");
}

TEST(window_size_is_kept, SYS_ioctl)
{
	struct winsize size = { 24, 80, 0, 0 }, got;

	open_pair();
	CHECK_OK(ioctl(master, TIOCSWINSZ, &size));
	CHECK_OK(ioctl(slave, TIOCGWINSZ, &got));
	CHECK_EQ(got.ws_row, 24);
	CHECK_EQ(got.ws_col, 80);
	CHECK_ERR(ioctl(slave, 0x5499, &got), ENOTTY);
	CHECK_ERR(ioctl(open("/dev/null", O_RDWR), TCGETS, &got), ENOTTY);
}

static volatile sig_atomic_t last_signal;

static void note(int sig)
{
	last_signal = sig;
}

TEST(control_characters_signal_the_foreground, SYS_setsid)
{
	CHECK_CHILD({
		CHECK_OK(setsid());
		open_pair();
		CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
		CHECK_EQ(tcgetpgrp(slave), getpid());
		CHECK_EQ(tcgetsid(slave), getpid());
		signal(SIGINT, note);
		signal(SIGQUIT, note);
		signal(SIGTSTP, note);
		type("abc\x03");
		CHECK_EQ(last_signal, SIGINT);
		CHECK_EQ(readable(slave), 0);
		type("\x1c");
		CHECK_EQ(last_signal, SIGQUIT);
		type("\x1a");
		CHECK_EQ(last_signal, SIGTSTP);
		CHECK_OK(open("/dev/tty", O_RDWR));
		signal(SIGWINCH, note);
		struct winsize size = { 10, 20, 0, 0 };
		CHECK_OK(ioctl(master, TIOCSWINSZ, &size));
		CHECK_EQ(last_signal, SIGWINCH);
	});
}

TEST(background_reader_is_stopped, SYS_setsid)
{
	CHECK_CHILD({
		int status;
		CHECK_OK(setsid());
		open_pair();
		CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
		pid_t pid = fork();
		if (pid == 0) {
			char c;
			setpgid(0, 0);
			read(slave, &c, 1);
			_exit(c == 'k' ? 7 : 1);
		}
		setpgid(pid, pid);
		CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status));
		CHECK_EQ(WSTOPSIG(status), SIGTTIN);
		signal(SIGTTOU, SIG_IGN);
		CHECK_OK(tcsetpgrp(slave, pid));
		CHECK_OK(kill(-pid, SIGCONT));
		type("k\n");
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(WEXITSTATUS(status), 7);
		CHECK_ERR(tcsetpgrp(slave, 1), EPERM);
	});
}

TEST(closing_the_master_hangs_up, SYS_setsid)
{
	CHECK_KILLED(SIGHUP, {
		CHECK_OK(setsid());
		open_pair();
		CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
		CHECK_OK(close(master));
		pause();
	});
	open_pair();
	char c;
	CHECK_OK(close(master));
	CHECK_EQ(read(slave, &c, 1), 0);
	CHECK_ERR(write(slave, &c, 1), EIO);
	open_pair();
	CHECK_OK(close(slave));
	CHECK_ERR(read(master, &c, 1), EIO);
}

struct settings { /* the kernel's struct termios */
	unsigned iflag, oflag, cflag, lflag;
	unsigned char line, cc[19];
};

/* ioctl_tty(2): what a locked termios has set cannot be changed, by root neither. */
TEST(locked_settings_stay, SYS_ioctl)
{
	struct settings lock = { 0 }, got, before, t;

	open_pair();
	CHECK_OK(ioctl(slave, TIOCGLCKTRMIOS, &got));
	CHECK_EQ(memcmp(&got, &lock, sizeof(lock)), 0);
	lock.lflag = ECHO;
	lock.cc[VINTR] = 1;
	CHECK_OK(ioctl(slave, TIOCSLCKTRMIOS, &lock));
	CHECK_ERR(ioctl(slave, TIOCSLCKTRMIOS, NULL), EFAULT);
	CHECK_OK(ioctl(master, TIOCGLCKTRMIOS, &got));
	CHECK_EQ(memcmp(&got, &lock, sizeof(lock)), 0);

	CHECK_OK(ioctl(slave, TCGETS, &before));
	t = before;
	t.lflag &= ~(ECHO | ICANON);
	t.cc[VINTR] = 1;
	t.cc[VQUIT] = 2;
	CHECK_OK(ioctl(slave, TCSETS, &t));
	CHECK_OK(ioctl(slave, TCGETS, &got));
	CHECK_EQ(got.lflag, before.lflag & ~ICANON);
	CHECK_EQ(got.cc[VINTR], before.cc[VINTR]);
	CHECK_EQ(got.cc[VQUIT], 2);

	CHECK_CHILD({
		CHECK_OK(setuid(4321));
		CHECK_OK(ioctl(slave, TIOCGLCKTRMIOS, &got));
		CHECK_ERR(ioctl(slave, TIOCSLCKTRMIOS, &lock), EPERM);
	});
	memset(&lock, 0, sizeof(lock));
	CHECK_OK(ioctl(slave, TIOCSLCKTRMIOS, &lock));
	CHECK_OK(ioctl(slave, TCSETS, &t));
	CHECK_OK(ioctl(slave, TCGETS, &got));
	CHECK_EQ(got.lflag & ECHO, 0);
	CHECK_EQ(got.cc[VINTR], 1);
}

/* Changes RTS for ever; each time the word comes from a page that has to be faulted in. */
static void toggle_rts(int fd)
{
	const int rts = TIOCM_RTS;
	int file = CHECK_OK(memfd_create("word", 0));
	int *word;

	CHECK_EQ(write(file, &rts, sizeof(rts)), sizeof(rts));
	word = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
	CHECK(word != MAP_FAILED);
	for (int on = 0;; on = !on) {
		CHECK_OK(madvise(word, 4096, MADV_DONTNEED));
		CHECK_OK(ioctl(fd, on ? TIOCMBIS : TIOCMBIC, word));
	}
}

/* TIOCMBIS, TIOCMBIC: whoever changes one modem line leaves another's alone. */
TEST(modem_lines_are_changed_one_by_one, SYS_ioctl)
{
	const int dtr = TIOCM_DTR, rts = TIOCM_RTS, both = TIOCM_DTR | TIOCM_RTS;
	int fd = CHECK_OK(open("/dev/ttyS0", O_RDWR | O_NOCTTY | O_NONBLOCK));
	int now, wrong = 0;
	pid_t others[3];

	for (int i = 0; i < 3; i++) {
		others[i] = CHECK_OK(fork());
		if (others[i] == 0)
			toggle_rts(fd);
	}
	for (int i = 0; i < 3000; i++) {
		CHECK_OK(ioctl(fd, TIOCMBIC, &dtr));
		CHECK_OK(ioctl(fd, TIOCMGET, &now));
		wrong += (now & dtr) != 0;
		CHECK_OK(ioctl(fd, TIOCMBIS, &dtr));
		CHECK_OK(ioctl(fd, TIOCMGET, &now));
		wrong += (now & dtr) == 0;
	}
	for (int i = 0; i < 3; i++) {
		CHECK_OK(kill(others[i], SIGKILL));
		CHECK_EQ(waitpid(others[i], NULL, 0), others[i]);
	}
	CHECK_OK(ioctl(fd, TIOCMSET, &rts));
	CHECK_OK(ioctl(fd, TIOCMGET, &now));
	CHECK_EQ(now & both, rts);
	CHECK_OK(ioctl(fd, TIOCMBIS, &both));
	CHECK_EQ(wrong, 0);
}
