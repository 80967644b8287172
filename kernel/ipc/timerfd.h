/* timerfd.h - timers with a descriptor; see timerfd.c. */
#pragma once

#include "lib/annotate.h"
#include "lib/types.h"

struct file;

struct timerfd_spec {
	u64 value_ns, interval_ns;
};

void timerfd_init(void); /* at boot: hooks.clock_set */
/* EINVAL: clock or flags.  ENOMEM, ENFILE. */
int timerfd_new(int clock, int flags, struct file **out) __must_check;
bool file_is_timerfd(const struct file *file);
void timerfd_set(struct file *file, bool absolute, bool cancel_on_set,
		 const struct timerfd_spec *new, struct timerfd_spec *old);
void timerfd_get(struct file *file, struct timerfd_spec *spec);
