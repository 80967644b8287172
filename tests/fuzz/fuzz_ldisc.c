/*
 * tty/ldisc beside a simple model: lines typed without echo, erased, ended and read.
 *
 * The first byte chooses settings and the size of reads; the rest is typed.
 */
#include "tests/fuzz/fuzz.h"
#include "tty/ldisc.h"

#define TYPED_MAX 1000 /* no line is overlong */

static size_t put(struct ldisc *ld, const u8 *buf, size_t len)
{
	return len;
}
static size_t room(struct ldisc *ld)
{
	return 4096;
}
static void nothing(struct ldisc *ld)
{
}
static const struct ldisc_ops ops = {
	.put = put, .room = room, .flush_output = nothing, .start = nothing, .stop = nothing
};

/* The model: what is complete, with the ends of reads in it, and what is being typed. */
static struct {
	u8 done[2 * TYPED_MAX];
	bool end[2 * TYPED_MAX];    /* a read ends behind this byte */
	bool is_eof[2 * TYPED_MAX]; /* no byte: an end of file */
	size_t ndone;
	u8 line[TYPED_MAX + 1];
	size_t len;
	bool quote;
} m;

static bool word_byte(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_' || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

static void model_end(u8 c, bool eof)
{
	if (!eof)
		m.line[m.len++] = c;
	memcpy(m.done + m.ndone, m.line, m.len);
	m.ndone += m.len;
	if (eof)
		m.is_eof[m.ndone++] = true;
	m.end[m.ndone - 1] = true;
	m.len = 0;
}

static void model_type(const struct termios2 *t, u8 c)
{
	if (t->c_iflag & ISTRIP)
		c &= 0x7f;
	if (m.quote) {
		m.quote = false;
		m.line[m.len++] = c;
		return;
	}
	if (c == '\r') {
		if (t->c_iflag & IGNCR)
			return;
		if (t->c_iflag & ICRNL)
			c = '\n';
	} else if (c == '\n' && t->c_iflag & INLCR) {
		c = '\r';
	}
	switch (c) {
	case 127: /* VERASE */
		m.len -= m.len > 0;
		return;
	case 21: /* VKILL */
		m.len = 0;
		return;
	case 23: /* VWERASE */
		while (m.len && !word_byte(m.line[m.len - 1]))
			m.len--;
		while (m.len && word_byte(m.line[m.len - 1]))
			m.len--;
		return;
	case 22: /* VLNEXT */
		m.quote = true;
		return;
	case '\n':
		model_end(c, false);
		return;
	case 4: /* VEOF */
		model_end(0, true);
		return;
	}
	m.line[m.len++] = c;
}

/* What one read of @size bytes gives, from *at on. */
static size_t model_read(size_t *at, u8 *dst, size_t size)
{
	size_t n = 0;

	while (*at < m.ndone) {
		if (m.is_eof[*at]) {
			++*at;
			return n;
		}
		if (n == size)
			return n;
		dst[n++] = m.done[*at];
		if (m.end[(*at)++])
			return n;
	}
	return n;
}

void fuzz_one(const u8 *data, size_t len)
{
	static struct ldisc ld;
	u8 want[64], got[64];
	struct termios2 t;
	size_t size, at = 0;
	bool line_end;

	if (!len)
		return;
	memset(&m, 0, sizeof(m));
	ldisc_init(&ld, &ops);
	t = ld.t;
	t.c_lflag &= ~(ECHO | ISIG);
	t.c_iflag = (data[0] & 1 ? ICRNL : 0) | (data[0] & 2 ? IGNCR : 0) |
		    (data[0] & 4 ? INLCR : 0) | (data[0] & 8 ? ISTRIP : 0);
	ldisc_set_termios(&ld, &t);
	size = 1 + (data[0] >> 4) * 4;
	len = min_t(size_t, len, TYPED_MAX);
	expect(ldisc_receive(&ld, data + 1, len - 1) == len - 1);
	for (size_t i = 1; i < len; i++)
		model_type(&t, data[i]);
	while (at < m.ndone) {
		size_t n = model_read(&at, want, size);

		expect(ldisc_readable(&ld, 0));
		expect(ldisc_read(&ld, got, size, &line_end) == n);
		expect(!memcmp(want, got, n));
	}
	expect(!ldisc_readable(&ld, 0));
	expect(ldisc_inq(&ld) == 0);
	expect(ld.head - ld.tail == m.len);
}

size_t fuzz_sample(unsigned n, u8 *buf, size_t room)
{
	static const char *const typed[] = {
		"\x71hello, world\nsecond \x7f\x7fline\nrest",
		"\x13one two  three\x17\x17"
		"four\r\x04half\x04",
		"\x24kill this\x15keep\x16\x04that\n\n\x04\x04x",
		"\x38\xc1\xd7 \xe9t\xe9\x17\r\n",
	};

	if (n >= ARRAY_SIZE(typed))
		return 0;
	strcpy((char *)buf, typed[n]);
	return strlen(typed[n]);
}
