/* Handlers: their stack, their frame, what a fault tells them. */
#include "abi_test.h"
#include <cpuid.h>
#include <setjmp.h>
#include <ucontext.h>

static siginfo_t info;
static volatile int hits;
static ucontext_t context;
static unsigned char fpstate[8192];

static void handler(int sig, siginfo_t *i, void *c)
{
	info = *i;
	context = *(ucontext_t *)c;
	if (context.uc_mcontext.fpregs)
		memcpy(fpstate, context.uc_mcontext.fpregs, 512);
	hits++;
}

static sigjmp_buf away;

static void leave(int sig, siginfo_t *i, void *c)
{
	handler(sig, i, c);
	siglongjmp(away, 1);
}

static void set(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO | flags };

	CHECK_OK(sigaction(sig, &action, NULL));
}

#define FAULT(sig, code, addr, ...)                                                                \
	do {                                                                                       \
		set(sig, leave, SA_NODEFER);                                                       \
		hits = 0;                                                                          \
		if (!sigsetjmp(away, 1)) {                                                         \
			__VA_ARGS__;                                                               \
		}                                                                                  \
		CHECK_EQ(hits, 1);                                                                 \
		CHECK_EQ(info.si_signo, sig);                                                      \
		CHECK_EQ(info.si_code, code);                                                      \
		CHECK_EQ((long)info.si_addr, (long)(addr));                                        \
	} while (0)

extern char at_div[], at_ud[];

TEST(arithmetic_faults_tell_why, SYS_rt_sigaction)
{
	FAULT(SIGFPE, FPE_INTDIV, at_div,
	      asm volatile(
		      "xor %%ecx,%%ecx; mov $1,%%eax; cltd; .globl at_div; at_div: idiv %%ecx" :: : "eax",
		      "ecx", "edx"));
	/* Overflow of a quotient is the same exception. */
	FAULT(SIGFPE, FPE_INTDIV, info.si_addr,
	      asm volatile("mov $0x80000000,%%eax; cltd; mov $-1,%%ecx; idiv %%ecx" :: : "eax",
			   "ecx", "edx"));
}

TEST(x87_faults_tell_why, SYS_rt_sigaction)
{
	unsigned short control = 0x37f & ~4;

	FAULT(SIGFPE, FPE_FLTDIV, info.si_addr,
	      { asm volatile("fninit; fldcw %0; fld1; fldz; fdivrp; fwait" ::"m"(control)); });
	control = 0x37f & ~1;
	FAULT(SIGFPE, FPE_FLTINV, info.si_addr,
	      { asm volatile("fninit; fldcw %0; fldz; fldz; fdivrp; fwait" ::"m"(control)); });
	asm volatile("fninit");
}

TEST(instruction_faults_tell_why, SYS_rt_sigaction)
{
	FAULT(SIGILL, ILL_ILLOPN, at_ud, asm volatile(".globl at_ud; at_ud: ud2"));
	FAULT(SIGTRAP, SI_KERNEL, 0, asm volatile("int3"));
	FAULT(SIGTRAP, TRAP_TRACE, info.si_addr,
	      asm volatile("pushfq; orl $0x100,(%%rsp); popfq; nop; nop" :: : "memory", "cc"));
	FAULT(SIGSEGV, SI_KERNEL, 0, asm volatile("hlt"));
	FAULT(SIGSEGV, SI_KERNEL, 0, asm volatile("cli"));
	FAULT(SIGSEGV, SI_KERNEL, 0, asm volatile("int $0x21"));
	FAULT(SIGSEGV, SI_KERNEL, 0, asm volatile("in $0x60,%%al" :: : "al"));
	FAULT(SIGSEGV, SI_KERNEL, 0, asm volatile("mov %%cr0,%%rax" :: : "rax"));
	FAULT(SIGSEGV, SI_KERNEL, 0, asm volatile("mov %0,%%ds" ::"r"(0x1234)));
}

