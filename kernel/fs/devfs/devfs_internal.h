/* Between devfs.c, mem.c and mount.c. */
#pragma once
#include "lib/types.h"

struct mount;
struct superblock;

int devfs_mem_init(void); /* null, zero, full, random, urandom, kmsg */
bool devfs_claim_automatic(const struct mount *top, const struct superblock *sb);
