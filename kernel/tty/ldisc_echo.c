/*
 * ldisc_echo.c - what typing shows: characters, control characters as ^X, and
 * how erased ones disappear (ECHOE, ECHOPRT, tabs by their width).
 *
 * Echo gathers in echo[] while bytes are received and goes to the line once at
 * the end of the call, or when the line lets it.  Until then it is a list of
 * steps: OPOST and the columns are applied when a step goes out, so that the
 * settings and the place of the cursor are those of that moment, as on Linux.
 *
 * A step is a byte as the program would write it, or STEP and what kind:
 *	STEP		the byte 0xff itself, whatever OLCUC says
 *	STEP_CONTROL c	^X
 *	STEP_RUBOUT	back, blank, back: a character of one column is gone
 *	STEP_BYTE c	without translation and column: the rest of a UTF-8 character
 *	STEP_LINE	the line begins here: what erasing a tab counts from
 *	STEP_TAB n	back over a tab; n: columns since the last tab, or STEP_TAB_FIRST +
 *			columns since the line's begin
 * Linux keeps 3.8 KB of steps that wait, here it is 1 KB; then the oldest go.
 */
#include "tty/ldisc_internal.h"
#include "lib/string.h"

#define STEP	       0xff
#define STEP_CONTROL   1
#define STEP_RUBOUT    2
#define STEP_BYTE      3
#define STEP_LINE      4
#define STEP_TAB       5
#define STEP_TAB_FIRST 8

static unsigned step_len(const u8 *step)
{
	if (step[0] != STEP)
		return 1;
	return step[1] == STEP_CONTROL || step[1] == STEP_BYTE || step[1] == STEP_TAB ? 3 : 2;
}

static void column_back(struct ldisc *ld)
{
	if (ld->column > 0)
		ld->column--;
}

static unsigned play_tab(struct ldisc *ld, u8 width, u8 *out)
{
	unsigned n;

	if (width & STEP_TAB_FIRST)
		width += ld->canon_column;
	n = 8 - (width & 7);
	memset(out, '\b', n);
	for (unsigned i = 0; i < n; i++)
		column_back(ld);
	return n;
}

/* What the step @step sends to the line: at most LDISC_STEP_MAX bytes to @out.  Moves the column. */
static unsigned step_play(struct ldisc *ld, const u8 *step, u8 *out)
{
	out[0] = step[0];
	if (step[0] != STEP)
		return O(ld, OPOST) ? ldisc_translate(ld, step[0], out) : 1;
	switch (step[1]) {
	case STEP_CONTROL:
		out[0] = '^';
		out[1] = step[2] ^ 0100;
		ld->column += 2;
		return 2;
	case STEP_RUBOUT:
		memcpy(out, "\b \b", 3);
		column_back(ld);
		return 3;
	case STEP_BYTE:
		out[0] = step[2];
		return 1;
	case STEP_LINE:
		ld->canon_column = ld->column;
		return 0;
	case STEP_TAB:
		return play_tab(ld, step[2], out);
	}
	ld->column++;
	return 1;
}

void ldisc_echo_drain(struct ldisc *ld)
{
	u8 out[64], bytes[LDISC_STEP_MAX];
	size_t room, done = 0, n = 0;

	if (!ld->echo_len || ld->stopped)
		return;
	room = ld->ops->room(ld);
	while (done < ld->echo_len) {
		u32 column = ld->column, canon_column = ld->canon_column;
		unsigned len = step_play(ld, ld->echo + done, bytes);

		if (len > room) { /* not yet: the column is where it was */
			ld->column = column;
			ld->canon_column = canon_column;
			break;
		}
		if (n + len > sizeof(out)) {
			ld->ops->put(ld, out, n);
			n = 0;
		}
		memcpy(out + n, bytes, len);
		n += len;
		room -= len;
		done += step_len(ld->echo + done);
	}
	if (n)
		ld->ops->put(ld, out, n);
	ld->echo_len -= done;
	memmove(ld->echo, ld->echo + done, ld->echo_len);
}

static void step_add(struct ldisc *ld, const u8 *step)
{
	unsigned n = step_len(step), gone = 0;

	if (ld->echo_len + n > LDISC_ECHO)
		ldisc_echo_drain(ld);
	while (ld->echo_len - gone + n > LDISC_ECHO)
		gone += step_len(ld->echo + gone);
	if (gone) {
		ld->echo_len -= gone;
		memmove(ld->echo, ld->echo + gone, ld->echo_len);
	}
	memcpy(ld->echo + ld->echo_len, step, n);
	ld->echo_len += n;
}

static void step_add_kind(struct ldisc *ld, u8 kind, u8 c)
{
	step_add(ld, (const u8[]){ STEP, kind, c });
}

void ldisc_echo_raw(struct ldisc *ld, u8 c)
{
	step_add(ld, (const u8[]){ c, STEP });
}

void ldisc_echo_char(struct ldisc *ld, u8 c)
{
	if (L(ld, ECHOCTL) && is_control(c) && c != '\t')
		step_add_kind(ld, STEP_CONTROL, c);
	else
		ldisc_echo_raw(ld, c);
}

void ldisc_echo_line_begins(struct ldisc *ld)
{
	step_add_kind(ld, STEP_LINE, 0);
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
	unsigned i = ld->head, width = 0;
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
	step_add_kind(ld, STEP_TAB, (width & 7) | (after_tab ? 0 : STEP_TAB_FIRST));
}

void ldisc_echo_erased(struct ldisc *ld, u8 c, unsigned at, unsigned len, bool one)
{
	if (L(ld, ECHOPRT)) {
		if (!ld->erasing) {
			ldisc_echo_raw(ld, '\\');
			ld->erasing = true;
		}
		ldisc_echo_char(ld, c);
		while (--len > 0)
			step_add_kind(ld, STEP_BYTE, ld->buf[MASK(++at)]);
	} else if (one && !L(ld, ECHOE)) {
		ldisc_echo_char(ld, CC(ld, VERASE));
	} else if (c == '\t') {
		erase_tab(ld);
	} else {
		if (is_control(c) && L(ld, ECHOCTL))
			step_add_kind(ld, STEP_RUBOUT, 0);
		if (!is_control(c) || L(ld, ECHOCTL))
			step_add_kind(ld, STEP_RUBOUT, 0);
	}
}
