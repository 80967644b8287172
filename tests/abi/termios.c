/*
 * termios(3): what a terminal's settings do to what is typed, shown and read.
 *
 * Each row: settings to change, what is typed, what is shown, what reads give
 * (reads are separated by '|'; "." is a read of nothing, an end of file; what
 * is not there would block).
 */
#include "abi_test.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;

static void open_pair(void)
{
	int unlock = 0;
	unsigned number;
	char name[32];

	master = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK));
	CHECK_OK(ioctl(master, TIOCSPTLCK, &unlock));
	CHECK_OK(ioctl(master, TIOCGPTN, &number));
	snprintf(name, sizeof(name), "/dev/pts/%u", number);
	slave = CHECK_OK(open(name, O_RDWR | O_NOCTTY | O_NONBLOCK));
}

struct row {
	tcflag_t i_on, i_off, o_on, o_off, l_on, l_off;
	const char *typed, *shown, *read;
};

/* All that can be read now. */
static int drain(int fd, char *buf, int size)
{
	int len = 0, n;
	struct pollfd set = { fd, POLLIN, 0 };

	/* Echo and input travel on their own time. */
	while (poll(&set, 1, 20) == 1 && (n = read(fd, buf + len, size - len)) > 0)
		len += n;
	buf[len] = 0;
	return len;
}

static void show(const char *text, int len, char *out)
{
	for (int i = 0; i < len; i++) {
		unsigned char c = text[i];

		if (c < 32 || c > 126)
			out += sprintf(out, "\\x%02x", c);
		else
			*out++ = c;
	}
	*out = 0;
}

static void check_row(int line, const struct row *row)
{
	char buf[5000], got[5000] = "", shown[20000], want[20000];
	struct termios t, old;
	int n, len = 0;

	CHECK_OK(tcgetattr(slave, &old));
	t = old;
	t.c_cc[VEOL] = 'E';
	t.c_cc[VEOL2] = 'F';
	t.c_iflag = (t.c_iflag | row->i_on) & ~row->i_off;
	t.c_oflag = (t.c_oflag | row->o_on) & ~row->o_off;
	t.c_lflag = (t.c_lflag | row->l_on) & ~row->l_off;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	CHECK_EQ(write(master, row->typed, strlen(row->typed)), strlen(row->typed));
	n = drain(master, buf, sizeof(buf) - 1);
	show(buf, n, shown);
	show(row->shown, strlen(row->shown), want);
	if (strcmp(shown, want) != 0)
		abi_fail(__FILE__, line, "shown \"%s\", not \"%s\"", shown, want);
	for (;;) {
		struct pollfd set = { slave, POLLIN, 0 };

		if (poll(&set, 1, 10) != 1)
			break;
		n = read(slave, buf, sizeof(buf));
		if (n < 0)
			break;
		if (len)
			got[len++] = '|';
		if (n == 0)
			got[len++] = '.';
		memcpy(got + len, buf, n);
		len += n;
	}
	show(got, len, shown);
	show(row->read, strlen(row->read), want);
	if (strcmp(shown, want) != 0)
		abi_fail(__FILE__, line, "read \"%s\", not \"%s\"", shown, want);
	CHECK_OK(tcsetattr(slave, TCSANOW, &old));
	CHECK_OK(tcflush(slave, TCIOFLUSH));
}

#define ROW(...) check_row(__LINE__, &(struct row){ __VA_ARGS__ })

