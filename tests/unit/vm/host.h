#pragma once
/* Counters and switches of the stand-ins in host.c. */
#include "core/log.h"
#include "lib/errno.h"
#include "lib/types.h"
#include "mem/page.h"

struct host {
	long pages_out, objects_out, file_refs, zaps;
	long stat[PAGE_STAT_COUNT];
	u64 zap_start, zap_end;
	bool fail_pages;
	size_t uio_limit;	/* copy_from_uio fails behind this offset */
};
extern struct host host;
void host_init(void);
