/* Address spaces of processes: tables, and which CPU has which loaded.
 *
 * Tables.  Four levels, 4 KiB leaves.  A table appears by compare-and-swap and
 * goes in arch_tables_free_range() or arch_space_fini(), after every CPU that
 * might walk it was flushed.  Tables come back all zero (vm/ clears what it
 * unmaps, this file clears upper entries), so each CPU keeps some for the next
 * process: a new table costs a few instructions, not the clearing of a page.
 *
 * Loading.  active has a bit for each CPU whose CR3 points to the space.  A CPU
 * that goes on with a kernel thread keeps its CR3 (lazy); the first flush or the
 * end of the space sends it to the kernel's tables.  With PCID, a CPU remembers
 * PCID_SLOTS spaces; generation counts flushes, so that a returning space knows
 * whether its old translations are still good.
 *
 * Per-CPU state here is touched by this CPU only: in thread context, and by the
 * flush interrupt.
 */
#include "arch/x86/x86.h"
#include "arch/x86/tlb.h"
#include "arch/api/space.h"
#include "arch/api/smp.h"
#include "core/panic.h"
#include "lib/errno.h"
#include "mem/defer.h"
#include "mem/page.h"

#define TABLE		(X86_PTE_P | X86_PTE_RW | X86_PTE_US | X86_PTE_A)
#define TABLE_CACHE_MAX 32

/* Zeroed tables ready for use, linked through their first word. */
struct table_cache {
	paddr_t head;
	unsigned count;
};
DEFINE_PERCPU_STATIC(struct table_cache, table_cache);

/* --- Tables ---------------------------------------------------------------------- */

static paddr_t table_new(void)
{
	paddr_t pa = this_cpu(table_cache).head;
	struct page *page;
	u64 *table;

	if (likely(pa)) {
		table = phys_to_virt(pa);
		this_cpu(table_cache).head = table[0];
		this_cpu(table_cache).count--;
		table[0] = 0;
		return pa;
	}
	page = page_alloc(PAGE_ZERO); /* may sleep: touch no per-CPU data across it */
	if (!page)
		return 0;
	page_stat_add(PAGE_STAT_TABLES, 1);
	return page_to_phys(page);
}

/* @pa is zero, but maybe for its first word. */
static void table_free(paddr_t pa)
{
	u64 *table = phys_to_virt(pa);
	unsigned i;

	if (CONFIG_DEBUG)
		for (i = 1; i < 512; i++)
			assert(table[i] == 0);
	if (this_cpu(table_cache).count >= TABLE_CACHE_MAX) {
		page_stat_add(PAGE_STAT_TABLES, -1);
		page_free(phys_to_page(pa));
		return;
	}
	table[0] = this_cpu(table_cache).head;
	this_cpu(table_cache).head = pa;
	this_cpu(table_cache).count++;
}

/* All tables below the root, so that the end of a space need not search for
 * them: page->mapping is the entry that points to the table, private the link.
 */
