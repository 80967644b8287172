/*
 * A terminal under random settings and bytes, beside Linux: every round opens a pty, and by a
 * seeded sequence changes its settings, writes and reads on both sides, and notes all that comes
 * back.  The digests of the notes are those of Debian's 6.1.
 */
#include "abi_test.h"
#include <asm/termbits.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/ioctl.h>

#define STEPS 40

static uint32_t state, digest;
static const bool told; /* set, it prints what is behind a digest */

static unsigned pick(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return (state >> 3) % n;
}

static bool chance(unsigned percent)
{
	return pick(100) < percent;
}

static void note(const char *format, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	for (const char *s = line; *s; s++)
		digest = (digest ^ (uint8_t)*s) * 16777619;
	if (told)
		fputs(line, stdout);
}

static void note_bytes(const char *what, long n, const uint8_t *buf)
{
	char hex[600], *at = hex;

	for (long i = 0; i < n && i < 250; i++)
		at += sprintf(at, "%02x", buf[i]);
	*at = 0;
	note("%s %ld %s\n", what, n < 0 ? -errno : n, hex);
}

/* Some of the flags, each with its own likelihood. */
static unsigned some(const unsigned *flags, unsigned n, unsigned percent)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < n; i++)
		if (chance(percent))
			sum |= flags[i];
	return sum;
}

#define SOME(percent, ...)                                                                         \
	some((const unsigned[]){ __VA_ARGS__ },                                                    \
	     sizeof((const unsigned[]){ __VA_ARGS__ }) / sizeof(unsigned), percent)

static void random_settings(struct termios *t)
{
	static const uint8_t odd[] = { 0, 'a', 'b', '\n', '\r', ' ', 0x7f, 0xc3, 3, 4, 17, 19, 22 };

	if (chance(70))
		t->c_iflag = SOME(30, IGNBRK, BRKINT, IGNPAR, PARMRK, INPCK, ISTRIP, INLCR, IGNCR,
				  ICRNL, IUCLC, IXON, IXANY, IMAXBEL, IUTF8) |
			     (chance(15) ? IXOFF : 0);
	if (chance(70))
		t->c_oflag = SOME(30, OLCUC, ONLCR, OCRNL, ONOCR, ONLRET, OFILL, OFDEL) |
			     (chance(70) ? OPOST : 0) | (chance(40) ? TAB3 : 0);
	if (chance(70))
		t->c_lflag = SOME(50, ECHO, ECHOE, ECHOK, ECHOCTL, ECHOKE, IEXTEN) |
			     SOME(25, ISIG, ECHONL, ECHOPRT, NOFLSH, TOSTOP, XCASE) |
			     (chance(60) ? ICANON : 0) | (chance(8) ? EXTPROC : 0);
	if (chance(30))
		t->c_cc[VMIN] = pick(6);
	if (chance(15))
		t->c_cc[VTIME] = pick(2);
	if (chance(30)) {
		unsigned which = pick(17);

		if (which != VMIN && which != VTIME)
			t->c_cc[which] = odd[pick(sizeof(odd))];
	}
}

static unsigned random_bytes(uint8_t *buf, const struct termios *t)
{
	static const char text[] = "abcdefghABC XYZ\t\\.,'(){}|~^`!";
	static const uint8_t utf8[] = { 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xff, 0x80 };
	unsigned n = 1 + pick(12);

	for (unsigned i = 0; i < n; i++)
		switch (pick(10)) {
		case 0:
			buf[i] = t->c_cc[pick(17)];
			break;
		case 1:
			buf[i] = "\n\n\r\t\b\v\f"[pick(7)];
			break;
		case 2:
			buf[i] = utf8[pick(sizeof(utf8))];
			break;
		case 3:
			buf[i] = pick(3) ? pick(32) : pick(256);
			break;
		default:
			buf[i] = text[pick(sizeof(text) - 1)];
		}
	return n;
}

/* Linux hands the master's bytes to the line discipline in a worker. */
static void settle(void)
{
	usleep(300);
}

static void note_state(int master, int slave)
{
	struct pollfd fds[2] = { { master, POLLIN | POLLOUT | POLLPRI, 0 },
				 { slave, POLLIN | POLLOUT | POLLPRI, 0 } };
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };

	poll(fds, 2, 0);
	for (int i = 0; i < 2; i++) {
		ioctl(fds[i].fd, FIONREAD, &in[i]);
		ioctl(fds[i].fd, TIOCOUTQ, &out[i]);
	}
	note("  poll %x %x inq %d %d outq %d %d\n", fds[0].revents, fds[1].revents, in[0], in[1],
	     out[0], out[1]);
}

