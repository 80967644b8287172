/* mem/idr.c - ids on a radix tree.  An id reserved without an item holds a marker that
 * idr_find() shows as NULL. */
#include "mem/idr.h"
#include "lib/errno.h"

static char reserved_marker[8] __aligned(8);
#define RESERVED ((void *)reserved_marker)

static inline void *visible(void *item)
{
	return item == RESERVED ? NULL : item;
}

void idr_init(struct idr *idr, u32 base, u32 max)
{
	spin_init(&idr->lock, LOCK_IDR);
	radix_init(&idr->tree);
	idr->base = base;
	idr->max = max;
	idr->next = base;
	idr->lowest = base;
	idr->count = 0;
}

static long idr_take_locked(struct idr *idr, u64 id, void *item) REQUIRES(&idr->lock)
{
	int err = radix_insert(&idr->tree, id, item ? item : RESERVED);

	if (err)
		return err;
	idr->count++;
	if (id == idr->lowest)
		idr->lowest = id + 1;
	return (long)id;
}

long idr_alloc(struct idr *idr, void *item)
{
	unsigned long irq = spin_lock_irqsave(&idr->lock);
	u64 id = idr->lowest;
	long ret = -ENOSPC;

	radix_next_hole(&idr->tree, &id);
	if (id <= idr->max) {
		idr->lowest = id;
		ret = idr_take_locked(idr, id, item);
	}
	spin_unlock_irqrestore(&idr->lock, irq);
	return ret;
}

long idr_alloc_cyclic(struct idr *idr, void *item)
{
	unsigned long irq = spin_lock_irqsave(&idr->lock);
	u64 id = idr->next;
	long ret = -ENOSPC;

	radix_next_hole(&idr->tree, &id);
	if (id > idr->max) {
		id = idr->base;
		radix_next_hole(&idr->tree, &id);
	}
	if (id <= idr->max)
		ret = idr_take_locked(idr, id, item);
	if (ret >= 0)
		idr->next = id == idr->max ? idr->base : (u32)id + 1;
	spin_unlock_irqrestore(&idr->lock, irq);
	return ret;
}

int idr_alloc_at(struct idr *idr, u32 id, void *item)
{
	unsigned long irq;
	long ret;

	if (id < idr->base || id > idr->max)
		return -EINVAL;
	irq = spin_lock_irqsave(&idr->lock);
	ret = idr_take_locked(idr, id, item);
	spin_unlock_irqrestore(&idr->lock, irq);
	return ret < 0 ? (int)ret : 0;
}

void *idr_find(const struct idr *idr, u32 id)
{
	return visible(radix_lookup(&idr->tree, id));
}

void *idr_remove(struct idr *idr, u32 id)
{
	unsigned long irq = spin_lock_irqsave(&idr->lock);
	void *item = radix_delete(&idr->tree, id);

	if (item) {
		idr->count--;
		if (id < idr->lowest)
			idr->lowest = id;
	}
	spin_unlock_irqrestore(&idr->lock, irq);
	return visible(item);
}

void idr_replace(struct idr *idr, u32 id, void *item)
{
	unsigned long irq = spin_lock_irqsave(&idr->lock);

	radix_replace(&idr->tree, id, item ? item : RESERVED);
	spin_unlock_irqrestore(&idr->lock, irq);
}

void *idr_next(const struct idr *idr, u32 *id)
{
	u64 at = *id;
	void *item;

	while ((item = radix_next(&idr->tree, &at))) {
		if (item != RESERVED) {
			*id = (u32)at;
			return item;
		}
		at++;
	}
	return NULL;
}

void idr_fini(struct idr *idr)
{
	u64 at = 0;

	while (radix_next(&idr->tree, &at))
		radix_delete(&idr->tree, at);
	idr->count = 0;
}
