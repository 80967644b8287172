/*
 * ldisc_input.c - bytes from the line: translated, recognised as signals, flow
 * control or editing keys, or stored.
 */
#include "tty/ldisc_internal.h"
#include "lib/string.h"

/* Latin-1, as is_word() and Linux have it. */
static u8 to_lower(u8 c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ? c + 32 : c;
}

/* One byte stays free, for the newline of an overlong line. */
size_t ldisc_receive_room(const struct ldisc *ld)
{
	unsigned room = LDISC_BUF - (ld->head - ld->tail);

	if (I(ld, PARMRK))
		room = (room + 2) / 3;
	return room ? room - 1 : 0;
}

/* A VLNEXT still quotes the next byte after that, as on Linux. */
void ldisc_flush_input(struct ldisc *ld)
{
	ld->head = ld->canon = ld->tail = 0;
	ld->erasing = ld->push = false;
	memset(ld->eol, 0, sizeof(ld->eol));
	if (ld->ops->flush_input)
		ld->ops->flush_input(ld);
}

/* INTR, QUIT or SUSP arrived: both queues are dropped unless NOFLSH. */
static void raise_signal(struct ldisc *ld, u8 which)
{
	ld->signals |= which;
	if (L(ld, NOFLSH))
		return;
	ld->echo_len = 0;
	ld->ops->flush_output(ld);
	ldisc_flush_input(ld);
}

/* An ordinary character: echo it, keep it.  @line_feed: a newline shows as one, not as ^J. */
static void receive_plain(struct ldisc *ld, u8 c, bool line_feed)
{
	if (ld->stopped && I(ld, IXON) && I(ld, IXANY))
		ldisc_start_echo(ld);
	if (L(ld, ECHO)) {
		ldisc_echo_erase_end(ld);
		if (c == '\n' && line_feed) {
			ldisc_echo_raw(ld, c);
		} else {
			if (ld->canon == ld->head)
				ldisc_echo_line_begins(ld);
			ldisc_echo_char(ld, c);
		}
	}
	if (c == 0xff && I(ld, PARMRK))
		store(ld, c);
	store(ld, c);
}

/* A byte of which the settings say that it may mean something. */
static void receive_special(struct ldisc *ld, u8 c)
{
	u8 sig = 0;

	if (I(ld, IXON)) {
		if (c == CC(ld, VSTART)) {
			ldisc_start_echo(ld);
			return;
		}
		if (c == CC(ld, VSTOP)) {
			ldisc_stop(ld);
			return;
		}
	}
	if (L(ld, ISIG)) {
		if (c == CC(ld, VINTR))
			sig = LDISC_SIGINT;
		else if (c == CC(ld, VQUIT))
			sig = LDISC_SIGQUIT;
		else if (c == CC(ld, VSUSP))
			sig = LDISC_SIGTSTP;
		if (sig) {
			raise_signal(ld, sig);
			if (I(ld, IXON))
				ldisc_start(ld);
			if (L(ld, ECHO))
				ldisc_echo_char(ld, c);
			return;
		}
	}
	if (ld->stopped && I(ld, IXON) && I(ld, IXANY))
		ldisc_start_echo(ld);
	if (c == '\r') {
		if (I(ld, IGNCR))
			return;
		if (I(ld, ICRNL))
			c = '\n';
	} else if (c == '\n' && I(ld, INLCR)) {
		c = '\r';
	}
	if (ldisc_canonical(ld) && ldisc_edit(ld, c))
		return;
	receive_plain(ld, c, true);
}

static void receive_byte(struct ldisc *ld, u8 c)
{
	if (I(ld, ISTRIP))
		c &= 0x7f;
	if (I(ld, IUCLC) && L(ld, IEXTEN))
		c = to_lower(c);
	if (L(ld, EXTPROC)) {
		store(ld, c);
	} else if (ld->lnext) {
		ld->lnext = false;
		receive_plain(ld, c, false);
	} else if (ld->special[c / 32] & (1u << (c % 32))) {
		receive_special(ld, c);
	} else {
		receive_plain(ld, c, false);
	}
}

/* Nothing but storing: raw mode as an editor or a file transfer sets it. */
static bool transparent(const struct ldisc *ld)
{
	return !I(ld, ISTRIP | IUCLC | IGNCR | ICRNL | INLCR | IXON | PARMRK) &&
	       !L(ld, ICANON | ISIG | ECHO) && !ld->lnext && !ld->stopped;
}

static size_t receive_transparent(struct ldisc *ld, const u8 *buf, size_t len)
{
	size_t n = min(len, ldisc_receive_room(ld));
	size_t first = min(n, (size_t)(LDISC_BUF - MASK(ld->head)));

	memcpy(ld->buf + MASK(ld->head), buf, first);
	memcpy(ld->buf, buf + first, n - first);
	ld->head += n;
	return n;
}

/*
 * While a line of more than 4095 bytes is typed, each further byte replaces
 * the last, so that its newline still arrives; raw mode holds the line back.
 */
size_t ldisc_receive(struct ldisc *ld, const u8 *buf, size_t len)
{
	size_t done;

	if (transparent(ld))
		return receive_transparent(ld, buf, len);
	for (done = 0; done < len; done++) {
		if (!ldisc_receive_room(ld)) {
			if (!ldisc_canonical(ld) || ld->canon != ld->tail)
				break;
			if (ld->head - ld->tail >= LDISC_BUF)
				ld->head--;
			else if (I(ld, PARMRK) && ld->head - ld->tail > LDISC_BUF - 3)
				ld->head -= 2;
		}
		receive_byte(ld, buf[done]);
	}
	ldisc_echo_drain(ld);
	return done;
}

void ldisc_receive_break(struct ldisc *ld)
{
	if (I(ld, IGNBRK))
		return;
	if (I(ld, BRKINT)) {
		raise_signal(ld, LDISC_SIGINT);
		return;
	}
	if (ldisc_receive_room(ld) == 0)
		return;
	if (I(ld, PARMRK)) {
		store(ld, 0xff);
		store(ld, 0);
	}
	store(ld, 0);
}

void ldisc_receive_error(struct ldisc *ld, u8 byte)
{
	if (ldisc_receive_room(ld) == 0)
		return;
	if (!I(ld, INPCK)) {
		receive_byte(ld, byte);
	} else if (!I(ld, IGNPAR)) {
		if (I(ld, PARMRK)) {
			store(ld, 0xff);
			store(ld, 0);
			store(ld, byte);
		} else {
			store(ld, 0);
		}
	}
	ldisc_echo_drain(ld);
}
