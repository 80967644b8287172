/* ipc - pipes, turns at the processor, futexes */
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include "micro.h"

static int back[2];

static void pipe_setup(void)
{
	must(pipe(fds) == 0, "pipe");
}
static void pipe_run(unsigned n)
{
	while (n--) {
		write(fds[1], buf, 1);
		read(fds[0], buf, 1);
	}
}
static void pingpong_setup(void)
{
	must(pipe(fds) == 0 && pipe(back) == 0, "pipe");
	child = fork();
	if (child == 0) {
		close(fds[1]);
		while (read(fds[0], buf, 1) == 1)
			write(back[1], buf, 1);
		_exit(0);
	}
	close(fds[0]);
	close(back[1]);
}
static void pingpong_run(unsigned n)
{
	while (n--) {
		write(fds[1], buf, 1);
		read(back[0], buf, 1);
	}
}
/*
 * Two processes that take turns.  Each counts its own yields in a shared page;
 * the figure is the time of all by the lesser of the two counts, so a pair is
 * a yield of each with a switch there and one back, and a kernel that lets one
 * of them yield to itself pays for it.
 */
static volatile uint32_t *turns;
static void yield_setup(void)
{
	turns = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = fork();
	if (child == 0)
		for (;;) {
			turns[16]++;
			sched_yield();
		}
	while (turns[16] == 0) /* it runs */
		sched_yield();
}
static void yield_run(unsigned n)
{
	uint32_t mine = 0, start = turns[16];
	uint64_t before = __rdtsc();

	while (mine < n || turns[16] - start < n) {
		mine++;
		sched_yield();
	}
	timed_ticks = __rdtsc() - before;
	timed_count = mine < turns[16] - start ? mine : turns[16] - start;
}

static uint32_t *words;
static void futex_word_wait(uint32_t *word, uint32_t want)
{
	uint32_t now;
	while ((now = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != want)
		syscall(SYS_futex, word, FUTEX_WAIT, now, NULL, NULL, 0);
}
static void futex_word_set(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}
static void futex_setup(void)
{
	words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = fork();
	if (child == 0) {
		for (;;) {
			futex_word_wait(&words[0], 1);
			words[0] = 0;
			futex_word_set(&words[16], 1);
		}
	}
}
static void futex_run(unsigned n)
{
	while (n--) {
		futex_word_set(&words[0], 1);
		futex_word_wait(&words[16], 1);
		words[16] = 0;
	}
}

const struct bench ipc_benches[] = {
	{ "pipe_write_read", 1000, pipe_setup, pipe_run },
	{ "pipe_round_trip", 500, pingpong_setup, pingpong_run },
	{ "yield_pair", 500, yield_setup, yield_run },
	{ "futex_ping_pong", 500, futex_setup, futex_run },
	{ 0 },
};
