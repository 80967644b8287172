/*
 * settings.c - what programs set and ask of a serial line: rate and frame by termios,
 * modem lines, break, and the ioctls of setserial(8).
 *
 * Locking: port.lock for what a register holds.  Data sheet: PC16550D; ioctl_tty(2).
 */
#include "drivers/serial/serial.h"
#include "drivers/serial/serial_internal.h"
#include "fs/seq.h"
#include "lib/errno.h"
#include "mem/user.h"
#include "tty/tty.h"

static u32 serial_baud(const struct termios2 *t)
{
	return t->c_ospeed ? t->c_ospeed : CLOCK_BAUD;
}

void serial_set_termios(struct tty *tty, const struct termios2 *old)
{
	struct serial_port *p = tty->priv;
	const struct termios2 *t = &tty->ld.t; /* tty.lock is held */
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
	serial_set_line_locked(p, serial_baud(t), lcr);
	spin_unlock_irqrestore(&p->lock, flags);
}

int serial_modem_get(struct tty *tty)
{
	struct serial_port *p = tty->priv;
	u8 mcr = READ_ONCE(p->mcr), msr = reg_in(p, UART_MSR);

	return (mcr & UART_MCR_DTR ? TIOCM_DTR : 0) | (mcr & UART_MCR_RTS ? TIOCM_RTS : 0) |
	       (mcr & UART_MCR_LOOP ? TIOCM_LOOP : 0) | (msr & UART_MSR_CTS ? TIOCM_CTS : 0) |
	       (msr & UART_MSR_DSR ? TIOCM_DSR : 0) | (msr & UART_MSR_RI ? TIOCM_RNG : 0) |
	       (msr & UART_MSR_DCD ? TIOCM_CAR : 0);
}

/* /proc/tty/driver/serial: the ports where PCs have them. */
void serial_show(struct seq *s)
{
	static const struct {
		int bit;
		const char *name;
	} lines[] = { { TIOCM_RTS, "RTS" }, { TIOCM_CTS, "CTS" }, { TIOCM_DTR, "DTR" },
		      { TIOCM_DSR, "DSR" }, { TIOCM_CAR, "CD" },  { TIOCM_RNG, "RI" } };

	seq_puts(s, "serinfo:1.0 driver revision:\n");
	for (unsigned i = 0; i < PORTS; i++) {
		const struct serial_port *p = &serial_ports[i];
		char before = ' ';
		int modem;

		if (!p->tty)
			continue;
		modem = serial_modem_get(p->tty);
		seq_printf(s, "%u: uart:16550A port:%08X irq:%u tx:%d rx:%d", i, p->base,
			   p->isa_irq, READ_ONCE(p->count.tx), READ_ONCE(p->count.rx));
		for (unsigned bit = 0; bit < ARRAY_SIZE(lines); bit++)
			if (modem & lines[bit].bit) {
				seq_printf(s, "%c%s", before, lines[bit].name);
				before = '|';
			}
		seq_putc(s, '\n');
	}
}

static u8 mcr_of(int modem)
{
	return (modem & TIOCM_DTR ? UART_MCR_DTR : 0) | (modem & TIOCM_RTS ? UART_MCR_RTS : 0) |
	       (modem & TIOCM_LOOP ? UART_MCR_LOOP : 0);
}

void serial_modem_set(struct tty *tty, int set, int clear)
{
	struct serial_port *p = tty->priv;
	unsigned long flags = spin_lock_irqsave(&p->lock);

	p->mcr = (p->mcr & ~mcr_of(clear)) | mcr_of(set);
	reg_out(p, UART_MCR, p->mcr);
	spin_unlock_irqrestore(&p->lock, flags);
}

/* TIOCSBRK, TIOCCBRK. */
int serial_brk(struct tty *tty, int on)
{
	struct serial_port *p = tty->priv;
	unsigned long flags = spin_lock_irqsave(&p->lock);

	reg_out(p, UART_LCR, p->lcr | (on ? UART_LCR_SBC : 0));
	spin_unlock_irqrestore(&p->lock, flags);
	return 0;
}

long serial_ioctl(struct tty *tty, struct file *file, unsigned cmd, unsigned long arg)
{
	struct serial_port *p = tty->priv;
	struct serial_struct info = {
		.type = PORT_16550A,
		.line = p - serial_ports,
		.port = p->base,
		.irq = p->isa_irq,
		.xmit_fifo_size = FIFO_SIZE,
		.baud_base = CLOCK_BAUD,
		.close_delay = 50,
		.closing_wait = 3000,
	};
	struct serial_icounter_struct count;
	unsigned long flags;
	bool sent;

	switch (cmd) {
	case TIOCGSERIAL:
		return copy_to_user((void __user *)arg, &info, sizeof(info));
	case TIOCGICOUNT:
		flags = spin_lock_irqsave(&p->lock);
		count = p->count;
		spin_unlock_irqrestore(&p->lock, flags);
		return copy_to_user((void __user *)arg, &count, sizeof(count));
	case TIOCSERGETLSR:
		flags = spin_lock_irqsave(&p->lock);
		sent = ring_empty(&p->tx) && reg_in(p, UART_LSR) & UART_LSR_TEMT;
		spin_unlock_irqrestore(&p->lock, flags);
		return put_user_u32(sent ? TIOCSER_TEMT : 0, (void __user *)arg);
	}
	return -ENOIOCTLCMD;
}
