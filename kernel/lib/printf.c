/* Formatted output (see printf.h for what is understood).  Source: C11 7.21.6.1. */
#include "lib/printf.h"
#include "lib/string.h"

/* Where text goes: counts all, stores what fits. */
struct out {
	char *buf;
	size_t size;
	size_t len;
};

struct spec {
	bool left, plus, space, alt, zero;
	int width;
	int precision; /* -1: none given */
	char length;   /* 0, 'H' (hh), 'h', 'l', 'q' (ll and all other 64-bit) */
};

static void put_mem(struct out *o, const char *s, size_t n)
{
	if (o->len < o->size)
		memcpy(o->buf + o->len, s, min(n, o->size - o->len));
	o->len += n;
}

static void put_fill(struct out *o, char c, long n)
{
	if (n <= 0)
		return;
	if (o->len < o->size)
		memset(o->buf + o->len, c, min((size_t)n, o->size - o->len));
	o->len += n;
}

static void put_text(struct out *o, const struct spec *sp, const char *s, size_t n)
{
	if (!sp->left)
		put_fill(o, ' ', sp->width - (long)n);
	put_mem(o, s, n);
	if (sp->left)
		put_fill(o, ' ', sp->width - (long)n);
}

static void put_number(struct out *o, const struct spec *sp, u64 v, unsigned base, bool upper,
		       char sign)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char buf[24], prefix[3];
	int n = 0, np = 0;
	long zeros, pad;

	if (sign)
		prefix[np++] = sign;
	if (sp->alt && base == 16 && v) {
		prefix[np++] = '0';
		prefix[np++] = upper ? 'X' : 'x';
	}
	if (base == 10)
		for (; v; v /= 10)
			buf[sizeof(buf) - ++n] = '0' + v % 10;
	else
		for (; v; v >>= base == 16 ? 4 : 3)
			buf[sizeof(buf) - ++n] = digits[v & (base - 1)];
	if (!n && sp->precision != 0)
		buf[sizeof(buf) - ++n] = '0';
	zeros = sp->precision > n ? sp->precision - n : 0;
	if (sp->alt && base == 8 && !zeros && (!n || buf[sizeof(buf) - n] != '0'))
		zeros = 1;
	pad = sp->width - np - zeros - n;
	if (sp->zero && !sp->left && sp->precision < 0 && pad > 0) {
		zeros += pad;
		pad = 0;
	}
	if (!sp->left)
		put_fill(o, ' ', pad);
	put_mem(o, prefix, np);
	put_fill(o, '0', zeros);
	put_mem(o, buf + sizeof(buf) - n, n);
	if (sp->left)
		put_fill(o, ' ', pad);
}

static const char *parse_spec(const char *f, struct spec *sp, va_list *ap)
{
	*sp = (struct spec){ .precision = -1 };
	for (;; f++) {
		switch (*f) {
		case '-':
			sp->left = true;
			continue;
		case '+':
			sp->plus = true;
			continue;
		case ' ':
			sp->space = true;
			continue;
		case '#':
			sp->alt = true;
			continue;
		case '0':
			sp->zero = true;
			continue;
		}
		break;
	}
	if (*f == '*') {
		sp->width = va_arg(*ap, int);
		if (sp->width < 0) {
			sp->left = true;
			sp->width = -sp->width;
		}
		f++;
	} else {
		for (; char_is_digit(*f); f++)
			sp->width = sp->width * 10 + *f - '0';
	}
	if (*f == '.') {
		sp->precision = 0;
		if (*++f == '*') {
			sp->precision = va_arg(*ap, int);
			f++;
		} else {
			for (; char_is_digit(*f); f++)
				sp->precision = sp->precision * 10 + *f - '0';
		}
	}
	switch (*f) {
	case 'h':
		sp->length = *++f == 'h' ? (f++, 'H') : 'h';
		break;
	case 'l':
		sp->length = *++f == 'l' ? (f++, 'q') : 'q';
		break;
	case 'z':
	case 't':
	case 'j':
		sp->length = 'q';
		f++;
		break;
	}
	return f;
}

static s64 signed_arg(const struct spec *sp, va_list *ap)
{
	if (sp->length == 'q')
		return va_arg(*ap, s64);
	int v = va_arg(*ap, int);

	return sp->length == 'H' ? (signed char)v : sp->length == 'h' ? (short)v : v;
}

static u64 unsigned_arg(const struct spec *sp, va_list *ap)
{
	if (sp->length == 'q')
		return va_arg(*ap, u64);
	unsigned v = va_arg(*ap, unsigned);

	return sp->length == 'H' ? (u8)v : sp->length == 'h' ? (u16)v : v;
}

static void put_string(struct out *o, const struct spec *sp, const char *s)
{
	if (!s)
		s = "(null)";
	put_text(o, sp, s, sp->precision >= 0 ? strnlen(s, sp->precision) : strlen(s));
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { buf, size, 0 };
	struct spec sp;
	va_list ap;

	va_copy(ap, args);
	while (*fmt) {
		const char *percent = fmt;
		s64 v;
		char c;

		while (*percent && *percent != '%')
			percent++;
		put_mem(&o, fmt, percent - fmt);
		if (!*percent)
			break;
		fmt = parse_spec(percent + 1, &sp, &ap);
		switch (*fmt) {
		case 'd':
		case 'i':
			v = signed_arg(&sp, &ap);
			put_number(&o, &sp, v < 0 ? -(u64)v : (u64)v, 10, false,
				   v < 0    ? '-' :
				   sp.plus  ? '+' :
				   sp.space ? ' ' :
					      0);
			break;
		case 'u':
			put_number(&o, &sp, unsigned_arg(&sp, &ap), 10, false, 0);
			break;
		case 'o':
			put_number(&o, &sp, unsigned_arg(&sp, &ap), 8, false, 0);
			break;
		case 'x':
		case 'X':
			put_number(&o, &sp, unsigned_arg(&sp, &ap), 16, *fmt == 'X', 0);
			break;
		case 'p':
			sp.alt = true;
			put_number(&o, &sp, (uintptr_t)va_arg(ap, void *), 16, false, 0);
			break;
		case 'c':
			c = va_arg(ap, int);
			put_text(&o, &sp, &c, 1);
			break;
		case 's':
			put_string(&o, &sp, va_arg(ap, const char *));
			break;
		case '%':
			put_mem(&o, "%", 1);
			break;
		default: /* not ours: show it as it stands */
			put_mem(&o, percent, fmt - percent + (*fmt != 0));
			if (!*fmt)
				goto out_end;
		}
		fmt++;
	}
out_end:
	va_end(ap);
	if (size)
		buf[min(o.len, size - 1)] = 0;
	return o.len;
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	int n = vsnprintf(buf, size, fmt, ap);

	return size ? min(n, (int)size - 1) : 0;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vscnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
