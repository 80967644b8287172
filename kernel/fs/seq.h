/*
 * seq.h - text generated for readers, with a bound on the memory it costs.
 *
 * Two kinds.  A *single* file is generated whole at the first read from its
 * start and kept until the next read from the start, so that a reader in
 * pieces sees one consistent text; it may not exceed SEQ_MAX.  An *iterated*
 * file (maps, mounts) is produced record by record through one page.
 */
#pragma once
#include "lib/annotate.h"
#include "lib/types.h"

#define SEQ_MAX (1024u * 1024u)

struct seq {
	char *buf;
	size_t size; /* allocated */
	size_t len;  /* filled; > size means: did not fit */
};

void seq_printf(struct seq *s, const char *fmt, ...) __printf(2, 3);
void seq_puts(struct seq *s, const char *str);
void seq_putc(struct seq *s, char c);
void seq_write(struct seq *s, const void *data, size_t len);
void seq_u64(struct seq *s, char before, u64 v); /* before: 0 for none */
void seq_s64(struct seq *s, char before, s64 v);
void seq_escape(struct seq *s, const char *str, const char *which); /* \ooo */
/* CPUs that are possible, of @cpus: "f" or "ffffffff,ffffffff"; "0-3,5". */
void seq_cpu_mask(struct seq *s, u64 cpus);
void seq_cpu_list(struct seq *s, u64 cpus);
static inline bool seq_overflow(const struct seq *s)
{
	return s->len > s->size;
}
