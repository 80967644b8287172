/* mem/buddy.c - free memory: blocks of 2^n pages, and ranges that nobody touched yet.
 *
 * Boot hands over only a list of ranges; a struct page is written when the section
 * (1024 frames, 4 MiB) that it describes is first needed.  So boot costs the same with
 * 64 MiB and with 64 GiB, and the host never sees the unused part of the memmap.
 * The memmap itself is one array in the direct map, indexed by frame number: it is
 * carved from the top of the largest range, 1 % of RAM, and not touched here either.
 *
 * Locking: zone.lock (rank LOCK_PAGE_ALLOC, interrupts off) for lists, ranges and
 * section state.  Linux differs: it has zones, migrate types and NUMA; a microVM's
 * memory is one piece, and devices here reach all of it.
 */
#include "mem/page.h"
#include "mem/kasan.h"
#include "mem/page_internal.h"
#include "arch/api/boot_info.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "lib/bitmap.h"
#include "lib/bitops.h"
#include "lib/string.h"

#define SECTION_PAGES (1ul << PAGE_MAX_ORDER)
#define RANGES_MAX    BOOT_MAP_MAX
#define LOW_PAGES     (1024 * 1024 / PAGE_SIZE)

struct pfn_range {
	pfn_t start, end;
};

struct page *page_memmap __ro_after_init;
pfn_t page_max_pfn __ro_after_init;

static struct {
	struct spinlock lock;					     /* rank LOCK_PAGE_ALLOC */
	struct list_node free[PAGE_MAX_ORDER + 1] GUARDED_BY(&lock); /* [lock] */
	u32 nonempty GUARDED_BY(&lock);				     /* [lock] bit per order */
	u64 nr_free GUARDED_BY(&lock);				     /* [lock] pages on the lists */
	u64 nr_untouched GUARDED_BY(&lock);			     /* [lock] pages in ranges */
	u64 total GUARDED_BY(&lock);				     /* [lock] */
	u64 min, low;						     /* [I] watermarks */
	struct pfn_range range[RANGES_MAX] GUARDED_BY(&lock);	     /* [lock] untouched, sorted */
	struct pfn_range whole[RANGES_MAX];   /* [I] all RAM, for page_reserved() */
	unsigned nranges, nwhole;	      /* [I] */
	u64 *section_ready GUARDED_BY(&lock); /* [lock] bit per section */
	pfn_t nsections;		      /* [I] */
} zone;

/* --- sections ------------------------------------------------------------- */

static void section_reserve(pfn_t from, pfn_t to)
{
	for (struct page *p = pfn_to_page(from), *end = pfn_to_page(to); p < end; p++) {
		p->refs.v = 1;
		p->flags.v = PG_RESERVED;
	}
}

/* Fill in the struct pages of a section: frames in untouched ranges are free-to-be,
 * all others reserved. */
static void section_prepare(pfn_t section) REQUIRES(&zone.lock)
{
	pfn_t start = section * SECTION_PAGES, end = start + SECTION_PAGES, at = start;

	if (bitmap_test(zone.section_ready, section))
		return;
	bitmap_set(zone.section_ready, section);
	memset(pfn_to_page(start), 0, SECTION_PAGES * sizeof(struct page));
	for (unsigned i = 0; i < zone.nranges && at < end; i++) {
		const struct pfn_range *r = &zone.range[i];

		if (r->end <= at || r->start >= end)
			continue;
		if (r->start > at)
			section_reserve(at, r->start);
		at = min(r->end, end);
	}
	if (at < end)
		section_reserve(at, end);
}

/* --- buddy ---------------------------------------------------------------- */

static void block_link(struct page *page, unsigned order) REQUIRES(&zone.lock)
{
	page->flags.v = PG_BUDDY;
	page->refs.v = 0;
	page->order = order;
	list_add(&zone.free[order], &page->lru);
	zone.nonempty |= 1u << order;
}

static void block_unlink(struct page *page, unsigned order) REQUIRES(&zone.lock)
{
	list_del(&page->lru);
	if (list_empty(&zone.free[order]))
		zone.nonempty &= ~(1u << order);
	page->flags.v = 0;
}

/* A block and its buddy lie in one section, so the buddy's struct page is valid. */
static void buddy_free_locked(struct page *page, unsigned order) REQUIRES(&zone.lock)
{
	pfn_t pfn = page_to_pfn(page);

	zone.nr_free += 1ul << order;
	for (; order < PAGE_MAX_ORDER; order++) {
		struct page *buddy = pfn_to_page(pfn ^ (1ul << order));

		if (!(buddy->flags.v & PG_BUDDY) || buddy->order != order)
			break;
		block_unlink(buddy, order);
		pfn &= ~(1ul << order);
	}
	block_link(pfn_to_page(pfn), order);
}

