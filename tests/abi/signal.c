/* signal(7): delivery, masks, queues, restarts, stacks, faults. */
#include "abi_test.h"
#include <pthread.h>
#include <setjmp.h>
#include <sys/time.h>
#include <ucontext.h>

static volatile sig_atomic_t seen, order[16], norder;
static volatile siginfo_t last_info;
static sigjmp_buf escape;

static void note(int sig)
{
	seen++;
	if (norder < 16)
		order[norder++] = sig;
}

static void note_info(int sig, siginfo_t *info, void *context)
{
	note(sig);
	last_info = *info;
}

static void jump_info(int sig, siginfo_t *info, void *context)
{
	last_info = *info;
	siglongjmp(escape, sig);
}

static void install(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction act = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	CHECK_OK(sigaction(sig, &act, NULL));
}

TEST(kill_runs_the_handler_before_it_returns, SYS_kill, SYS_tgkill)
{
	install(SIGUSR1, note_info, 0);
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_EQ(seen, 1);
	CHECK_EQ(last_info.si_code, SI_USER);
	CHECK_EQ(last_info.si_pid, getpid());
	CHECK_EQ(last_info.si_uid, getuid());
	CHECK_OK(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1));
	CHECK_EQ(last_info.si_code, SI_TKILL);
	CHECK_ERR(kill(getpid(), 65), EINVAL);
	CHECK_ERR(kill(1 << 21, 0), ESRCH);
	CHECK_OK(kill(getpid(), 0));
}

TEST(blocked_signals_wait_and_standard_ones_merge, SYS_rt_sigprocmask)
{
	sigset_t set, pending;

	install(SIGUSR1, note_info, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_EQ(seen, 0);
	CHECK_OK(sigpending(&pending));
	CHECK(sigismember(&pending, SIGUSR1));
	CHECK_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
	CHECK_EQ(seen, 1);
	CHECK_ERR(syscall(SYS_rt_sigprocmask, 9, &set, NULL, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 4), EINVAL);
}

TEST(real_time_signals_queue_in_order_with_values, SYS_rt_sigqueueinfo)
{
	sigset_t set;

	sigfillset(&set);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	install(SIGRTMIN, note_info, 0);
	install(SIGRTMIN + 1, note_info, 0);
	CHECK_OK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 3 }));
	CHECK_OK(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 1 }));
	CHECK_OK(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 2 }));
	siginfo_t info;
	for (int want = 1; want <= 3; want++) {
		int sig = CHECK_OK(sigwaitinfo(&set, &info));
		CHECK_EQ(sig, want == 3 ? SIGRTMIN + 1 : SIGRTMIN);
		CHECK_EQ(info.si_value.sival_int, want);
		CHECK_EQ(info.si_code, SI_QUEUE);
	}
}

