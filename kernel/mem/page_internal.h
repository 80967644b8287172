/* mem/page_internal.h - free memory (mem/buddy.c), for the files of the page allocator. */
#pragma once
#include "mem/page.h"

/* What a CPU takes at once. */
#define PAGE_BATCH_ORDER 4
#define PAGE_BATCH	 (1u << PAGE_BATCH_ORDER)

/* NULL: none, or (without PAGE_ATOMIC) none but the reserve. */
struct page *buddy_take(unsigned order, unsigned flags) __must_check;
/* Single pages for an empty stack, the lowest address on top; interrupts are off.  Return how
 * many: PAGE_BATCH neighbours where there are, else 1 or 0. */
u32 buddy_take_batch(struct page **pages, unsigned flags) __must_check;
/* A block of 2^order pages that nobody refers to any more. */
void buddy_give(struct page *page, unsigned order);
/* Single pages whose refs are 0 already; interrupts are off. */
void buddy_give_batch(struct page *const *pages, u32 n);
u64 buddy_free_count(void);
u64 buddy_total(void);
