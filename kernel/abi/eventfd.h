/* eventfd.h - eventfd(2)'s flags, which linux-libc-dev 6.1 does not carry. */
#pragma once
#include <asm/fcntl.h>

#define EFD_SEMAPHORE 1
#define EFD_CLOEXEC   O_CLOEXEC
#define EFD_NONBLOCK  O_NONBLOCK
