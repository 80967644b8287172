/* Circular doubly linked list with a head; nodes live inside their objects. */
#pragma once

#include "lib/types.h"

struct list_node {
	struct list_node *next, *prev;
};

#define LIST_INIT(name)	  { &(name), &(name) }
#define DEFINE_LIST(name) struct list_node name = LIST_INIT(name)

static inline void list_init(struct list_node *n)
{
	n->next = n->prev = n;
}
static inline bool list_empty(const struct list_node *h)
{
	return h->next == h;
}

static inline void list_insert_between(struct list_node *n, struct list_node *prev,
				       struct list_node *next)
{
	n->next = next;
	n->prev = prev;
	next->prev = n;
	prev->next = n;
}

static inline void list_add(struct list_node *head, struct list_node *n)
{
	list_insert_between(n, head, head->next);
}

static inline void list_add_tail(struct list_node *head, struct list_node *n)
{
	list_insert_between(n, head->prev, head);
}

/* After list_del() the node's own pointers are stale. */
static inline void list_del(struct list_node *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
}

static inline void list_del_init(struct list_node *n)
{
	list_del(n);
	list_init(n);
}

static inline void list_move(struct list_node *head, struct list_node *n)
{
	list_del(n);
	list_add(head, n);
}

static inline void list_move_tail(struct list_node *head, struct list_node *n)
{
	list_del(n);
	list_add_tail(head, n);
}

/* Move all of @from to the end of @head; @from becomes empty. */
static inline void list_splice_tail(struct list_node *head, struct list_node *from)
{
	if (list_empty(from))
		return;
	from->next->prev = head->prev;
	head->prev->next = from->next;
	from->prev->next = head;
	head->prev = from->prev;
	list_init(from);
}

static inline bool list_is_last(const struct list_node *head, const struct list_node *n)
{
	return n->next == head;
}

#define list_entry(n, type, member)	  container_of(n, type, member)
#define list_first_entry(h, type, member) container_of((h)->next, type, member)
#define list_last_entry(h, type, member)  container_of((h)->prev, type, member)
#define list_next_entry(e, member)	  container_of((e)->member.next, __typeof__(*(e)), member)
#define list_first_entry_or_null(h, type, member)                                                  \
	(list_empty(h) ? NULL : list_first_entry(h, type, member))

#define list_for_each(n, h) for (struct list_node *n = (h)->next; n != (h); n = n->next)
/* @e: a declared pointer to the entry type. */
#define list_for_each_entry(e, h, member)                                                          \
	for (e = container_of((h)->next, __typeof__(*e), member); &e->member != (h);               \
	     e = container_of(e->member.next, __typeof__(*e), member))
#define list_for_each_entry_reverse(e, h, member)                                                  \
	for (e = container_of((h)->prev, __typeof__(*e), member); &e->member != (h);               \
	     e = container_of(e->member.prev, __typeof__(*e), member))
/* @tmp: a second pointer of the same type; the body may remove @e. */
#define list_for_each_entry_safe(e, tmp, h, member)                                                \
	for (e = container_of((h)->next, __typeof__(*e), member),                                  \
	    tmp = container_of(e->member.next, __typeof__(*e), member);                            \
	     &e->member != (h);                                                                    \
	     e = tmp, tmp = container_of(e->member.next, __typeof__(*e), member))
