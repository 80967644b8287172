/*
 * abi_test.h - a test of the Linux ABI: a static program that passes on Linux
 *
 * TEST(name, SYS_a, SYS_b...) defines a test of the named system calls.  Each
 * test runs in a process of its own; a failed CHECK ends it.  The calls named
 * are what `abi --deny` forbids with a seccomp filter (they then return
 * ENOSYS): under it every test must fail, or it proves nothing.
 */
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct abi_test {
	const char *file, *name;
	void (*run)(void);
	const int *calls; /* what it tests, ends with -1 */
	unsigned timeout_s;
};

#define TEST(test_name, ...) TEST_TIMEOUT(test_name, 20, __VA_ARGS__)
#define TEST_TIMEOUT(test_name, seconds, ...)                                                      \
	static void test_name(void);                                                               \
	static const int test_name##_calls[] = { __VA_ARGS__, -1 };                                \
	static const struct abi_test test_name##_test __attribute__((                              \
		used, section("abi_tests"), aligned(8))) = { __FILE__, #test_name, test_name,      \
							     test_name##_calls, seconds };         \
	static void test_name(void)

void abi_fail(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));
void abi_skip(const char *reason) __attribute__((noreturn));

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abi_fail(__FILE__, __LINE__, "%s is false (errno %d)", #cond, errno);      \
	} while (0)

#define CHECK_EQ(got, want)                                                                        \
	do {                                                                                       \
		long long got_ = (long long)(got), want_ = (long long)(want);                      \
		if (got_ != want_)                                                                 \
			abi_fail(__FILE__, __LINE__, "%s is %lld, not %lld (errno %d)", #got,      \
				 got_, want_, errno);                                              \
	} while (0)

/* The call succeeds; its value. */
#define CHECK_OK(call)                                                                             \
	({                                                                                         \
		long long ok_ = (long long)(call);                                                 \
		if (ok_ == -1)                                                                     \
			abi_fail(__FILE__, __LINE__, "%s: %s", #call, strerror(errno));            \
		ok_;                                                                               \
	})

#define CHECK_ERR(call, error)                                                                     \
	do {                                                                                       \
		errno = 0;                                                                         \
		long long err_ = (long long)(call);                                                \
		if (err_ != -1 || errno != (error))                                                \
			abi_fail(__FILE__, __LINE__, "%s gave %lld, %s; wanted %s", #call, err_,   \
				 strerror(errno), #error);                                         \
	} while (0)

/* Runs BODY in a child; waits; the wait status. */
#define CHILD(...)                                                                                 \
	({                                                                                         \
		int status_;                                                                       \
		pid_t pid_ = fork();                                                               \
		if (pid_ == 0) {                                                                   \
			__VA_ARGS__;                                                               \
			_exit(0);                                                                  \
		}                                                                                  \
		CHECK(pid_ > 0);                                                                   \
		CHECK_EQ(waitpid(pid_, &status_, 0), pid_);                                        \
		status_;                                                                           \
	})
#define CHECK_CHILD(...) CHECK_EQ(CHILD(__VA_ARGS__), 0)
/* The child is ended by SIGNAL. */
#define CHECK_KILLED(signal, ...)                                                                  \
	do {                                                                                       \
		int how_ = CHILD(__VA_ARGS__);                                                     \
		CHECK(WIFSIGNALED(how_));                                                          \
		CHECK_EQ(WTERMSIG(how_), signal);                                                  \
	} while (0)