TEST(editing_and_echo, SYS_ioctl)
{
	open_pair();
	ROW(.typed = "abc\n", .shown = "abc\r\n", .read = "abc\n");
	ROW(.typed = "abc\177\177d\n", .shown = "abc\b \b\b \bd\r\n", .read = "ad\n");
	ROW(.typed = "\177a\n", .shown = "a\r\n", .read = "a\n");
	ROW(.typed = "ab\x15yz\n", .shown = "ab\b \b\b \byz\r\n", .read = "yz\n");
	ROW(.l_off = ECHOKE, .typed = "ab\x15yz\n", .shown = "ab^U\r\nyz\r\n", .read = "yz\n");
	ROW(.l_off = ECHOKE | ECHOK, .typed = "ab\x15yz\n", .shown = "ab^Uyz\r\n", .read = "yz\n");
	ROW(.l_off = ECHOE, .typed = "ab\177c\n", .shown = "ab^?c\r\n", .read = "ac\n");
	ROW(.l_off = ECHOE, .typed = "ab\x15z\n", .shown = "ab^U\r\nz\r\n", .read = "z\n");
	ROW(.l_off = ECHOCTL, .typed = "a\x01z\177\177\n", .shown = "a\x01z\b \b\r\n",
	    .read = "a\n");
	ROW(.typed = "a\x01z\177\177\n", .shown = "a^Az\b \b\b \b\b \b\r\n", .read = "a\n");
	ROW(.l_on = ECHOPRT, .typed = "abc\177\177d\n", .shown = "abc\\cb/d\r\n", .read = "ad\n");
	ROW(.l_on = ECHOPRT, .typed = "ab\177\177\n", .shown = "ab\\ba/\r\n", .read = "\n");
	ROW(.l_off = ECHO, .typed = "abc\n", .shown = "", .read = "abc\n");
	ROW(.l_off = ECHO, .l_on = ECHONL, .typed = "abc\n", .shown = "\r\n", .read = "abc\n");
	ROW(.l_on = ECHONL, .typed = "abc\n", .shown = "abc\r\n", .read = "abc\n");
	ROW(.typed = "one two\x17x\n", .shown = "one two\b \b\b \b\b \bx\r\n", .read = "one x\n");
	ROW(.typed = "one two  \x17x\n", .shown = "one two  \b \b\b \b\b \b\b \b\b \bx\r\n",
	    .read = "one x\n");
	ROW(.l_off = IEXTEN, .typed = "a\x17x\n", .shown = "a^Wx\r\n", .read = "a\x17x\n");
	ROW(.typed = "ab\x12z\n", .shown = "ab^R\r\nabz\r\n", .read = "abz\n");
	ROW(.typed = "a\x16\x15z\n", .shown = "a^\b^Uz\r\n", .read = "a\x15z\n");
	ROW(.l_off = ECHOCTL, .typed = "a\x16\x15z\n", .shown = "a\x15z\r\n", .read = "a\x15z\n");
	ROW(.typed = "a\x16\nz\n", .shown = "a^\b^Jz\r\n", .read = "a\nz\n");
	ROW(.typed = "\ta\177\177b\n", .shown = "\ta\b \b\b\b\b\b\b\b\b\bb\r\n", .read = "b\n");
	ROW(.typed = "ab\tc\177\177\n", .shown = "ab\tc\b \b\b\b\b\b\b\b\r\n", .read = "ab\n");
}

TEST(ends_of_lines_and_files, SYS_ioctl)
{
	open_pair();
	ROW(.typed = "a\nb\n", .shown = "a\r\nb\r\n", .read = "a\n|b\n");
	ROW(.typed = "ab\x04", .shown = "ab", .read = "ab");
	ROW(.typed = "\x04", .shown = "", .read = ".");
	ROW(.typed = "ab\x04\x04", .shown = "ab", .read = "ab|.");
	ROW(.typed = "abE", .shown = "abE", .read = "abE");
	ROW(.typed = "abF", .shown = "abF", .read = "abF");
	ROW(.l_off = IEXTEN, .typed = "abF\n", .shown = "abF\r\n", .read = "abF\n");
	ROW(.typed = "half", .shown = "half", .read = "");
	ROW(.l_off = ICANON, .typed = "a\x04\177\n", .shown = "a^D^?^J", .read = "a\x04\177\n");
	ROW(.l_off = ICANON, .typed = "a\r", .shown = "a\r\n", .read = "a\n");
	ROW(.l_off = ICANON | ECHO, .typed = "a\r", .shown = "", .read = "a\n");
}

