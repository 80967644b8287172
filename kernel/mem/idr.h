/* mem/idr.h - small numbers for objects: lowest free id, or the next one round.
 * Changes: idr.lock inside.  idr_find: the owner's lock, or RCU. */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "core/spinlock.h"
#include "mem/radix.h"

struct idr {
	struct spinlock lock;	/* rank LOCK_IDR, irq */
	struct radix_tree tree; /* [lock] */
	u32 base, max;		/* [I] ids are base..max */
	u32 next;		/* [lock] where the cyclic search goes on */
	u32 lowest;		/* [lock] no free id below */
	u32 count;		/* [lock] */
};

void idr_init(struct idr *idr, u32 base, u32 max);
/* The lowest free id, now meaning @item (NULL allowed: reserved until idr_replace).
 * -ENOMEM, -ENOSPC. */
long idr_alloc(struct idr *idr, void *item) __must_check;
long idr_alloc_cyclic(struct idr *idr, void *item) __must_check;
/* This id: -EEXIST, -ENOMEM, -EINVAL out of range. */
int idr_alloc_at(struct idr *idr, u32 id, void *item) __must_check;
void *idr_find(const struct idr *idr, u32 id);
void *idr_remove(struct idr *idr, u32 id);
void idr_replace(struct idr *idr, u32 id, void *item);
/* First item at or after *@id. */
void *idr_next(const struct idr *idr, u32 *id);
void idr_fini(struct idr *idr); /* frees nodes; items are the caller's */
