/* The structures and flags of eventfd, timerfd, signalfd, inotify, memfd, close_range,
 * getrandom, renameat2, fallocate and xattr. */
#pragma once

#include <linux/close_range.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/inotify.h>
#include <linux/memfd.h>
#include <linux/random.h>
#include <linux/signalfd.h>
#include <linux/timerfd.h>
#include <linux/xattr.h>
#include "lib/types.h"

#define EFD_SEMAPHORE (1 << 0)
#define EFD_CLOEXEC   02000000
#define EFD_NONBLOCK  00004000

static_assert(sizeof(struct signalfd_siginfo) == 128, "signalfd ABI");
static_assert(sizeof(struct inotify_event) == 16, "inotify ABI");