TEST(input_flags, SYS_ioctl)
{
	open_pair();
	ROW(.typed = "a\r", .shown = "a\r\n", .read = "a\n");
	ROW(.i_off = ICRNL, .typed = "a\rb\n", .shown = "a^Mb\r\n", .read = "a\rb\n");
	ROW(.i_on = IGNCR, .typed = "a\rb\n", .shown = "ab\r\n", .read = "ab\n");
	ROW(.i_on = INLCR, .i_off = ICRNL, .typed = "a\nb\x04", .shown = "a^Mb", .read = "a\rb");
	ROW(.i_on = ISTRIP, .typed = "\xe1z\n", .shown = "az\r\n", .read = "az\n");
	ROW(.i_on = IUCLC, .typed = "AbC\n", .shown = "abc\r\n", .read = "abc\n");
	ROW(.i_on = IUCLC, .l_off = IEXTEN, .typed = "AbC\n", .shown = "AbC\r\n", .read = "AbC\n");
	ROW(.i_on = PARMRK, .typed = "a\xff\n", .shown = "a\xff\r\n", .read = "a\xff\xff\n");
	ROW(.i_on = IUTF8, .typed = "a\xc3\xa9\177b\n", .shown = "a\xc3\xa9\b \bb\r\n",
	    .read = "ab\n");
	ROW(.i_off = IUTF8, .typed = "a\xc3\xa9\177b\n", .shown = "a\xc3\xa9\b \bb\r\n",
	    .read = "a\xc3"
		    "b\n");
	ROW(.i_on = IUTF8, .typed = "\xe2\x82\xac\x15z\n", .shown = "\xe2\x82\xac\b \bz\r\n",
	    .read = "z\n");
	ROW(.i_on = IXON,
	    .typed = "a\x13\x11"
		     "b\n",
	    .shown = "ab\r\n", .read = "ab\n");
	ROW(.i_off = IXON,
	    .typed = "a\x13"
		     "b\n",
	    .shown = "a^Sb\r\n",
	    .read = "a\x13"
		    "b\n");
	ROW(.i_on = IXON | IXANY,
	    .typed = "a\x13"
		     "b\n",
	    .shown = "ab\r\n", .read = "ab\n");
	ROW(.l_on = EXTPROC, .typed = "a\177\x04\n", .shown = "", .read = "a\177\x04\n");
}

static void output(tcflag_t on, tcflag_t off, const char *written, const char *shown)
{
	struct termios t, old;
	char buf[300], a[1000], b[1000];
	int n;

	CHECK_OK(tcgetattr(slave, &old));
	t = old;
	t.c_oflag = (t.c_oflag | on) & ~off;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	CHECK_EQ(write(slave, written, strlen(written)), strlen(written));
	n = drain(master, buf, sizeof(buf) - 1);
	show(buf, n, a);
	show(shown, strlen(shown), b);
	if (strcmp(a, b) != 0)
		abi_fail(__FILE__, __LINE__, "%s shows as \"%s\", not \"%s\"", written, a, b);
	CHECK_OK(tcsetattr(slave, TCSANOW, &old));
	write(slave, "\r\n", 2);
	drain(master, buf, sizeof(buf) - 1);
}

TEST(output_flags, SYS_ioctl)
{
	open_pair();
	output(0, 0, "a\nb", "a\r\nb");
	output(0, ONLCR, "a\nb", "a\nb");
	output(0, OPOST, "a\nb\t", "a\nb\t");
	output(OCRNL, ONLCR, "a\rb", "a\nb");
	output(OCRNL, 0, "a\rb", "a\nb");
	output(ONOCR, 0, "\ra\rb", "a\rb");
	output(OLCUC, 0, "aBc\xe9", "ABC\xc9");
	output(XTABS, 0, "a\tb\t\tc", "a       b               c");
	output(XTABS, 0, "ab\b\tc", "ab\b       c");
	output(ONLRET, ONLCR, "ab\n\tc", "ab\n\tc");
	output(ONLRET | XTABS, ONLCR, "ab\n\tc", "ab\n        c");
}

