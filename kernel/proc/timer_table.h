#pragma once
/*
 * A process's POSIX timers by number.
 *
 * A hash table that doubles as it fills.  Numbers are given in turn, so that
 * the number's low bits spread them evenly and a chain holds one timer or two.
 * The caller locks: process.lock.
 */
#include "lib/types.h"

/* Embedded in what the table holds. */
struct timer_link {
	struct timer_link *next;
	int id;
};

struct timer_table {
	struct timer_link **chains; /* NULL while there was none */
	u32 nchains;		    /* a power of two, or 0 */
	u32 used;
	u32 next_id; /* tried first; at most INT_MAX */
};

/* Is there room for another?  If not: timer_table_grow(). */
static inline bool timer_table_full(const struct timer_table *table)
{
	return table->used >= table->nchains;
}

/* The number of chains that a full table should have next. */
static inline u32 timer_table_next_size(const struct timer_table *table)
{
	return table->nchains ? table->nchains * 2 : 8;
}

/**
 * timer_table_grow - move to @chains, which are empty
 * @nchains:	how many; a power of two
 * Return: the old ones, for the caller to kfree() once it holds no lock; NULL: there were none
 */
struct timer_link **timer_table_grow(struct timer_table *table, struct timer_link **chains,
				     u32 nchains);

/**
 * timer_table_add - give @link the next free number; the table is not full
 * Return: false where every number is taken
 */
bool timer_table_add(struct timer_table *table, struct timer_link *link);
/* Passes over the next number, which this returns. */
static inline int timer_table_skip(struct timer_table *table)
{
	u32 id = table->next_id;

	table->next_id = (id + 1) & INT_MAX;
	return (int)id;
}

void timer_table_remove(struct timer_table *table, struct timer_link *link);

/* Borrowed; NULL: none has that number. */
static inline struct timer_link *timer_table_find(const struct timer_table *table, int id)
{
	struct timer_link *link;

	if (!table->nchains)
		return NULL;
	link = table->chains[(u32)id & (table->nchains - 1)];
	while (link && link->id != id)
		link = link->next;
	return link;
}
