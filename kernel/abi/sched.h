/* clone(2), sched_setattr(2), rseq(2). */
#pragma once

#include <linux/rseq.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include "lib/types.h"

struct sched_param_abi {
	s32 sched_priority;
};

static_assert(sizeof(struct clone_args) == 88, "clone3 ABI");
static_assert(sizeof(struct rseq) == 32, "rseq ABI");
