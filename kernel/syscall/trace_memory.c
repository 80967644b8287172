/*
 * trace_memory.c - what an argument points at: strings, bytes, vectors.
 *
 * What cannot be read is shown as an address.
 */
#include "abi/fcntl.h"
#include "abi/poll.h"
#include "abi/stat.h"
#include "abi/uio.h"
#include "lib/string.h"
#include "mem/user.h"
#include "syscall/trace_internal.h"

#define STRING_SHOWN 32u /* of data, as strace shows */
#define PATH_SHOWN   400u
#define ITEMS_SHOWN  16

/* ---- addresses, text ---- */

void trace_add_address(struct trace_line *line, u64 addr)
{
	if (addr)
		trace_add(line, "%#llx", addr);
	else
		trace_add(line, "NULL");
}

static void add_quoted(struct trace_line *line, const u8 *s, size_t len, bool cut, bool hex)
{
	static const char escapes[] = "\tt\nn\vv\ff\rr\"\"\\\\";

	trace_add(line, "\"");
	for (size_t i = 0; i < len; i++) {
		const char *escape = NULL;

		for (const char *e = escapes; *e && !escape; e += 2)
			if (*e == (char)s[i])
				escape = e + 1;
		if (hex)
			trace_add(line, "\\x%02x", s[i]);
		else if (escape)
			trace_add(line, "\\%c", *escape);
		else if (char_is_print((char)s[i]))
			trace_add(line, "%c", s[i]);
		else if (i + 1 < len && s[i + 1] >= '0' && s[i + 1] <= '7')
			trace_add(line, "\\%03o", s[i]);
		else
			trace_add(line, "\\%o", s[i]);
	}
	trace_add(line, "\"%s", cut ? "..." : "");
}

void trace_add_bytes(struct trace_line *line, u64 addr, s64 len, bool hex)
{
	u8 shown[STRING_SHOWN];
	size_t n = len < 0 ? 0 : min((size_t)len, sizeof(shown));

	if (len < 0 || !addr || copy_from_user(shown, (void __user *)addr, n))
		trace_add_address(line, addr);
	else
		add_quoted(line, shown, n, (size_t)len > n, hex);
}

static void add_string(struct trace_line *line, u64 addr, size_t shown)
{
	char text[PATH_SHOWN + 1];
	long len = addr ? arch_strncpy_from_user(text, (const char __user *)addr, shown + 1) : -1;

	if (len < 0)
		trace_add_address(line, addr);
	else
		add_quoted(line, (u8 *)text, min((size_t)len, shown), (size_t)len > shown, false);
}

static void add_strings(struct trace_line *line, u64 addr, bool count_only)
{
	u64 string = 0;
	int i, err = -1;

	if (!addr) {
		trace_add(line, "NULL");
		return;
	}
	if (!count_only)
		trace_add(line, "[");
	for (i = 0; i < (count_only ? 1024 : ITEMS_SHOWN); i++) {
		err = get_user_u64(&string, (void __user *)(addr + i * 8));
		if (err || !string)
			break;
		if (count_only)
			continue;
		trace_add(line, i ? ", " : "");
		add_string(line, string, STRING_SHOWN);
	}
	if (count_only && err)
		trace_add_address(line, addr);
	else if (count_only)
		trace_add(line, "%#llx /* %d var%s */", addr, i, i == 1 ? "" : "s");
	else
		trace_add(line, string && !err ? ", ...]" : "]");
}

/* ---- one thing of many ---- */

static u64 item_size(enum trace_kind kind)
{
	switch (kind) {
	case T_IOV:
	case T_IOVECS:
	case T_TIMESPECS:
	case T_TIMEVALS:
		return 16;
	case T_EPOLL_EVENTS:
		return sizeof(struct epoll_event);
	case T_POLLFDS:
	case T_LOADS:
		return 8;
	default:
		return 4;
	}
}

static void add_iov(struct trace_line *line, const struct iovec *iov, bool bytes, u64 left)
{
	trace_add(line, "{iov_base=");
	if (bytes)
		trace_add_bytes(line, (u64)iov->iov_base, (s64)min((u64)iov->iov_len, left), false);
	else
		trace_add_address(line, (u64)iov->iov_base);
	trace_add(line, ", iov_len=%llu}", (u64)iov->iov_len);
}

static void add_file_time(struct trace_line *line, enum trace_kind kind, u64 addr, s64 fraction)
{
	if (kind == T_TIMEVALS || (fraction != UTIME_NOW && fraction != UTIME_OMIT))
		trace_add_struct(line, kind == T_TIMEVALS ? T_TIMEVAL : T_TIMESPEC, addr);
	else
		trace_add(line, fraction == UTIME_NOW ? "UTIME_NOW" : "UTIME_OMIT");
}