static void step(int master, int slave, struct termios *t)
{
	static const unsigned sets[] = { TCSETS, TCSETS, TCSETS, TCSETSW, TCSETSF };
	uint8_t buf[256];
	unsigned n;
	int ret, on;

	switch (pick(20)) {
	case 0 ... 6:
		n = random_bytes(buf, t);
		note_bytes("type", n, buf);
		note("%ld\n", (long)write(master, buf, n));
		settle();
		break;
	case 7 ... 9:
		n = random_bytes(buf, t);
		note_bytes("print", n, buf);
		note("%ld\n", (long)write(slave, buf, n));
		settle();
		break;
	case 10 ... 12:
		n = 1 + pick(chance(50) ? 4 : 200);
		note_bytes("read", read(slave, buf, n), buf);
		settle();
		break;
	case 13 ... 15:
		n = 1 + pick(chance(30) ? 8 : 200);
		note_bytes("see", read(master, buf, n), buf);
		settle();
		break;
	case 16 ... 17:
		random_settings(t);
		n = sets[pick(5)];
		ret = ioctl(slave, n, t);
		ioctl(slave, TCGETS, t);
		note("set %x %d: %x %x %x %x\n", n, ret, t->c_iflag, t->c_oflag, t->c_cflag,
		     t->c_lflag);
		settle();
		break;
	case 18:
		on = chance(60);
		note("packet %d %d\n", on, ioctl(master, TIOCPKT, &on));
		break;
	default:
		n = pick(7);
		if (n < 3)
			note("flush %u %d\n", n, ioctl(chance(70) ? slave : master, TCFLSH, n));
		else
			note("flow %u %d\n", n - 3, ioctl(slave, TCXONC, n - 3));
		settle();
	}
}

/* The digest of what a round gives. */
static uint32_t round_of(uint32_t seed)
{
	struct termios t;
	int master, slave, zero = 0;

	state = seed * 2654435761u | 1;
	digest = 2166136261u;
	master = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK));
	CHECK_OK(ioctl(master, TIOCSPTLCK, &zero));
	slave = CHECK_OK(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_NONBLOCK));
	CHECK_OK(ioctl(slave, TCGETS, &t));
	for (int i = 0; i < STEPS; i++) {
		step(master, slave, &t);
		note_state(master, slave);
	}
	close(slave);
	close(master);
	return digest;
}

/* Of the seeds 0, 1, 2, ... */
static const uint32_t digests[] = {
	0x33c7ec8a, 0xfdd34dc6, 0x85c37036, 0xa7e03f65, 0xdcbc4b26, 0x2831a668, 0x68562eb6,
	0xd420aa5b, 0xf4561a51, 0xda8885dc, 0x1274ddfa, 0x0d354a4b, 0x928945dc, 0xa49ddb0b,
	0x45aea07b, 0xb27cb339, 0x454a85de, 0xeaecda33, 0x82e2b8b4, 0xcd998763, 0x493dfe30,
	0x4bfbb369, 0x9277d9d6, 0xadf425be, 0xadfde587, 0x19ebf884, 0x6031d16a, 0xf36664fe,
	0x98ba80c2, 0x9523fc0b, 0x5cf42f81, 0x7fd57ab6, 0x9900e73f, 0xba8aac2a, 0x4cdab2d5,
	0x9fe420a6, 0xec156624, 0xc384999e, 0xc56f47ab, 0x00733c16, 0xc8de649e, 0x8081876c,
	0xa9ccdba2, 0x0d17b0a4, 0x52cd2d99, 0x5b0cdea5, 0x9daa4ec7, 0x15ba6453, 0x76e8a070,
	0x987ff5ce, 0xde95d043, 0x7fdb22e2, 0xb3bc026c, 0xce86b713, 0xa3515420, 0x031d3e62,
	0x12050956, 0x033c0115, 0xb50cf45d, 0x473a69e4, 0x28360829, 0x57d73b3f, 0xad506cd9,
	0x89272e0f, 0x904bb014, 0x871146c6, 0xbbd79d64, 0x8e13b58c, 0x08df2b7f, 0x0cc16a30,
	0x3d3bf107, 0xb7cf031b, 0xde4ff8c7, 0x50f78b7b, 0x28f62909, 0x97418b2d, 0xc475e12f,
	0xb9268faf, 0x40fc06c0, 0xd09eb1b4, 0x1594e8d1, 0xa1163e0c, 0xc525346b, 0xfd63f0a6,
	0x885942b5, 0xe015e9ff, 0x9ea87aac, 0xcd3dff8d, 0x79b453c0, 0xdce9cc97, 0x70474f1c,
	0xa836736d, 0x5b8969b6, 0xe08be4f5, 0x62d63f5f, 0x890773b5, 0x586260d2, 0xadfcd7e0,
	0x38b07ae9, 0x616cb1e5,
};

TEST_TIMEOUT(random_settings_and_bytes, 120, SYS_ioctl)
{
	for (unsigned seed = 0; seed < sizeof(digests) / sizeof(digests[0]); seed++)
		if (round_of(seed) != digests[seed])
			abi_fail(__FILE__, __LINE__, "seed %u gave %08x, not %08x", seed, digest,
				 digests[seed]);
}
