/*
 * ldisc_output.c - what a program writes, on its way to the line: OPOST and the
 * cursor's column, which echo needs to erase tabs; and flow control.
 */
#include "tty/ldisc_internal.h"
#include "lib/string.h"

static u8 to_upper(u8 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 0xdf && c != 0xf7) ? c - 32 : c;
}

/*
 * Translate one byte as OPOST says.  @out has room for 8; returns how many.
 * Moves the column: call it once per byte, when it is sure to be sent.
 */
unsigned ldisc_translate(struct ldisc *ld, u8 c, u8 *out)
{
	unsigned n;

	switch (c) {
	case '\n':
		if (O(ld, ONLRET))
			ld->column = 0;
		if (O(ld, ONLCR)) {
			ld->canon_column = ld->column = 0;
			out[0] = '\r';
			out[1] = '\n';
			return 2;
		}
		ld->canon_column = ld->column;
		break;
	case '\r':
		if (O(ld, ONOCR) && ld->column == 0)
			return 0;
		if (O(ld, OCRNL)) {
			c = '\n';
			if (O(ld, ONLRET))
				ld->canon_column = ld->column = 0;
			break;
		}
		ld->canon_column = ld->column = 0;
		break;
	case '\t':
		n = 8 - (ld->column & 7);
		ld->column += n;
		if (O(ld, TABDLY) == XTABS) {
			memset(out, ' ', n);
			return n;
		}
		break;
	case '\b':
		if (ld->column > 0)
			ld->column--;
		break;
	default:
		if (!is_control(c)) {
			if (O(ld, OLCUC))
				c = to_upper(c);
			if (!is_continuation(ld, c))
				ld->column++;
		}
	}
	out[0] = c;
	return 1;
}

/* Bytes that need no translation, e.g. a run without control characters. */
static size_t plain_run(const struct ldisc *ld, const u8 *src, size_t len)
{
	size_t n = 0;

	if (O(ld, OLCUC))
		return 0;
	while (n < len && src[n] >= 32 && src[n] != 127)
		n++;
	return n;
}

static void column_advance(struct ldisc *ld, const u8 *src, size_t len)
{
	size_t i;

	if (!I(ld, IUTF8)) {
		ld->column += len;
		return;
	}
	for (i = 0; i < len; i++)
		ld->column += (src[i] & 0xc0) != 0x80;
}

/* The program writes.  Takes as much as the line has room for. */
size_t ldisc_write(struct ldisc *ld, const u8 *src, size_t len)
{
	size_t done = 0, room, run;
	u8 out[8];

	ldisc_echo_drain(ld);
	if (ld->echo_len)
		return 0;
	if (!O(ld, OPOST))
		return ld->ops->put(ld, src, len);

	room = ld->ops->room(ld);
	while (done < len) {
		run = plain_run(ld, src + done, len - done);
		if (run) {
			if (run > room)
				run = room;
			if (!run)
				break;
			run = ld->ops->put(ld, src + done, run);
			column_advance(ld, src + done, run);
			done += run;
			room -= run;
			if (!run)
				break;
			continue;
		}
		if (room < 8) {
			room = ld->ops->room(ld);
			if (room < 8)
				break;
		}
		run = ldisc_translate(ld, src[done++], out);
		if (run)
			ld->ops->put(ld, out, run);
		room -= run;
	}
	return done;
}

/* ---- flow control ---- */

void ldisc_start(struct ldisc *ld)
{
	if (!ld->stopped || ld->held)
		return;
	ld->stopped = false;
	ld->ops->start(ld);
}

void ldisc_start_echo(struct ldisc *ld)
{
	ldisc_start(ld);
	ldisc_echo_drain(ld);
}

void ldisc_stop(struct ldisc *ld)
{
	if (ld->stopped)
		return;
	ld->stopped = true;
	ld->ops->stop(ld);
}

/* TCOON undoes TCOOFF and no XOFF; echo that waits stays until something else moves, as on Linux. */
void ldisc_hold_output(struct ldisc *ld, bool hold)
{
	bool was_held = ld->held;

	ld->held = hold;
	if (hold)
		ldisc_stop(ld);
	else if (was_held)
		ldisc_start(ld);
}

/* TCIOFF, TCION: the flow character goes out even after an XOFF. */
void ldisc_send_flow(struct ldisc *ld, u8 c)
{
	bool was_stopped = ld->stopped;

	ldisc_start(ld);
	ld->ops->put(ld, &c, 1);
	if (was_stopped)
		ldisc_stop(ld);
}
