/* Signals: <asm/signal.h>, <asm/siginfo.h>, and what the kernel sees instead of libc's types. */
#pragma once

#include <linux/types.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include "lib/types.h"

/* The UAPI calls these by the names libc also uses. */
typedef u64 ksigset_t; /* bit n-1 is signal n */
#define NSIG_MAX     64
#define KSIGSET_SIZE 8
#define SIGMASK(sig) (1ULL << ((sig) - 1))

/* rt_sigaction(2)'s structure on x86-64. */
struct kernel_sigaction {
	__sighandler_t handler;
	unsigned long flags;
	__sigrestore_t restorer;
	ksigset_t mask;
};
static_assert(sizeof(struct kernel_sigaction) == 32, "rt_sigaction ABI");
static_assert(offsetof(struct kernel_sigaction, mask) == 24, "rt_sigaction ABI");

static_assert(sizeof(siginfo_t) == 128, "siginfo ABI");
static_assert(offsetof(siginfo_t, si_code) == 8, "siginfo ABI");
static_assert(offsetof(siginfo_t, si_pid) == 16, "siginfo ABI");
static_assert(offsetof(siginfo_t, si_addr) == 16, "siginfo ABI");
static_assert(offsetof(siginfo_t, si_status) == 24, "siginfo ABI");
static_assert(offsetof(siginfo_t, si_value) == 24, "siginfo ABI");
static_assert(sizeof(stack_t) == 24, "sigaltstack ABI");
static_assert(sizeof(struct sigevent) == 64, "sigevent ABI");
