/*
 * hostile - each way in which a program can try to hurt the kernel
 *
 * What is checked is that the machine still works afterwards, and that the
 * program gets an errno or dies alone.  No claim is made on a single call.
 */
#include "abi_test.h"
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>

/* Calls that end, stop or detach the caller by their nature, or change the machine. */
static bool is_excluded(long nr)
{
	static const short list[] = {
		SYS_exit,	   SYS_exit_group,    SYS_rt_sigreturn, SYS_pause,
		SYS_reboot,	   SYS_fork,	      SYS_vfork,	SYS_clone,
		SYS_clone3,	   SYS_kill,	      SYS_tkill,	SYS_vhangup,
		SYS_rt_sigsuspend, SYS_swapoff,	      SYS_sethostname,	SYS_setdomainname,
		SYS_settimeofday,  SYS_clock_settime, SYS_munmap,	SYS_mprotect,
		SYS_mremap,	   SYS_brk,	      SYS_close_range,	SYS_ptrace,
		SYS_setrlimit,	   SYS_prlimit64,     SYS_seccomp,	SYS_prctl,
		SYS_syslog,	   SYS_iopl,	      SYS_ioperm,	SYS_personality,
		SYS_acct,	   SYS_chroot,	      SYS_munlockall,	SYS_mlockall,
		SYS_madvise,	   SYS_adjtimex,      SYS_clock_adjtime
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (list[i] == nr)
			return true;
	return nr >= 512 && nr < 548;
}

static void call_all_with(long value)
{
	for (long nr = 0; nr < 470; nr++) {
		pid_t pid;
		int status, i;

		if (is_excluded(nr))
			continue;
		pid = fork();
		if (pid == 0) {
			alarm(1);
			for (i = 0; i < 3; i++)
				syscall(nr, i > 0 ? 1 : value, value, i == 2 ? 64 : value, value,
					value, value);
			_exit(0);
		}
		CHECK(pid > 0);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
	}
	CHECK_OK(getppid());
}

TEST_TIMEOUT(every_call_with_a_low_pointer, 90, SYS_wait4)
{
	call_all_with(8);
}
TEST_TIMEOUT(every_call_with_a_kernel_pointer, 90, SYS_wait4)
{
	call_all_with(0xffffffff81000000);
}
TEST_TIMEOUT(every_call_with_a_noncanonical_pointer, 90, SYS_wait4)
{
	call_all_with(0x800000000000);
}
TEST_TIMEOUT(every_call_with_minus_one, 90, SYS_wait4)
{
	call_all_with(-1);
}
TEST_TIMEOUT(every_call_with_the_last_user_page, 90, SYS_wait4)
{
	call_all_with(0x7fffffffefff);
}

TEST_TIMEOUT(every_call_with_pointers_into_read_only_memory, 90, SYS_wait4)
{
	call_all_with((long)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 4090);
}

TEST(unknown_call_numbers, SYS_wait4)
{
	CHECK_ERR(syscall(1000000), ENOSYS);
	CHECK_ERR(syscall(-5), ENOSYS);
	CHECK_ERR(syscall(0x40000000 + SYS_getpid), ENOSYS);
	CHECK_ERR(syscall(480), ENOSYS);
	CHECK_CHILD(;);
}

TEST(privileged_instructions, SYS_wait4)
{
	CHECK_KILLED(SIGSEGV, __asm__ volatile("hlt"));
	CHECK_KILLED(SIGSEGV, __asm__ volatile("cli"));
	CHECK_KILLED(SIGSEGV, __asm__ volatile("mov %%cr3, %%rax" :: : "rax"));
	CHECK_KILLED(SIGSEGV, __asm__ volatile("wrmsr" ::"a"(0), "c"(0), "d"(0)));
	CHECK_KILLED(SIGSEGV, __asm__ volatile("outb %%al, $0xf4" ::"a"(0)));
	CHECK_KILLED(SIGSEGV,
		     __asm__ volatile("mov %0, %%ds\n mov %%ds:0, %%rax" ::"r"(0x18) : "rax"));
	CHECK_KILLED(SIGSEGV, __asm__ volatile("int $0x20"));
	CHECK_KILLED(
		SIGTRAP,
		__asm__ volatile("pushf\n orl $0x100, (%%rsp)\n popf\n nop" :: : "memory", "cc"));
	CHECK_KILLED(SIGSEGV,
		     __asm__ volatile("mov $0x800000000000, %%rax\n jmp *%%rax" :: : "rax"));
	CHECK_KILLED(SIGSEGV,
		     __asm__ volatile("mov $0xffffffff80200000, %%rax\n jmp *%%rax" :: : "rax"));
	CHECK_KILLED(SIGSEGV,
		     __asm__ volatile("mov $0x800000000000, %%rsp\n push %%rax" :: : "memory"));
}

TEST(flags_do_not_leak_into_the_kernel, SYS_wait4)
{
	/* Direction, nested task, alignment check set at the call. */
	CHECK_CHILD({
		long ret;
		__asm__ volatile(
			"pushf\n orl $0x44400, (%%rsp)\n popf\n syscall\n pushf\n andl $~0x44400, (%%rsp)\n popf"
			: "=a"(ret)
			: "a"(SYS_getpid)
			: "rcx", "r11", "memory", "cc");
		CHECK_EQ(ret, getpid());
	});
}

/* Faults, a trap and timer interrupts with AC set: in the kernel that flag would lift SMAP. */
TEST(alignment_check_does_not_lift_the_kernels_guard, SYS_wait4)
{
	volatile char *page = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long spins = 20000000, pages = 64;

	CHECK(page != MAP_FAILED);
	CHECK_CHILD({
		__asm__ volatile("pushfq\n orq $0x40000, (%%rsp)\n popfq\n"
				 "1: movb $1, (%0)\n addq $4096, %0\n decq %1\n jnz 1b\n"
				 "2: decq %2\n jnz 2b\n"
				 "pushfq\n andq $~0x40000, (%%rsp)\n popfq"
				 : "+r"(page), "+r"(pages), "+r"(spins)
				 :
				 : "memory", "cc");
	});
	CHECK_KILLED(SIGTRAP,
		     __asm__ volatile(
			     "pushfq\n orq $0x40000, (%%rsp)\n popfq\n int3" : : : "memory", "cc"));
}

TEST(syscall_at_the_top_of_user_memory, SYS_wait4)
{
	/* The return address would be the first non-canonical one. */
	CHILD({
		unsigned char *page = mmap((void *)0x7fffffffe000, 4096,
					   PROT_READ | PROT_WRITE | PROT_EXEC,
					   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		if (page == MAP_FAILED)
			_exit(0);
		page[4094] = 0x0f;
		page[4095] = 0x05;
		__asm__ volatile("jmp *%0" ::"r"(page + 4094), "a"(SYS_getpid));
	});
	CHECK_CHILD(;);
}

static void forge(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	unsigned seed = getpid() * 2654435761u;
	unsigned char *bytes = (void *)&uc->uc_mcontext;

	for (size_t i = 0; i < sizeof(uc->uc_mcontext); i++)
		bytes[i] ^= (seed = seed * 1103515245 + 12345) >> 24;
}

TEST_TIMEOUT(forged_signal_frames, 60, SYS_rt_sigaction)
{
	for (int round = 0; round < 200; round++)
		CHILD({
			struct sigaction act = { .sa_sigaction = forge, .sa_flags = SA_SIGINFO };
			alarm(1);
			CHECK_OK(sigaction(SIGUSR1, &act, NULL));
			raise(SIGUSR1);
		});
	CHECK_CHILD({
		struct sigaction act = { .sa_sigaction = forge, .sa_flags = SA_SIGINFO };
		CHECK_OK(sigaction(SIGUSR1, &act, NULL));
	});
}

static void forge_fpu(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	memset(uc->uc_mcontext.fpregs, 0xff, 512);
}

TEST(forged_fpu_state, SYS_rt_sigaction)
{
	CHILD({
		struct sigaction act = { .sa_sigaction = forge_fpu, .sa_flags = SA_SIGINFO };
		CHECK_OK(sigaction(SIGUSR1, &act, NULL));
		raise(SIGUSR1);
	});
	CHECK_CHILD({
		struct sigaction act = { .sa_handler = SIG_IGN };
		CHECK_OK(sigaction(SIGUSR1, &act, NULL));
	});
}

TEST_TIMEOUT(fork_bomb_meets_its_limit, 60, SYS_prlimit64)
{
	struct rlimit limit = { 60, 60 };

	CHECK_OK(setrlimit(RLIMIT_NPROC, &limit));
	CHECK_CHILD({
		CHECK_OK(setuid(4242));
		int made = 0;
		pid_t pid;
		while ((pid = fork()) > 0)
			made++;
		if (pid == 0) {
			usleep(300000);
			_exit(0);
		}
		CHECK_EQ(errno, EAGAIN);
		CHECK(made >= 50 && made < 61);
		while (wait(NULL) > 0)
			;
	});
}

TEST_TIMEOUT(memory_bomb_kills_only_itself, 90, SYS_wait4)
{
	int status = CHILD({
		for (;;) {
			char *map = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (map == MAP_FAILED)
				_exit(3);
			for (int i = 0; i < 1 << 20; i += 4096)
				map[i] = 1;
		}
	});

	CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 3);
	CHECK_CHILD(;);
}

TEST_TIMEOUT(descriptor_bomb_meets_its_limit, 60, SYS_pipe, SYS_pipe2)
{
	CHECK_CHILD({
		struct rlimit limit = { 4096, 4096 };
		int fd[2];
		int n = 0;
		CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
		while (pipe(fd) == 0)
			n++;
		CHECK(errno == EMFILE || errno == ENFILE || errno == ENOMEM);
		CHECK(n > 100);
	});
}

TEST_TIMEOUT(stack_exhausted_in_a_handler, 30, SYS_rt_sigaction)
{
	CHECK_KILLED(SIGSEGV, {
		struct sigaction act = { .sa_sigaction = forge,
					 .sa_flags = SA_SIGINFO | SA_NODEFER };
		CHECK_OK(sigaction(SIGSEGV, &act, NULL));
		__asm__ volatile("mov $0x5000, %%rsp\n push %%rax" ::: "memory");
	});
}

TEST_TIMEOUT(deep_directories_and_long_paths, 60, SYS_mkdir, SYS_mkdirat)
{
	for (int i = 0; i < 2000; i++) {
		CHECK_OK(mkdir("dddddddddd", 0755));
		CHECK_OK(chdir("dddddddddd"));
	}
	char buf[8];
	CHECK(getcwd(buf, sizeof(buf)) == NULL);
}

TEST_TIMEOUT(mappings_meet_their_limit, 60, SYS_mprotect)
{
	CHECK_CHILD({
		char *map = mmap(NULL, 200000ul * 4096, PROT_READ,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		long n = 0;
		CHECK(map != MAP_FAILED);
		while (n < 100000 && mprotect(map + n * 8192, 4096, PROT_NONE) == 0)
			n++;
		CHECK(n > 1000 && n < 40000);
		CHECK_EQ(errno, ENOMEM);
	});
}
