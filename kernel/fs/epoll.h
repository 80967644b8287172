/*
 * epoll(7): a set of files, and the list of those that became ready.
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include <linux/eventpoll.h>

struct fdtable;
struct file;

void epoll_init(void); /* at boot */
int epoll_new(u32 oflags, struct file **out) __must_check;
int epoll_control(struct file *epoll, int op, struct file *target, int fd,
		  const struct epoll_event *event) __must_check;
/* Writes to user memory; ktime deadline; returns count or -errno. */
long epoll_wait_events(struct file *epoll, struct epoll_event __user *events, int max,
		       ktime_t deadline);
/* Called by the last file_put when file->epolls is not empty. */
void epoll_file_released(struct file *file);
/* For /proc/self/fdinfo: calls fn for each watched descriptor. */
/* False: @epoll is another kind of file. */
bool epoll_for_each(struct file *epoll,
		    void (*fn)(int fd, u32 events, u64 data, struct file *, void *arg), void *arg);
