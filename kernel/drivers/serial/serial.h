/* serial.h - 16550 UARTs: terminal driver, log console, early console. */
#pragma once
#include "lib/annotate.h"
#include "lib/types.h"

struct tty;

/* From the very first instruction on: no memory, no interrupts.  Registers
 * the log console when the command line asks for it. */
void serial_early_init(void);
/* Probe the ports, register ttyS0.. and their interrupts.  After irq, sched. */
void serial_init(void);
/* ttyS<index>, or NULL when there is no such port. */
struct tty *serial_tty(unsigned index);
/* Panic: polled, takes no lock, returns in bounded time. */
void serial_panic_write(const char *buf, size_t len);
