/*
 * The line discipline on the host: bytes in, bytes out, echo, signals.
 * Expected values are what Linux's N_TTY does.
 */
#include "tests/unit/unit.h"
#include "tty/ldisc.h"

#define CHECK(x) assert_true(x)

static struct ldisc ld;
static char line[16384];
static size_t line_len, line_room;
static int starts, stops, flushes;

static size_t put(struct ldisc *l, const u8 *buf, size_t len)
{
	size_t n = min(len, line_room);

	memcpy(line + line_len, buf, n);
	line_len += n;
	line_room -= n;
	return n;
}

static size_t room(struct ldisc *l)
{
	return line_room;
}
static void flush_output(struct ldisc *l)
{
	flushes++;
}
static void start(struct ldisc *l)
{
	starts++;
}
static void stop(struct ldisc *l)
{
	stops++;
}

static const struct ldisc_ops ops = {
	.put = put,
	.room = room,
	.flush_output = flush_output,
	.start = start,
	.stop = stop,
};

static void begin(void)
{
	line_len = 0;
	line_room = 8192;
	starts = stops = flushes = 0;
	ldisc_init(&ld, &ops);
}

static void type(const char *s)
{
	CHECK(ldisc_receive(&ld, (const u8 *)s, strlen(s)) == strlen(s));
}

static bool echoed(const char *s)
{
	bool same = line_len == strlen(s) && memcmp(line, s, line_len) == 0;

	if (!same)
		printf("  echo was \"%.*s\"\n", (int)line_len, line);
	line_len = 0;
	return same;
}

static bool reads(const char *s)
{
	u8 buf[8192];
	bool end;
	size_t n = ldisc_read(&ld, buf, sizeof(buf), &end);

	if (n != strlen(s) || memcmp(buf, s, n)) {
		printf("  read was \"%.*s\"\n", (int)n, buf);
		return false;
	}
	return true;
}

static void change(tcflag_t *flags, tcflag_t set, tcflag_t clear)
{
	struct termios2 t = ld.t;
	size_t at = (char *)flags - (char *)&ld.t;

	*(tcflag_t *)((char *)&t + at) = (*flags | set) & ~clear;
	ldisc_set_termios(&ld, &t);
}

static void set_cc(int which, u8 c)
{
	struct termios2 t = ld.t;

	t.c_cc[which] = c;
	ldisc_set_termios(&ld, &t);
}

TEST(lines)
{
	begin();
	type("ab");
	CHECK(!ldisc_readable(&ld, 1));
	CHECK(ldisc_inq(&ld) == 0);
	type("c\rde\n");
	CHECK(ldisc_readable(&ld, 1));
	CHECK(ldisc_inq(&ld) == 7);
	CHECK(echoed("abc\r\nde\r\n"));
	CHECK(reads("abc\n"));
	CHECK(reads("de\n"));
	CHECK(!ldisc_readable(&ld, 1));
}

TEST(end_of_file)
{
	u8 buf[4];
	bool end;

	begin();
	type("\4");
	CHECK(ldisc_readable(&ld, 1));
	CHECK(ldisc_inq(&ld) == 0);
	CHECK(reads(""));
	CHECK(!ldisc_readable(&ld, 1));
	type("xy\4");
	CHECK(reads("xy"));
	type("wxyz\4");
	CHECK(ldisc_read(&ld, buf, 4, &end) == 4 && end); /* the mark goes too */
	CHECK(!ldisc_readable(&ld, 1));
}

TEST(erasing)
{
	begin();
	type("abc\177\177x\n");
	CHECK(echoed("abc\b \b\b \bx\r\n"));
	CHECK(reads("ax\n"));
	type("\177");
	CHECK(echoed(""));

	begin();
	type("one two  \027");
	CHECK(echoed("one two  \b \b\b \b\b \b\b \b\b \b"));
	type("\n");
	CHECK(reads("one \n"));

	begin();
	type("abc\025de\n");
	CHECK(echoed("abc\b \b\b \b\b \bde\r\n"));
	CHECK(reads("de\n"));
	change(&ld.t.c_lflag, 0, ECHOKE);
	type("abc\025");
	CHECK(echoed("abc^U\r\n"));

	begin();
	type("\1\177");
	CHECK(echoed("^A\b \b\b \b"));
	type("ab\t\177");
	CHECK(echoed("ab\t\b\b\b\b\b\b"));

	begin();
	change(&ld.t.c_iflag, IUTF8, 0);
	type("\303\251\177x\n");
	CHECK(echoed("\303\251\b \bx\r\n"));
	CHECK(reads("x\n"));
	change(&ld.t.c_iflag, 0, IUTF8);
	type("\303\251\177\n");
	CHECK(reads("\303\n"));

	begin();
	change(&ld.t.c_lflag, ECHOPRT, 0);
	type("abc\177\177d");
	CHECK(echoed("abc\\cb/d"));
}