static void table_list_add(struct arch_space *space, struct page *page, u64 *entry)
{
	struct page *head = READ_ONCE(space->table_list);

	page->mapping = entry;
	do {
		page->private = (u64)head;
	} while (!__atomic_compare_exchange_n(&space->table_list, &head, page, false,
					      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
}

/* Off the list with those that tables_unlink() took: mapping is NULL. */
static void table_list_filter(struct arch_space *space)
{
	u64 *link = (u64 *)&space->table_list;

	while (*link) {
		struct page *page = (struct page *)*link;

		if (page->mapping)
			link = &page->private;
		else
			*link = page->private;
	}
}

static u64 *table_next(struct arch_space *space, u64 *entry)
{
	u64 old = READ_ONCE(*entry);
	paddr_t table;

	if (old & X86_PTE_P)
		return x86_table_next(old);
	table = table_new();
	if (!table)
		return NULL;
	old = 0;
	if (__atomic_compare_exchange_n(entry, &old, table | TABLE, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST)) {
		atomic64_inc(&space->tables);
		table_list_add(space, phys_to_page(table), entry);
		return phys_to_virt(table);
	}
	table_free(table);
	return x86_table_next(old);
}

int arch_pte_alloc_slow(struct arch_space *space, vaddr_t va, pte_t **out)
{
	u64 *table = phys_to_virt(space->root);

	assert_debug(va < USER_SPACE_END);
	table = table_next(space, &table[va >> 39 & 511]);
	if (!table)
		return -ENOMEM;
	table = table_next(space, &table[va >> 30 & 511]);
	if (!table)
		return -ENOMEM;
	table = table_next(space, &table[va >> 21 & 511]);
	if (!table)
		return -ENOMEM;
	*out = table + (va >> PAGE_SHIFT & 511);
	return 0;
}

vaddr_t arch_pte_next_table(const struct arch_space *space, vaddr_t va, vaddr_t end)
{
	while (va < end) {
		const u64 *table = phys_to_virt(space->root);
		unsigned shift;
		u64 entry = 0;

		for (shift = 39; shift >= 21; shift -= 9) {
			entry = READ_ONCE(table[va >> shift & 511]);
			if (!(entry & X86_PTE_P))
				break;
			table = x86_table_next(entry);
		}
		if (entry & X86_PTE_P)
			return va;
		va = (va & ~(BIT(shift) - 1)) + BIT(shift);
	}
	return end;
}

/* Takes the tables of [start, end) out of @table, which maps [base, base + 512 <<
 * shift), where nothing outside the range needs them; links them to *list.
 */
static unsigned tables_unlink(u64 *table, unsigned shift, vaddr_t base, vaddr_t start, vaddr_t end,
			      paddr_t *list)
{
	unsigned first = start > base ? (start - base) >> shift : 0;
	unsigned last = min((end - 1 - base) >> shift, (vaddr_t)511);
	unsigned i, freed = 0;

	for (i = first; i <= last; i++) {
		u64 entry = table[i];
		vaddr_t child = base + ((u64)i << shift);

		if (!(entry & X86_PTE_P))
			continue;
		if (shift > 21)
			freed += tables_unlink(x86_table_next(entry), shift - 9, child, start, end,
					       list);
		if (start <= child && child + BIT(shift) <= end) {
			/* Bit 0 of the link is clear: not present for a walker. */
			WRITE_ONCE(table[i], 0);
			WRITE_ONCE(*x86_table_next(entry), *list);
			*list = entry & X86_PTE_ADDR;
			phys_to_page(*list)->mapping = NULL;
			freed++;
		}
	}
	return freed;
}

static void tables_free_list(paddr_t list)
{
	while (list) {
		paddr_t next = *(u64 *)phys_to_virt(list);

		table_free(list);
		list = next;
	}
}

/* struct page.lru of the first table is the head; both are two words. */
static void tables_free_rcu(struct rcu_head *head)
{
	tables_free_list(page_to_phys(container_of((struct list_node *)head, struct page, lru)));
}

void arch_tables_free_range(struct arch_space *space, vaddr_t start, vaddr_t end, bool readers)
{
	static_assert(sizeof(struct rcu_head) == sizeof(struct list_node), "one lies in the other");
	paddr_t list = 0;
	unsigned freed;

	if (start >= end)
		return;
	freed = tables_unlink(phys_to_virt(space->root), 39, 0, start, end, &list);
	if (!freed)
		return;
	atomic64_sub(&space->tables, freed);
	table_list_filter(space);
	tlb_flush_space(space, 0, USER_SPACE_END);
	if (readers)
		mem_call_rcu((struct rcu_head *)&phys_to_page(list)->lru, tables_free_rcu);
	else
		tables_free_list(list);
}

/* --- Spaces ------------------------------------------------------------------------ */

static u64 last_context; /* [a] */

int arch_space_init(struct arch_space *space)
{
	paddr_t root = table_new();
	u64 *table;
	unsigned i;

	if (!root)
		return -ENOMEM;
	table = phys_to_virt(root);
	for (i = 0; i < x86_kernel_nentries; i++)
		table[x86_kernel_entries[i].index] = x86_kernel_entries[i].value;
	space->root = root;
	space->context = __atomic_add_fetch(&last_context, 1, __ATOMIC_RELAXED);
	space->active = 0;
	space->generation = 0;
	atomic64_set(&space->tables, 0);
	space->table_list = NULL;
	return 0;
}

void arch_space_fini(struct arch_space *space)
{
	u64 *table = phys_to_virt(space->root);
	struct page *page, *next;
	unsigned i;

	tlb_drop_space(space);
	/* All entries first: a free table's first word is a link. */
	for (page = space->table_list; page; page = (struct page *)page->private)
		WRITE_ONCE(*(u64 *)page->mapping, 0);
	for (page = space->table_list; page; page = next) {
		next = (struct page *)page->private;
		table_free(page_to_phys(page));
	}
	space->table_list = NULL;
	for (i = 0; i < x86_kernel_nentries; i++)
		table[x86_kernel_entries[i].index] = 0;
	table_free(space->root);
	space->root = 0;
}

u64 arch_space_table_pages(const struct arch_space *space)
{
	return (u64)atomic64_read(&space->tables) + 1;
}
