/*
 * stat.c - what /proc/PID/{maps,smaps,statm,status} show of a space.
 *
 * Readers walk region by region and take the lock anew for each, so that a
 * slow reader never holds up the process that it looks at.
 */
#include "lib/string.h"
#include "mem/page.h"
#include "vm/mmap.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

u64 vm_space_rss_pages(struct vm_space *space)
{
	s64 n;
	u64 rss;

	rss_settle(space);
	n = atomic64_read(&space->anon_pages) + atomic64_read(&space->file_pages) +
	    atomic64_read(&space->shmem_pages);
	rss = n > 0 ? n : 0;
	if (rss > READ_ONCE(space->hiwater_rss))
		WRITE_ONCE(space->hiwater_rss, rss);
	return rss;
}

static const char *region_name(const struct vm_space *space, struct region *region)
{
	if (region->name)
		return region->name;
	if (region->ops && region->ops->name)
		return region->ops->name(region);
	if (region->file)
		return "";
	if (region->start <= space->brk && region->end >= space->brk_start &&
	    space->brk > space->brk_start)
		return "[heap]";
	if (region->start <= space->stack_start && region->end >= space->stack_start &&
	    space->stack_start)
		return "[stack]";
	return "";
}

static void count_usage(struct region *region, pte_t entry, struct region_usage *usage)
{
	struct page *page;
	unsigned users;
	bool dirty;

	if (pte_special(entry))
		return;
	page = pfn_to_page(pte_pfn(entry));
	/* References: those of page tables, and one of the cache. */
	users = page_refs(page) - (pte_soft(entry) ? 1 : 0);
	users = max(users, 1u);
	dirty = pte_dirty(entry) || page_flag(page, PG_DIRTY);
	usage->rss++;
	usage->pss_bytes += PAGE_SIZE / users;
	if (users > 1)
		*(dirty ? &usage->shared_dirty : &usage->shared_clean) += 1;
	else
		*(dirty ? &usage->private_dirty : &usage->private_clean) += 1;
	usage->referenced += pte_accessed(entry);
	usage->anonymous += !pte_soft(entry);
}

static void region_usage(struct region *region, struct region_usage *usage)
{
	struct arch_space *arch = &region->space->arch;
	u64 va = region->start;

	memset(usage, 0, sizeof(*usage));
	while ((va = arch_pte_next_table(arch, va, region->end)) < region->end) {
		u64 stop = min(arch_table_end(va), region->end);
		pte_t *pte = arch_pte_lookup(arch, va);
		struct page *leaf = pte_lock(pte);

		for (; va < stop; va += PAGE_SIZE, pte++) {
			if (!pte_none(pte_get(pte)))
				count_usage(region, pte_get(pte), usage);
		}
		pte_unlock(leaf);
	}
	if (region->flags & REGION_LOCKED)
		usage->locked = usage->rss;
}

bool vm_region_info(struct vm_space *space, u64 addr, struct region_info *info,
		    struct region_usage *usage)
{
	struct region *region;

	rwsem_read_lock(&space->lock);
	region = region_find_from(space, addr);
	if (region) {
		info->start = region->start;
		info->end = region->end;
		info->flags = region->flags;
		info->offset = region->file || region->cache ? region->pgoff << PAGE_SHIFT : 0;
		info->file = region->file;
		if (region->file)
			vm_file_ops.get(region->file);
		info->name = region_name(space, region);
		info->shared_anon = region->cache && !region->file;
		info->shared_ino = info->shared_anon ? page_cache_shared_ino(region->cache) : 0;
		if (usage)
			region_usage(region, usage);
	}
	rwsem_read_unlock(&space->lock);
	return region;
}

void vm_space_stat(struct vm_space *space, struct vm_stat *out)
{
	rwsem_read_lock(&space->lock);
	out->size = space->total_pages;
	out->peak = space->hiwater_total;
	out->data = space->data_pages;
	out->stack = space->stack_pages;
	out->locked = space->locked_pages;
	out->text = (ALIGN_UP(space->code_end, PAGE_SIZE) -
		     ALIGN_DOWN(space->code_start, PAGE_SIZE)) >>
		    PAGE_SHIFT;
	out->lib = space->exec_pages > out->text ? space->exec_pages - out->text : 0;
	rwsem_read_unlock(&space->lock);
	out->rss = vm_space_rss_pages(space);
	out->peak_rss = space->hiwater_rss;
	out->anon = max(atomic64_read(&space->anon_pages), (s64)0);
	out->file = max(atomic64_read(&space->file_pages), (s64)0);
	out->shmem = max(atomic64_read(&space->shmem_pages), (s64)0);
	out->page_tables = arch_space_table_pages(&space->arch);
}
