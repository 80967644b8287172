/* serial.h - 16550 UARTs: terminal driver, log console, early console. */
#pragma once

struct seq; /* fs/seq.h */

/* The ports, for /proc/tty/driver/serial. */
void serial_show(struct seq *s);

/* From the very first instruction on: no memory, no interrupts.  Registers the log console:
 * those that console= names, or else ttyS0.
 */
void serial_early_init(void);
/* Probe the ports, register ttyS0.. and their interrupts.  After irq, sched. */
void serial_init(void);
