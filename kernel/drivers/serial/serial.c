/*
 * serial.c - 16550 UARTs: /dev/ttyS*, the log console, the early console.
 *
 *	program --> ldisc --> tx ring --> THR        THR first, then ask LSR; an
 *	program <-- ldisc <-- worker <-- rx ring <-- RBR   interrupt only when full
 *
 * Sending: bytes go from the ring to the holding register while the line
 * status says that it is empty, 16 at a time (the FIFO).  An emulated UART is
 * empty again at once, so output is normally finished when write(2) returns,
 * without an interrupt.  Only when it is not, the THRE interrupt is enabled -
 * after a THR write, as some emulations raise it for nothing else.
 *
 * Receiving: the interrupt empties the FIFO into a ring; a worker hands it to
 * the line discipline.  When the ring is full the receive interrupt is turned
 * off and bytes stay in the UART, whose host then holds its sender back: no
 * byte is lost, whatever the load.
 *
 * Locking: port.lock (interrupts off) for registers and rings.  tty.lock is
 * outside it.  Data sheet: PC16550D.
 */
#include <linux/stat.h>
#include <linux/serial.h>
#include <linux/serial_reg.h>
#include "arch/api/io.h"
#include "arch/api/irq.h"
#include "core/cmdline.h"
#include "core/log.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "drivers/serial/serial.h"
#include "fs/devfs/devfs.h"
#include "fs/inode.h"
#include "fs/poll.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/ring.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/user.h"
#include "sched/waitq.h"
#include "sched/work.h"
#include "tty/tty.h"

#define PORTS	     4
#define TX_SIZE	     4096u
#define RX_SIZE	     4096u /* entries */
#define FIFO_SIZE    16
#define TX_BURST     128 /* bytes per holding of the lock */
#define CLOCK_BAUD   115200u
#define MAJOR_TTY    4
#define MINOR_SERIAL 64
#define SPIN_LIMIT   200000 /* polls before a byte is given up (panic) */

/* Fields: [I] immutable after probing  [l] port.lock */
struct serial_port {
	u16 base;	      /* [I] I/O port; 0: none here */
	u8 isa_irq;	      /* [I] */
	bool ready;	      /* [I] initialised: baud, FIFO */
	bool running;	      /* [l] has rings and an interrupt */
	bool tx_stopped;      /* [l] flow control */
	bool rx_off;	      /* [l] the ring was full */
	u8 ier, lcr, mcr;     /* [l] as last written */
	u32 baud;	      /* [l] */
	struct spinlock lock; /* rank LOCK_LEAF, irqs off: the log writes under its own */
	struct ring tx;	      /* [l] */
	u16 *rx;	      /* [l] byte | line status << 8 */
	u32 rx_head, rx_tail; /* [l] free-running */
	struct serial_icounter_struct count; /* [l] */
	struct work work;		     /* input, and room for output */
	struct tty *tty;		     /* [I] */
	struct console console;
};

static const struct {
	u16 base;
	u8 irq;
} addresses[PORTS] = {
	{ 0x3f8, 4 },
	{ 0x2f8, 3 },
	{ 0x3e8, 4 },
	{ 0x2e8, 3 },
};

static struct serial_port ports[PORTS];

static u8 reg_in(const struct serial_port *p, unsigned reg)
{
	return port_in8(p->base + reg);
}

static void reg_out(const struct serial_port *p, unsigned reg, u8 value)
{
	port_out8(p->base + reg, value);
}

/* ---- set-up ---- */

static void set_line_locked(struct serial_port *p, u32 baud, u8 lcr)
{
	u32 divisor = baud ? DIV_ROUND_UP(CLOCK_BAUD, baud) : 1;

	divisor = clamp(divisor, 1u, 0xffffu);
	reg_out(p, UART_LCR, lcr | UART_LCR_DLAB);
	reg_out(p, UART_DLL, divisor & 0xff);
	reg_out(p, UART_DLM, divisor >> 8);
	reg_out(p, UART_LCR, lcr);
	p->baud = baud;
	p->lcr = lcr;
}

/* Is a UART there?  Nothing reads back what was written but a register. */
static bool probe(struct serial_port *p, unsigned index)
{
	if (p->ready)
		return true;
	p->base = addresses[index].base;
	p->isa_irq = addresses[index].irq;
	reg_out(p, UART_SCR, 0x5a);
	if (reg_in(p, UART_SCR) != 0x5a) {
		p->base = 0;
		return false;
	}
	spin_init(&p->lock, LOCK_LEAF);
	reg_out(p, UART_IER, 0);
	set_line_locked(p, CLOCK_BAUD, UART_LCR_WLEN8);
	reg_out(p, UART_FCR,
		UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT |
			UART_FCR_R_TRIG_10);
	p->mcr = UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2;
	reg_out(p, UART_MCR, p->mcr);
	p->ready = true;
	return true;
}