static void buddy_free_range_locked(pfn_t start, pfn_t end) REQUIRES(&zone.lock)
{
	while (start < end) {
		unsigned order = min_t(unsigned, PAGE_MAX_ORDER, ilog2(end - start));

		if (start)
			order = min_t(unsigned, order, bit_ctz(start));
		buddy_free_locked(pfn_to_page(start), order);
		start += 1ul << order;
	}
}

/*
 * The lowest range that is not used up, those below 1 MiB last: a PC's address space is cut
 * there, and an emulator that caches the piece that was used last would go to and fro.
 */
static struct pfn_range *first_untouched(void) REQUIRES(&zone.lock)
{
	struct pfn_range *low = NULL;

	for (unsigned i = 0; i < zone.nranges; i++) {
		struct pfn_range *r = &zone.range[i];

		if (r->start >= r->end)
			continue;
		if (r->end > LOW_PAGES)
			return r;
		low = r;
	}
	return low;
}

/* Move the rest of one section from the untouched ranges to the buddy lists. */
static bool zone_grow(void) REQUIRES(&zone.lock)
{
	struct pfn_range *r = first_untouched();
	pfn_t start, end;

	if (!r)
		return false;
	start = r->start;
	end = min(r->end, ALIGN_UP(start + 1, SECTION_PAGES));
	section_prepare(start / SECTION_PAGES);
	r->start = end;
	zone.nr_untouched -= end - start;
	buddy_free_range_locked(start, end);
	return true;
}

static struct page *buddy_take_locked(unsigned order) REQUIRES(&zone.lock)
{
	struct page *page;
	unsigned at;

	while (!(zone.nonempty >> order)) {
		if (!zone_grow())
			return NULL;
	}
	at = order + bit_ctz(zone.nonempty >> order);
	page = list_first_entry(&zone.free[at], struct page, lru);
	block_unlink(page, at);
	while (at > order) {
		at--;
		block_link(page + (1ul << at), at);
	}
	zone.nr_free -= 1ul << order;
	return page;
}

/* --- taking ---------------------------------------------------------------- */

static bool reserve_allows(u64 pages, unsigned flags) REQUIRES(&zone.lock)
{
	u64 left = zone.nr_free + zone.nr_untouched;

	return left >= pages && ((flags & PAGE_ATOMIC) || left - pages >= zone.min);
}

struct page *buddy_take(unsigned order, unsigned flags)
{
	struct page *page = NULL;
	unsigned long irq = spin_lock_irqsave(&zone.lock);

	if (reserve_allows(1ul << order, flags))
		page = buddy_take_locked(order);
	spin_unlock_irqrestore(&zone.lock, irq);
	return page;
}

u32 buddy_take_batch(struct page **pages, unsigned flags)
{
	struct page *first;
	u32 n = 0;

	spin_lock(&zone.lock);
	if (reserve_allows(PAGE_BATCH, flags) &&
	    (zone.nonempty >> PAGE_BATCH_ORDER || zone_grow()) &&
	    zone.nonempty >> PAGE_BATCH_ORDER) {
		first = buddy_take_locked(PAGE_BATCH_ORDER);
		for (; n < PAGE_BATCH; n++)
			pages[n] = first + (PAGE_BATCH - 1 - n);
	} else if (reserve_allows(1, flags)) {
		first = buddy_take_locked(0);
		if (first)
			pages[n++] = first;
	}
	spin_unlock(&zone.lock);
	return n;
}

/* --- giving back ----------------------------------------------------------- */

void buddy_give(struct page *page, unsigned order)
{
	unsigned long irq;

	for (unsigned long i = 0; i < 1ul << order; i++) {
		page[i].refs.v = 0;
		page[i].flags.v = 0;
	}
	irq = spin_lock_irqsave(&zone.lock);
	buddy_free_locked(page, order);
	spin_unlock_irqrestore(&zone.lock, irq);
}

void buddy_give_batch(struct page *const *pages, u32 n)
{
	spin_lock(&zone.lock);
	for (u32 i = 0; i < n; i++)
		buddy_free_locked(pages[i], 0);
	spin_unlock(&zone.lock);
}

u64 buddy_free_count(void)
{
	return READ_ONCE(zone.nr_free) + READ_ONCE(zone.nr_untouched);
}

u64 buddy_total(void)
{
	return READ_ONCE(zone.total);
}

bool page_is_plenty(void)
{
	return buddy_free_count() > buddy_total() / 8;
}

