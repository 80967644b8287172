/* mem/page_stat.c - what memory is used for, for /proc/meminfo and sysinfo(2).
 *
 * Who takes pages for something counts them here; the sums need no lock, and are those of a
 * moment that never was.
 */
#include "mem/page.h"
#include "mem/page_internal.h"

static struct atomic64 stat[PAGE_STAT_COUNT]; /* [a] pages */

void page_stat_add(enum page_stat which, long pages)
{
	__atomic_fetch_add(&stat[which].v, pages, __ATOMIC_RELAXED);
}

long page_stat_read(enum page_stat which)
{
	return (long)atomic64_read(&stat[which]);
}

void page_stats(struct page_stats *out)
{
	long v[PAGE_STAT_COUNT];

	for (int i = 0; i < PAGE_STAT_COUNT; i++)
		v[i] = max_t(long, 0, page_stat_read(i));
	*out = (struct page_stats){
		.total = buddy_total(),
		.free = page_free_count(),
		.slab = v[PAGE_STAT_SLAB],
		.slab_reclaimable = v[PAGE_STAT_SLAB_RECLAIMABLE],
		.vmalloc = v[PAGE_STAT_VMALLOC],
		.kstack = v[PAGE_STAT_KSTACK],
		.page_tables = v[PAGE_STAT_TABLES],
		.cached = v[PAGE_STAT_CACHED],
		.shmem = v[PAGE_STAT_SHMEM] + v[PAGE_STAT_SHMEM_COMMITTED],
		.anon = v[PAGE_STAT_ANON],
		.mapped = v[PAGE_STAT_MAPPED],
		.dirty = v[PAGE_STAT_DIRTY],
		.writeback = v[PAGE_STAT_WRITEBACK],
		.mlocked = v[PAGE_STAT_MLOCKED],
	};
}
