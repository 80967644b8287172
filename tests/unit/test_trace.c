/* syscall/trace_*: how calls look. */
#include "tests/unit/unit.h"
#include "abi/fcntl.h"
#include "abi/mman.h"
#include "abi/poll.h"
#include "abi/resource.h"
#include "abi/sched.h"
#include "abi/signal.h"
#include "abi/stat.h"
#include "abi/unistd.h"
#include "arch/host/host.h"
#include "lib/errno.h"
#include "syscall/trace.h"
#include "syscall/trace_internal.h"

static struct trace_line line;

/* The line of a call, as trace.c puts it together. */
static const char *shown(u64 nr, long ret, u64 a, u64 b, u64 c, u64 d)
{
	struct trace_call call = { .nr = nr, .args = { a, b, c, d } };
	int next;

	line.len = 0;
	next = trace_add_args(&line, &call, 0);
	call.done = true;
	call.ret = ret;
	trace_add_args(&line, &call, next);
	trace_add_result(&line, &call);
	return line.text;
}

#define U(p) ((u64)(uintptr_t)(p))

TEST(numbers_and_names)
{
	assert_string_equal(shown(__NR_openat, 3, (u32)AT_FDCWD, U("f"), O_RDWR | O_CREAT, 0640),
			    "AT_FDCWD, \"f\", O_RDWR|O_CREAT, 0640 = 3");
	assert_string_equal(shown(__NR_open, -ENOENT, U("f"), O_CLOEXEC, 0640, 0),
			    "\"f\", O_RDONLY|O_CLOEXEC = -1 ENOENT (No such file or directory)");
	assert_string_equal(shown(__NR_mprotect, 0, 0x1000, 4096, 0, 0),
			    "0x1000, 4096, PROT_NONE = 0");
	assert_string_equal(
		shown(__NR_mprotect, -EINVAL, 0, 1, 0x87, 0),
		"NULL, 1, PROT_READ|PROT_WRITE|PROT_EXEC|0x80 = -1 EINVAL (Invalid argument)");
	assert_string_equal(shown(__NR_madvise, 0, 0x1000, 1, 999, 0),
			    "0x1000, 1, 0x3e7 /* MADV_??? */ = 0");
	assert_string_equal(shown(__NR_umask, 022, 0, 0, 0, 0), "000 = 022");
	assert_string_equal(shown(__NR_kill, 0, -1UL, 9, 0, 0), "-1, SIGKILL = 0");
	assert_string_equal(shown(__NR_kill, 0, 5, 34, 0, 0), "5, SIGRT_2 = 0");
	assert_string_equal(shown(__NR_kill, 0, 5, 65, 0, 0), "5, 65 = 0");
	assert_string_equal(shown(__NR_nanosleep, -ERESTARTNOHAND, 0, 0, 0, 0),
			    "NULL, NULL = ? ERESTARTNOHAND (To be restarted if no handler)");
	assert_string_equal(shown(__NR_close, -4000, 1, 0, 0, 0), "1 = ? (errno 4000)");
	assert_string_equal(shown(__NR_fcntl, 1, 3, F_GETFD, 7, 0),
			    "3, F_GETFD = 0x1 (flags FD_CLOEXEC)");
	assert_string_equal(shown(__NR_chown, 0, U("f"), (u32)-1, 7, 0), "\"f\", -1, 7 = 0");
	assert_string_equal(shown(400, -ENOSYS, 1, 2, 0, 0),
			    "0x1, 0x2, 0, 0, 0, 0 = -1 ENOSYS (Function not implemented)");
}

TEST(text)
{
	assert_string_equal(shown(__NR_write, 9, 1, U("a\n\"\\\0011\0019\377"), 9, 0),
			    "1, \"a\\n\\\"\\\\\\0011\\19\\377\", 9 = 9");
	assert_string_equal(
		shown(__NR_write, 40, 1, U("0123456789012345678901234567890123456789"), 40, 0),
		"1, \"01234567890123456789012345678901\"..., 40 = 40");
	assert_string_equal(shown(__NR_read, 2, 1, U("abc"), 3, 0), "1, \"ab\", 3 = 2");
	assert_string_equal(shown(__NR_chdir, 0, 0, 0, 0, 0), "NULL = 0");
	assert_non_null(strstr(shown(__NR_read, -EIO, 1, U("abc"), 3, 0), "1, 0x"));
}

TEST(structures)
{
	struct __kernel_timespec ts = { 1, 5 };
	struct rlimit64 limit = { 8192, ~0ULL };
	struct pollfd polled[] = { { 3, POLLIN | POLLOUT, POLLHUP }, { -1, 1, 0 } };
	struct stat st = { .st_mode = 0104755, .st_size = 7 };
	struct kernel_sigaction sa = { .handler = (void *)1, .flags = SA_RESTART, .mask = 1 };
	int status = 9 | 0x80;
	u64 full = ~0ULL & ~SIGMASK(32);

	assert_string_equal(shown(__NR_clock_settime, 0, 1, U(&ts), 0, 0),
			    "CLOCK_MONOTONIC, {tv_sec=1, tv_nsec=5} = 0");
	assert_string_equal(
		shown(__NR_prlimit64, 0, 0, 7, U(&limit), 0),
		"0, RLIMIT_NOFILE, {rlim_cur=8*1024, rlim_max=RLIM64_INFINITY}, NULL = 0");
	assert_string_equal(
		shown(__NR_poll, 1, U(polled), 2, (u32)-1, 0),
		"[{fd=3, events=POLLIN|POLLOUT}, {fd=-1}], 2, -1 = 1 ([{fd=3, revents=POLLHUP}])");
	assert_string_equal(shown(__NR_fstat, 0, 3, U(&st), 0, 0),
			    "3, {st_mode=S_IFREG|S_ISUID|0755, st_size=7, ...} = 0");
	assert_string_equal(
		shown(__NR_rt_sigaction, 0, 1, U(&sa), 0, 8),
		"SIGHUP, {sa_handler=SIG_IGN, sa_mask=[HUP], sa_flags=SA_RESTART}, NULL, 8 = 0");
	assert_string_equal(shown(__NR_rt_sigprocmask, 0, 2, U(&full), 0, 8),
			    "SIG_SETMASK, ~[RTMIN], NULL, 8 = 0");
	assert_string_equal(
		shown(__NR_wait4, 7, (u32)-1, U(&status), 0, 0),
		"-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL && WCOREDUMP(s)}], 0, NULL = 7");
}

/* What cannot be read is shown as an address; long lines are cut, and end nowhere else. */
TEST(hostile_arguments)
{
	static char *vector[100];
	char path[600];

	host_user_fault_range((void *)1, 1 << 20);
	for (u64 nr = 0; nr < 600; nr++) {
		shown(nr, 0, 8, 8, 8, 8);
		shown(nr, -EFAULT, ~0ULL, ~0ULL, ~0ULL, ~0ULL);
		shown(nr, 100, 1ULL << 63, 4096, ~0ULL >> 1, 64);
	}
	assert_string_equal(shown(__NR_execve, 0, 8, 8, 8, 0), "0x8, [], 0x8 = 0");
	host_user_fault_range(NULL, 0);
	memset(path, 'x', sizeof(path));
	path[599] = 0;
	for (int i = 0; i < 99; i++)
		vector[i] = path;
	shown(__NR_execve, 0, U(path), U(vector), U(vector), 0);
	assert_true(line.len < sizeof(line.text) && strlen(line.text) == line.len);
	assert_non_null(strstr(line.text, ", ...]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_and_names),
		cmocka_unit_test(text),
		cmocka_unit_test(structures),
		cmocka_unit_test(hostile_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
