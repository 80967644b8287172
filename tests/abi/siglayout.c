/*
 * signalfd(2): what a record says of a signal, by its number and code.  sigaction(2), "The
 * siginfo_t argument to a SA_SIGINFO handler".
 */
#include "abi_test.h"
#include <sys/signalfd.h>

/* A siginfo_t as ints: number, errno, code, nothing, then the union. */
union info {
	siginfo_t info;
	int word[32];
	long pair[16];
};

/* 'k' kill  't' timer  'p' poll  'f' fault  'c' child  'q' queue  's' system call */
static char layout(int sig, int code)
{
	static const struct {
		int sig, codes;
		char layout;
	} own[] = {
		{ SIGILL, 11, 'f' }, { SIGFPE, 15, 'f' }, { SIGSEGV, 9, 'f' }, { SIGBUS, 5, 'f' },
		{ SIGTRAP, 6, 'f' }, { SIGCHLD, 6, 'c' }, { SIGSYS, 2, 's' },
	};

	if (code <= 0 || code >= 128)
		return code == SI_TIMER ? 't' : code == SI_SIGIO ? 'p' : code < 0 ? 'q' : 'k';
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (sig == own[i].sig && code <= own[i].codes)
			return own[i].layout;
	return code <= 6 ? 'p' : 'k';
}

static struct signalfd_siginfo wanted(const union info *info)
{
	int sig = info->word[0], code = info->word[2];
	struct signalfd_siginfo out = { .ssi_signo = (unsigned)sig,
					.ssi_errno = info->word[1],
					.ssi_code = code };
	char kind = layout(sig, code);

	if (strchr("kqc", kind)) {
		out.ssi_pid = (unsigned)info->word[4];
		out.ssi_uid = (unsigned)info->word[5];
	}
	if (kind == 't') {
		out.ssi_tid = (unsigned)info->word[4];
		out.ssi_overrun = (unsigned)info->word[5];
	}
	if (strchr("qt", kind)) {
		out.ssi_ptr = (unsigned long)info->pair[3];
		out.ssi_int = info->word[6];
	}
	if (kind == 'p') {
		out.ssi_band = (unsigned)info->word[4];
		out.ssi_fd = info->word[6];
	}
	if (kind == 'f')
		out.ssi_addr = (unsigned long)info->pair[2];
	if (sig == SIGBUS && (code == BUS_MCEERR_AR || code == BUS_MCEERR_AO))
		out.ssi_addr_lsb = (unsigned short)info->word[6];
	if (kind == 'c') {
		out.ssi_status = info->word[6];
		out.ssi_utime = (unsigned long)info->pair[4];
		out.ssi_stime = (unsigned long)info->pair[5];
	}
	if (kind == 's') {
		out.ssi_call_addr = (unsigned long)info->pair[2];
		out.ssi_syscall = info->word[6];
		out.ssi_arch = (unsigned)info->word[7];
	}
	return out;
}

TEST_TIMEOUT(records_by_signal_and_code, 60, SYS_signalfd4)
{
	static const int more[] = { 0x80, 0x81, 0x7f, 0x10000, -60, 0x7fffffff, -0x7fffffff - 1 };
	uint64_t all = ~0ull;
	int fd;

	CHECK_OK(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8));
	fd = CHECK_OK(syscall(SYS_signalfd4, -1, &all, 8, SFD_NONBLOCK));
	for (int sig = 1; sig <= 64; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP)
			continue;
		for (int i = -10; i < 20 + (int)(sizeof(more) / sizeof(more[0])); i++) {
			struct signalfd_siginfo got, want;
			union info info = { .word = { 0 } };

			for (int w = 1; w < 12; w++)
				info.word[w] = 0x01020304 * (w + 1);
			info.word[0] = sig;
			info.word[2] = i < 20 ? i : more[i - 20];
			want = wanted(&info);
			CHECK_OK(syscall(SYS_rt_sigqueueinfo, getpid(), sig, &info));
			CHECK_EQ(read(fd, &got, sizeof(got)), sizeof(got));
			for (size_t at = 0; at < sizeof(got); at += 4)
				if (memcmp((char *)&got + at, (char *)&want + at, 4))
					abi_fail(__FILE__, __LINE__,
						 "signal %d, code %d, byte %zu: %x, not %x", sig,
						 info.word[2], at, *(int *)((char *)&got + at),
						 *(int *)((char *)&want + at));
		}
	}
}

/* A pipe that becomes readable: which, and what for. */
TEST(records_of_descriptors, SYS_signalfd4)
{
	struct signalfd_siginfo got;
	int pipe_fd[2], fd, sig = SIGRTMIN;
	uint64_t all = ~0ull;

	CHECK_OK(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8));
	fd = CHECK_OK(syscall(SYS_signalfd4, -1, &all, 8, SFD_NONBLOCK));
	CHECK_OK(pipe(pipe_fd));
	CHECK_OK(fcntl(pipe_fd[0], F_SETOWN, getpid()));
	CHECK_OK(fcntl(pipe_fd[0], F_SETSIG, sig));
	CHECK_OK(fcntl(pipe_fd[0], F_SETFL, O_ASYNC));
	CHECK_EQ(write(pipe_fd[1], "x", 1), 1);
	CHECK_EQ(read(fd, &got, sizeof(got)), sizeof(got));
	CHECK_EQ(got.ssi_signo, sig);
	CHECK_EQ(got.ssi_code, POLL_IN);
	CHECK_EQ(got.ssi_fd, pipe_fd[0]);
	CHECK_EQ(got.ssi_band, 0x41); /* POLLIN | POLLRDNORM */
	CHECK_EQ(got.ssi_pid, 0);
}