/* ---- sending ---- */

static void set_ier_locked(struct serial_port *p, u8 ier)
{
	if (p->ier != ier) {
		p->ier = ier;
		reg_out(p, UART_IER, ier);
	}
}

/* Up to @burst bytes into the UART.  True: it takes more, and there is more. */
static bool send_locked(struct serial_port *p, int burst)
{
	while (!ring_empty(&p->tx) && !p->tx_stopped) {
		int n = FIFO_SIZE;

		if (burst <= 0)
			return true;
		if (!(reg_in(p, UART_LSR) & UART_LSR_THRE)) {
			set_ier_locked(p, p->ier | UART_IER_THRI);
			return false;
		}
		burst -= n;
		while (n-- > 0 && !ring_empty(&p->tx)) {
			reg_out(p, UART_TX, ring_getc(&p->tx));
			p->count.tx++;
		}
	}
	set_ier_locked(p, p->ier & ~UART_IER_THRI);
	return false;
}

static void serial_kick(struct tty *tty)
{
	struct serial_port *p = tty->priv;
	unsigned long flags;
	bool more;

	do {
		flags = spin_lock_irqsave(&p->lock);
		more = send_locked(p, TX_BURST);
		spin_unlock_irqrestore(&p->lock, flags);
	} while (more);
}

static size_t serial_put(struct ldisc *ld, const u8 *buf, size_t len)
{
	struct serial_port *p = container_of(ld, struct tty, ld)->priv;
	unsigned long flags = spin_lock_irqsave(&p->lock);
	size_t n = ring_put(&p->tx, buf, len);

	spin_unlock_irqrestore(&p->lock, flags);
	return n;
}

static size_t serial_room(struct ldisc *ld)
{
	struct serial_port *p = container_of(ld, struct tty, ld)->priv;

	return TX_SIZE - (READ_ONCE(p->tx.head) - READ_ONCE(p->tx.tail));
}

static void serial_flush_output(struct ldisc *ld)
{
	struct serial_port *p = container_of(ld, struct tty, ld)->priv;
	unsigned long flags = spin_lock_irqsave(&p->lock);

	p->tx.tail = p->tx.head;
	spin_unlock_irqrestore(&p->lock, flags);
}

static void set_stopped(struct ldisc *ld, bool stopped)
{
	struct serial_port *p = container_of(ld, struct tty, ld)->priv;
	unsigned long flags = spin_lock_irqsave(&p->lock);
	bool more;

	p->tx_stopped = stopped;
	if (!stopped)
		send_locked(p, TX_BURST);
	more = !ring_empty(&p->tx) && !stopped;
	spin_unlock_irqrestore(&p->lock, flags);
	if (more)
		work_queue(&p->work);
}

static void serial_start(struct ldisc *ld)
{
	set_stopped(ld, false);
}

static void serial_stop(struct ldisc *ld)
{
	set_stopped(ld, true);
}

/* The shift register counts: tcdrain(3) waits for the wire. */
static size_t serial_outq(struct tty *tty)
{
	struct serial_port *p = tty->priv;

	return ring_used(&p->tx);
}

/* ---- receiving ---- */

static void receive_locked(struct serial_port *p)
{
	u8 status;

	while ((status = reg_in(p, UART_LSR)) & (UART_LSR_DR | UART_LSR_BI)) {
		if (status == 0xff)
			return; /* nobody there */
		if (p->rx_head - p->rx_tail == RX_SIZE) {
			p->rx_off = true;
			set_ier_locked(p, p->ier & ~(UART_IER_RDI | UART_IER_RLSI));
			return;
		}
		p->rx[p->rx_head++ & (RX_SIZE - 1)] =
			reg_in(p, UART_RX) | (status & (UART_LSR_BI | UART_LSR_PE | UART_LSR_FE))
						     << 8;
		p->count.rx++;
		if (unlikely(status & (UART_LSR_BI | UART_LSR_PE | UART_LSR_FE | UART_LSR_OE))) {
			p->count.brk += !!(status & UART_LSR_BI);
			p->count.parity += !!(status & UART_LSR_PE);
			p->count.frame += !!(status & UART_LSR_FE);
			p->count.overrun += !!(status & UART_LSR_OE);
		}
	}
}

