/*
 * ldisc.h - the terminal line discipline (N_TTY) as pure logic.
 *
 * Bytes from the line go in through ldisc_receive(), bytes for the program
 * come out through ldisc_read(), the program's output passes ldisc_write().
 * Nothing here sleeps, allocates, locks or knows a process: the owner holds
 * its lock round every call, and reads signals to send and wake-ups to make
 * from the state afterwards.  So all of ldisc*.c is tested on the host
 * (tests/unit/test_ldisc.c).  termios(3).
 */
#pragma once
#include "abi/termios.h"
#include "lib/annotate.h"
#include "lib/types.h"

#define LDISC_BUF      4096u /* power of two: input ring */
#define LDISC_ECHO     1024u /* echo that waits for room */
#define LDISC_STEP_MAX 8u    /* bytes that one step of it, or one byte written, becomes */

struct ldisc;

struct ldisc_ops {
	/* Send to the line; returns how many bytes the line took. */
	size_t (*put)(struct ldisc *ld, const u8 *buf, size_t len);
	size_t (*room)(struct ldisc *ld);	/* bytes that put() takes now */
	void (*flush_output)(struct ldisc *ld); /* drop what is not yet sent */
	void (*start)(struct ldisc *ld);	/* output: go on (XON) */
	void (*stop)(struct ldisc *ld);		/* output: hold (XOFF) */
	void (*flush_input)(struct ldisc *ld);	/* the input queue was dropped; may be NULL */
};

/* Signals to send to the foreground group: bits of ldisc.signals. */
#define LDISC_SIGINT  1u
#define LDISC_SIGQUIT 2u
#define LDISC_SIGTSTP 4u

/* Every field belongs to the owner's lock. */
struct ldisc {
	const struct ldisc_ops *ops;
	struct termios2 t;
	u32 special[8];	  /* bit set: this byte needs more than storing */
	unsigned head;	  /* next byte to store; all free-running */
	unsigned canon;	  /* end of the last complete line */
	unsigned tail;	  /* next byte to read */
	u32 column;	  /* where the cursor is, before the echo that waits */
	u32 canon_column; /* where the line began */
	bool lnext;	  /* the byte after VLNEXT */
	bool erasing;	  /* inside \.../ of ECHOPRT */
	bool stopped;	  /* XOFF or TCOOFF */
	bool held;	  /* TCOOFF: only TCOON ends it */
	bool push;	  /* a half line was read away: line of length 0 may follow */
	u8 signals;	  /* LDISC_SIG*, the owner takes and clears */
	u16 echo_len;
	u8 echo[LDISC_ECHO];	 /* steps: see ldisc_echo.c */
	u32 eol[LDISC_BUF / 32]; /* this byte ends a line */
	u8 buf[LDISC_BUF];
};

void ldisc_init(struct ldisc *ld, const struct ldisc_ops *ops);

/* New settings; input that waits changes its meaning as on Linux. */
void ldisc_set_termios(struct ldisc *ld, const struct termios2 *t);

/* From the line.  Returns the bytes consumed; fewer when the ring is full. */
size_t ldisc_receive(struct ldisc *ld, const u8 *buf, size_t len);
void ldisc_receive_break(struct ldisc *ld);
void ldisc_receive_error(struct ldisc *ld, u8 byte); /* parity or frame */
size_t ldisc_receive_room(const struct ldisc *ld);

/*
 * To the program.  Takes what one read(2) may return now: canonical, up to
 * the end of one line, which *@line_end tells; raw, all.
 */
size_t ldisc_read(struct ldisc *ld, u8 *dst, size_t len, bool *line_end);
bool ldisc_readable(const struct ldisc *ld, size_t at_least);
size_t ldisc_inq(const struct ldisc *ld); /* FIONREAD */

/* From the program: OPOST.  Returns the bytes of @src consumed. */
size_t ldisc_write(struct ldisc *ld, const u8 *src, size_t len);
void ldisc_echo_drain(struct ldisc *ld); /* room appeared */

void ldisc_flush_input(struct ldisc *ld);
void ldisc_hold_output(struct ldisc *ld, bool hold); /* TCOOFF, TCOON */
void ldisc_send_flow(struct ldisc *ld, u8 c);	     /* TCIOFF, TCION */
static inline bool ldisc_canonical(const struct ldisc *ld)
{
	return (ld->t.c_lflag & ICANON) && !(ld->t.c_lflag & EXTPROC);
}
