/*
 * meminfo.c - /proc/meminfo, vmstat, slabinfo: where the memory goes.
 *
 * What does not exist here (swap, huge pages) is shown as Linux shows a
 * machine without it.
 */
#include "fs/procfs/procfs_internal.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "vm/mmap.h"
#include "vm/page_cache.h"

static void kb(struct seq *s, const char *name, u64 pages)
{
	seq_printf(s, "%-16s%8llu kB\n", name, pages << (PAGE_SHIFT - 10));
}

int proc_meminfo_show(struct seq *s, const struct proc_node *node)
{
	struct page_cache_stat cache;
	struct page_stats m;
	u64 file, available;

	page_stats(&m);
	page_cache_stat(&cache);
	file = cache.cached > cache.shmem ? cache.cached - cache.shmem : 0;
	available = m.free + file / 2 + m.slab_reclaimable / 2;
	kb(s, "MemTotal:", m.total);
	kb(s, "MemFree:", m.free);
	kb(s, "MemAvailable:", min(available, m.total));
	kb(s, "Buffers:", 0);
	kb(s, "Cached:", cache.cached);
	kb(s, "SwapCached:", 0);
	kb(s, "Active:", m.anon + file);
	kb(s, "Inactive:", cache.shmem);
	kb(s, "Active(anon):", m.anon);
	kb(s, "Inactive(anon):", cache.shmem);
	kb(s, "Active(file):", file);
	kb(s, "Inactive(file):", 0);
	kb(s, "Unevictable:", m.mlocked);
	kb(s, "Mlocked:", m.mlocked);
	kb(s, "SwapTotal:", 0);
	kb(s, "SwapFree:", 0);
	kb(s, "Dirty:", cache.dirty);
	kb(s, "Writeback:", m.writeback);
	kb(s, "AnonPages:", m.anon);
	kb(s, "Mapped:", m.mapped);
	kb(s, "Shmem:", cache.shmem);
	kb(s, "KReclaimable:", m.slab_reclaimable);
	kb(s, "Slab:", m.slab);
	kb(s, "SReclaimable:", m.slab_reclaimable);
	kb(s, "SUnreclaim:", m.slab - min(m.slab, m.slab_reclaimable));
	kb(s, "KernelStack:", m.kstack);
	kb(s, "PageTables:", m.page_tables);
	kb(s, "SecPageTables:", 0);
	kb(s, "NFS_Unstable:", 0);
	kb(s, "Bounce:", 0);
	kb(s, "WritebackTmp:", 0);
	kb(s, "CommitLimit:", vm_commit_limit_pages());
	kb(s, "Committed_AS:", vm_committed_pages());
	seq_puts(s, "VmallocTotal:   34359738367 kB\n");
	kb(s, "VmallocUsed:", m.vmalloc);
	kb(s, "VmallocChunk:", 0);
	kb(s, "Percpu:", 0);
	seq_puts(s, "HugePages_Total:       0\nHugePages_Free:        0\n"
		    "HugePages_Rsvd:        0\nHugePages_Surp:        0\n"
		    "Hugepagesize:       2048 kB\nHugetlb:               0 kB\n");
	return 0;
}

/* What vmstat(8) wants, and what is counted here. */
int proc_vmstat_show(struct seq *s, const struct proc_node *node)
{
	struct page_cache_stat cache;
	struct page_stats m;

	page_stats(&m);
	page_cache_stat(&cache);
	seq_printf(s,
		   "nr_free_pages %llu\nnr_anon_pages %llu\nnr_mapped %llu\n"
		   "nr_file_pages %llu\nnr_dirty %llu\nnr_writeback %llu\nnr_shmem %llu\n"
		   "nr_slab_reclaimable %llu\nnr_slab_unreclaimable %llu\n"
		   "nr_page_table_pages %llu\nnr_kernel_stack %llu\n",
		   m.free, m.anon, m.mapped, cache.cached, cache.dirty, m.writeback, cache.shmem,
		   m.slab_reclaimable, m.slab - min(m.slab, m.slab_reclaimable), m.page_tables,
		   m.kstack << (PAGE_SHIFT - 10));
	seq_puts(s, "pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n");
	return 0;
}

static void slab_line(const struct slab_info *i, void *arg)
{
	seq_printf(arg,
		   "%-17s %6llu %6llu %6u %4u %4u : tunables %4u %4u %4u : "
		   "slabdata %6llu %6llu %6u\n",
		   i->name, i->objects, i->total, i->size, i->per_slab, i->pages_per_slab, 0, 0, 0,
		   i->slabs, i->slabs, 0);
}

int proc_slabinfo_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> "
		    "<objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> "
		    "<sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	slab_for_each(slab_line, s);
	return 0;
}