/* The next bytes without errors, or one with; *status its line status. */
static size_t peek_input(struct serial_port *p, u8 *buf, size_t size, u8 *status)
{
	unsigned long flags = spin_lock_irqsave(&p->lock);
	size_t n = 0;
	u16 entry;

	*status = 0;
	while (n < size && p->rx_tail + n != p->rx_head) {
		entry = p->rx[(p->rx_tail + n) & (RX_SIZE - 1)];
		if (entry >> 8) {
			if (n == 0) {
				buf[n++] = entry;
				*status = entry >> 8;
			}
			break;
		}
		buf[n++] = entry;
	}
	spin_unlock_irqrestore(&p->lock, flags);
	return n;
}

static void consume_input(struct serial_port *p, size_t n)
{
	unsigned long flags = spin_lock_irqsave(&p->lock);

	p->rx_tail += n;
	if (p->rx_off && p->rx_head - p->rx_tail <= RX_SIZE / 2) {
		p->rx_off = false;
		receive_locked(p);
		if (!p->rx_off)
			set_ier_locked(p, p->ier | UART_IER_RDI | UART_IER_RLSI);
	}
	spin_unlock_irqrestore(&p->lock, flags);
}

/* In a kernel thread: input to the terminal, and word of room for output. */
static void serial_work(struct work *work)
{
	struct serial_port *p = container_of(work, struct serial_port, work);
	u8 buf[128], status;
	size_t n, taken;

	while ((n = peek_input(p, buf, sizeof(buf), &status)) > 0) {
		if (unlikely(status)) {
			spin_lock(&p->tty->lock);
			if (status & UART_LSR_BI)
				ldisc_receive_break(&p->tty->ld);
			else
				ldisc_receive_error(&p->tty->ld, buf[0]);
			spin_unlock(&p->tty->lock);
			tty_input_done(p->tty);
			taken = 1;
		} else {
			taken = tty_receive(p->tty, buf, n);
		}
		consume_input(p, taken);
		if (taken < n)
			break; /* serial_unthrottle() comes when there is room */
	}
	tty_output_ready(p->tty);
}

static void serial_unthrottle(struct tty *tty)
{
	struct serial_port *p = tty->priv;

	work_queue(&p->work);
}

static void serial_interrupt(void *arg)
{
	struct serial_port *p = arg;
	bool wake = false;

	spin_lock(&p->lock);
	if (p->running) {
		u32 before = ring_used(&p->tx), had = p->rx_head;

		reg_in(p, UART_IIR); /* acknowledges THRE */
		reg_in(p, UART_MSR);
		if (!p->rx_off)
			receive_locked(p);
		if (p->ier & UART_IER_THRI)
			send_locked(p, TX_BURST);
		wake = p->rx_head != had ||
		       (before > ring_used(&p->tx) && ring_used(&p->tx) <= TX_SIZE / 2);
	}
	spin_unlock(&p->lock);
	if (wake)
		work_queue(&p->work);
}

/* ---- settings ---- */

static u32 serial_baud(const struct termios2 *t)
{
	return t->c_ospeed ? t->c_ospeed : CLOCK_BAUD;
}

static void serial_set_termios(struct tty *tty, const struct termios2 *old)
{
	struct serial_port *p = tty->priv;
	const struct termios2 *t = &tty->ld.t;
	unsigned long flags;
	u8 lcr;

	if (t->c_cflag == old->c_cflag && t->c_ospeed == old->c_ospeed)
		return;
	lcr = (t->c_cflag & CSIZE) >> 4; /* CS5..CS8: 0..3 */
	if (t->c_cflag & CSTOPB)
		lcr |= UART_LCR_STOP;
	if (t->c_cflag & PARENB)
		lcr |= UART_LCR_PARITY;
	if (!(t->c_cflag & PARODD))
		lcr |= UART_LCR_EPAR;
	if (t->c_cflag & CMSPAR)
		lcr |= UART_LCR_SPAR;
	flags = spin_lock_irqsave(&p->lock);
	if ((t->c_cflag & CBAUD) == B0)
		p->mcr &= ~(UART_MCR_DTR | UART_MCR_RTS);
	else
		p->mcr |= UART_MCR_DTR | UART_MCR_RTS;
	reg_out(p, UART_MCR, p->mcr);
	set_line_locked(p, serial_baud(t), lcr);
	spin_unlock_irqrestore(&p->lock, flags);
}

