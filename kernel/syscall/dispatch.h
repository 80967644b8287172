/* dispatch.h - the system call table, for the tracer. */
#pragma once

#include "lib/types.h"

struct user_regs;

#define SYSCALL_COUNT 512

long syscall_call(struct user_regs *regs);
