/* sysctl.h - how the settings below /proc/sys are described: sysctl.c, sysctl_kernel.c. */
#pragma once
#include "fs/procfs/procfs_internal.h"

/* The number that @text is, within bounds.  -EINVAL. */
int sysctl_number(const char *text, u64 min, u64 max, u64 *out) __must_check;
/* The same with a sign, for an int. */
int sysctl_int(const char *text, int min, int max, int *out) __must_check;
/*
 * The next word of what is written up to @end, with a NUL behind it; *text moves on to the one
 * that follows.  NULL: none that could be a number.
 */
char *sysctl_word(char **text, char *end);
/* kernel.sysctl_writes_strict: sysctl_write.c */
extern int sysctl_writes_strict;

/* arg: the text; an int; a u64.  What is written is within [min, max]. */
int sysctl_show_text(struct seq *s, const struct proc_node *node);
int sysctl_show_int(struct seq *s, const struct proc_node *node);
int sysctl_write_int(const struct proc_node *node, char *text, size_t len);
int sysctl_show_u64(struct seq *s, const struct proc_node *node);
int sysctl_write_u64(const struct proc_node *node, char *text, size_t len);

#define SYSCTL(n, m, s, w)                                                                         \
	{ .name = n, .mode = S_IFREG | (m), .flags = PROC_SYSCTL | PROC_CUT, .show = s, .write = w }
/* With an argument and bounds. */
#define SYSCTL_ARG(n, s, w, a, lo, hi)                                                             \
	{ .name = n,                                                                               \
	  .mode = S_IFREG | 0644,                                                                  \
	  .flags = PROC_SYSCTL | PROC_CUT,                                                         \
	  .show = s,                                                                               \
	  .write = w,                                                                              \
	  .arg = (void *)(a),                                                                      \
	  .min = lo,                                                                               \
	  .max = hi }
#define SYSCTL_STRING(n, s, w, a)                                                                  \
	{ .name = n,                                                                               \
	  .mode = S_IFREG | 0644,                                                                  \
	  .flags = PROC_SYSCTL | PROC_CUT | PROC_STRING,                                           \
	  .show = s,                                                                               \
	  .write = w,                                                                              \
	  .arg = (void *)(a) }
#define SYSCTL_LINE(n, s, w)                                                                       \
	{ .name = n,                                                                               \
	  .mode = S_IFREG | 0644,                                                                  \
	  .flags = PROC_SYSCTL | PROC_CUT | PROC_LINE,                                             \
	  .show = s,                                                                               \
	  .write = w }
#define SYSCTL_CONST(n, text)                                                                      \
	{ .name = n,                                                                               \
	  .mode = S_IFREG | 0444,                                                                  \
	  .flags = PROC_SYSCTL | PROC_CUT,                                                         \
	  .show = sysctl_show_text,                                                                \
	  .arg = (void *)(text) }
#define SYSCTL_INT(n, var, lo, hi) SYSCTL_ARG(n, sysctl_show_int, sysctl_write_int, &(var), lo, hi)
#define SYSCTL_U64(n, var, lo, hi) SYSCTL_ARG(n, sysctl_show_u64, sysctl_write_u64, &(var), lo, hi)

extern const struct proc_entry sysctl_kernel_children[]; /* sysctl_kernel.c */