/* A line of more than 4095 bytes: its newline arrives, what was too much does not. */
TEST(long_lines_are_cut, SYS_read)
{
	char line[5000], got[6000];
	int sent = 0, n;
	struct termios t;

	open_pair();
	CHECK_OK(tcgetattr(slave, &t));
	t.c_lflag &= ~ECHO;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	memset(line, 'x', sizeof(line));
	line[4999] = '\n';
	for (int tries = 0; sent < 5000 && tries < 1000; tries++) {
		n = write(master, line + sent, 5000 - sent);
		sent += n > 0 ? n : 0;
		usleep(1000);
	}
	CHECK_EQ(sent, 5000);
	usleep(50000);
	n = CHECK_OK(read(slave, got, sizeof(got)));
	CHECK_EQ(n, 4096);
	CHECK_EQ(got[4095], '\n');
	CHECK_EQ(got[4094], 'x');
}

TEST(minimum_and_time_of_raw_reads, SYS_read, SYS_ioctl)
{
	struct timespec a, b;
	struct termios t;
	char buf[10];
	pid_t child;
	long ms;

	open_pair();
	CHECK_OK(fcntl(slave, F_SETFL, O_RDWR));
	CHECK_OK(tcgetattr(slave, &t));
	t.c_lflag &= ~(ICANON | ECHO);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	CHECK_EQ(read(slave, buf, 10), 0);
	CHECK_OK(fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK));
	CHECK_EQ(read(slave, buf, 10), 0);
	CHECK_OK(fcntl(slave, F_SETFL, O_RDWR));
	t.c_cc[VTIME] = 2;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK_EQ(read(slave, buf, 10), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
	CHECK(ms >= 190 && ms < 3000);
	CHECK_EQ(write(master, "ab", 2), 2);
	CHECK_EQ(read(slave, buf, 10), 2);
	/* A minimum: it waits for all of them... */
	t.c_cc[VMIN] = 4;
	t.c_cc[VTIME] = 0;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 4; i++) {
			usleep(20000);
			write(master, "k", 1);
		}
		_exit(0);
	}
	CHECK_EQ(read(slave, buf, 10), 4);
	waitpid(child, NULL, 0);
	/* ... or for the gap after the first. */
	t.c_cc[VTIME] = 2;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	CHECK_EQ(write(master, "kk", 2), 2);
	CHECK_EQ(read(slave, buf, 10), 2);
	/* A read for fewer than the minimum is content with them. */
	t.c_cc[VTIME] = 0;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	CHECK_EQ(write(master, "kk", 2), 2);
	CHECK_EQ(read(slave, buf, 2), 2);
	CHECK_EQ(write(master, "kk", 2), 2);
	struct pollfd set = { slave, POLLIN, 0 };
	usleep(20000);
	CHECK_EQ(poll(&set, 1, 0), 0); /* two of four */
	CHECK_EQ(write(master, "kk", 2), 2);
	CHECK_EQ(poll(&set, 1, 1000), 1);
}

