/*
 * The kernel's own symbol table, for backtraces.  The build links the kernel twice; the
 * second time with the table made from the first (tools/symbols):
 *
 *	symbol_count	u32
 *	symbol_offset	u32[count]: address - __kernel_start, ascending
 *	symbol_name	u32: where in symbol_strings the name of every SYMBOL_STRIDE-th is
 *	symbol_strings	NUL-terminated names, in the order of the addresses
 *
 * All are weak here, so that a kernel without a table links (lookups return NULL).
 */
#pragma once

#include "lib/types.h"

#define SYMBOL_STRIDE 16

extern const u32 symbol_count __attribute__((weak));
extern const u32 symbol_offset[] __attribute__((weak));
extern const u32 symbol_name[] __attribute__((weak));
extern const char symbol_strings[] __attribute__((weak));

/* The function @addr lies in, *offset how far; NULL if unknown. */
const char *symbol_lookup(vaddr_t addr, u64 *offset);
