/*
 * ldisc_edit.c - canonical mode: erasing, reprinting and ending the line that is
 * being typed, between canon and head.
 */
#include "tty/ldisc_internal.h"

static bool is_word(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_' || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

/* VERASE, VWERASE or VKILL on the line being edited. */
static void erase(struct ldisc *ld, u8 key)
{
	bool one = key == CC(ld, VERASE);
	bool word = !one && key == CC(ld, VWERASE);
	bool seen_word = false;
	unsigned at;
	u8 c;

	if (ld->head == ld->canon)
		return;
	if (!one && !word) {
		if (!L(ld, ECHO)) {
			ld->head = ld->canon;
			return;
		}
		if (!L(ld, ECHOK) || !L(ld, ECHOKE) || !L(ld, ECHOE)) {
			ld->head = ld->canon;
			ldisc_echo_erase_end(ld);
			ldisc_echo_char(ld, key);
			if (L(ld, ECHOK))
				ldisc_echo_raw(ld, '\n');
			return;
		}
	}
	while (ld->head != ld->canon) {
		at = ld->head;
		do {
			c = ld->buf[MASK(--at)];
		} while (is_continuation(ld, c) && at != ld->canon);
		if (is_continuation(ld, c))
			break; /* a line that begins inside a character */
		if (word) {
			if (is_word(c))
				seen_word = true;
			else if (seen_word)
				break;
		}
		if (L(ld, ECHO)) {
			unsigned len = ld->head - at;

			ld->head = at;
			ldisc_echo_erased(ld, c, at, len, one);
		}
		ld->head = at;
		if (one)
			break;
	}
	if (ld->head == ld->canon && L(ld, ECHO))
		ldisc_echo_erase_end(ld);
}

static void end_line(struct ldisc *ld, u8 c)
{
	if (ld->head - ld->tail >= LDISC_BUF)
		ld->head--;
	eol_set(ld, ld->head);
	store(ld, c);
	ld->canon = ld->head;
}

/* VREPRINT: the line again, on a new one. */
static void reprint(struct ldisc *ld, u8 c)
{
	unsigned i;

	ldisc_echo_erase_end(ld);
	ldisc_echo_char(ld, c);
	ldisc_echo_raw(ld, '\n');
	for (i = ld->canon; i != ld->head; i++)
		ldisc_echo_char(ld, ld->buf[MASK(i)]);
}

bool ldisc_edit(struct ldisc *ld, u8 c)
{
	bool extended = L(ld, IEXTEN);

	if (c == CC(ld, VERASE) || c == CC(ld, VKILL) || (c == CC(ld, VWERASE) && extended)) {
		erase(ld, c);
		return true;
	}
	if (c == CC(ld, VLNEXT) && extended) {
		ld->lnext = true;
		if (L(ld, ECHO)) {
			ldisc_echo_erase_end(ld);
			if (L(ld, ECHOCTL)) {
				ldisc_echo_raw(ld, '^');
				ldisc_echo_raw(ld, '\b');
			}
		}
		return true;
	}
	if (c == CC(ld, VREPRINT) && L(ld, ECHO) && extended) {
		reprint(ld, c);
		return true;
	}
	if (c == '\n') {
		if (L(ld, ECHO) || L(ld, ECHONL))
			ldisc_echo_raw(ld, '\n');
		end_line(ld, c);
		return true;
	}
	if (c == CC(ld, VEOF)) {
		end_line(ld, EOF_MARK);
		return true;
	}
	if (c == CC(ld, VEOL) || (c == CC(ld, VEOL2) && extended)) {
		if (L(ld, ECHO)) {
			if (ld->canon == ld->head)
				ldisc_echo_line_begins(ld);
			ldisc_echo_char(ld, c);
		}
		if (c == 0xff && I(ld, PARMRK))
			store(ld, c);
		end_line(ld, c);
		return true;
	}
	return false;
}