TEST(memory_faults_tell_why, SYS_rt_sigaction, SYS_mmap)
{
	char *p = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = CHECK_OK(open("short", O_RDWR | O_CREAT, 0600));
	volatile char *file;

	CHECK(p != MAP_FAILED);
	CHECK_OK(munmap(p + 4096, 4096));
	CHECK_OK(ftruncate(fd, 100));
	file = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	FAULT(SIGSEGV, SEGV_MAPERR, p + 4096 + 5, *(volatile char *)(p + 4096 + 5));
	FAULT(SIGSEGV, SEGV_ACCERR, p + 7, *(volatile char *)(p + 7) = 1);
	FAULT(SIGSEGV, SEGV_ACCERR, p + 2 * 4096, ((void (*)(void))(p + 2 * 4096))());
	FAULT(SIGSEGV, SEGV_MAPERR, 0, *(volatile char *)NULL);
	FAULT(SIGSEGV, SI_KERNEL, 0, *(volatile char *)0x8000000000000000ul);
	FAULT(SIGSEGV, SEGV_MAPERR, 0xffffffff80000000ul, *(volatile char *)0xffffffff80000000ul);
	FAULT(SIGBUS, BUS_ADRERR, file + 4096, file[4096]);
}

TEST(frames_tell_the_machines_state, SYS_rt_sigaction)
{
	greg_t *regs = context.uc_mcontext.gregs;
	unsigned eax, ebx, ecx, edx;
	uint64_t xstate_bv;
	uint32_t *sw = (uint32_t *)(fpstate + 464);

	set(SIGUSR1, handler, 0);
	raise(SIGUSR1);
	CHECK_EQ(hits, 1);
	CHECK_EQ(context.uc_flags, 7); /* xstate, ss, strict restore of it */
	CHECK(context.uc_link == NULL);
	CHECK_EQ(context.uc_stack.ss_flags, SS_DISABLE);
	CHECK_EQ(regs[REG_CSGSFS] & 0xffff, 0x33);
	CHECK_EQ(regs[REG_CSGSFS] >> 48 & 0xffff, 0x2b);
	CHECK_EQ(regs[REG_CSGSFS] >> 16 & 0xffffffff, 0);
	CHECK_EQ(regs[REG_RAX], 0); /* tgkill's result */
	CHECK_EQ(regs[REG_EFL] & 0x202, 0x202);
	CHECK_EQ(regs[REG_TRAPNO], 0);
	CHECK_EQ(regs[REG_ERR], 0);
	CHECK_EQ((long)context.uc_mcontext.fpregs & 63, 0);
	__cpuid_count(1, 0, eax, ebx, ecx, edx);
	if (ecx & 1 << 27) {
		__cpuid_count(0xd, 0, eax, ebx, ecx, edx);
		CHECK_EQ(sw[0], 0x46505853); /* FP_XSTATE_MAGIC1 */
		CHECK_EQ(sw[4], ebx);	     /* xstate_size */
		CHECK_EQ(sw[1], ebx + 4);    /* extended_size: FP_XSTATE_MAGIC2 behind */
		memcpy(&xstate_bv, &sw[2], 8);
		CHECK_EQ(xstate_bv & 3, 3);
	}
	/* The faults' registers: trap number, error code, address. */
	set(SIGSEGV, leave, SA_NODEFER);
	if (!sigsetjmp(away, 1))
		*(volatile char *)0x1234 = 1;
	CHECK_EQ(regs[REG_TRAPNO], 14);
	CHECK_EQ(regs[REG_ERR], 6);
	CHECK_EQ(regs[REG_CR2], 0x1234);
	set(SIGFPE, leave, SA_NODEFER);
	if (!sigsetjmp(away, 1))
		asm volatile("xor %%ecx,%%ecx; idiv %%ecx" ::: "eax", "ecx", "edx");
	CHECK_EQ(regs[REG_TRAPNO], 0);
	if (!sigsetjmp(away, 1))
		asm volatile("hlt");
	CHECK_EQ(regs[REG_TRAPNO], 13);
	CHECK_EQ(regs[REG_ERR], 0);
}

static char stack_area[2][65536] __attribute__((aligned(16)));
static volatile long sp_seen, nested_sp;
static stack_t seen;

static void on_stack(int sig)
{
	char here;

	sp_seen = (long)&here;
	sigaltstack(NULL, &seen);
	if (sig == SIGUSR1 && hits++ == 0)
		raise(SIGUSR2);
}

static void on_stack_too(int sig)
{
	char here;

	nested_sp = (long)&here;
}

static int in(long sp, int which)
{
	return sp >= (long)stack_area[which] && sp < (long)stack_area[which] + 65536;
}

static volatile int change_error;

static void change_inside(int sig)
{
	stack_t other = { stack_area[1], 0, 65536 };

	change_error = sigaltstack(&other, NULL) ? errno : 0;
}

