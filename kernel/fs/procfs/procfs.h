/* procfs.h - /proc.  proc(5). */
#pragma once
#include "lib/annotate.h"
#include "lib/types.h"

struct file;
struct fs_params;
struct process;
struct superblock;
struct fs_type;

/* In the table fs/table.c: { "proc", procfs_mount }. */
int procfs_mount(const struct fs_params *params, struct superblock **out);
extern const struct fs_type procfs_type;

/* The process whose directory, /proc/PID, @file is; with a reference.  -EBADF: it is no such
 * directory (a thread's, /proc/PID/task/TID, is none).  -ESRCH: the process is gone. */
int procfs_file_process(const struct file *file, struct process **out) __must_check;
