/* core/log: levels, the ring's wrap, readers, consoles. */
#include "tests/unit/unit.h"
#include "arch/host/host.h"
#include "core/cmdline.h"
#include "core/log.h"

static char shown[4096];

static void show(struct console *con, const char *s, size_t len)
{
	strncat(shown, s, len);
}

static struct console screen = { .write = show, .name = "screen" };

TEST(filtered_messages_are_not_stored)
{
	u64 before = log_seq_next();

	log_debug(VM, "not wanted");
	assert_int_equal(log_seq_next(), before);
	cmdline_init("log=vm:debug,sched:err");
	log_init();
	log_debug(VM, "wanted");
	log_info(SCHED, "not wanted");
	log_debug(FS, "not wanted");
	assert_int_equal(log_seq_next(), before + 1);
	cmdline_init("");
	log_subsys_level[LOG_SUBSYS_VM] = log_subsys_level[LOG_SUBSYS_SCHED] = LOG_INFO;
	log_set_console_level(4);
}

TEST(records_are_read_back)
{
	u64 seq = log_seq_next(), first = seq;
	struct log_record rec;
	char buf[100], small[4];

	host_clock_ns = 12345678901;
	log_info(NET, "packet %d\n", 7);
	log_err(FS, "broken");
	log_user(1, 5, "from a process\n", 15);
	assert_int_equal(log_read(&seq, &rec, buf, sizeof(buf)), 13);
	assert_memory_equal(buf, "net: packet 7", 13);
	assert_int_equal(rec.seq, first);
	assert_int_equal(rec.level, LOG_INFO);
	assert_int_equal(rec.time_ns, 12345678901);
	assert_int_equal(log_read(&seq, &rec, small, sizeof(small)), 4);
	assert_int_equal(rec.len, 10);
	seq = first;
	assert_int_equal(log_read_syslog(&seq, buf, sizeof(buf), true), 32);
	assert_memory_equal(buf, "<6>[   12.345678] net: packet 7\n", 32);
	seq = first + 2;
	assert_true(log_read_syslog(&seq, buf, sizeof(buf), true) > 0);
	assert_memory_equal(buf, "<13>[   12.345678] from a process\n", 34);
	assert_int_equal(log_read(&seq, &rec, buf, sizeof(buf)), -EAGAIN);
	assert_int_equal(seq, first + 3);
}

TEST(the_ring_drops_the_oldest)
{
	struct log_record rec;
	char buf[LOG_LINE_MAX], text[LOG_LINE_MAX];
	u64 seed = 21, seq, last = 0;
	int count = 0;

	for (int i = 0; i < 5000; i++) {
		size_t len = 9 + test_random(&seed) % 300;

		memset(text, 'a' + i % 26, sizeof(text));
		memcpy(text, &i, sizeof(i));
		log_user(0, 6, text, len);
	}
	assert_true(log_seq_first() > 0);
	seq = 0;
	while (log_read(&seq, &rec, buf, sizeof(buf)) >= 0) {
		int i;

		memcpy(&i, buf, sizeof(i));
		if (count)
			assert_int_equal(rec.seq, last + 1);
		else
			assert_int_equal(rec.seq, log_seq_first());
		last = rec.seq;
		for (int k = 4; k < rec.len; k++)
			assert_int_equal(buf[k], 'a' + i % 26);
		count++;
	}
	assert_int_equal(last + 1, log_seq_next());
	assert_true(count > 200);
}

TEST(console_shows_what_is_asked_for)
{
	shown[0] = 0;
	log_set_console_level(4);
	console_register(&screen);
	shown[0] = 0;
	host_clock_ns = 1500000000;
	log_info(VM, "quiet");
	log_err(VM, "loud");
	assert_string_equal(shown, "[    1.500000] vm: loud\n");
	log_console_off();
	log_err(VM, "off");
	log_console_on();
	assert_int_equal(log_console_level(), 4);
	assert_null(strstr(shown, "off"));
	shown[0] = 0;
	cmdline_init("loglevel=7");
	log_init();
	log_info(VM, "now");
	assert_non_null(strstr(shown, "vm: now"));
}

TEST(clearing)
{
	log_clear();
	assert_int_equal(log_seq_cleared(), log_seq_next());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filtered_messages_are_not_stored),
		cmocka_unit_test(records_are_read_back),
		cmocka_unit_test(the_ring_drops_the_oldest),
		cmocka_unit_test(console_shows_what_is_asked_for),
		cmocka_unit_test(clearing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
