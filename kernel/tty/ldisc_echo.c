/*
 * ldisc_echo.c - what typing shows: characters, control characters as ^X, and
 * how erased ones disappear (ECHOE, ECHOPRT, tabs by their width).
 *
 * Echo gathers in echo[] while bytes are received and goes to the line once at
 * the end of the call.
 */
#include "tty/ldisc_internal.h"
#include "lib/string.h"

void ldisc_echo_mark(struct ldisc *ld)
{
	if (ld->echo_len)
		return;
	ld->sent_column = ld->column;
	ld->sent_canon_column = ld->canon_column;
}

void ldisc_echo_drain(struct ldisc *ld)
{
	size_t sent;

	if (!ld->echo_len || ld->stopped)
		return;
	sent = ld->ops->put(ld, ld->echo, ld->echo_len);
	ld->echo_len -= sent;
	if (ld->echo_len && sent)
		memmove(ld->echo, ld->echo + sent, ld->echo_len);
	ldisc_echo_mark(ld);
}

static void echo_add(struct ldisc *ld, const u8 *bytes, unsigned n)
{
	if (ld->echo_len + n > LDISC_ECHO)
		ldisc_echo_drain(ld);
	if (ld->echo_len + n > LDISC_ECHO)
		return; /* the line takes nothing: echo is lost */
	memcpy(ld->echo + ld->echo_len, bytes, n);
	ld->echo_len += n;
}

void ldisc_echo_raw(struct ldisc *ld, u8 c)
{
	u8 out[8];

	if (c == 0xff) { /* whatever OLCUC says, as on Linux */
		echo_add(ld, &c, 1);
		ld->column++;
		return;
	}
	if (O(ld, OPOST)) {
		echo_add(ld, out, ldisc_translate(ld, c, out));
		return;
	}
	echo_add(ld, &c, 1);
}

void ldisc_echo_char(struct ldisc *ld, u8 c)
{
	u8 out[2] = { '^', c ^ 0100 };

	if (L(ld, ECHOCTL) && is_control(c) && c != '\t') {
		echo_add(ld, out, 2);
		ld->column += 2;
		return;
	}
	ldisc_echo_raw(ld, c);
}

static void echo_rubout(struct ldisc *ld)
{
	echo_add(ld, (const u8 *)"\b \b", 3);
	if (ld->column > 0)
		ld->column--;
}

void ldisc_echo_erase_end(struct ldisc *ld)
{
	if (ld->erasing) {
		ldisc_echo_raw(ld, '/');
		ld->erasing = false;
	}
}

/* Step back over a tab: its width follows from what stands before it. */
static void erase_tab(struct ldisc *ld)
{
	unsigned i = ld->head, width = 0, back;
	bool after_tab = false;
	u8 c;

	while (i != ld->canon) {
		c = ld->buf[MASK(--i)];
		if (c == '\t') {
			after_tab = true;
			break;
		}
		if (is_control(c)) {
			if (L(ld, ECHOCTL))
				width += 2;
		} else if (!is_continuation(ld, c)) {
			width++;
		}
	}
	if (!after_tab)
		width += ld->canon_column;
	for (back = 8 - (width & 7); back > 0; back--) {
		echo_add(ld, (const u8 *)"\b", 1);
		if (ld->column > 0)
			ld->column--;
	}
}

void ldisc_echo_erased(struct ldisc *ld, u8 c, unsigned at, unsigned len, bool one)
{
	if (L(ld, ECHOPRT)) {
		if (!ld->erasing) {
			ldisc_echo_raw(ld, '\\');
			ld->erasing = true;
		}
		ldisc_echo_char(ld, c);
		while (--len > 0) {
			u8 next = ld->buf[MASK(++at)];

			echo_add(ld, &next, 1);
		}
	} else if (one && !L(ld, ECHOE)) {
		ldisc_echo_char(ld, CC(ld, VERASE));
	} else if (c == '\t') {
		erase_tab(ld);
	} else {
		if (is_control(c) && L(ld, ECHOCTL))
			echo_rubout(ld);
		if (!is_control(c) || L(ld, ECHOCTL))
			echo_rubout(ld);
	}
}
