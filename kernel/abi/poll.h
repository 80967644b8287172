/* poll(2), epoll(7). */
#pragma once

#include <linux/eventpoll.h>
#include <linux/poll.h>
#include "lib/types.h"

static_assert(sizeof(struct pollfd) == 8, "poll ABI");
static_assert(sizeof(struct epoll_event) == 12, "epoll ABI: packed on x86-64");
