/*
 * The kernel log.
 *
 * Records lie one behind the other in a ring of bytes, each with its header, none across the
 * end (a filler record takes the rest).  head and tail are byte positions that run free:
 *
 *	   tail (oldest)            head (next)
 *	    v                        v
 *	[...|hdr text|hdr text|......|filler]
 *
 * Adding drops the oldest records until there is room.  Readers hold a sequence number;
 * a remembered (number, position) pair of the last read makes reading on take no search.
 *
 * Locks: log.lock for the ring, console_lock for writing out, never both; both are taken with
 * interrupts off, since interrupts log.  A panic takes neither if another holder is in it.
 */
#include "core/log_internal.h"
#include "core/clock.h"
#include "core/cred.h"
#include "core/hooks.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"

#define RING_SIZE 65536U
#define FILLER	  0xff

struct record {
	u32 size; /* with header and text, a multiple of 8 */
	u16 len;
	u8 level; /* FILLER: skip to the ring's start */
	u8 facility;
	u64 seq;
	ktime_t time_ns;
	char text[];
};

/* All [l] log.lock. */
static struct {
	struct spinlock lock;
	u64 head, tail; /* positions; ring index is position % RING_SIZE */
	u64 seq_first, seq_next, seq_cleared;
	u64 hint_seq, hint_pos; /* a record's number and where it is */
	u8 ring[RING_SIZE] __aligned(8);
} klog = { .lock = SPINLOCK_INIT_RANK(LOCK_LOG) };

static struct spinlock console_lock = SPINLOCK_INIT_RANK(LOCK_CONSOLE);
static DEFINE_LIST(consoles);	     /* [console_lock] */
static int console_level = 4;	     /* errors only: a good boot is silent */
static int console_saved_level = -1; /* while switched off */
static bool console_all;	     /* ignore_loglevel */

/* ---- the ring ---- */

static struct record *record_at(u64 pos)
{
	return (struct record *)(klog.ring + pos % RING_SIZE);
}

static void drop_oldest(void)
{
	struct record *r = record_at(klog.tail);

	if (r->level != FILLER)
		klog.seq_first = r->seq + 1;
	klog.tail += r->size;
}

static void ring_add(u8 facility, u8 level, ktime_t now, const char *text, size_t len)
{
	u32 size = ALIGN_UP(sizeof(struct record) + len, 8);
	u32 to_end = RING_SIZE - klog.head % RING_SIZE;
	u32 need = size > to_end ? size + to_end : size;
	struct record *r;

	while (RING_SIZE - (klog.head - klog.tail) < need)
		drop_oldest();
	if (size > to_end) {
		/* At least 8 bytes, enough for the size and the level. */
		r = record_at(klog.head);
		r->size = to_end;
		r->level = FILLER;
		klog.head += to_end;
	}
	r = record_at(klog.head);
	r->size = size;
	r->len = len;
	r->level = level;
	r->facility = facility;
	r->seq = klog.seq_next++;
	r->time_ns = now;
	memcpy(r->text, text, len);
	klog.head += size;
}

/* The first record with a number >= @seq, or NULL.  Skips fillers. */
static struct record *ring_find(u64 seq)
{
	u64 pos = klog.tail;

	if (klog.hint_pos >= klog.tail && klog.hint_pos < klog.head && klog.hint_seq <= seq)
		pos = klog.hint_pos;
	while (pos < klog.head) {
		struct record *r = record_at(pos);

		if (r->level != FILLER && r->seq >= seq) {
			klog.hint_seq = r->seq;
			klog.hint_pos = pos;
			return r;
		}
		pos += r->size;
	}
	return NULL;
}

/* In a panic the lock may be held by whom it stopped: then without, and the analysis cannot
 * follow.  So too console_write_all(). */
static unsigned long klog_lock(bool *locked) NO_THREAD_SAFETY
{
	unsigned long flags = arch_irq_save();

	*locked = true;
	if (unlikely(panic_in_progress))
		*locked = spin_trylock(&klog.lock);
	else
		spin_lock(&klog.lock);
	return flags;
}

static void klog_unlock(unsigned long flags, bool locked) NO_THREAD_SAFETY
{
	if (locked)
		spin_unlock(&klog.lock);
	arch_irq_restore(flags);
}

/* ---- consoles ---- */

void console_write_all(const char *s, size_t len) NO_THREAD_SAFETY
{
	unsigned long flags = arch_irq_save();
	struct console *con;
	bool locked = true;

	if (unlikely(panic_in_progress))
		locked = spin_trylock(&console_lock);
	else
		spin_lock(&console_lock);
	list_for_each_entry(con, &consoles, link)
		con->write(con, s, len);
	if (locked)
		spin_unlock(&console_lock);
	arch_irq_restore(flags);
}

void console_finish_all(void)
{
	struct console *con;

	list_for_each_entry(con, &consoles, link) /* none comes or goes after the boot's start */
		con->finish(con);
}

void console_for_each(void (*fn)(const struct console *con, void *arg), void *arg)
{
	const struct console *con;

	list_for_each_entry(con, &consoles, link)
		fn(con, arg);
}

