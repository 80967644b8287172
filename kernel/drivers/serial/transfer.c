/*
 * transfer.c - bytes through a UART, in both directions.
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
 * Locking: port.lock (interrupts off) for registers and rings.
 */
#include "drivers/serial/serial_internal.h"
#include "tty/tty.h"

/* ---- sending ---- */

/* Up to @burst bytes into the UART.  True: it takes more, and there is more. */
static bool send_locked(struct serial_port *p, int burst) REQUIRES(&p->lock)
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
			p->last = ring_getc(&p->tx);
			reg_out(p, UART_TX, p->last);
			p->count.tx++;
		}
	}
	set_ier_locked(p, p->ier & ~UART_IER_THRI);
	return false;
}

void serial_kick(struct tty *tty)
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

size_t serial_put(struct ldisc *ld, const u8 *buf, size_t len)
{
	struct serial_port *p = container_of(ld, struct tty, ld)->priv;
	unsigned long flags = spin_lock_irqsave(&p->lock);
	size_t n = ring_put(&p->tx, buf, len);

	spin_unlock_irqrestore(&p->lock, flags);
	return n;
}

size_t serial_room(struct ldisc *ld)
{
	struct serial_port *p = container_of(ld, struct tty, ld)->priv;

	return TX_SIZE - (READ_ONCE(p->tx.head) - READ_ONCE(p->tx.tail));
}

void serial_flush_output(struct ldisc *ld)
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

void serial_start(struct ldisc *ld)
{
	set_stopped(ld, false);
}

void serial_stop(struct ldisc *ld)
{
	set_stopped(ld, true);
}

/* The shift register counts: tcdrain(3) waits for the wire. */
size_t serial_outq(struct tty *tty)
{
	struct serial_port *p = tty->priv;
	unsigned long flags = spin_lock_irqsave(&p->lock);
	size_t used = ring_used(&p->tx);

	spin_unlock_irqrestore(&p->lock, flags);
	return used;
}

/* ---- receiving ---- */

void serial_receive_locked(struct serial_port *p)
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
		serial_receive_locked(p);
		if (!p->rx_off)
			set_ier_locked(p, p->ier | UART_IER_RDI | UART_IER_RLSI);
	}
	spin_unlock_irqrestore(&p->lock, flags);
}

/* In a kernel thread: input to the terminal, and word of room for output. */
void serial_work(struct work *work)
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

void serial_unthrottle(struct tty *tty)
{
	struct serial_port *p = tty->priv;

	work_queue(&p->work);
}

void serial_interrupt(void *port)
{
	struct serial_port *p = port;
	bool wake = false;

	spin_lock(&p->lock);
	if (p->running) {
		u32 before = ring_used(&p->tx), had = p->rx_head;

		reg_in(p, UART_IIR); /* acknowledges THRE */
		reg_in(p, UART_MSR);
		if (!p->rx_off)
			serial_receive_locked(p);
		if (p->ier & UART_IER_THRI)
			send_locked(p, TX_BURST);
		wake = p->rx_head != had ||
		       (before > ring_used(&p->tx) && ring_used(&p->tx) <= TX_SIZE / 2);
	}
	spin_unlock(&p->lock);
	if (wake)
		work_queue(&p->work);
}
