/*
 * ldisc.c - the line discipline: what turns a stream of bytes into a terminal.
 * Here are the settings and what the program reads; what the line sends is
 * taken in ldisc_input.c, edited in ldisc_edit.c, shown by ldisc_echo.c, and
 * output passes ldisc_output.c.
 *
 *   line ---> ldisc_receive ---> [ buf: tail..canon..head ] ---> ldisc_read
 *                  | echo                                          program
 *   line <--- put <--- OPOST <-------------------------------- ldisc_write
 *
 * The input ring holds, in canonical mode, complete lines from tail to canon
 * and the line being edited from canon to head; a bit in eol[] marks the byte
 * that ends a line.  An end of file (VEOF) is a NUL with that bit; a NUL can
 * get it no other way, since NUL disables a control character.  In raw mode
 * canon stays at tail and everything up to head may be read.
 *
 * Echo is collected in echo[]; it goes to the line when the call ends, and what
 * the line does not take waits there, ahead of later output.
 *
 * Pure logic, no locking: see ldisc.h.  Behaviour: termios(3), and Linux
 * where POSIX leaves room (order of tests, ECHOPRT, overlong lines).
 */
#include "tty/ldisc_internal.h"
#include "lib/string.h"

/* ---- the program reads ---- */

bool ldisc_readable(const struct ldisc *ld, size_t at_least)
{
	if (ldisc_canonical(ld))
		return ld->canon != ld->tail;
	return ld->head - ld->tail >= (at_least ? at_least : 1);
}

/* End-of-file marks are no bytes. */
size_t ldisc_inq(const struct ldisc *ld)
{
	unsigned i;
	size_t n;

	if (!ldisc_canonical(ld))
		return ld->head - ld->tail;
	n = ld->canon - ld->tail;
	for (i = ld->tail; i != ld->canon; i++)
		if (eol_test(ld, i) && ld->buf[MASK(i)] == EOF_MARK)
			n--;
	return n;
}

static size_t read_raw(struct ldisc *ld, u8 *dst, size_t len)
{
	size_t n = min(len, (size_t)(ld->head - ld->tail));
	size_t first = min(n, (size_t)(LDISC_BUF - MASK(ld->tail)));

	memcpy(dst, ld->buf + MASK(ld->tail), first);
	memcpy(dst + first, ld->buf, n - first);
	ld->tail += n;
	ld->canon = ld->tail;
	return n;
}

size_t ldisc_read(struct ldisc *ld, u8 *dst, size_t len, bool *line_end)
{
	size_t n = 0;
	u8 c;

	*line_end = false;
	if (!ldisc_canonical(ld))
		return read_raw(ld, dst, len);
	while (ld->tail != ld->canon) {
		bool end = eol_test(ld, ld->tail);

		c = ld->buf[MASK(ld->tail)];
		/* A full buffer still swallows the end-of-file mark behind it. */
		if (n == len && !(end && c == EOF_MARK))
			break;
		if (end)
			eol_clear(ld, ld->tail);
		ld->tail++;
		if (!end) {
			dst[n++] = c;
			continue;
		}
		if (c != EOF_MARK)
			dst[n++] = c;
		ld->push = false;
		*line_end = true;
		break;
	}
	return n;
}

/* ---- settings ---- */

static void default_termios(struct termios2 *t)
{
	static const u8 cc[NCCS] = {
		[VINTR] = 3,	 [VQUIT] = 28,	  [VERASE] = 127, [VKILL] = 21,	 [VEOF] = 4,
		[VTIME] = 0,	 [VMIN] = 1,	  [VSTART] = 17,  [VSTOP] = 19,	 [VSUSP] = 26,
		[VREPRINT] = 18, [VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22,
	};

	memset(t, 0, sizeof(*t));
	t->c_iflag = ICRNL | IXON;
	t->c_oflag = OPOST | ONLCR;
	t->c_cflag = B38400 | CS8 | CREAD | HUPCL;
	t->c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
	memcpy(t->c_cc, cc, NCCS);
	t->c_ispeed = t->c_ospeed = 38400;
}

static void special_add(struct ldisc *ld, u8 c)
{
	ld->special[c / 32] |= 1u << (c % 32);
}

static void special_build(struct ldisc *ld)
{
	memset(ld->special, 0, sizeof(ld->special));
	if (L(ld, ICANON)) {
		special_add(ld, CC(ld, VERASE));
		special_add(ld, CC(ld, VKILL));
		special_add(ld, CC(ld, VEOF));
		special_add(ld, CC(ld, VEOL));
		special_add(ld, '\n');
		if (L(ld, IEXTEN)) {
			special_add(ld, CC(ld, VWERASE));
			special_add(ld, CC(ld, VLNEXT));
			special_add(ld, CC(ld, VEOL2));
			if (L(ld, ECHO))
				special_add(ld, CC(ld, VREPRINT));
		}
	}
	if (I(ld, IXON)) {
		special_add(ld, CC(ld, VSTART));
		special_add(ld, CC(ld, VSTOP));
	}
	if (L(ld, ISIG)) {
		special_add(ld, CC(ld, VINTR));
		special_add(ld, CC(ld, VQUIT));
		special_add(ld, CC(ld, VSUSP));
	}
	if (I(ld, IGNCR | ICRNL))
		special_add(ld, '\r');
	if (I(ld, INLCR))
		special_add(ld, '\n');
	ld->special[0] &= ~1u; /* NUL: a disabled character */
}

void ldisc_set_termios(struct ldisc *ld, const struct termios2 *t)
{
	tcflag_t changed = ld->t.c_lflag ^ t->c_lflag;
	bool was_ixon = I(ld, IXON);

	ld->t = *t;
	special_build(ld);
	if (changed & (ICANON | EXTPROC)) {
		/* What waits was typed under other rules: it is one line now. */
		memset(ld->eol, 0, sizeof(ld->eol));
		ld->erasing = ld->lnext = ld->push = false;
		if (!L(ld, ICANON) || ld->head == ld->tail) {
			ld->canon = ld->tail;
		} else {
			eol_set(ld, ld->head - 1);
			ld->canon = ld->head;
			ld->push = true;
		}
	}
	if (was_ixon && !I(ld, IXON))
		ldisc_start_echo(ld);
}

void ldisc_init(struct ldisc *ld, const struct ldisc_ops *ops)
{
	memset(ld, 0, sizeof(*ld));
	ld->ops = ops;
	default_termios(&ld->t);
	special_build(ld);
}
