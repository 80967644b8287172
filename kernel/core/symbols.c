/* Binary search in the linked-in symbol table. */
#include "core/symbols.h"
#include "lib/string.h"

extern char __kernel_start[] __attribute__((weak));

const char *symbol_lookup(vaddr_t addr, u64 *offset)
{
	u32 lo = 0, hi;
	const char *name;
	u64 rel = addr - (uintptr_t)__kernel_start;

	/* Addresses of weak symbols: NULL when no table is linked. */
	if (!&symbol_count || !symbol_offset || !symbol_name || !symbol_strings)
		return NULL;
	hi = symbol_count;
	if (addr < (uintptr_t)__kernel_start || !hi || rel < symbol_offset[0])
		return NULL;
	while (hi - lo > 1) { /* offset[lo] <= rel < offset[hi] */
		u32 mid = lo + (hi - lo) / 2;

		if (symbol_offset[mid] <= rel)
			lo = mid;
		else
			hi = mid;
	}
	/* Behind the last function lies no code of ours. */
	if (lo + 1 == symbol_count && rel - symbol_offset[lo] > 0x10000)
		return NULL;
	if (offset)
		*offset = rel - symbol_offset[lo];
	name = symbol_strings + symbol_name[lo / SYMBOL_STRIDE];
	for (lo %= SYMBOL_STRIDE; lo; lo--)
		name += strlen(name) + 1;
	return name;
}
