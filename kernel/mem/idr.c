/* mem/idr.c - numbers given out, the lowest free one first: the items of a radix tree. */
#include "mem/idr.h"
#include "lib/errno.h"

static char taken[8] __aligned(8); /* what the tree holds for each */

void idr_init(struct idr *idr, u32 base, u32 max)
{
	*idr = (struct idr){ .base = base, .max = max, .lowest = base };
	spin_init(&idr->lock, LOCK_IDR);
	radix_init(&idr->tree);
}

long idr_alloc(struct idr *idr)
{
	unsigned long irq = spin_lock_irqsave(&idr->lock);
	u64 id = idr->lowest;
	long ret = -ENOSPC;

	radix_next_hole(&idr->tree, &id);
	if (id <= idr->max) {
		idr->lowest = id;
		ret = radix_insert(&idr->tree, id, taken);
		if (!ret)
			ret = idr->lowest++;
	}
	spin_unlock_irqrestore(&idr->lock, irq);
	return ret;
}

void idr_remove(struct idr *idr, u32 id)
{
	unsigned long irq = spin_lock_irqsave(&idr->lock);

	if (radix_delete(&idr->tree, id) && id < idr->lowest)
		idr->lowest = id;
	spin_unlock_irqrestore(&idr->lock, irq);
}

void idr_fini(struct idr *idr)
{
	u64 at = 0;

	while (radix_next(&idr->tree, &at))
		radix_delete(&idr->tree, at);
}
