#pragma once
/* What happens when memory runs out; vm/oom.c. */
#include "lib/types.h"

struct vm_space;

/*
 * Frees at least one page if that is possible: clean page cache first, then
 * the process that holds most (hooks.oom_kill).  Return: pages freed or on
 * their way; 0 when nothing is left to try.  May sleep.
 */
size_t vm_reclaim(size_t npages);

/* Points hooks.oom_kill uses to choose: resident pages plus page tables. */
u64 vm_oom_points(struct vm_space *space);

/* Called by a fault that found no memory.  true: try again. */
bool vm_oom_retry(unsigned attempt);
