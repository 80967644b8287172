/* pidfd.h - descriptors that stand for a process: pidfd_open(2). */
#pragma once

#include "lib/types.h"
#include "lib/annotate.h"

struct file;
struct process;

/* For clone: a descriptor (close on exec), its number stored to *@user.  -EMFILE, -EFAULT... */
int pidfd_reserve(int __user *user) __must_check;
void pidfd_install(int fd, struct process *process);
void pidfd_release(int fd);
long pidfd_open(int number, unsigned flags);
/* The process behind a descriptor, with a reference; -EBADF. */
int pidfd_process(int fd, struct process **out) __must_check;
unsigned pidfd_flags(int fd); /* its O_NONBLOCK */
/* The same of a file; NULL when it is not a pidfd.  Borrowed. */
struct process *pidfd_file_process(const struct file *file);
