/*
 * sysctl_write.c - what a write below /proc/sys means.
 *
 * A number is the first word of what is written; what follows it is left for a next
 * write.  Only the first page counts.  A text ends at the end of the line.  With kernel.sysctl_writes_strict at 1
 * the position counts, so that a value that comes in several writes is not taken for
 * several values: a number is written at the start, and elsewhere nothing is; a text is
 * put together.  Else each write stands for itself, and at 0 the log has a warning.
 *
 * Source: proc(5), Linux Documentation/admin-guide/sysctl/kernel.rst
 */
#include "core/log.h"
#include "fs/procfs/sysctl.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "sched/thread.h"

int sysctl_writes_strict = 1;

static void warn_of_position(const struct proc_node *node)
{
	static bool warned;

	if (!__atomic_exchange_n(&warned, true, __ATOMIC_RELAXED))
		log_warn(FS,
			 "%s wrote to %s when the file position was not 0; see "
			 "kernel.sysctl_writes_strict",
			 current->name, node->entry->name);
}

#define NUMBER_MAX 20 /* the longest word that is taken for a number */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

char *sysctl_word(char **text, char *end)
{
	char *word = *text, *behind;

	while (char_is_space(*word))
		word++;
	for (behind = word; *behind && !is_blank(*behind);)
		behind++;
	if (behind == word || (behind < end && !*behind) || behind - word > NUMBER_MAX)
		return NULL;
	*text = behind;
	while (*text < end && is_blank(**text))
		++*text;
	*behind = 0;
	return word;
}

static long write_number(const struct proc_node *node, char *text, size_t len)
{
	char *behind = text, *word = sysctl_word(&behind, text + len);
	int err = -EINVAL;

	if (word)
		err = node->entry->write(node, word, strlen(word));
	return err ? err : behind - text;
}

/* What it says now up to @pos, and then @text. */
static long write_string_at(const struct proc_node *node, const char *text, size_t len, u64 pos)
{
	struct seq now = { .buf = kmalloc(2 * PAGE_SIZE), .size = PAGE_SIZE };
	int err;

	if (!now.buf)
		return -ENOMEM;
	err = node->entry->show(&now, node);
	/* The line's end does not count. */
	if (!err && pos < now.len) {
		memcpy(now.buf + pos, text, len + 1);
		err = node->entry->write(node, now.buf, pos + len);
	}
	kfree(now.buf);
	return err ? err : (long)len;
}

long proc_sysctl_write(const struct proc_node *node, char *text, size_t len, u64 pos)
{
	int strict = READ_ONCE(sysctl_writes_strict), err;
	u8 flags = node->entry->flags;

	if (!len)
		return 0;
	if (pos && strict > 0)
		return flags & PROC_STRING ? write_string_at(node, text, len, pos) : (long)len;
	if (pos && !strict)
		warn_of_position(node);
	if (flags & PROC_LINE)
		return node->entry->write(node, text, len);
	if (!(flags & PROC_STRING))
		return write_number(node, text, len);
	err = node->entry->write(node, text, len);
	return err ? err : (long)len;
}
