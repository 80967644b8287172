/* mem/idr.h - small numbers: the lowest free one. */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "core/spinlock.h"
#include "mem/radix.h"

struct idr {
	struct spinlock lock;			  /* rank LOCK_IDR, irq */
	struct radix_tree tree GUARDED_BY(&lock); /* [lock] an item for each number taken */
	u32 base, max;				  /* [I] numbers are base..max */
	u32 lowest GUARDED_BY(&lock);		  /* [lock] no free number below */
};

void idr_init(struct idr *idr, u32 base, u32 max);
/* -ENOMEM, -ENOSPC. */
long idr_alloc(struct idr *idr) __must_check;
void idr_remove(struct idr *idr, u32 id);
void idr_fini(struct idr *idr); /* nobody else uses it any more */
