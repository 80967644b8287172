/* tty/ldisc under any bytes, settings and read sizes: its counters stay in order, and the
 * sanitizers see nothing. */
#include "tests/unit/unit.h"
#include "tty/ldisc.h"

static char line[8192]; /* what was sent to the terminal */
static size_t line_len, line_room = sizeof(line);

static size_t put(struct ldisc *ld, const u8 *buf, size_t len)
{
	size_t n = min(len, line_room - line_len);

	memcpy(line + line_len, buf, n);
	line_len += n;
	return n;
}
static size_t room(struct ldisc *ld)
{
	return line_room - line_len;
}
static void nothing(struct ldisc *ld)
{
}

static const struct ldisc_ops ops = {
	.put = put, .room = room, .flush_output = nothing, .start = nothing, .stop = nothing
};

static struct ldisc *fresh(void)
{
	static struct ldisc *ld;

	free(ld);
	ld = calloc(1, sizeof(*ld));
	ldisc_init(ld, &ops);
	line_len = 0;
	line_room = sizeof(line);
	return ld;
}

/* Any bytes, any settings, any read sizes: the counters stay in order. */
TEST(noise)
{
	u64 seed = 321;
	struct ldisc *ld = fresh();

	for (int step = 0; step < 30000; step++) {
		u8 buf[64];
		struct termios2 t;
		bool end;

		for (int i = 0; i < 64; i++)
			buf[i] = test_random(&seed) % 3 ? test_random(&seed) % 32 :
							  test_random(&seed);
		switch (test_random(&seed) % 8) {
		case 0:
			t = ld->t;
			t.c_lflag = test_random(&seed);
			t.c_iflag = test_random(&seed);
			t.c_oflag = test_random(&seed);
			ldisc_set_termios(ld, &t);
			break;
		case 1:
			ldisc_write(ld, buf, test_random(&seed) % 64);
			break;
		case 2:
			ldisc_receive_break(ld);
			ldisc_receive_error(ld, buf[0]);
			break;
		case 3:
			ldisc_flush_input(ld);
			break;
		case 4:
			ldisc_read(ld, buf, test_random(&seed) % 64, &end);
			break;
		default:
			ldisc_receive(ld, buf, test_random(&seed) % 64);
		}
		line_len = 0;
		line_room = test_random(&seed) % 200;
		ldisc_echo_drain(ld);
		ldisc_hold_output(ld, test_random(&seed) % 2);
		ld->signals = 0;
		line_len = 0;
		assert_true(ld->head - ld->tail <= LDISC_BUF);
		assert_true(ld->echo_len <= LDISC_ECHO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(noise) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