TEST(packet_mode_tells_of_changes, SYS_ioctl, SYS_read)
{
	int on = 1, off = 0, got = 0;
	struct termios t;
	char buf[10];
	struct pollfd set;

	open_pair();
	set = (struct pollfd){ master, POLLIN | POLLPRI, 0 };
	CHECK_OK(ioctl(master, TIOCGPKT, &got));
	CHECK_EQ(got, 0);
	CHECK_OK(ioctl(master, TIOCPKT, &on));
	CHECK_OK(ioctl(master, TIOCGPKT, &got));
	CHECK_EQ(got, 1);
	CHECK_EQ(write(slave, "ab", 2), 2);
	CHECK_EQ(read(master, buf, 10), 3);
	CHECK_EQ(buf[0], TIOCPKT_DATA);
	CHECK_EQ(buf[1], 'a');
	CHECK_OK(tcflush(slave, TCIFLUSH));
	CHECK_EQ(poll(&set, 1, 1000), 1);
	CHECK_EQ(set.revents, POLLIN | POLLPRI);
	CHECK_EQ(read(master, buf, 10), 1);
	CHECK_EQ(buf[0], TIOCPKT_FLUSHREAD);
	CHECK_OK(tcflush(slave, TCOFLUSH));
	CHECK_EQ(read(master, buf, 10), 1);
	CHECK_EQ(buf[0], TIOCPKT_FLUSHWRITE);
	CHECK_OK(tcflow(slave, TCOOFF));
	CHECK_EQ(read(master, buf, 10), 1);
	CHECK_EQ(buf[0], TIOCPKT_STOP);
	CHECK_OK(tcflow(slave, TCOON));
	CHECK_EQ(read(master, buf, 10), 1);
	CHECK_EQ(buf[0], TIOCPKT_START);
	CHECK_OK(tcgetattr(slave, &t));
	t.c_iflag &= ~IXON;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	CHECK_EQ(read(master, buf, 10), 1);
	CHECK_EQ(buf[0], TIOCPKT_NOSTOP);
	t.c_iflag |= IXON;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	CHECK_EQ(read(master, buf, 10), 1);
	CHECK_EQ(buf[0], TIOCPKT_DOSTOP);
	t.c_lflag |= EXTPROC;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	CHECK_EQ(read(master, buf, 10), 1);
	CHECK_EQ(buf[0], TIOCPKT_IOCTL);
	CHECK_OK(ioctl(master, TIOCPKT, &off));
	CHECK_ERR(ioctl(slave, TIOCPKT, &on), ENOTTY);
}

TEST(queues_are_counted_and_flushed, SYS_ioctl)
{
	int n = -1;
	char c;

	open_pair();
	CHECK_OK(ioctl(slave, FIONREAD, &n));
	CHECK_EQ(n, 0);
	write(master, "abc\nde", 6);
	usleep(20000);
	CHECK_OK(ioctl(slave, FIONREAD, &n));
	CHECK_EQ(n, 4);
	CHECK_OK(tcflush(slave, TCIFLUSH));
	CHECK_OK(ioctl(slave, FIONREAD, &n));
	CHECK_EQ(n, 0);
	CHECK_ERR(read(slave, &c, 1), EAGAIN);
	CHECK_OK(ioctl(slave, TIOCOUTQ, &n));
	CHECK_EQ(n, 0);
	CHECK_ERR(ioctl(slave, TCFLSH, 3), EINVAL);
	CHECK_ERR(ioctl(slave, TCXONC, 4), EINVAL);
	CHECK_OK(ioctl(slave, TCSBRK, 1));
	CHECK_OK(ioctl(slave, TCSBRK, 0));
	CHECK_OK(ioctl(slave, TCSBRKP, 0));
	CHECK_OK(tcflow(slave, TCIOFF));
	CHECK_OK(tcflow(slave, TCION));
	/* TIOCSTI: as if typed. */
	CHECK_OK(ioctl(slave, TIOCSTI, "z"));
	CHECK_OK(ioctl(slave, TIOCSTI, "\n"));
	usleep(10000);
	CHECK_EQ(read(slave, &c, 1), 1);
	CHECK_EQ(c, 'z');
	CHECK_ERR(ioctl(slave, TIOCSTI, NULL), EFAULT);
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		CHECK_ERR(ioctl(slave, TIOCSTI, "z"), EPERM);
	});
	CHECK_ERR(ioctl(slave, 0x54ff, &n), ENOTTY);
	CHECK_OK(ioctl(slave, TIOCGETD, &n));
	CHECK_EQ(n, 0);
	CHECK_OK(ioctl(slave, TIOCSETD, &n));
	n = 99;
	CHECK_ERR(ioctl(slave, TIOCSETD, &n), EINVAL);
	CHECK_ERR(ioctl(slave, TIOCMGET, &n), ENOTTY);
}

