#pragma once
/* Stand-ins for what vm/'s data structures call: page tables, files. */
#include "lib/types.h"

struct vm_stub {
	long file_refs;		/* got and not put */
	u64 zap_start, zap_end; /* of the last unmapping */
	u64 zaps, zapped_pages; /* unmappings, and what they took */
	u64 zaps_cached;	/* unmappings by reclaim */
	struct page *mapped;	/* the one page that such an unmapping lets go of, or NULL */
	long committed;		/* pages */
};
extern struct vm_stub vm_stub;
