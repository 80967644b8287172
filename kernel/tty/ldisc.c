/*
 * ldisc.c - the line discipline: what turns a stream of bytes into a terminal.
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
 * Echo is translated at once, so that column is always that of the cursor,
 * and collected in echo[]; it goes to the line when the call ends, and what
 * the line does not take waits there, ahead of later output.
 *
 * Pure logic, no locking: see ldisc.h.  Behaviour: termios(3), and Linux
 * where POSIX leaves room (order of tests, ECHOPRT, overlong lines).
 */
#include "tty/ldisc.h"
#include "lib/string.h"

#define MASK(i)	  ((i) & (LDISC_BUF - 1))
#define EOF_MARK  0 /* _POSIX_VDISABLE: no real byte has its eol bit */

#define I(ld, f)  ((ld)->t.c_iflag & (f))
#define O(ld, f)  ((ld)->t.c_oflag & (f))
#define L(ld, f)  ((ld)->t.c_lflag & (f))
#define CC(ld, n) ((ld)->t.c_cc[n])

static bool is_control(u8 c)
{
	return c < 32 || c == 127;
}

/* The bytes 10xxxxxx of UTF-8 take no column and are erased with their lead. */
static bool is_continuation(const struct ldisc *ld, u8 c)
{
	return (c & 0xc0) == 0x80 && I(ld, IUTF8);
}

static bool is_word(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_' || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

/* Latin-1, as is_word() and Linux have it. */
static u8 to_lower(u8 c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ? c + 32 : c;
}

static u8 to_upper(u8 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 0xdf && c != 0xf7) ? c - 32 : c;
}

/* ---- the ring ---- */

static void eol_set(struct ldisc *ld, unsigned i)
{
	ld->eol[MASK(i) / 32] |= 1u << (i % 32);
}

static void eol_clear(struct ldisc *ld, unsigned i)
{
	ld->eol[MASK(i) / 32] &= ~(1u << (i % 32));
}

static bool eol_test(const struct ldisc *ld, unsigned i)
{
	return ld->eol[MASK(i) / 32] & (1u << (i % 32));
}

/* ldisc_receive keeps room for the three bytes of a marked error. */
static void store(struct ldisc *ld, u8 c)
{
	if (ld->head - ld->tail < LDISC_BUF)
		ld->buf[MASK(ld->head++)] = c;
}

size_t ldisc_raw_count(const struct ldisc *ld)
{
	return ld->head - ld->tail;
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

/* ---- output ---- */

/*
 * Translate one byte as OPOST says.  @out has room for 8; returns how many.
 * Moves the column: call it once per byte, when it is sure to be sent.
 */
static unsigned translate(struct ldisc *ld, u8 c, u8 *out)
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

/* With no echo waiting, the cursor is where column says; dropped echo puts it back there. */
static void echo_mark(struct ldisc *ld)
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
	echo_mark(ld);
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
		run = translate(ld, src[done++], out);
		if (run)
			ld->ops->put(ld, out, run);
		room -= run;
	}
	return done;
}

/* ---- echo ---- */

static void echo_add(struct ldisc *ld, const u8 *bytes, unsigned n)
{
	if (ld->echo_len + n > LDISC_ECHO)
		ldisc_echo_drain(ld);
	if (ld->echo_len + n > LDISC_ECHO)
		return; /* the line takes nothing: echo is lost */
	memcpy(ld->echo + ld->echo_len, bytes, n);
	ld->echo_len += n;
}

/* A byte as the program would write it. */
static void echo_raw(struct ldisc *ld, u8 c)
{
	u8 out[8];

	if (c == 0xff) { /* whatever OLCUC says, as on Linux */
		echo_add(ld, &c, 1);
		ld->column++;
		return;
	}
	if (O(ld, OPOST)) {
		echo_add(ld, out, translate(ld, c, out));
		return;
	}
	echo_add(ld, &c, 1);
}

/* A typed character: control characters show as ^X. */
static void echo_char(struct ldisc *ld, u8 c)
{
	u8 out[2] = { '^', c ^ 0100 };

	if (L(ld, ECHOCTL) && is_control(c) && c != '\t') {
		echo_add(ld, out, 2);
		ld->column += 2;
		return;
	}
	echo_raw(ld, c);
}

static void echo_rubout(struct ldisc *ld)
{
	echo_add(ld, (const u8 *)"\b \b", 3);
	if (ld->column > 0)
		ld->column--;
}

