/* mark.h - a nop that tells a plugin of QEMU where the program is: its displacement reads "LIN" and a number */
#pragma once

#define BENCH_MARK(n) __asm__ volatile(".byte 0x0f, 0x1f, 0x80, 'L', 'I', 'N', " #n::: "memory")

/*
 * 1 init starts, 2 it is about to have written: count.c
 * 3 a round starts, 4 it ends, 5 the case is over: clock.c, split.c
 * 6 a shell starts, which waits for input in the end: count.c
 */
