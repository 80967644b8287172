/*
 * termios(3): the line discipline under bytes, settings and reads drawn at random.
 *
 * Each case opens a pseudo-terminal, then types, writes, reads, changes settings and flushes,
 * and writes down all that can be seen: what the master reads (echo and output), what each
 * read of the slave gives, the queue's length, the signals.  The hash of what was seen is
 * compared with that of Debian's Linux.  The seeds are fixed.  A case that fails prints what was
 * seen, to lay beside what Linux shows with the hash of that case changed.
 */
#include "abi_test.h"
#include <stdarg.h>
#include <asm/termbits.h>
#include <sys/ioctl.h>

static int master, slave;
static char text[65536];
static int text_len;
static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

static void note(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	text_len += vsnprintf(text + text_len, sizeof(text) - text_len, format, ap);
	va_end(ap);
	CHECK(text_len < (int)sizeof(text) - 4096);
}

static void note_bytes(const unsigned char *bytes, int len)
{
	for (int i = 0; i < len; i++)
		note(bytes[i] < 33 || bytes[i] > 126 || bytes[i] == '\\' ? "\\%02x" : "%c",
		     bytes[i]);
}

static volatile sig_atomic_t signals; /* bits 1 << number, since they were last noted */

static void on_signal(int number)
{
	signals |= 1 << number;
}

static void open_pair(void)
{
	int unlock = 0;

	master = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK));
	CHECK_OK(ioctl(master, TIOCSPTLCK, &unlock));
	slave = CHECK_OK(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_NONBLOCK));
	CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
}

/* Keys that mean something, letters, parts of UTF-8, anything. */
static unsigned char draw_byte(const struct termios2 *t)
{
	static const unsigned char often[] = "\n\r\t\b\177\003\004\021\023\025\026\027\022\032"
					     "\\^ _-\377\303\251\200\0aZ";

	switch (draw(8)) {
	case 0:
		return t->c_cc[draw(19)];
	case 1:
	case 2:
		return often[draw(sizeof(often) - 1)];
	case 3:
		return draw(256);
	default:
		return "abc XYZ019_.\t\n"[draw(14)];
	}
}

static tcflag_t draw_flags(const tcflag_t *flags, int count, int one_in)
{
	tcflag_t set = 0;

	for (int i = 0; i < count; i++)
		if (draw(one_in) == 0)
			set |= flags[i];
	return set;
}

