/*
 * irq.c - /proc/irq: which processor each device interrupts.
 *
 *	default_smp_affinity		for interrupts that are registered from now on
 *	N/smp_affinity, _list		processors it may interrupt; can be written
 *	N/effective_affinity, _list	the one that it does
 *
 * Linux also lists lines that nobody uses, keeps a count of spurious interrupts and
 * makes a change take effect at the next interrupt; here it does at once.
 *
 * Source: Documentation/core-api/irq/irq-affinity.rst; errors as Debian's kernel gives them.
 */
#include "arch/api/irq.h"
#include "core/percpu.h"
#include "fs/path.h"
#include "fs/procfs/procfs_internal.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/string.h"

/* "f", "00000003", "1,00000000": hexadecimal, 32 bits between commas. */
static int parse_cpu_mask(const char *s, u64 *out)
{
	u64 bits = 0;
	u32 group = 0;
	unsigned digits = 0;

	for (;; s++) {
		char c = *s | 0x20;

		if (*s >= '0' && *s <= '9')
			c = *s - '0';
		else if (c >= 'a' && c <= 'f')
			c = c - 'a' + 10;
		else if (digits && (*s == ',' || !*s)) {
			if (bits >> 32)
				return -EOVERFLOW;
			bits = bits << 32 | group;
			group = digits = 0;
			if (!*s)
				break;
			continue;
		} else {
			return -EINVAL;
		}
		if (++digits > 8)
			return -EOVERFLOW;
		group = group << 4 | (u8)c;
	}
	*out = bits;
	return cpu_possible_count < 64 && bits >> cpu_possible_count ? -EOVERFLOW : 0;
}

static int parse_cpu_list(const char *s, u64 *out)
{
	int err = parse_list(s, out);

	if (!err && cpu_possible_count < 64 && *out >> cpu_possible_count)
		err = -ERANGE;
	return err;
}

static int parse_cpus(const struct proc_node *node, char *text, size_t len, u64 *out)
{
	while (len > 0 && char_is_space(text[len - 1]))
		text[--len] = 0;
	while (char_is_space(*text))
		text++;
	return node->entry->arg ? parse_cpu_list(text, out) : parse_cpu_mask(text, out);
}

/* As a list where the entry's arg says so. */
static int show_cpus(struct seq *s, const struct proc_node *node, u64 cpus)
{
	if (node->entry->arg)
		seq_cpu_list(s, cpus);
	else
		seq_cpu_mask(s, cpus);
	seq_putc(s, '\n');
	return 0;
}

static int wanted_show(struct seq *s, const struct proc_node *node)
{
	u64 wanted, effective;
	int err = irq_affinity(node->fd, &wanted, &effective);

	return err ? err : show_cpus(s, node, wanted);
}

static int effective_show(struct seq *s, const struct proc_node *node)
{
	u64 wanted, effective;
	int err = irq_affinity(node->fd, &wanted, &effective);

	return err ? err : show_cpus(s, node, effective);
}

static int wanted_write(const struct proc_node *node, char *text, size_t len)
{
	u64 cpus;
	int err = parse_cpus(node, text, len, &cpus);

	return err ? err : irq_set_affinity(node->fd, cpus);
}

static int default_show(struct seq *s, const struct proc_node *node)
{
	return show_cpus(s, node, irq_default_affinity());
}

static int default_write(const struct proc_node *node, char *text, size_t len)
{
	u64 cpus;
	int err = parse_cpus(node, text, len, &cpus);

	return err ? err : irq_set_default_affinity(cpus);
}

static int zero_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, "0\n");
	return 0;
}

static char as_list;

static const struct proc_entry line_children[] = {
	PROC_FILE("affinity_hint", 0444, zero_show),
	PROC_FILE("effective_affinity", 0444, effective_show),
	{ .name = "effective_affinity_list",
	  .mode = S_IFREG | 0444,
	  .show = effective_show,
	  .arg = &as_list },
	PROC_FILE("node", 0444, zero_show),
	{ .name = "smp_affinity",
	  .mode = S_IFREG | 0644,
	  .show = wanted_show,
	  .write = wanted_write },
	{ .name = "smp_affinity_list",
	  .mode = S_IFREG | 0644,
	  .show = wanted_show,
	  .write = wanted_write,
	  .arg = &as_list },
	{ 0 },
};

static const struct proc_entry line_dir = { .mode = S_IFDIR | 0555, .children = line_children };

static int irq_lookup(const struct proc_node *dir, const struct name *name, struct proc_node *child)
{
	int nr;

	if (!proc_number(name, &nr) || irq_next(nr) != nr)
		return -ENOENT;
	*child = (struct proc_node){ .entry = &line_dir, .fd = nr };
	return 0;
}

static int irq_dir_next(const struct proc_node *dir, int from)
{
	return irq_next(from);
}

const struct proc_dir proc_irq_dir = { irq_lookup, irq_dir_next };
const struct proc_entry proc_irq_children[] = {
	{ .name = "default_smp_affinity",
	  .mode = S_IFREG | 0644,
	  .show = default_show,
	  .write = default_write },
	{ 0 },
};
