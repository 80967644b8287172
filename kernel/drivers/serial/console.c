/*
 * console.c - the log's console on a serial line: polled, from the first instruction to the
 * last, whoever else uses the port.
 *
 * A host that takes nothing for SPIN_LIMIT polls is taken to be gone: what follows is dropped,
 * a byte a poll, until it takes something again.  So a panic ends in bounded time, and what did
 * go out is not overwritten.  A panic has more patience, and the orderly end of the machine most:
 * whoever reads slowly, by a pager for instance, still gets everything.
 *
 * Locking: port.lock, but in a panic, when its holder may have been stopped.
 */
#include "abi/dev.h"
#include "core/cmdline.h"
#include "core/log.h"
#include "core/panic.h"
#include "arch/api/time.h"
#include "drivers/serial/serial.h"
#include "drivers/serial/serial_internal.h"
#include "lib/parse.h"
#include "lib/string.h"

#define SPIN_LIMIT	  200000
#define PANIC_PATIENCE_NS (5 * NSEC_PER_SEC)
#define END_PATIENCE_NS	  (30 * NSEC_PER_SEC) /* as Linux waits when a serial line is closed */

static u64 patience_ns; /* beyond SPIN_LIMIT; set when the machine ends */

static bool patience_is_over(u64 cycles)
{
	u64 limit_ns = panic_in_progress ? PANIC_PATIENCE_NS : patience_ns;

	return !arch_cycles_khz() || arch_cycles_to_ns(cycles) >= limit_ns;
}

/* False: the UART stays full. */
static bool wait_for_room(struct serial_port *p) REQUIRES(&p->lock)
{
	u64 start = arch_cycles();
	unsigned polls = 0;

	while (!(reg_in(p, UART_LSR) & UART_LSR_THRE)) {
		if (p->deaf)
			return false;
		p->deaf = ++polls >= SPIN_LIMIT && patience_is_over(arch_cycles() - start);
	}
	p->deaf = false;
	return true;
}

static void poll_out(struct serial_port *p, u8 c) REQUIRES(&p->lock)
{
	if (!wait_for_room(p))
		return;
	reg_out(p, UART_TX, c);
	p->last = c;
}

static void poll_write(struct serial_port *p, const char *s, size_t len) REQUIRES(&p->lock)
{
	while (len-- > 0) {
		if (*s == '\n')
			poll_out(p, '\r');
		poll_out(p, *s++);
	}
}

/* In a panic: whoever holds the lock may be stopped. */
static void panic_write(struct serial_port *p, const char *s, size_t len) NO_THREAD_SAFETY
{
	poll_write(p, s, len);
}

static void console_write(struct console *con, const char *s, size_t len)
{
	struct serial_port *p = con->priv;
	unsigned long flags;

	if (unlikely(panic_in_progress)) {
		panic_write(p, s, len);
		return;
	}
	flags = spin_lock_irqsave(&p->lock);
	poll_write(p, s, len);
	spin_unlock_irqrestore(&p->lock, flags);
}

/* The machine ends: what programs wrote goes out, and what follows begins a line. */
static void console_finish(struct console *con)
{
	struct serial_port *p = con->priv;
	unsigned long flags = spin_lock_irqsave(&p->lock);

	patience_ns = END_PATIENCE_NS;
	while (!ring_empty(&p->tx) && !p->deaf)
		poll_out(p, ring_getc(&p->tx));
	if (p->last != '\n')
		poll_write(p, "\n", 1);
	spin_unlock_irqrestore(&p->lock, flags);
}

/* console=ttyS1,115200n8: register the port for the log, set its rate.  False: not a port. */
static bool setup_console(const char *word)
{
	static const char *const names[PORTS] = { "ttyS0", "ttyS1", "ttyS2", "ttyS3" };
	struct serial_port *p;
	unsigned long flags;
	u32 baud = 0;
	unsigned index;

	if (!str_starts(word, "ttyS") || word[4] < '0' || word[4] >= '0' + PORTS)
		return false;
	index = word[4] - '0';
	p = &serial_ports[index];
	if (p->console.write || !serial_probe(p))
		return p->console.write;
	if (word[5] == ',')
		for (word += 6; char_is_digit(*word) && baud < CLOCK_BAUD; word++)
			baud = baud * 10 + (*word - '0');
	if (baud && baud != CLOCK_BAUD) {
		flags = spin_lock_irqsave(&p->lock);
		serial_set_line_locked(p, baud, UART_LCR_WLEN8);
		spin_unlock_irqrestore(&p->lock, flags);
	}
	p->console = (struct console){
		.write = console_write,
		.finish = console_finish,
		.name = names[index],
		.dev = dev_make(MAJOR_TTY, MINOR_SERIAL + index),
		.priv = p,
	};
	console_register(&p->console);
	return true;
}

void serial_early_init(void)
{
	const char *word;
	size_t iter = 0;
	bool any = false;

	while ((word = cmdline_next("console", &iter)))
		any = setup_console(word) || any;
	if (!any) /* console=tty0 alone, for one: init's console is here as well */
		setup_console("ttyS0");
}
