/* timer_table.c - a process's POSIX timers by number; see the header. */
#include "proc/timer_table.h"
#include "core/panic.h"

static struct timer_link **chain_of(const struct timer_table *table, int id)
{
	return &table->chains[(u32)id & (table->nchains - 1)];
}

static void push(struct timer_table *table, struct timer_link *link)
{
	struct timer_link **chain = chain_of(table, link->id);

	link->next = *chain;
	*chain = link;
}

struct timer_link **timer_table_grow(struct timer_table *table, struct timer_link **chains,
				     u32 nchains)
{
	struct timer_link **old = table->chains;
	u32 nold = table->nchains;

	assert(nchains > nold && (nchains & (nchains - 1)) == 0);
	table->chains = chains;
	table->nchains = nchains;
	for (u32 i = 0; i < nold; i++) {
		while (old[i]) {
			struct timer_link *link = old[i];

			old[i] = link->next;
			push(table, link);
		}
	}
	return old;
}

bool timer_table_add(struct timer_table *table, struct timer_link *link)
{
	u32 id = table->next_id;

	if (table->used > (u32)INT_MAX)
		return false;
	while (timer_table_find(table, (int)id))
		id = (id + 1) & INT_MAX;
	link->id = (int)id;
	push(table, link);
	table->used++;
	table->next_id = (id + 1) & INT_MAX;
	return true;
}

void timer_table_remove(struct timer_table *table, struct timer_link *link)
{
	struct timer_link **at = chain_of(table, link->id);

	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	table->used--;
}
