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

/*
 * Bytes that go with @space, for hooks.oom_kill to choose by: resident pages, page tables,
 * regions, and the nameless shared memory that is mapped, whether it is resident or not.
 * What counted for this @mark already (page_cache_held) does not again.  Takes space->lock.
 */
u64 vm_space_held(struct vm_space *space, u32 mark);

/* Called by a fault that found no memory.  true: try again. */
bool vm_oom_retry(unsigned attempt);
/*
 * The same for fork(2) and execve(2) that failed with ENOMEM: a shell must run while others hold
 * all there is.  false also where there is memory and it fails again: then a limit was met.
 */
bool vm_oom_retry_call(unsigned attempt);