TEST(exclusive_and_locked_terminals_refuse, SYS_ioctl, SYS_openat)
{
	char name[32];
	int n = -1, on = 1, off = 0;

	open_pair();
	CHECK_OK(ioctl(master, TIOCGPTN, &n));
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	CHECK_ERR(ioctl(slave, TIOCGPTN, &n), ENOTTY);
	CHECK_OK(ioctl(master, TIOCSPTLCK, &on));
	CHECK_OK(ioctl(master, TIOCGPTLCK, &n));
	CHECK_EQ(n, 1);
	CHECK_ERR(open(name, O_RDWR | O_NOCTTY), EIO);
	CHECK_OK(ioctl(master, TIOCSPTLCK, &off));
	CHECK_OK(ioctl(slave, TIOCEXCL));
	CHECK_OK(ioctl(slave, TIOCGEXCL, &n));
	CHECK_EQ(n, 1);
	CHECK_OK(chmod(name, 0666));
	CHECK_CHILD({
		CHECK_OK(close(CHECK_OK(open(name, O_RDWR | O_NOCTTY)))); /* root may */
		CHECK_OK(setuid(1000));
		CHECK_ERR(open(name, O_RDWR | O_NOCTTY), EBUSY);
	});
	CHECK_OK(ioctl(slave, TIOCNXCL));
	n = CHECK_OK(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
	CHECK_EQ(fcntl(n, F_GETFD), FD_CLOEXEC);
	CHECK(isatty(n));
	CHECK_ERR(ioctl(slave, TIOCGPTPEER, O_RDWR), EIO);
}

/* Any speed, by termios2 and BOTHER. */
struct termios2_abi {
	tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
	cc_t c_line, c_cc[19];
	speed_t c_ispeed, c_ospeed;
};
#define TCGETS2_ABI _IOR('T', 0x2a, struct termios2_abi)
#define TCSETS2_ABI _IOW('T', 0x2b, struct termios2_abi)
#define BOTHER_ABI  0x1000

TEST(speeds_are_kept, SYS_ioctl)
{
	struct termios2_abi t;
	struct termios old;

	open_pair();
	CHECK_OK(ioctl(slave, TCGETS2_ABI, &t));
	CHECK_EQ(t.c_ospeed, 38400);
	CHECK_EQ(t.c_ispeed, 38400);
	t.c_cflag = (t.c_cflag & ~CBAUD) | BOTHER_ABI;
	t.c_ospeed = t.c_ispeed = 12345;
	CHECK_OK(ioctl(slave, TCSETS2_ABI, &t));
	CHECK_OK(ioctl(slave, TCGETS2_ABI, &t));
	CHECK_EQ(t.c_ospeed, 12345);
	CHECK_OK(tcgetattr(slave, &old));
	CHECK_OK(cfsetspeed(&old, B9600));
	CHECK_OK(tcsetattr(slave, TCSADRAIN, &old));
	CHECK_OK(ioctl(slave, TCGETS2_ABI, &t));
	CHECK_EQ(t.c_ospeed, 9600);
	CHECK_EQ(t.c_cflag & CBAUD, B9600);
	/* A pty has eight bits and no parity, whatever is asked. */
	t.c_cflag = (t.c_cflag & ~CSIZE) | CS7 | PARENB;
	CHECK_OK(ioctl(slave, TCSETS2_ABI, &t));
	CHECK_OK(ioctl(slave, TCGETS2_ABI, &t));
	CHECK_EQ(t.c_cflag & (CSIZE | PARENB), CS8);
	CHECK_ERR(ioctl(slave, TCGETS2_ABI, NULL), EFAULT);
	CHECK_ERR(ioctl(slave, TCSETS2_ABI, NULL), EFAULT);
}

TEST(devpts_obeys_its_options, SYS_mount)
{
	struct stat st;
	char name[64];
	int fd, n;

	CHECK_OK(mkdir("pts", 0755));
	CHECK_OK(syscall(SYS_mount, "x", "pts", "devpts", 0,
			 "newinstance,gid=7,uid=9,mode=0620,ptmxmode=0640,max=2"));
	CHECK_OK(stat("pts/ptmx", &st));
	CHECK_EQ(st.st_mode, S_IFCHR | 0640);
	CHECK_EQ(st.st_rdev, 5 << 8 | 2);
	fd = CHECK_OK(open("pts/ptmx", O_RDWR | O_NOCTTY));
	CHECK_OK(ioctl(fd, TIOCGPTN, &n));
	CHECK_EQ(n, 0);
	CHECK_OK(stat("pts/0", &st));
	CHECK_EQ(st.st_mode, S_IFCHR | 0620);
	CHECK_EQ(st.st_uid, 9);
	CHECK_EQ(st.st_gid, 7);
	CHECK_EQ(st.st_rdev, 136 << 8);
	CHECK_OK(open("pts/ptmx", O_RDWR | O_NOCTTY));
	CHECK_ERR(open("pts/ptmx", O_RDWR | O_NOCTTY), ENOSPC);
	CHECK_OK(close(fd));
	CHECK_ERR(stat("pts/0", &st), ENOENT);
	fd = CHECK_OK(open("pts/ptmx", O_RDWR | O_NOCTTY));
	CHECK_OK(ioctl(fd, TIOCGPTN, &n));
	CHECK_EQ(n, 0);
	snprintf(name, sizeof(name), "/dev/pts/%d", 0);
	CHECK_ERR(mkdir("pts/d", 0700), EPERM);
	CHECK_ERR(unlink("pts/ptmx"), EPERM);
	CHECK_ERR(syscall(SYS_mount, "x", "pts", "devpts", 0, "nonsense=1"), EINVAL);
	CHECK_ERR(syscall(SYS_mount, "x", "pts", "devpts", 0, "mode=9"), EINVAL);
}

/* The master flushes its own queues: not what the slave has still to read. */
TEST(a_flush_through_the_master_is_of_its_own_queues, SYS_ioctl)
{
	int n = -1;

	open_pair();
	CHECK_EQ(write(slave, "out", 3), 3);
	CHECK_EQ(write(master, "in\n", 3), 3);
	usleep(20000);
	CHECK_OK(ioctl(master, TCFLSH, TCIFLUSH));
	CHECK_OK(ioctl(master, FIONREAD, &n));
	CHECK_EQ(n, 0);
	CHECK_OK(ioctl(master, TCFLSH, TCIOFLUSH));
	CHECK_OK(ioctl(slave, FIONREAD, &n));
	CHECK_EQ(n, 3);
	CHECK_ERR(ioctl(master, TCFLSH, 3), EINVAL);
}

TEST(echo_that_waits_is_not_counted_as_output, SYS_ioctl)
{
	int n = -1;

	open_pair();
	CHECK_OK(ioctl(slave, TCXONC, TCOOFF));
	CHECK_EQ(write(master, "abc", 3), 3);
	usleep(20000);
	CHECK_OK(ioctl(slave, TIOCOUTQ, &n));
	CHECK_EQ(n, 0);
}

/* VMIN and VTIME are for raw input: ICANON alone decides, though EXTPROC leaves no editing. */
TEST(external_processing_of_lines_has_no_minimum, SYS_ioctl, SYS_read)
{
	struct termios t;
	char byte;

	open_pair();
	CHECK_OK(tcgetattr(slave, &t));
	t.c_lflag |= ICANON | EXTPROC;
	t.c_cc[VMIN] = t.c_cc[VTIME] = 0;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	CHECK_OK(fcntl(slave, F_SETFL, O_NONBLOCK));
	CHECK_ERR(read(slave, &byte, 1), EAGAIN);
}
