/*
 * What regions and the page cache need from below, on a host process: memory
 * from malloc, no page tables, no second thread.
 */
#include <stdarg.h>
#include "core/hooks.h"
#include "core/panic.h"
#include "core/percpu.h"
#include "lib/string.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "mem/uio.h"
#include "sched/mutex.h"
#include "sched/rwsem.h"
#include "sched/sched.h"
#include "sched/waitq.h"
#include "tests/unit/vm/host.h"
#include "vm/page_cache.h"
#include "vm/region.h"
#include "vm/vm_internal.h"

void *aligned_alloc(size_t align, size_t size);
void free(void *p);
void abort(void);
int puts(const char *s);

#define HOST_PAGES 4096

struct host host;
struct thread *current_thread;
u32 cpu_number;
uintptr_t percpu_offset[MAX_CPUS];
struct kernel_hooks kernel_hooks;
u8 log_subsys_level[LOG_SUBSYS_COUNT];
struct page *page_memmap;
static struct page pages[HOST_PAGES];
static u8 memory[HOST_PAGES][PAGE_SIZE] __aligned(4096);
static unsigned next_page;
static struct thread thread;

void host_init(void)
{
	/* phys_to_virt() of a page of `memory` is its address here. */
	pfn_t first = virt_to_phys(memory) >> PAGE_SHIFT;

	page_memmap = (struct page *)((uintptr_t)pages - first * sizeof(struct page));
	current_thread = &thread;
}

struct page *page_alloc(unsigned flags)
{
	struct page *page;

	if (host.fail_pages || next_page == HOST_PAGES)
		return NULL;
	page = &pages[next_page++];
	page->refs.v = 1;
	memset(page_to_virt(page), flags & PAGE_ZERO ? 0 : 0xa5, PAGE_SIZE);
	host.pages_out++;
	return page;
}

void page_free(struct page *page) { host.pages_out--; }
void page_stat_add(enum page_stat which, long n) { host.stat[which] += n; }
long page_stat_read(enum page_stat which) { return host.stat[which]; }
void page_copy(void *dst, const void *src) { memcpy(dst, src, PAGE_SIZE); }

void slab_cache_init(struct slab_cache *cache, const char *name, size_t size, size_t align)
{
	cache->size = size;
}
void *slab_alloc(struct slab_cache *cache)
{
	host.objects_out++;
	return aligned_alloc(64, ALIGN_UP((size_t)cache->size, (size_t)64));
}
void *slab_zalloc(struct slab_cache *cache)
{
	return memset(slab_alloc(cache), 0, cache->size);
}
void *slab_alloc_flags(struct slab_cache *cache, unsigned flags) { return slab_zalloc(cache); }
void slab_free(struct slab_cache *cache, void *object)
{
	host.objects_out--;
	free(object);
}
void *kmalloc(size_t size) { return aligned_alloc(64, ALIGN_UP(size, (size_t)64)); }
void kfree(const void *p) { free((void *)p); }

void mutex_init(struct mutex *mutex, int rank) { mutex->owner = 0; }
void mutex_lock_slow(struct mutex *mutex) { panic("mutex_lock_slow"); }
void mutex_unlock_slow(struct mutex *mutex) { panic("mutex_unlock_slow"); }
void spin_lock_slow(struct spinlock *l, u16 ticket) { panic("spin_lock_slow"); }
void schedule(void) { }
void waitq_init(struct waitq *wq) { list_init(&wq->list); }
void waiter_init(struct waiter *waiter) { }
void waitq_prepare(struct waitq *wq, struct waiter *waiter, enum sleep_mode mode) { }
bool waitq_finish(struct waitq *wq, struct waiter *waiter) { return true; }
void waitq_wake_slow(struct waitq *wq, u32 events, int n) { }
int thread_sleep(ktime_t deadline_ns, enum sleep_mode mode) { panic("thread_sleep"); }
void log_emit(enum log_subsys s, enum log_level level, const char *fmt, ...) { }
void panic(const char *fmt, ...) { puts(fmt); abort(); }
void panic_assert(const char *what, const char *file, int line) { puts(what); abort(); }
size_t vm_reclaim(size_t npages) { return 0; }

int copy_to_uio(struct uio *uio, const void *src, size_t n)
{
	memcpy((char *)uio->one.iov_base + uio->off, src, n);
	uio->off += n;
	uio->len -= n;
	return 0;
}
int copy_from_uio(struct uio *uio, void *dst, size_t n)
{
	size_t can = min_t(size_t, n, host.uio_limit - uio->off);

	memcpy(dst, (char *)uio->one.iov_base + uio->off, can);
	uio->off += can;
	uio->len -= can;
	return can < n ? -EFAULT : 0;
}
int zero_uio(struct uio *uio, size_t n)
{
	memset((char *)uio->one.iov_base + uio->off, 0, n);
	uio->off += n;
	uio->len -= n;
	return 0;
}

/* No page tables: what would be unmapped is only noted. */
vaddr_t arch_pte_next_table(const struct arch_space *space, vaddr_t va, vaddr_t end) { return end; }
void pte_zap(struct region *region, u64 start, u64 end, struct tlb_batch *batch)
{
	host.zap_start = start;
	host.zap_end = end;
	host.zaps++;
}
void tlb_batch_flush(struct tlb_batch *batch) { }

static void get(struct file *file) { host.file_refs++; }
static void put(struct file *file) { host.file_refs--; }
const struct vm_file_ops vm_file_ops = { .get = get, .put = put };