TEST(quoting)
{
	begin();
	type("a\026\003b\n");
	CHECK(echoed("a^\b^Cb\r\n"));
	CHECK(ld.signals == 0);
	CHECK(reads("a\003b\n"));

	begin();
	type("ab\022c\n");
	CHECK(echoed("ab^R\r\nabc\r\n"));
	CHECK(reads("abc\n"));

	begin();
	set_cc(VEOL, '!');
	set_cc(VEOL2, '?');
	type("a!b?c");
	CHECK(reads("a!"));
	CHECK(reads("b?"));
	CHECK(!ldisc_readable(&ld, 1));
}

TEST(signals)
{
	begin();
	type("abc");
	type("\003");
	CHECK(ld.signals == LDISC_SIGINT);
	CHECK(flushes == 1);
	CHECK(echoed("abc^C"));
	type("\n");
	CHECK(reads("\n"));
	ld.signals = 0;
	change(&ld.t.c_lflag, NOFLSH, 0);
	type("abc\032\n");
	CHECK(ld.signals == LDISC_SIGTSTP && flushes == 1);
	CHECK(reads("abc\n"));
	ld.signals = 0;
	type("\034");
	CHECK(ld.signals == LDISC_SIGQUIT);
	change(&ld.t.c_lflag, 0, ISIG);
	ld.signals = 0;
	type("\003\n");
	CHECK(ld.signals == 0);
	CHECK(reads("\003\n"));
}

TEST(flow)
{
	begin();
	type("\023");
	CHECK(ld.stopped && stops == 1);
	type("a");
	CHECK(echoed("")); /* held back */
	type("\021");
	CHECK(!ld.stopped && starts == 1);
	CHECK(echoed("a"));
	type("\023");
	change(&ld.t.c_iflag, IXANY, 0);
	type("b");
	CHECK(!ld.stopped);
	ldisc_hold_output(&ld, true);
	type("\021x");
	CHECK(ld.stopped);
	ldisc_hold_output(&ld, false);
	CHECK(!ld.stopped);
}

TEST(input_modes)
{
	begin();
	change(&ld.t.c_lflag, 0, ICANON | ECHO | ISIG);
	change(&ld.t.c_iflag, INLCR, ICRNL);
	type("a\rb\n");
	CHECK(reads("a\rb\r"));
	change(&ld.t.c_iflag, IGNCR, INLCR);
	type("a\rb\n");
	CHECK(reads("ab\n"));
	change(&ld.t.c_iflag, ISTRIP | IUCLC, IGNCR);
	type("\301B");
	CHECK(reads("ab"));
	change(&ld.t.c_iflag, PARMRK, ISTRIP | IUCLC);
	type("\377");
	CHECK(reads("\377\377"));
}

TEST(raw)
{
	static u8 big[5000];
	size_t n;

	begin();
	change(&ld.t.c_lflag, 0, ICANON | ECHO | ISIG);
	change(&ld.t.c_iflag, 0, ICRNL | IXON);
	type("ab\003\r");
	CHECK(!ldisc_readable(&ld, 5));
	CHECK(ldisc_readable(&ld, 4));
	CHECK(reads("ab\003\r"));
	CHECK(echoed(""));
	n = ldisc_receive(&ld, big, sizeof(big));
	CHECK(n == LDISC_BUF - 1);
	CHECK(ldisc_receive(&ld, big, 1) == 0);
}