static int serial_modem_get(struct tty *tty)
{
	struct serial_port *p = tty->priv;
	u8 msr = reg_in(p, UART_MSR);

	return (p->mcr & UART_MCR_DTR ? TIOCM_DTR : 0) | (p->mcr & UART_MCR_RTS ? TIOCM_RTS : 0) |
	       (p->mcr & UART_MCR_LOOP ? TIOCM_LOOP : 0) | (msr & UART_MSR_CTS ? TIOCM_CTS : 0) |
	       (msr & UART_MSR_DSR ? TIOCM_DSR : 0) | (msr & UART_MSR_RI ? TIOCM_RNG : 0) |
	       (msr & UART_MSR_DCD ? TIOCM_CAR : 0);
}

static void serial_modem_set(struct tty *tty, int bits)
{
	struct serial_port *p = tty->priv;
	unsigned long flags = spin_lock_irqsave(&p->lock);

	p->mcr &= ~(UART_MCR_DTR | UART_MCR_RTS | UART_MCR_LOOP);
	p->mcr |= (bits & TIOCM_DTR ? UART_MCR_DTR : 0) | (bits & TIOCM_RTS ? UART_MCR_RTS : 0) |
		  (bits & TIOCM_LOOP ? UART_MCR_LOOP : 0);
	reg_out(p, UART_MCR, p->mcr);
	spin_unlock_irqrestore(&p->lock, flags);
}

/* TIOCSBRK, TIOCCBRK. */
static int serial_brk(struct tty *tty, int on)
{
	struct serial_port *p = tty->priv;
	unsigned long flags = spin_lock_irqsave(&p->lock);

	reg_out(p, UART_LCR, p->lcr | (on ? UART_LCR_SBC : 0));
	spin_unlock_irqrestore(&p->lock, flags);
	return 0;
}

static long serial_ioctl(struct tty *tty, struct file *file, unsigned cmd, unsigned long arg)
{
	struct serial_port *p = tty->priv;
	struct serial_struct info = {
		.type = PORT_16550A,
		.line = p - ports,
		.port = p->base,
		.irq = p->isa_irq,
		.xmit_fifo_size = FIFO_SIZE,
		.baud_base = CLOCK_BAUD,
		.close_delay = 50,
		.closing_wait = 3000,
	};
	u32 status;

	switch (cmd) {
	case TIOCGSERIAL:
		return copy_to_user((void __user *)arg, &info, sizeof(info));
	case TIOCGICOUNT:
		return copy_to_user((void __user *)arg, &p->count, sizeof(p->count));
	case TIOCSERGETLSR:
		status = ring_empty(&p->tx) && (reg_in(p, UART_LSR) & UART_LSR_TEMT) ?
				 TIOCSER_TEMT :
				 0;
		return put_user_u32(status, (void __user *)arg);
	}
	return -ENOIOCTLCMD;
}

/* The first opener gets the line started: rings and the interrupt. */
static int serial_open(struct tty *tty, struct file *file)
{
	struct serial_port *p = tty->priv;
	void *tx, *rx;
	unsigned long flags;
	int err;

	if (READ_ONCE(p->running))
		return 0;
	tx = kmalloc(TX_SIZE);
	rx = kmalloc(RX_SIZE * sizeof(u16));
	if (!tx || !rx) {
		kfree(tx);
		kfree(rx);
		return -ENOMEM;
	}
	flags = spin_lock_irqsave(&p->lock);
	if (p->running) {
		spin_unlock_irqrestore(&p->lock, flags);
		kfree(tx);
		kfree(rx);
		return 0;
	}
	ring_init(&p->tx, tx, TX_SIZE);
	p->rx = rx;
	p->rx_head = p->rx_tail = 0;
	p->running = true;
	spin_unlock_irqrestore(&p->lock, flags);

	err = irq_register(irq_isa_to_gsi(p->isa_irq), IRQ_EDGE, serial_interrupt, p);
	if (err)
		log_warn(SERIAL, "ttyS%d: no interrupt: error %d", (int)(p - ports), -err);
	flags = spin_lock_irqsave(&p->lock);
	set_ier_locked(p, UART_IER_RDI | UART_IER_RLSI);
	receive_locked(p); /* what was typed before */
	spin_unlock_irqrestore(&p->lock, flags);
	work_queue(&p->work);
	return 0;
}

