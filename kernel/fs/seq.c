/*
 * seq.c - text for the files of /proc.
 *
 * Every function appends; what does not fit only counts, so that the caller
 * learns once, at the end, that the buffer was too small (seq_overflow).
 */
#include "core/percpu.h"
#include "fs/seq.h"
#include "lib/printf.h"
#include "lib/string.h"

/* From here on nothing more is stored. */
static void overflow(struct seq *s)
{
	s->len = s->size + 1;
}

void seq_write(struct seq *s, const void *data, size_t len)
{
	if (seq_overflow(s) || len > s->size - s->len) {
		overflow(s);
		return;
	}
	memcpy(s->buf + s->len, data, len);
	s->len += len;
}

void seq_putc(struct seq *s, char c)
{
	seq_write(s, &c, 1);
}

void seq_puts(struct seq *s, const char *str)
{
	seq_write(s, str, strlen(str));
}

void seq_printf(struct seq *s, const char *fmt, ...)
{
	va_list ap;
	size_t room;
	int n;

	if (seq_overflow(s))
		return;
	room = s->size - s->len;
	va_start(ap, fmt);
	n = vsnprintf(s->buf + s->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		overflow(s);
	else
		s->len += n;
}

/* Decimal without the cost of a format: stat files are made of these. */
void seq_u64(struct seq *s, char before, u64 v)
{
	char text[21];
	unsigned at = sizeof(text);

	do {
		text[--at] = '0' + v % 10;
		v /= 10;
	} while (v);
	if (before)
		seq_putc(s, before);
	seq_write(s, text + at, sizeof(text) - at);
}

void seq_s64(struct seq *s, char before, s64 v)
{
	if (v >= 0) {
		seq_u64(s, before, v);
		return;
	}
	if (before)
		seq_putc(s, before);
	seq_u64(s, '-', -(u64)v);
}

/* Bytes of @which appear as \ooo, so that a line can be split into fields. */
void seq_escape(struct seq *s, const char *str, const char *which)
{
	for (; *str; str++) {
		u8 c = *str;

		if (!strchr(which, c)) {
			seq_putc(s, c);
			continue;
		}
		seq_putc(s, '\\');
		seq_putc(s, '0' + (c >> 6));
		seq_putc(s, '0' + ((c >> 3) & 7));
		seq_putc(s, '0' + (c & 7));
	}
}

static u64 possible_cpus(void)
{
	return cpu_possible_count >= 64 ? U64_MAX : BIT(cpu_possible_count) - 1;
}

void seq_cpu_mask(struct seq *s, u64 cpus)
{
	cpus &= possible_cpus();
	if (cpu_possible_count > 32)
		seq_printf(s, "%0*x,%08x", (int)(cpu_possible_count - 32 + 3) / 4,
			   (u32)(cpus >> 32), (u32)cpus);
	else
		seq_printf(s, "%0*x", (int)(cpu_possible_count + 3) / 4, (u32)cpus);
}

void seq_cpu_list(struct seq *s, u64 cpus)
{
	bool first = true;
	int i, end;

	cpus &= possible_cpus();
	for (i = 0; i < 64; i = end + 1) {
		end = i;
		if (!(cpus >> i & 1))
			continue;
		while (end + 1 < 64 && (cpus >> (end + 1) & 1))
			end++;
		seq_printf(s, end > i ? "%s%d-%d" : "%s%d", first ? "" : ",", i, end);
		first = false;
	}
}