TEST(long_line)
{
	u8 buf[8192];
	bool end;
	int i;

	begin();
	change(&ld.t.c_lflag, 0, ECHO);
	for (i = 0; i < 5000; i++)
		type("x");
	type("y\n");
	CHECK(ldisc_read(&ld, buf, sizeof(buf), &end) == 4096 || end);
	CHECK(buf[4095] == '\n');
	type("next\n");
	CHECK(reads("next\n"));
}

TEST(switching)
{
	begin();
	change(&ld.t.c_lflag, 0, ECHO);
	type("half");
	change(&ld.t.c_lflag, 0, ICANON);
	CHECK(reads("half"));
	type("abc");
	change(&ld.t.c_lflag, ICANON, 0);
	CHECK(ldisc_readable(&ld, 1));
	CHECK(reads("abc"));
}

TEST(output)
{
	begin();
	CHECK(ldisc_write(&ld, (const u8 *)"a\nb\tc", 5) == 5);
	CHECK(echoed("a\r\nb\tc"));
	CHECK(ld.column == 9);
	change(&ld.t.c_oflag, XTABS, 0);
	ldisc_write(&ld, (const u8 *)"\n\tx", 3);
	CHECK(echoed("\r\n        x"));
	change(&ld.t.c_oflag, OLCUC | OCRNL, ONLCR);
	ldisc_write(&ld, (const u8 *)"\na\r", 3);
	CHECK(echoed("\nA\n"));
	change(&ld.t.c_oflag, ONOCR, OCRNL | OLCUC);
	ld.column = 0;
	ldisc_write(&ld, (const u8 *)"\r", 1);
	CHECK(echoed(""));
	change(&ld.t.c_oflag, 0, OPOST);
	ldisc_write(&ld, (const u8 *)"a\n", 2);
	CHECK(echoed("a\n"));

	begin();
	line_room = 3;
	CHECK(ldisc_write(&ld, (const u8 *)"abcdef", 6) == 3);
	CHECK(ldisc_write(&ld, (const u8 *)"def", 3) == 0);
	type("e");
	line_room = 100;
	CHECK(ldisc_write(&ld, (const u8 *)"def", 3) == 3);
	CHECK(echoed("abcedef")); /* echo first */
}

/* OPOST and the columns are those of the moment in which it goes out. */
TEST(echo_that_waits)
{
	begin();
	ldisc_write(&ld, (const u8 *)"> ", 2);
	ldisc_hold_output(&ld, true);
	type("ab\tc\177\177");
	ld.t.c_oflag |= OLCUC;
	CHECK(ld.column == 2);
	ldisc_hold_output(&ld, false);
	CHECK(echoed("> ")); /* until something else moves */
	type("\n");
	CHECK(echoed("AB\tC\b \b\b\b\b\b\r\n"));
	CHECK(ld.column == 0);

	/* A step is not cut: without room for "^A" none of it goes. */
	begin();
	line_room = 1;
	type("\001x");
	CHECK(echoed("") && ld.column == 0);
	line_room = 9;
	ldisc_echo_drain(&ld);
	CHECK(echoed("^Ax") && ld.column == 3);

	/* Of too much the last stays. */
	begin();
	ldisc_hold_output(&ld, true);
	for (int i = 0; i < 2000; i++)
		type(i < 1999 ? "y" : "z");
	CHECK(ld.echo_len == LDISC_ECHO);
	ldisc_hold_output(&ld, false);
	ldisc_echo_drain(&ld);
	CHECK(line_len == LDISC_ECHO && line[line_len - 1] == 'z');

	/* A signal drops it, and the column is that of what was shown. */
	begin();
	type("ab");
	ldisc_hold_output(&ld, true);
	type("cd\003");
	ldisc_hold_output(&ld, false);
	ldisc_echo_drain(&ld);
	CHECK(echoed("ab^C") && ld.column == 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),       cmocka_unit_test(end_of_file),
		cmocka_unit_test(erasing),     cmocka_unit_test(quoting),
		cmocka_unit_test(signals),     cmocka_unit_test(flow),
		cmocka_unit_test(input_modes), cmocka_unit_test(raw),
		cmocka_unit_test(long_line),   cmocka_unit_test(switching),
		cmocka_unit_test(output),      cmocka_unit_test(echo_that_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
