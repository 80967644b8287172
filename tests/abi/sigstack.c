/*
 * The flags of an alternate signal stack, as random calls on both kernels showed them: what a
 * handler sees of them, and what is kept when it returns.  sigaltstack(2).
 */
#include "abi_test.h"
#include <ucontext.h>

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

static char stacks[2][65536];
static stack_t seen;
static int resume_flags;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	seen = uc->uc_stack;
	if (resume_flags != -1)
		uc->uc_stack.ss_flags = resume_flags;
	(void)sig, (void)info;
}

static int flags_now(void)
{
	stack_t now;

	CHECK_OK(syscall(SYS_sigaltstack, NULL, &now));
	return now.ss_flags;
}

/* Sets a stack with @flags and takes a signal; @resume: what the handler leaves, -1: the same. */
static void take_with(unsigned flags, int resume)
{
	stack_t stack = { .ss_sp = stacks[0],
			  .ss_size = sizeof(stacks[0]),
			  .ss_flags = (int)flags };
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

	resume_flags = resume;
	CHECK_OK(sigaction(SIGUSR1, &action, NULL));
	CHECK_OK(syscall(SYS_sigaltstack, &stack, NULL));
	CHECK_OK(raise(SIGUSR1));
}

TEST(stack_flags_are_seen_as_they_were_given, SYS_sigaltstack)
{
	static const unsigned all[] = { 0,
					SS_ONSTACK,
					SS_DISABLE,
					SS_AUTODISARM,
					SS_AUTODISARM | SS_ONSTACK,
					SS_AUTODISARM | SS_DISABLE };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		take_with(all[i], -1);
		CHECK_EQ(seen.ss_flags, (int)all[i]);
		CHECK_EQ(seen.ss_size, all[i] & SS_DISABLE ? 0 : sizeof(stacks[0]));
		CHECK_EQ(flags_now(), (int)(all[i] & ~SS_ONSTACK));
		raise(SIGUSR1); /* sigreturn(2) kept them too */
		CHECK_EQ(seen.ss_flags, (int)all[i]);
	}
}

TEST(stack_of_the_context_is_set_as_by_a_call, SYS_sigaltstack)
{
	take_with(0, SS_ONSTACK);
	CHECK_EQ(flags_now(), 0);
	resume_flags = -1;
	raise(SIGUSR1);
	CHECK_EQ(seen.ss_flags, SS_ONSTACK);
	take_with(SS_AUTODISARM, 3); /* refused: it stays disarmed */
	CHECK_EQ(flags_now(), SS_DISABLE);
	take_with(SS_AUTODISARM, SS_AUTODISARM | SS_DISABLE);
	CHECK_EQ(flags_now(), (int)(SS_AUTODISARM | SS_DISABLE));
	take_with(0, 4);
	CHECK_EQ(flags_now(), 0);
	raise(SIGUSR1);
	CHECK_EQ(seen.ss_size, sizeof(stacks[0]));
}