TEST(alternate_stacks, SYS_sigaltstack)
{
	stack_t ss = { .ss_sp = stack_area[0], .ss_size = sizeof(stack_area[0]) }, old;
	struct sigaction action = { .sa_handler = on_stack, .sa_flags = SA_ONSTACK };

	CHECK_OK(sigaltstack(NULL, &old));
	CHECK_EQ(old.ss_flags, SS_DISABLE);
	ss.ss_size = 1000;
	CHECK_ERR(sigaltstack(&ss, NULL), ENOMEM);
	ss.ss_size = sizeof(stack_area[0]);
	ss.ss_flags = 8;
	CHECK_ERR(sigaltstack(&ss, NULL), EINVAL);
	CHECK_ERR(sigaltstack((void *)8, NULL), EFAULT);
	CHECK_ERR(sigaltstack(NULL, (void *)8), EFAULT);
	ss.ss_flags = 0;
	CHECK_OK(sigaltstack(&ss, NULL));
	CHECK_OK(sigaction(SIGUSR1, &action, NULL));
	action.sa_handler = on_stack_too;
	CHECK_OK(sigaction(SIGUSR2, &action, NULL));
	raise(SIGUSR1);
	CHECK(in(sp_seen, 0));
	CHECK_EQ(seen.ss_flags, SS_ONSTACK);
	CHECK(in(nested_sp, 0) && nested_sp < sp_seen);
	/* Not while it is in use. */
	action.sa_handler = change_inside;
	CHECK_OK(sigaction(SIGUSR1, &action, NULL));
	raise(SIGUSR1);
	CHECK_EQ(change_error, EPERM);
	/* Without SA_ONSTACK it is not used. */
	action.sa_handler = on_stack;
	action.sa_flags = 0;
	CHECK_OK(sigaction(SIGUSR1, &action, NULL));
	raise(SIGUSR1);
	CHECK(!in(sp_seen, 0));
	CHECK_EQ(seen.ss_flags, 0);
	/* SS_AUTODISARM: off while the handler runs, so that it can be changed. */
	ss.ss_flags = (int)(1u << 31);
	CHECK_OK(sigaltstack(&ss, NULL));
	CHECK_OK(sigaltstack(NULL, &old));
	CHECK_EQ(old.ss_flags, (int)(1u << 31));
	action.sa_flags = SA_ONSTACK;
	CHECK_OK(sigaction(SIGUSR1, &action, NULL));
	hits = 1;
	raise(SIGUSR1);
	CHECK(in(sp_seen, 0));
	CHECK_EQ(seen.ss_flags, SS_DISABLE);
	CHECK_OK(sigaltstack(NULL, &old));
	CHECK_EQ(old.ss_flags, (int)(1u << 31)); /* armed again */
	CHECK(old.ss_sp == stack_area[0]);
	action.sa_handler = change_inside;
	CHECK_OK(sigaction(SIGUSR1, &action, NULL));
	raise(SIGUSR1);
	CHECK_EQ(change_error, 0);
	ss.ss_flags = SS_DISABLE;
	CHECK_OK(sigaltstack(&ss, NULL));
	CHECK_CHILD({
		CHECK_OK(sigaltstack(NULL, &old));
		CHECK_EQ(old.ss_flags, SS_DISABLE);
	});
}

static void recursive(int sig)
{
	if (hits++ < 3)
		raise(sig);
}

TEST(nodefer_and_resethand, SYS_rt_sigaction, SYS_rt_sigprocmask)
{
	struct sigaction action = { .sa_handler = recursive, .sa_flags = SA_NODEFER }, now;

	CHECK_OK(sigaction(SIGUSR1, &action, NULL));
	raise(SIGUSR1);
	CHECK_EQ(hits, 4);
	action.sa_flags = SA_RESETHAND;
	CHECK_OK(sigaction(SIGUSR1, &action, NULL));
	raise(SIGUSR1);
	CHECK_OK(sigaction(SIGUSR1, NULL, &now));
	CHECK(now.sa_handler == SIG_DFL);
	CHECK_KILLED(SIGUSR1, raise(SIGUSR1));
	/* A fault that is blocked or ignored kills, whatever the handler. */
	CHECK_KILLED(SIGSEGV, {
		sigset_t all;

		set(SIGSEGV, handler, 0);
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		*(volatile char *)NULL = 1;
	});
	CHECK_KILLED(SIGSEGV, {
		signal(SIGSEGV, SIG_IGN);
		*(volatile char *)NULL = 1;
	});
}
