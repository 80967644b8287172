/*
 * What a write to a file of /proc means: how much of it is taken, and what is a number.
 * proc(5), Documentation/admin-guide/sysctl.
 */
#include "abi_test.h"

/* What a write takes, or minus its errno. */
static long put(const char *path, const char *text, size_t len)
{
	int fd = CHECK_OK(open(path, O_WRONLY));
	long ret = write(fd, text, len);

	if (ret < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static const char *now(const char *path)
{
	static char text[300];
	int fd = CHECK_OK(open(path, O_RDONLY));
	ssize_t n = CHECK_OK(read(fd, text, sizeof(text) - 1));

	close(fd);
	text[n] = 0;
	text[strcspn(text, "\n")] = 0;
	return text;
}

#define CHECK_NOW(path, want) CHECK(!strcmp(now(path), want))

static char *filled(const char *text, char with)
{
	enum { LEN = 6 << 20 };
	static char *all;

	if (!all)
		all = (char *)CHECK_OK(mmap(NULL, LEN, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	memset(all, with, LEN);
	memcpy(all, text, strlen(text));
	return all;
}

static const size_t lengths[] = { 4095, 4096, 4097, 8192, 65536, 1 << 20, (4 << 20) - 1 };
#define NLENGTHS (sizeof(lengths) / sizeof(lengths[0]))

/* The first page is looked at; what is left of it behind the number is left for a next write. */
TEST(the_first_page_counts_for_a_number, SYS_write)
{
	static const char path[] = "/proc/sys/kernel/core_uses_pid";

	for (size_t i = 0; i < NLENGTHS; i++) {
		CHECK_EQ(put(path, filled("1", ' '), lengths[i]), lengths[i]);
		CHECK_NOW(path, "1");
		CHECK_EQ(put(path, filled("0\nrubbish", 'x'), lengths[i]), lengths[i] - 4095 + 2);
		CHECK_NOW(path, "0");
		CHECK_EQ(put(path, filled("x", ' '), lengths[i]), -EINVAL);
	}
	CHECK_EQ(put(path, filled("1", ' '), 4 << 20), -ENOMEM);
	CHECK_EQ(put(path, filled("1", ' '), 5 << 20), -ENOMEM);
	filled("", ' ')[4094] = '1';
	CHECK_EQ(put(path, filled("", ' '), 5000), -EINVAL);
	CHECK_EQ(put(path, (char *)8, 5000), -EFAULT);
	CHECK_NOW(path, "0");
}

TEST(the_first_line_counts_for_a_text, SYS_write)
{
	static const char path[] = "/proc/sys/kernel/hostname";
	char old[300];

	strcpy(old, now(path));
	for (size_t i = 0; i < NLENGTHS; i++) {
		CHECK_EQ(put(path, filled("long\n", 'x'), lengths[i]), lengths[i]);
		CHECK_NOW(path, "long");
		CHECK_EQ(put(path, filled("other\n", '\n'), lengths[i]), lengths[i]);
		CHECK_NOW(path, "other");
	}
	CHECK_EQ(put(path, old, strlen(old)), strlen(old));
}

TEST(words_that_are_numbers, SYS_write)
{
	static const char path[] = "/proc/sys/kernel/core_uses_pid";

	CHECK_EQ(put(path, "\v 1\t\n", 5), 5);
	CHECK_NOW(path, "1");
	CHECK_EQ(put(path, "0\v", 2), -EINVAL); /* blanks behind it are fewer */
	CHECK_EQ(put(path, "00000000000000000002", 20), 20);
	CHECK_NOW(path, "2");
	CHECK_EQ(put(path, "000000000000000000003", 21), -EINVAL);
	CHECK_EQ(put(path, "0", 1), 1);
}

/* Four numbers, each write sets as many as it has. */
TEST(levels_of_messages, SYS_write)
{
	static const char path[] = "/proc/sys/kernel/printk";
	static const struct {
		const char *text;
		long taken;
		const char *then;
	} cases[] = {
		{ "3", 1, "3\t4\t1\t7" },	  { " 2 5", 4, "2\t5\t1\t7" },
		{ "1 2 3 4\n", 8, "1\t2\t3\t4" }, { "5 6 7 8 9", 8, "5\t6\t7\t8" },
		{ "4x", -EINVAL, "5\t6\t7\t8" },  { "4 3 x", -EINVAL, "4\t3\t7\t8" },
		{ "0x3 010", 7, "3\t8\t7\t8" },	  { "1,2", -EINVAL, "3\t8\t7\t8" },
		{ "4 4 1 7", 7, "4\t4\t1\t7" },
	};
	char old[300];

	strcpy(old, now(path));
	CHECK_EQ(put(path, "4 4 1 7", 7), 7);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		long taken = put(path, cases[i].text, strlen(cases[i].text));

		if (taken != cases[i].taken || strcmp(now(path), cases[i].then))
			abi_fail(__FILE__, __LINE__, "\"%s\": %ld, then \"%s\"", cases[i].text,
				 taken, now(path));
	}
	CHECK_EQ(put(path, old, strlen(old)), strlen(old));
}

/* oom_score_adj and the older oom_adj: blanks around the number, of the first 12 bytes. */
TEST(numbers_of_a_process, SYS_write)
{
	static const char adj[] = "/proc/self/oom_score_adj",
			  filter[] = "/proc/self/coredump_filter";
	static const struct {
		const char *text;
		long taken;
	} cases[] = {
		{ "1", 1 },
		{ " 1", 2 },
		{ "\t1 \n", 4 },
		{ "           1", 12 },
		{ "            1", -EINVAL },
		{ "1           2", 12 },
		{ "0000000000011", 12 },
		{ "1 2", -EINVAL },
		{ "0x1", 3 },
		{ "", -EINVAL },
		{ "1001", -EINVAL },
		{ "2147483648", -ERANGE },
		{ "99999999999", -ERANGE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		long taken;

		CHECK_EQ(put(adj, "7", 1), 1);
		taken = put(adj, cases[i].text, strlen(cases[i].text));
		if (taken != cases[i].taken || strcmp(now(adj), taken < 0 ? "7" : "1"))
			abi_fail(__FILE__, __LINE__, "\"%s\": %ld, then %s", cases[i].text, taken,
				 now(adj));
	}
	CHECK_EQ(put("/proc/self/oom_adj", " 15 ", 4), 4);
	CHECK_NOW(adj, "1000");
	CHECK_EQ(put(adj, filled("5", ' '), 9000), 12);
	CHECK_NOW(adj, "5");
	CHECK_EQ(put(filter, "0x33\n", 5), 5);
	CHECK_EQ(put(filter, "1 ", 2), -EINVAL);
	CHECK_EQ(put(filter, " 1", 2), -EINVAL);
	CHECK_EQ(put(filter, "4294967296", 10), -ERANGE);
	CHECK_NOW(filter, "00000033");
	CHECK_EQ(put("/proc/self/comm", filled("name", 'x'), 9000), 9000);
	CHECK_NOW("/proc/self/comm", "namexxxxxxxxxxx");
}