u64 page_low_watermark(void)
{
	return zone.low;
}

/* --- memory that boot kept out ---------------------------------------------- */

struct page *page_reserved(paddr_t pa)
{
	pfn_t pfn = pa >> PAGE_SHIFT;
	unsigned long irq;
	unsigned i;

	for (i = 0; i < zone.nwhole; i++) {
		if (pfn >= zone.whole[i].start && pfn < zone.whole[i].end)
			break;
	}
	if (i == zone.nwhole)
		return NULL;
	if (!bitmap_test(READ_ONCE(zone.section_ready), pfn / SECTION_PAGES)) {
		irq = spin_lock_irqsave(&zone.lock);
		section_prepare(pfn / SECTION_PAGES);
		spin_unlock_irqrestore(&zone.lock, irq);
	}
	return pfn_to_page(pfn);
}

void page_free_reserved(paddr_t pa, size_t len)
{
	for (paddr_t at = pa; at < pa + len; at += PAGE_SIZE) {
		struct page *page = page_reserved(at);

		if (page && (page->flags.v & PG_RESERVED))
			page_put(page);
	}
}

/* --- boot ----------------------------------------------------------------------- */

static void zone_add_whole(pfn_t start, pfn_t end)
{
	if (start < end && zone.nwhole < RANGES_MAX)
		zone.whole[zone.nwhole++] = (struct pfn_range){ start, end };
}

/* Cut @pages off the top of the largest usable range. */
static paddr_t zone_carve(u64 pages)
{
	struct pfn_range *best = NULL;

	for (unsigned i = 0; i < zone.nranges; i++) {
		struct pfn_range *r = &zone.range[i];

		if (!best || r->end - r->start > best->end - best->start)
			best = r;
	}
	if (!best || best->end - best->start < pages)
		panic("not enough memory for the page structures (%llu pages)",
		      (unsigned long long)pages);
	best->end -= pages;
	return best->end << PAGE_SHIFT;
}

/* The boot CPU, alone: without the lock. */
void page_init(const struct boot_info *info) NO_THREAD_SAFETY
{
	size_t memmap_bytes, bitmap_bytes;
	pfn_t max_pfn = 0;
	paddr_t memmap;

	spin_init(&zone.lock, LOCK_PAGE_ALLOC);
	for (int i = 0; i <= PAGE_MAX_ORDER; i++)
		list_init(&zone.free[i]);
	for (unsigned i = 0; i < info->nmap; i++) {
		const struct mem_range *m = &info->map[i];
		pfn_t start = DIV_ROUND_UP(m->base, PAGE_SIZE);
		pfn_t end = (m->base + m->len) >> PAGE_SHIFT;

		if (m->type != MEM_USABLE && m->type != MEM_INITRD && m->type != MEM_IMAGE &&
		    m->type != MEM_TRAMPOLINE)
			continue;
		if (m->type != MEM_USABLE) { /* partial pages too */
			start = m->base >> PAGE_SHIFT;
			end = DIV_ROUND_UP(m->base + m->len, PAGE_SIZE);
		}
		zone_add_whole(start, end);
		max_pfn = max(max_pfn, end);
		if (m->type == MEM_INITRD)
			zone.total += end - start;
		if (m->type != MEM_USABLE || start >= end)
			continue;
		if (start == 0 && ++start >= end) /* frame 0 stays out: pfn 0 is no page */
			continue;
		zone.range[zone.nranges++] = (struct pfn_range){ start, end };
	}

	max_pfn = ALIGN_UP(max_pfn, SECTION_PAGES);
	zone.nsections = max_pfn / SECTION_PAGES;
	bitmap_bytes = ALIGN_UP(DIV_ROUND_UP(zone.nsections, 8), 64);
	memmap_bytes = max_pfn * sizeof(struct page);
	memmap = zone_carve(DIV_ROUND_UP(memmap_bytes + bitmap_bytes, PAGE_SIZE));
	zone.section_ready = phys_to_virt(memmap);
	memset(zone.section_ready, 0, bitmap_bytes);
	page_memmap = phys_to_virt(memmap + bitmap_bytes);
	page_max_pfn = max_pfn;
	if (CONFIG_KASAN)
		kasan_init(phys_to_virt(zone_carve(DIV_ROUND_UP(max_pfn, 8))),
			   max_pfn << PAGE_SHIFT);

	for (unsigned i = 0; i < zone.nranges; i++)
		zone.nr_untouched += zone.range[i].end - zone.range[i].start;
	zone.total += zone.nr_untouched;
	zone.min = clamp(zone.nr_untouched / 256, 16ull, 4096ull);
	zone.low = zone.min * 3;
}