static int format_time(char *buf, size_t size, ktime_t ns)
{
	return scnprintf(buf, size, "[%5llu.%06llu] ", (u64)ns / NSEC_PER_SEC,
			 (u64)ns % NSEC_PER_SEC / 1000);
}

static void console_line(ktime_t now, const char *text, size_t len)
{
	char stamp[32];

	/* Three writes, so that no second buffer is on the stack. */
	console_write_all(stamp, format_time(stamp, sizeof(stamp), now));
	console_write_all(text, len);
	console_write_all("\n", 1);
}

static bool console_wants(int level)
{
	return level < console_level || console_all;
}

void console_register(struct console *con)
{
	unsigned long flags = spin_lock_irqsave(&console_lock);
	bool first = list_empty(&consoles);

	list_add_tail(&consoles, &con->link);
	spin_unlock_irqrestore(&console_lock, flags);

	/* What was said before there was a console. */
	if (first && (console_level > 0 || console_all)) {
		static char text[LOG_LINE_MAX]; /* booting: one thread */
		struct log_record rec;
		u64 seq = 0;
		int n;

		while ((n = log_read(&seq, &rec, text, sizeof(text))) >= 0)
			if (console_wants(rec.level))
				console_line(rec.time_ns, text, n);
	}
}

int log_restricted = 1; /* as Debian has it */

bool log_may_read(const struct cred *cred)
{
	return cred_capable(cred, CAP_SYSLOG) || cred_capable(cred, CAP_SYS_ADMIN);
}

int log_console_level(void)
{
	return console_level;
}
void log_console_everything(bool on)
{
	console_all = on;
}

void log_set_console_level(int level)
{
	console_level = clamp(level, 0, 15);
}

void log_console_off(void)
{
	if (console_saved_level < 0)
		console_saved_level = console_level;
	console_level = 1; /* emergencies only, as Linux's minimum */
}

void log_console_on(void)
{
	if (console_saved_level >= 0)
		console_level = console_saved_level;
	console_saved_level = -1;
}

/* ---- writers ---- */

static void store(u8 facility, u8 level, const char *text, size_t len)
{
	ktime_t now = arch_clock_ns();
	bool locked;
	unsigned long flags;

	while (len && (text[len - 1] == '\n' || text[len - 1] == 0))
		len--;
	len = min_t(size_t, len, LOG_LINE_MAX);
	flags = klog_lock(&locked);
	if (locked)
		ring_add(facility, level, now, text, len);
	klog_unlock(flags, locked);
	if (console_wants(level))
		console_line(now, text, len);
	if (kernel_hooks.log_added)
		kernel_hooks.log_added();
}

void log_emit(enum log_subsys s, enum log_level level, const char *fmt, ...)
{
	char line[320];
	va_list ap;
	int n = scnprintf(line, sizeof(line), "%s: ", log_subsys_name[s]);

	va_start(ap, fmt);
	n += vscnprintf(line + n, sizeof(line) - n, fmt, ap);
	va_end(ap);
	store(0, level, line, n);
}

void log_user(u8 facility, u8 level, const char *text, size_t len)
{
	store(facility, level & 7, text, len);
}

/* ---- readers ---- */

u64 log_seq_first(void)
{
	return READ_ONCE(klog.seq_first);
}
u64 log_seq_next(void)
{
	return READ_ONCE(klog.seq_next);
}
u64 log_seq_cleared(void)
{
	return READ_ONCE(klog.seq_cleared);
}
size_t log_ring_size(void)
{
	return RING_SIZE;
}

void log_clear(void)
{
	unsigned long flags = spin_lock_irqsave(&klog.lock);

	klog.seq_cleared = klog.seq_next;
	spin_unlock_irqrestore(&klog.lock, flags);
}

int log_read(u64 *seq, struct log_record *rec, char *buf, size_t size)
{
	unsigned long flags = spin_lock_irqsave(&klog.lock);
	struct record *r = ring_find(*seq);
	int ret = -EAGAIN;

	if (r) {
		rec->seq = r->seq;
		rec->time_ns = r->time_ns;
		rec->level = r->level;
		rec->facility = r->facility;
		rec->len = r->len;
		ret = min_t(size_t, r->len, size);
		memcpy(buf, r->text, ret);
		*seq = r->seq + 1;
	}
	spin_unlock_irqrestore(&klog.lock, flags);
	return ret;
}

int log_read_syslog(u64 *seq, char *buf, size_t size, bool prefix_level)
{
	struct log_record rec;
	char head[48];
	int n = 0, len;

	/* The text goes where it will stand if the prefix is as long as it can be; then moves. */
	if (size < sizeof(head) + 1)
		return -EINVAL;
	len = log_read(seq, &rec, buf + sizeof(head), size - sizeof(head) - 1);
	if (len < 0)
		return len;
	if (prefix_level)
		n = scnprintf(head, sizeof(head), "<%u>", rec.facility << 3 | rec.level);
	n += format_time(head + n, sizeof(head) - n, rec.time_ns);
	memmove(buf + n, buf + sizeof(head), len);
	memcpy(buf, head, n);
	buf[n + len] = '\n';
	return n + len + 1;
}