static void finish_erasing(struct ldisc *ld)
{
	if (ld->erasing) {
		echo_raw(ld, '/');
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

/* Show that the character @c, @len bytes from @at, is gone. */
static void echo_erased(struct ldisc *ld, u8 c, unsigned at, unsigned len, bool one)
{
	if (L(ld, ECHOPRT)) {
		if (!ld->erasing) {
			echo_raw(ld, '\\');
			ld->erasing = true;
		}
		echo_char(ld, c);
		while (--len > 0) {
			u8 next = ld->buf[MASK(++at)];

			echo_add(ld, &next, 1);
		}
	} else if (one && !L(ld, ECHOE)) {
		echo_char(ld, CC(ld, VERASE));
	} else if (c == '\t') {
		erase_tab(ld);
	} else {
		if (is_control(c) && L(ld, ECHOCTL))
			echo_rubout(ld);
		if (!is_control(c) || L(ld, ECHOCTL))
			echo_rubout(ld);
	}
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
			finish_erasing(ld);
			echo_char(ld, key);
			if (L(ld, ECHOK))
				echo_raw(ld, '\n');
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
			echo_erased(ld, c, at, len, one);
		}
		ld->head = at;
		if (one)
			break;
	}
	if (ld->head == ld->canon && L(ld, ECHO))
		finish_erasing(ld);
}

/* ---- input ---- */

static void start(struct ldisc *ld)
{
	if (!ld->stopped || ld->held)
		return;
	ld->stopped = false;
	ld->ops->start(ld);
}

/* The same for what a key or the settings start: the echo so far goes out now. */
static void start_echo(struct ldisc *ld)
{
	start(ld);
	ldisc_echo_drain(ld);
}

static void stop(struct ldisc *ld)
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
		stop(ld);
	else if (was_held)
		start(ld);
}

/* TCIOFF, TCION: the flow character goes out even after an XOFF. */
void ldisc_send_flow(struct ldisc *ld, u8 c)
{
	bool was_stopped = ld->stopped;

	start(ld);
	ld->ops->put(ld, &c, 1);
	if (was_stopped)
		stop(ld);
}

/* INTR, QUIT or SUSP arrived: both queues are dropped unless NOFLSH. */
static void raise_signal(struct ldisc *ld, u8 which)
{
	ld->signals |= which;
	if (L(ld, NOFLSH))
		return;
	ld->echo_len = 0;
	ld->column = ld->sent_column;
	ld->canon_column = ld->sent_canon_column;
	ld->ops->flush_output(ld);
	ldisc_flush_input(ld);
}

/* An ordinary character: echo it, keep it.  @line_feed: a newline shows as one, not as ^J. */
static void receive_plain(struct ldisc *ld, u8 c, bool line_feed)
{
	if (ld->stopped && I(ld, IXON) && I(ld, IXANY))
		start_echo(ld);
	if (L(ld, ECHO)) {
		finish_erasing(ld);
		if (c == '\n' && line_feed) {
			echo_raw(ld, c);
		} else {
			if (ld->canon == ld->head)
				ld->canon_column = ld->column;
			echo_char(ld, c);
		}
	}
	if (c == 0xff && I(ld, PARMRK))
		store(ld, c);
	store(ld, c);
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

	finish_erasing(ld);
	echo_char(ld, c);
	echo_raw(ld, '\n');
	for (i = ld->canon; i != ld->head; i++)
		echo_char(ld, ld->buf[MASK(i)]);
}

/* Editing keys and line ends; true when @c is dealt with. */
static bool receive_canonical(struct ldisc *ld, u8 c)
{
	bool extended = L(ld, IEXTEN);

	if (c == CC(ld, VERASE) || c == CC(ld, VKILL) || (c == CC(ld, VWERASE) && extended)) {
		erase(ld, c);
		return true;
	}
	if (c == CC(ld, VLNEXT) && extended) {
		ld->lnext = true;
		if (L(ld, ECHO)) {
			finish_erasing(ld);
			if (L(ld, ECHOCTL)) {
				echo_raw(ld, '^');
				echo_raw(ld, '\b');
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
			echo_raw(ld, '\n');
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
				ld->canon_column = ld->column;
			echo_char(ld, c);
		}
		if (c == 0xff && I(ld, PARMRK))
			store(ld, c);
		end_line(ld, c);
		return true;
	}
	return false;
}

/* A byte of which the settings say that it may mean something. */
static void receive_special(struct ldisc *ld, u8 c)
{
	u8 sig = 0;

	if (I(ld, IXON)) {
		if (c == CC(ld, VSTART)) {
			start_echo(ld);
			return;
		}
		if (c == CC(ld, VSTOP)) {
			stop(ld);
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
				start(ld);
			if (L(ld, ECHO))
				echo_char(ld, c);
			return;
		}
	}
	if (ld->stopped && I(ld, IXON) && I(ld, IXANY))
		start_echo(ld);
	if (c == '\r') {
		if (I(ld, IGNCR))
			return;
		if (I(ld, ICRNL))
			c = '\n';
	} else if (c == '\n' && I(ld, INLCR)) {
		c = '\r';
	}
	if (ldisc_canonical(ld) && receive_canonical(ld, c))
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
	echo_mark(ld);
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

void ldisc_default_termios(struct termios2 *t)
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
		start_echo(ld);
}

void ldisc_init(struct ldisc *ld, const struct ldisc_ops *ops)
{
	memset(ld, 0, sizeof(*ld));
	ld->ops = ops;
	ldisc_default_termios(&ld->t);
	special_build(ld);
}
