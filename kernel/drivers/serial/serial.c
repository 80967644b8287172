/*
 * serial.c - 16550 UARTs as /dev/ttyS*: finding them, and their terminals.
 *
 *	transfer.c	bytes in and out
 *	settings.c	termios, modem lines, ioctls
 *	console.c	the log's console, also before there is memory and in a panic
 *
 * Data sheet: PC16550D.
 */
#include <linux/stat.h>
#include "arch/api/irq.h"
#include "drivers/serial/serial.h"
#include "drivers/serial/serial_internal.h"
#include "fs/devfs/devfs.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "mem/slab.h"
#include "tty/tty.h"

static const struct {
	u16 base;
	u8 irq;
} addresses[PORTS] = {
	{ 0x3f8, 4 },
	{ 0x2f8, 3 },
	{ 0x3e8, 4 },
	{ 0x2e8, 3 },
};

struct serial_port serial_ports[PORTS];

void serial_set_line_locked(struct serial_port *p, u32 baud, u8 lcr)
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
bool serial_probe(struct serial_port *p)
{
	unsigned index = p - serial_ports;
	unsigned long flags;

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
	flags = spin_lock_irqsave(&p->lock);
	reg_out(p, UART_IER, 0);
	serial_set_line_locked(p, CLOCK_BAUD, UART_LCR_WLEN8);
	reg_out(p, UART_FCR,
		UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT |
			UART_FCR_R_TRIG_10);
	p->mcr = UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2;
	reg_out(p, UART_MCR, p->mcr);
	p->last = '\n';
	spin_unlock_irqrestore(&p->lock, flags);
	p->ready = true;
	return true;
}

/* ---- terminals ---- */

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
		log_warn(SERIAL, "ttyS%d: no interrupt: error %d", (int)(p - serial_ports), -err);
	flags = spin_lock_irqsave(&p->lock);
	set_ier_locked(p, UART_IER_RDI | UART_IER_RLSI);
	serial_receive_locked(p); /* what was typed before */
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

static int serial_node_open(struct inode *inode, struct file *file)
{
	return tty_open(file->priv, file);
}

/* A rate that console= may have set, as CBAUD. */
static tcflag_t baud_code(u32 baud)
{
	switch (baud) {
	case 9600:
		return B9600;
	case 19200:
		return B19200;
	case 38400:
		return B38400;
	case 57600:
		return B57600;
	}
	return B115200;
}

static int add_port(unsigned index)
{
	struct serial_port *p = &serial_ports[index];
	u32 baud = READ_ONCE(p->baud);
	char name[8] = "ttyS0";
	struct tty *tty = kzalloc(sizeof(*tty));
	u64 dev = dev_make(MAJOR_TTY, MINOR_SERIAL + index);
	int err;

	if (!tty)
		return -ENOMEM;
	name[4] += index;
	tty_setup(tty, &serial_tty_ops, p, name, (u32)dev);
	tty_setup_line(tty, CS8 | CREAD | HUPCL | CLOCAL | baud_code(baud), baud);
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
		if (serial_probe(&serial_ports[i]) && add_port(i))
			log_warn(SERIAL, "ttyS%u: not usable", i);
}
