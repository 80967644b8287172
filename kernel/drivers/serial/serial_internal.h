/*
 * serial_internal.h - one UART, as the files of this folder share it.
 *
 * Locking: port.lock (interrupts off) for registers and rings.  tty.lock is outside it.
 */
#pragma once
#include <linux/serial.h>
#include <linux/serial_reg.h>
#include "arch/api/io.h"
#include "core/log.h"
#include "core/spinlock.h"
#include "lib/ring.h"
#include "sched/work.h"

struct file; /* fs/file.h */
struct ldisc;
struct termios2;
struct tty; /* tty/tty.h */

#define PORTS	     4
#define MAJOR_TTY    4
#define MINOR_SERIAL 64
#define TX_SIZE	     4096u
#define RX_SIZE	     4096u /* entries */
#define FIFO_SIZE    16
#define TX_BURST     128 /* bytes per holding of the lock */
#define CLOCK_BAUD   115200u

/* Fields: [I] immutable after probing  [l] port.lock */
struct serial_port {
	struct spinlock lock;		/* rank LOCK_LEAF, irqs off: the log writes under its own */
	u16 base;			/* [I] I/O port; 0: none here */
	u8 isa_irq;			/* [I] */
	bool ready;			/* [I] initialised: baud, FIFO */
	bool running GUARDED_BY(&lock); /* [l] has rings and an interrupt */
	bool tx_stopped GUARDED_BY(&lock); /* [l] flow control */
	bool rx_off GUARDED_BY(&lock);	   /* [l] the ring was full */
	bool deaf GUARDED_BY(&lock);	   /* [l] console.c: the host took nothing for long */
	u8 last GUARDED_BY(&lock);	   /* [l] the byte that was sent last */
	u8 ier GUARDED_BY(&lock);	   /* [l] as last written, this and the next two */
	u8 lcr GUARDED_BY(&lock);
	u8 mcr GUARDED_BY(&lock);
	u32 baud GUARDED_BY(&lock);			       /* [l] */
	struct ring tx GUARDED_BY(&lock);		       /* [l] */
	u16 *rx GUARDED_BY(&lock);			       /* [l] byte | line status << 8 */
	u32 rx_head GUARDED_BY(&lock);			       /* [l] free-running */
	u32 rx_tail GUARDED_BY(&lock);			       /* [l] */
	struct serial_icounter_struct count GUARDED_BY(&lock); /* [l] */
	struct work work;				       /* input, and room for output */
	struct tty *tty;				       /* [I] */
	struct console console;
};

extern struct serial_port serial_ports[PORTS];

static inline u8 reg_in(const struct serial_port *p, unsigned reg)
{
	return port_in8(p->base + reg);
}

static inline void reg_out(const struct serial_port *p, unsigned reg, u8 value)
{
	port_out8(p->base + reg, value);
}

static inline void set_ier_locked(struct serial_port *p, u8 ier) REQUIRES(&p->lock)
{
	if (p->ier != ier) {
		p->ier = ier;
		reg_out(p, UART_IER, ier);
	}
}

/* serial.c */
bool serial_probe(struct serial_port *p);
void serial_set_line_locked(struct serial_port *p, u32 baud, u8 lcr) REQUIRES(&p->lock);

/* transfer.c: struct ldisc_ops and struct tty_ops */
size_t serial_put(struct ldisc *ld, const u8 *buf, size_t len);
size_t serial_room(struct ldisc *ld);
void serial_flush_output(struct ldisc *ld);
void serial_start(struct ldisc *ld);
void serial_stop(struct ldisc *ld);
void serial_kick(struct tty *tty);
size_t serial_outq(struct tty *tty);
void serial_unthrottle(struct tty *tty);
void serial_receive_locked(struct serial_port *p) REQUIRES(&p->lock);
void serial_work(struct work *work);
void serial_interrupt(void *port);

/* settings.c: struct tty_ops */
void serial_set_termios(struct tty *tty, const struct termios2 *old);
int serial_modem_get(struct tty *tty);
void serial_modem_set(struct tty *tty, int set, int clear);
int serial_brk(struct tty *tty, int on);
long serial_ioctl(struct tty *tty, struct file *file, unsigned cmd, unsigned long arg);
