/* Singly headed list for hash buckets: one pointer per bucket. */
#pragma once

#include "lib/types.h"

struct hlist_node {
	struct hlist_node *next, **pprev;
};
struct hlist_head {
	struct hlist_node *first;
};

static inline void hlist_node_init(struct hlist_node *n)
{
	n->next = NULL;
	n->pprev = NULL;
}
static inline bool hlist_unhashed(const struct hlist_node *n)
{
	return !n->pprev;
}
static inline bool hlist_empty(const struct hlist_head *h)
{
	return !READ_ONCE(h->first);
}

/* Readers without a lock (RCU) may walk meanwhile: the node is complete before it is linked. */
static inline void hlist_add(struct hlist_head *h, struct hlist_node *n)
{
	n->next = h->first;
	n->pprev = &h->first;
	if (h->first)
		h->first->pprev = &n->next;
	__atomic_store_n(&h->first, n, __ATOMIC_RELEASE);
}

/* Leaves n->next, so that a lock-free reader standing on it finds its way on. */
static inline void hlist_del(struct hlist_node *n)
{
	WRITE_ONCE(*n->pprev, n->next);
	if (n->next)
		n->next->pprev = n->pprev;
	n->pprev = NULL;
}

#define hlist_entry_or_null(n, type, member)                                                       \
	({                                                                                         \
		struct hlist_node *hl_n = (n);                                                     \
		hl_n ? container_of(hl_n, type, member) : NULL;                                    \
	})
#define hlist_for_each_entry(e, h, member)                                                         \
	for (e = hlist_entry_or_null(__atomic_load_n(&(h)->first, __ATOMIC_ACQUIRE),               \
				     __typeof__(*e), member);                                      \
	     e; e = hlist_entry_or_null(__atomic_load_n(&e->member.next, __ATOMIC_ACQUIRE),        \
					__typeof__(*e), member))
#define hlist_for_each_entry_safe(e, tmp, h, member)                                               \
	for (e = hlist_entry_or_null((h)->first, __typeof__(*e), member);                          \
	     e && ({                                                                               \
		     tmp = e->member.next;                                                         \
		     1;                                                                            \
	     });                                                                                   \
	     e = hlist_entry_or_null(tmp, __typeof__(*e), member))
