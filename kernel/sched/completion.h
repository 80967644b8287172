/* sched/completion.h - wait until somebody says done. */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "sched/waitq.h"

struct completion {
	struct waitq wq;
	u32 done; /* [wq.lock] tokens */
};

void completion_init(struct completion *done);
void complete(struct completion *done); /* one token, for one waiter; any context */
void completion_wait(struct completion *done);
/* 0, -ETIMEDOUT, -ERESTARTSYS. */
int completion_wait_timeout(struct completion *done, ktime_t deadline_ns, enum sleep_mode mode);
