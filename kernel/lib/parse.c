/* Numbers from text. */
#include "lib/parse.h"
#include "lib/errno.h"
#include "lib/string.h"

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

static const char *skip_prefix(const char *s, unsigned *base)
{
	bool hex = s[0] == '0' && (s[1] | 0x20) == 'x' && digit_value(s[2]) < 16;

	if (*base == 0)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	return hex && *base == 16 ? s + 2 : s;
}

/* Digits up to the first other character; false: it does not fit in 64 bits. */
static bool parse_digits(const char **s, unsigned base, u64 *out)
{
	bool fits = true;
	unsigned d;

	*out = 0;
	for (; (d = digit_value(**s)) < base; (*s)++)
		if (__builtin_mul_overflow(*out, (u64)base, out) ||
		    __builtin_add_overflow(*out, (u64)d, out))
			fits = false;
	return fits;
}

int parse_u64(const char *s, unsigned base, u64 *out)
{
	const char *start;
	bool fits;
	u64 v;

	if (*s == '+')
		s++;
	start = s = skip_prefix(s, &base);
	fits = parse_digits(&s, base, &v);
	if (*s == '\n' && s != start)
		s++;
	if (s == start || *s)
		return -EINVAL;
	if (!fits)
		return -ERANGE;
	*out = v;
	return 0;
}

int parse_s64(const char *s, unsigned base, s64 *out)
{
	bool negative = *s == '-';
	u64 v;
	int err;

	if (negative && (s[1] == '+' || s[1] == '-'))
		return -EINVAL;
	err = parse_u64(s + negative, base, &v);
	if (err)
		return err;
	if (v > (u64)S64_MAX + negative)
		return -ERANGE;
	*out = negative ? (s64)-v : (s64)v;
	return 0;
}

u64 parse_prefix_u64(const char *s, const char **end, unsigned base)
{
	u64 v;

	s = skip_prefix(s, &base);
	if (!parse_digits(&s, base, &v))
		v = U64_MAX;
	if (end)
		*end = s;
	return v;
}

u64 parse_size(const char *s, const char **end)
{
	static const char units[] = "kmgtpe";
	u64 v = parse_prefix_u64(s, &s, 0);
	const char *unit = *s ? strchr(units, *s | 0x20) : NULL;

	if (unit && *unit) {
		unsigned shift = 10 * (unit - units + 1);

		v = v > U64_MAX >> shift ? U64_MAX : v << shift;
		s++;
	}
	if (end)
		*end = s;
	return v;
}

int parse_bool(const char *s, bool *out)
{
	switch (s[0]) {
	case 'y':
	case 'Y':
	case 't':
	case 'T':
	case '1':
		*out = true;
		return 0;
	case 'n':
	case 'N':
	case 'f':
	case 'F':
	case '0':
		*out = false;
		return 0;
	case 'o':
	case 'O':
		if ((s[1] | 0x20) != 'n' && (s[1] | 0x20) != 'f')
			break;
		*out = (s[1] | 0x20) == 'n';
		return 0;
	}
	return -EINVAL;
}

int parse_list(const char *s, u64 *out)
{
	u64 first, last;

	*out = 0;
	do {
		if (digit_value(*s) > 9)
			return -EINVAL;
		first = last = parse_prefix_u64(s, &s, 10);
		if (*s == '-') {
			if (digit_value(*++s) > 9)
				return -EINVAL;
			last = parse_prefix_u64(s, &s, 10);
		}
		if (first > last || last > 63)
			return -EINVAL;
		*out |= ~0ULL << first & ~0ULL >> (63 - last);
	} while (*s == ',' && *++s);
	return *s ? -EINVAL : 0;
}
