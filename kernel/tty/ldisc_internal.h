/*
 * ldisc_internal.h - between the files of the line discipline; see ldisc.c.
 */
#pragma once
#include "tty/ldisc.h"

#define MASK(i)	  ((i) & (LDISC_BUF - 1))
#define EOF_MARK  0 /* _POSIX_VDISABLE: no real byte has its eol bit */

#define I(ld, f)  ((ld)->t.c_iflag & (f))
#define O(ld, f)  ((ld)->t.c_oflag & (f))
#define L(ld, f)  ((ld)->t.c_lflag & (f))
#define CC(ld, n) ((ld)->t.c_cc[n])

static inline bool is_control(u8 c)
{
	return c < 32 || c == 127;
}

/* The bytes 10xxxxxx of UTF-8 take no column and are erased with their lead. */
static inline bool is_continuation(const struct ldisc *ld, u8 c)
{
	return (c & 0xc0) == 0x80 && I(ld, IUTF8);
}

/* ---- the ring ---- */

static inline void eol_set(struct ldisc *ld, unsigned i)
{
	ld->eol[MASK(i) / 32] |= 1u << (i % 32);
}

static inline void eol_clear(struct ldisc *ld, unsigned i)
{
	ld->eol[MASK(i) / 32] &= ~(1u << (i % 32));
}

static inline bool eol_test(const struct ldisc *ld, unsigned i)
{
	return ld->eol[MASK(i) / 32] & (1u << (i % 32));
}

/* ldisc_receive keeps room for the three bytes of a marked error. */
static inline void store(struct ldisc *ld, u8 c)
{
	if (ld->head - ld->tail < LDISC_BUF)
		ld->buf[MASK(ld->head++)] = c;
}

/* ---- ldisc_output.c: OPOST, the cursor's column, flow control ---- */

/* @out has room for 8. */
unsigned ldisc_translate(struct ldisc *ld, u8 c, u8 *out);
void ldisc_start(struct ldisc *ld);
/* The same for what a key or the settings start: the echo so far goes out now. */
void ldisc_start_echo(struct ldisc *ld);
void ldisc_stop(struct ldisc *ld);

/* ---- ldisc_echo.c ---- */

/* A byte as the program would write it. */
void ldisc_echo_raw(struct ldisc *ld, u8 c);
/* A typed character: control characters show as ^X. */
void ldisc_echo_char(struct ldisc *ld, u8 c);
/* The line that is typed begins where the cursor then is. */
void ldisc_echo_line_begins(struct ldisc *ld);
/* Show that the character @c, @len bytes from @at, is gone. */
void ldisc_echo_erased(struct ldisc *ld, u8 c, unsigned at, unsigned len, bool one);
/* ECHOPRT: the \.../ ends. */
void ldisc_echo_erase_end(struct ldisc *ld);

/* ---- ldisc_edit.c ---- */

/* Canonical mode's editing keys and line ends; true when @c is dealt with. */
bool ldisc_edit(struct ldisc *ld, u8 c);
