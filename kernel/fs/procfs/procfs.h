/* procfs.h - /proc.  proc(5). */
#pragma once
#include "lib/annotate.h"
#include "lib/types.h"

struct fs_params;
struct superblock;
struct fs_type;

/* In the table fs/table.c: { "proc", procfs_mount }. */
int procfs_mount(const struct fs_params *params, struct superblock **out);
extern const struct fs_type procfs_type;