/* One item; @words is its memory, @left how many bytes vectors may still show. */
static void add_item(struct trace_line *line, enum trace_kind kind, u64 addr, const u64 *words,
		     u64 *left)
{
	const struct pollfd *polled = (const struct pollfd *)words;

	switch (kind) {
	case T_IOV:
	case T_IOVECS:
		add_iov(line, (const struct iovec *)words, kind == T_IOV, *left);
		*left -= min(*left, words[1]);
		break;
	case T_TIMESPECS:
	case T_TIMEVALS:
		add_file_time(line, kind, addr, (s64)words[1]);
		break;
	case T_POLLFDS:
		trace_add(line, "{fd=%d", polled->fd);
		if (polled->fd >= 0) {
			trace_add(line, ", events=");
			trace_add_names(line, T_POLL, (u16)polled->events, false);
		}
		trace_add(line, "}");
		break;
	case T_EPOLL_EVENTS:
		trace_add_epoll_event(line, words);
		break;
	case T_UINT_PAIR:
		trace_add(line, "%#x", (u32)words[0]);
		break;
	case T_LOADS:
		trace_add(line, "%llu", words[0]);
		break;
	default:
		trace_add(line, kind == T_FD_PAIR || kind == T_INT_AT ? "%d" : "%u", (int)words[0]);
	}
}

static void add_items(struct trace_line *line, enum trace_kind kind, u64 addr, u64 count, u64 left)
{
	u64 words[2], size = item_size(kind);

	if (!addr || (count && copy_from_user(words, (void __user *)addr, size))) {
		trace_add_address(line, addr);
		return;
	}
	trace_add(line, "[");
	for (u64 i = 0; i < count; i++) {
		trace_add(line, i ? ", " : "");
		words[0] = words[1] = 0;
		if (i == ITEMS_SHOWN * 2 ||
		    copy_from_user(words, (void __user *)(addr + i * size), size)) {
			trace_add(line, "...");
			break;
		}
		add_item(line, kind, addr + i * size, words, &left);
	}
	trace_add(line, "]");
}

/* Numbers of the bits that are set: descriptors, processors. */
static void add_bits(struct trace_line *line, u64 addr, u64 bits)
{
	u64 word = 0;
	bool any = false;

	if (!addr || (bits && get_user_u64(&word, (void __user *)addr))) {
		trace_add_address(line, addr);
		return;
	}
	trace_add(line, "[");
	for (u64 i = 0; i < min(bits, (u64)1024); i++) {
		if (i % 64 == 0 && get_user_u64(&word, (void __user *)(addr + i / 8)))
			break;
		if (!(word >> i % 64 & 1))
			continue;
		trace_add(line, "%s%llu", any ? " " : "", i);
		any = true;
	}
	trace_add(line, "]");
}

void trace_add_at(struct trace_line *line, enum trace_kind kind, u64 addr, s64 count, u64 limit)
{
	u64 value = 0;

	if (kind >= T_STRUCT_FIRST && kind < T_NAMES_FIRST) {
		trace_add_struct(line, kind, addr);
		return;
	}
	switch (kind) {
	case T_PATH:
		add_string(line, addr, PATH_SHOWN);
		return;
	case T_STRING:
		add_string(line, addr, STRING_SHOWN);
		return;
	case T_STRINGS:
	case T_ENVIRON:
		add_strings(line, addr, kind == T_ENVIRON);
		return;
	case T_SIGACTION:
		trace_add_sigaction(line, addr);
		return;
	case T_FDSET:
	case T_CPUS:
		add_bits(line, addr, (u64)count);
		return;
	case T_INT_AT:
	case T_UINT_AT:
		add_items(line, kind, addr, 1, 0);
		return;
	case T_FD_PAIR:
	case T_UINT_PAIR:
	case T_TIMESPECS:
	case T_TIMEVALS:
		add_items(line, kind, addr, 2, 0);
		return;
	case T_LOADS:
		add_items(line, kind, addr, 3, 0);
		return;
	case T_IDS:
	case T_IOVECS:
	case T_POLLFDS:
	case T_EPOLL_EVENTS:
	case T_IOV:
		add_items(line, kind, addr, (u64)max(count, (s64)0), limit);
		return;
	default:
		break;
	}
	if (!addr || copy_from_user(&value, (void __user *)addr, kind == T_WAIT_STATUS ? 4 : 8)) {
		trace_add_address(line, addr);
	} else if (kind == T_WAIT_STATUS) {
		trace_add_wait_status(line, (u32)value);
	} else if (kind == T_SIGSET) {
		trace_add_sigset(line, value);
	} else {
		trace_add(line, "[%lld]", (long long)value);
	}
}