/* The default settings, changed in some places. */
static void draw_settings(struct termios2 *t)
{
	static const tcflag_t i[] = { IGNBRK, PARMRK, ISTRIP, INLCR, IGNCR,
				      ICRNL,  IUCLC,  IXON,   IXANY, IUTF8 };
	static const tcflag_t o[] = { OPOST, OLCUC, ONLCR, OCRNL, ONOCR, ONLRET, XTABS };
	static const tcflag_t l[] = { ISIG,   ICANON,  ECHO,	ECHOE,	ECHOK, ECHONL,
				      NOFLSH, ECHOCTL, ECHOPRT, ECHOKE, IEXTEN };

	t->c_iflag ^= draw_flags(i, 10, 5);
	t->c_oflag ^= draw_flags(o, 7, 5);
	t->c_lflag ^= draw_flags(l, 11, 6);
	if (draw(24) == 0)
		t->c_lflag ^= EXTPROC;
	if (draw(4) == 0)
		t->c_cc[VEOL] = "x\0;"[draw(3)];
	if (draw(4) == 0)
		t->c_cc[VEOL2] = "y\0 "[draw(3)];
	if (draw(8) == 0)
		t->c_cc[draw(17)] = draw(256);
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

/* What comes out of one end, read by read. */
static void note_reads(int fd, int size, const char *name)
{
	unsigned char bytes[4200];
	long n;

	note(" %s", name);
	for (int i = 0; i < 300; i++) {
		n = read(fd, bytes, size);
		if (n < 0) {
			note("%s", errno == EAGAIN ? "" : strerror(errno));
			break;
		}
		note("|");
		note_bytes(bytes, n);
	}
}

static void type_or_write(int fd, const struct termios2 *t, int max)
{
	unsigned char bytes[128];
	int len = 1 + draw(max);
	long n;

	for (int i = 0; i < len; i++)
		bytes[i] = draw_byte(t);
	note(fd == master ? "\n  type " : "\n  write ");
	note_bytes(bytes, len);
	n = write(fd, bytes, len);
	note(n < 0 ? "=%s" : "=%2$ld", n < 0 ? strerror(errno) : "", n);
}

static void step(struct termios2 *t)
{
	static const int setters[] = { TCSETS2, TCSETSW2, TCSETSF2 };
	int queued = -1, which;

	switch (draw(10)) {
	case 0:
	case 1:
		type_or_write(slave, t, 40);
		break;
	case 2:
		draw_settings(t);
		which = draw(3);
		note("\n  set%d i%x o%x l%x", which, t->c_iflag, t->c_oflag, t->c_lflag);
		CHECK_OK(ioctl(slave, setters[which], t));
		break;
	case 3:
		which = draw(3);
		note("\n  flush%d", which);
		CHECK_OK(ioctl(slave, TCFLSH, which));
		break;
	case 4:
		which = draw(4);
		note("\n  flow%d", which);
		CHECK_OK(ioctl(slave, TCXONC, which));
		break;
	default:
		type_or_write(master, t, 60);
	}
	usleep(3000);
	note(" sig%x", (int)signals);
	signals = 0;
	note_reads(master, 4200, "M");
	CHECK_OK(ioctl(slave, FIONREAD, &queued));
	note(" q%d", queued);
	if (draw(3))
		note_reads(slave, draw(2) ? 4200 : 1 + draw(12), "S");
	usleep(1000);
	note_reads(master, 4200, "M");
}

static uint32_t run_case(int number)
{
	uint32_t hash = 2166136261u;
	struct termios2 t;

	seed = 77777 + number * 104729;
	for (int i = 0; i < 8; i++)
		draw(2);
	text_len = 0;
	open_pair();
	CHECK_OK(ioctl(slave, TCGETS2, &t));
	draw_settings(&t);
	note("case %d i%x o%x l%x cc ", number, t.c_iflag, t.c_oflag, t.c_lflag);
	note_bytes(t.c_cc, 17);
	CHECK_OK(ioctl(slave, TCSETS2, &t));
	for (int i = draw(5) + 2; i > 0; i--)
		step(&t);
	CHECK_OK(ioctl(slave, TIOCNOTTY));
	CHECK_OK(close(slave));
	CHECK_OK(close(master));
	for (int i = 0; i < text_len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return hash;
}

static void become_leader(void)
{
	CHECK_OK(setsid());
	signal(SIGHUP, SIG_IGN);
	signal(SIGCONT, SIG_IGN);
	signal(SIGINT, on_signal);
	signal(SIGQUIT, on_signal);
	signal(SIGTSTP, on_signal);
}

/* What Debian's Linux shows; 0: there it depends on when a kernel thread runs. */
static const uint32_t linux_shows[] = {
	0xcbe3265a, 0x2e8ed86e, 0x579e4819, 0x8c387f5e, 0x05c44f18, 0xd2eeefe1, 0xd4425dc7,
	0xaf308eb7, 0x6c99c12e, 0xc7edb10b, 0x0b434e8f, 0x6512d838, 0xd7ee2ee7, 0xb998c065,
	0x5b91c7fb, 0xb3895393, 0x7c8da439, 0xa5b09e5d, 0xdea1a492, 0x81dfe3ab, 0xd4ef66dd,
	0x761b4ff0, 0x919cc95e, 0x2e730272, 0x707aea4a, 0x23b61baa, 0x0543c125, 0,
	0x011c9a3c, 0x8afce2c7, 0x120ba957, 0x96a7e75e, 0x2c1f4fb5, 0xdd29d8f9, 0x81fa527a,
	0x833e4e59, 0xb3fc6627, 0x28abdd14, 0x7425a703, 0xe330f49d, 0x3fa02797, 0xab7e7ef2,
	0x2b1eddc6, 0x949e1e17, 0x7b93456a, 0xd091dc6e, 0x7d2668f0, 0x7ff60890, 0xb2a6ad6e,
	0x9e717222, 0x5802bc94, 0xe2f34429, 0xf376c1d2, 0x15ae1e03, 0x456d9ae1, 0xa230592b,
	0x563fff3c, 0xa04aab04, 0xd7e15486, 0xd7553a06, 0x41582b08, 0x4a379022, 0xbb2dc48c,
	0x6c2178d3, 0x65767654, 0x8e8cea84, 0x1359ccee, 0x77ca1b48, 0xdb915172, 0x246a6f24,
	0x0f366790, 0x8eb504e7, 0x75d4c065, 0x365dea9b, 0xd0aa85c8, 0x606c4e72, 0xf4f25bdd,
	0x9f97c273, 0x0e996b86, 0x124b7a8b, 0x4fefd639, 0xc8f0edcd, 0x2c4cc85e, 0x39875cb3,
	0xb7609126, 0x474b1455, 0x58f61a94, 0x94f07ec0, 0x8a5598f9, 0x7c1a7af2, 0x2b706564,
	0xd6e33859, 0x4df16610, 0x9ee9f311, 0x9542be49, 0x9c625bc4, 0x440e87e5, 0x93e83093,
	0xf2d31838, 0xc2756fe1, 0xb7847115, 0x00ea87d7, 0xed211963, 0x1a1bfb64, 0xa0152057,
	0x47e1fb9b, 0x3ad4849d, 0x5d1376c8, 0x5236c5bb, 0xee749641, 0x621f9d5b, 0x1dafd90d,
	0x94e2b0c4, 0x678161e8, 0x1b667537, 0x7c4087d2, 0x731162e5, 0x6f9fc85e, 0xf2365239,
	0xa67ca115, 0xba425400, 0x3c6f76a5, 0x11da0ea2, 0x237c9467, 0x02f5c012, 0xd58e9c91,
	0x9a0c9973, 0xecef721c, 0x81cd8575, 0xc389c92b, 0xadbc1d41, 0xb725f93e, 0xfbaee536,
	0x63a796f4, 0x1e63b538, 0xfc998d50, 0x715ac299, 0xdfda2a1d, 0x69dcece0, 0x03c3f585,
	0x660dd94b, 0x86918f8f, 0x3db8de23, 0x6a96b830,
};

static void run_cases(void)
{
	become_leader();
	for (unsigned i = 0; i < sizeof(linux_shows) / sizeof(linux_shows[0]); i++) {
		uint32_t hash = run_case(i);

		/* On a busy host Linux's own threads may be late. */
		for (int again = 0; again < 3 && linux_shows[i] && hash != linux_shows[i]; again++)
			hash = run_case(i);
		if (linux_shows[i] && hash != linux_shows[i])
			printf("%s\n", text);
		if (linux_shows[i])
			CHECK_EQ(hash, linux_shows[i]);
	}
}

TEST_TIMEOUT(random_input_gives_what_linux_gives, 60, SYS_ioctl)
{
	CHECK_CHILD(run_cases());
}