TEST(sigtimedwait_times_out, SYS_rt_sigtimedwait)
{
	struct timespec ts = { 0, 10000000 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK_ERR(sigtimedwait(&set, NULL, &ts), EAGAIN);
	kill(getpid(), SIGUSR2);
	CHECK_EQ(sigtimedwait(&set, NULL, &ts), SIGUSR2);
}

TEST(sigsuspend_swaps_the_mask, SYS_rt_sigsuspend)
{
	sigset_t set, old, empty;

	install(SIGUSR1, note_info, 0);
	sigemptyset(&empty);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(seen, 0);
	CHECK_ERR(sigsuspend(&empty), EINTR);
	CHECK_EQ(seen, 1);
	sigprocmask(SIG_BLOCK, NULL, &old);
	CHECK(sigismember(&old, SIGUSR1));
}

static void fire_in(int ms)
{
	struct itimerval timer = { .it_value.tv_usec = ms * 1000 };

	setitimer(ITIMER_REAL, &timer, NULL);
}

TEST(read_restarts_only_with_sa_restart, SYS_rt_sigaction)
{
	int fd[2];
	char c;

	CHECK_OK(pipe(fd));
	install(SIGALRM, note_info, 0);
	fire_in(20);
	CHECK_ERR(read(fd[0], &c, 1), EINTR);
	install(SIGALRM, note_info, SA_RESTART);
	CHECK_CHILD({
		pid_t parent = getppid();
		if (fork() == 0) {
			usleep(60000);
			CHECK_EQ(write(fd[1], "k", 1), 1);
			_exit(0);
		}
		(void)parent;
	});
	fire_in(20);
	CHECK_EQ(read(fd[0], &c, 1), 1);
	CHECK_EQ(seen, 2);
}

TEST(nanosleep_tells_what_is_left, SYS_nanosleep, SYS_clock_nanosleep)
{
	struct timespec ts = { 5, 0 }, left = { 0 };

	install(SIGALRM, note_info, SA_RESTART);
	fire_in(20);
	CHECK_ERR(nanosleep(&ts, &left), EINTR);
	CHECK(left.tv_sec == 4);
	ts.tv_nsec = 1000000000;
	CHECK_ERR(nanosleep(&ts, &left), EINVAL);
}

TEST(handlers_nest_by_mask_and_flags, SYS_rt_sigaction)
{
	struct sigaction act = { .sa_handler = note, .sa_flags = SA_RESETHAND }, old;

	CHECK_OK(sigaction(SIGUSR1, &act, NULL));
	raise(SIGUSR1);
	CHECK_OK(sigaction(SIGUSR1, NULL, &old));
	CHECK(old.sa_handler == SIG_DFL);
	CHECK_ERR(sigaction(SIGKILL, &act, NULL), EINVAL);
	CHECK_ERR(sigaction(SIGSTOP, &act, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 16), EINVAL);
}

static char alt[65536];
static volatile uintptr_t handler_sp;

static void on_alt(int sig, siginfo_t *info, void *context)
{
	int here;

	handler_sp = (uintptr_t)&here;
	seen++;
}

TEST(alternate_stack_is_used_and_reported, SYS_sigaltstack)
{
	stack_t stack = { .ss_sp = alt, .ss_size = sizeof(alt) }, now;

	CHECK_OK(sigaltstack(&stack, NULL));
	install(SIGUSR1, on_alt, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK(handler_sp > (uintptr_t)alt && handler_sp < (uintptr_t)alt + sizeof(alt));
	CHECK_OK(sigaltstack(NULL, &now));
	CHECK_EQ(now.ss_flags, 0);
	stack.ss_size = 100;
	CHECK_ERR(sigaltstack(&stack, NULL), ENOMEM);
	stack.ss_flags = 0x40;
	CHECK_ERR(sigaltstack(&stack, NULL), EINVAL);
}

TEST(bad_address_gives_segv_with_code_and_address, SYS_rt_sigaction)
{
	install(SIGSEGV, jump_info, 0);
	if (sigsetjmp(escape, 1) == 0)
		*(volatile int *)0x1234 = 1;
	CHECK_EQ(last_info.si_signo, SIGSEGV);
	CHECK_EQ(last_info.si_code, SEGV_MAPERR);
	CHECK_EQ((uintptr_t)last_info.si_addr, 0x1234);

	char *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (sigsetjmp(escape, 1) == 0)
		*(volatile char *)map = 1;
	CHECK_EQ(last_info.si_code, SEGV_ACCERR);
	CHECK_EQ((uintptr_t)last_info.si_addr, (uintptr_t)map);

	if (sigsetjmp(escape, 1) == 0)
		*(volatile int *)0x8000000000000000ul = 1;
	CHECK_EQ(last_info.si_code, SI_KERNEL);
}

TEST(arithmetic_and_illegal_instructions, SYS_rt_sigaction)
{
	volatile int zero = 0;

	install(SIGFPE, jump_info, 0);
	if (sigsetjmp(escape, 1) == 0)
		__asm__ volatile("cltd\n idivl %0" : : "m"(zero) : "eax", "edx");
	CHECK_EQ(last_info.si_signo, SIGFPE);
	CHECK_EQ(last_info.si_code, FPE_INTDIV);
	install(SIGILL, jump_info, 0);
	if (sigsetjmp(escape, 1) == 0)
		__asm__ volatile("ud2");
	CHECK_EQ(last_info.si_signo, SIGILL);
	CHECK_EQ(last_info.si_code, ILL_ILLOPN);
	install(SIGTRAP, jump_info, 0);
	if (sigsetjmp(escape, 1) == 0)
		__asm__ volatile("int3");
	CHECK_EQ(last_info.si_signo, SIGTRAP);
	CHECK_EQ(last_info.si_code, SI_KERNEL);
}

TEST(mapped_past_end_of_file_gives_bus, SYS_rt_sigaction)
{
	int fd = CHECK_OK(open("short", O_CREAT | O_RDWR, 0600));
	char *map;

	CHECK_OK(ftruncate(fd, 100));
	map = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	install(SIGBUS, jump_info, 0);
	CHECK_EQ(*(volatile char *)(map + 4000), 0);
	if (sigsetjmp(escape, 1) == 0)
		(void)*(volatile char *)(map + 4096);
	CHECK_EQ(last_info.si_signo, SIGBUS);
	CHECK_EQ(last_info.si_code, BUS_ADRERR);
}

static void check_context(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	uc->uc_mcontext.gregs[REG_RAX] = 77;
	uc->uc_mcontext.gregs[REG_RIP] += 2;
	seen++;
}

TEST(handler_may_change_registers, SYS_rt_sigaction)
{
	long value = 0;

	install(SIGILL, check_context, 0);
	__asm__ volatile("ud2" : "=a"(value)::"memory");
	CHECK_EQ(value, 77);
	CHECK_EQ(seen, 1);
}

static void use_sse(int sig)
{
	__asm__ volatile("xorps %%xmm0, %%xmm0\n pcmpeqd %%xmm1, %%xmm1" ::: "xmm0", "xmm1");
	seen++;
}

TEST(vector_registers_survive_a_handler, SYS_rt_sigaction)
{
	uint64_t in = 0x1122334455667788, out = 0;

	signal(SIGUSR1, use_sse);
	__asm__ volatile("movq %1, %%xmm0\n"
			 "mov %2, %%rax\n mov %3, %%rdi\n mov %4, %%rsi\n syscall\n"
			 "movq %%xmm0, %0"
			 : "=r"(out)
			 : "r"(in), "i"(SYS_kill), "r"((long)getpid()), "i"(SIGUSR1)
			 : "rax", "rdi", "rsi", "rcx", "r11", "xmm0", "xmm1", "memory");
	CHECK_EQ(seen, 1);
	CHECK_EQ(out, in);
}

TEST(forged_frame_only_hurts_its_process, SYS_rt_sigreturn, SYS_rt_sigaction)
{
	CHECK_KILLED(SIGSEGV, {
		signal(SIGSEGV, SIG_DFL);
		__asm__ volatile("mov $0x1000, %%rsp\n mov $15, %%eax\n syscall" ::: "memory");
	});
	install(SIGUSR1, note_info, 0);
	CHECK_OK(kill(getpid(), SIGUSR1));
}

TEST(sigchld_carries_how_the_child_ended, SYS_rt_sigaction)
{
	install(SIGCHLD, note_info, 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(6);
	while (!seen)
		usleep(1000);
	CHECK_EQ(last_info.si_code, CLD_EXITED);
	CHECK_EQ(last_info.si_pid, pid);
	CHECK_EQ(last_info.si_status, 6);
	waitpid(pid, NULL, 0);
	signal(SIGCHLD, SIG_IGN);
	pid = fork();
	if (pid == 0)
		_exit(0);
	CHECK_ERR(waitpid(pid, NULL, 0), ECHILD);
}

static void *thread_waits(void *arg)
{
	sigset_t set;
	int sig = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigwait(&set, &sig);
	return (void *)(long)sig;
}

TEST(threads_take_signals_sent_to_them, SYS_rt_sigtimedwait)
{
	pthread_t thread;
	sigset_t set;
	void *got;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	CHECK_EQ(pthread_create(&thread, NULL, thread_waits, NULL), 0);
	usleep(20000);
	CHECK_OK(kill(getpid(), SIGUSR2));
	CHECK_EQ(pthread_join(thread, &got), 0);
	CHECK_EQ((long)got, SIGUSR2);
}

TEST(interval_timers_repeat, SYS_setitimer)
{
	struct itimerval timer = { { 0, 10000 }, { 0, 10000 } }, now;

	install(SIGALRM, note_info, 0);
	CHECK_OK(setitimer(ITIMER_REAL, &timer, NULL));
	while (seen < 3)
		pause();
	CHECK_OK(getitimer(ITIMER_REAL, &now));
	CHECK_EQ(now.it_interval.tv_usec, 10000);
	memset(&timer, 0, sizeof(timer));
	CHECK_OK(setitimer(ITIMER_REAL, &timer, NULL));
	CHECK_EQ(alarm(100), 0);
	CHECK_EQ(alarm(0), 100);
}

TEST(posix_timers_signal_with_their_value, SYS_timer_create)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGUSR1,
				  .sigev_value.sival_int = 99 };
	struct itimerspec spec = { .it_value.tv_nsec = 10000000 };
	timer_t timer;

	install(SIGUSR1, note_info, 0);
	CHECK_OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
	CHECK_OK(timer_settime(timer, 0, &spec, NULL));
	while (!seen)
		usleep(1000);
	CHECK_EQ(last_info.si_code, SI_TIMER);
	CHECK_EQ(last_info.si_value.sival_int, 99);
	CHECK_OK(timer_delete(timer));
	CHECK_ERR(timer_delete(timer), EINVAL);
}