static const struct tty_ops serial_tty_ops = {
	.driver = "serial",
	.ld = {
		.put = serial_put,
		.room = serial_room,
		.flush_output = serial_flush_output,
		.start = serial_start,
		.stop = serial_stop,
	},
	.open = serial_open,
	.kick = serial_kick,
	.unthrottle = serial_unthrottle,
	.outq = serial_outq,
	.set_termios = serial_set_termios,
	.brk = serial_brk,
	.modem_get = serial_modem_get,
	.modem_set = serial_modem_set,
	.ioctl = serial_ioctl,
};

/* ---- the log's console ---- */

static void poll_out(struct serial_port *p, u8 c)
{
	int spin;

	for (spin = 0; spin < SPIN_LIMIT; spin++)
		if (reg_in(p, UART_LSR) & UART_LSR_THRE)
			break;
	reg_out(p, UART_TX, c);
}

static void poll_write(struct serial_port *p, const char *s, size_t len)
{
	while (len-- > 0) {
		if (*s == '\n')
			poll_out(p, '\r');
		poll_out(p, *s++);
	}
}

static void console_write(struct console *con, const char *s, size_t len)
{
	struct serial_port *p = con->priv;
	unsigned long flags;

	if (unlikely(panic_in_progress)) {
		poll_write(p, s, len); /* whoever holds the lock may be stopped */
		return;
	}
	flags = spin_lock_irqsave(&p->lock);
	poll_write(p, s, len);
	spin_unlock_irqrestore(&p->lock, flags);
}

void serial_panic_write(const char *buf, size_t len)
{
	if (ports[0].ready)
		poll_write(&ports[0], buf, len);
}

/* console=ttyS1,115200n8: register the port for the log, set its rate. */
static void setup_console(const char *word)
{
	static const char *const names[PORTS] = { "ttyS0", "ttyS1", "ttyS2", "ttyS3" };
	struct serial_port *p;
	u32 baud = 0;
	unsigned index;

	if (!str_starts(word, "ttyS") || word[4] < '0' || word[4] >= '0' + PORTS)
		return;
	index = word[4] - '0';
	p = &ports[index];
	if (p->console.write || !probe(p, index))
		return;
	if (word[5] == ',')
		for (word += 6; char_is_digit(*word) && baud < CLOCK_BAUD; word++)
			baud = baud * 10 + (*word - '0');
	if (baud && baud != CLOCK_BAUD)
		set_line_locked(p, baud, UART_LCR_WLEN8);
	p->console = (struct console){
		.write = console_write,
		.name = names[index],
		.priv = p,
	};
	console_register(&p->console);
}

void serial_early_init(void)
{
	const char *word;
	size_t iter = 0;
	bool any = false;

	while ((word = cmdline_next("console", &iter))) {
		any = true;
		setup_console(word);
	}
	if (!any)
		setup_console("ttyS0");
}

/* ---- registration ---- */

static int serial_node_open(struct inode *inode, struct file *file)
{
	return tty_open(file->priv, file);
}

static int add_port(unsigned index)
{
	struct serial_port *p = &ports[index];
	char name[8] = "ttyS0";
	struct tty *tty = kzalloc(sizeof(*tty));
	u64 dev = dev_make(MAJOR_TTY, MINOR_SERIAL + index);
	int err;

	if (!tty)
		return -ENOMEM;
	name[4] += index;
	tty_setup(tty, &serial_tty_ops, p, name, (u32)dev);
	tty->ld.t.c_cflag = CS8 | CREAD | HUPCL | CLOCAL |
			    (p->baud == 9600  ? B9600 :
			     p->baud == 19200 ? B19200 :
			     p->baud == 38400 ? B38400 :
			     p->baud == 57600 ? B57600 :
						B115200);
	tty->ld.t.c_ispeed = tty->ld.t.c_ospeed = p->baud;
	tty->hangs_up_at_exit = true;
	p->tty = tty;
	work_init(&p->work, serial_work);
	err = devfs_register_open(name, S_IFCHR | 0600, dev, &tty_file_ops, tty, serial_node_open);
	if (err) {
		p->tty = NULL;
		kfree(tty);
		return err;
	}
	console_tty_add(tty);
	return 0;
}

void serial_init(void)
{
	unsigned i;

	for (i = 0; i < PORTS; i++)
		if (probe(&ports[i], i) && add_port(i))
			log_warn(SERIAL, "ttyS%u: not usable", i);
}

struct tty *serial_tty(unsigned index)
{
	return index < PORTS ? ports[index].tty : NULL;
}
