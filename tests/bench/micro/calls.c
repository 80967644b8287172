/* calls - system calls with next to nothing behind them, and the control loop */
#include <fcntl.h>
#include <time.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "micro.h"

static void control(unsigned n)
{
	/* A loop of known length: 100 instructions an iteration. */
	while (n--)
		__asm__ volatile(".rept 98\n nop\n .endr" ::: "memory");
}

void getpid_run(unsigned n)
{
	while (n--)
		syscall(SYS_getpid);
}

static void zero_setup(void)
{
	fd_a = open("/dev/zero", O_RDONLY);
	must(fd_a >= 0, "/dev/zero");
}
static void read_run(unsigned n)
{
	while (n--)
		read(fd_a, buf, 1);
}
static void null_setup(void)
{
	fd_a = open("/dev/null", O_WRONLY);
	must(fd_a >= 0, "/dev/null");
}
static void write_run(unsigned n)
{
	while (n--)
		write(fd_a, buf, 1);
}
static void clock_run(unsigned n)
{
	struct timespec ts;
	while (n--)
		clock_gettime(CLOCK_MONOTONIC, &ts);
}

const struct bench calls_benches[] = {
	{ "control", 100000, NULL, control }, /* so long that a tick in it does not show */
	{ "getpid", 1000, NULL, getpid_run },
	{ "clock_gettime", 1000, NULL, clock_run },
	{ "read_zero_1", 1000, zero_setup, read_run },
	{ "write_null_1", 1000, null_setup, write_run },
	{ 0 },
};
