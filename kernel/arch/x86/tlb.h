#pragma once
/* Private: flushing and unloading spaces (tlb.c). */
#include "arch/api/space.h"

/* Every CPU that has the space loaded, this one too. */
void tlb_flush_space(struct arch_space *space, vaddr_t start, vaddr_t end);
/* Afterwards no CPU has it loaded. */
void tlb_drop_space(struct arch_space *space);
