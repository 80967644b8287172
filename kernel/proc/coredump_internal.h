/* coredump_internal.h - a core file as it is written, for the files coredump*.c. */
#pragma once
#include "proc/coredump.h"

struct file; /* fs/file.h */

/* A region as it was when the dump began. */
struct core_region {
	u64 start, end, pgoff;
	u64 dumped;	   /* bytes of it that go to the file */
	unsigned flags;	   /* REGION_* */
	struct file *file; /* a reference, or NULL */
};

struct core {
	struct file *file;
	u64 pos;	    /* in the file */
	u64 written, limit; /* bytes; holes do not count */
	bool failed;	    /* nothing more is written */
	struct core_region *regions;
	unsigned nregions;
	u8 *page; /* one, for copying */
};

/* coredump.c: the dump is to end: somebody sent SIGKILL. */
bool core_dump_interrupted(void);

/* coredump_elf.c */
/* The whole file, of at most @limit bytes.  False: no memory, and nothing was written. */
bool core_write(struct file *file, struct process *process, const siginfo_t *info, u64 limit);
/* At core->pos, which moves on. */
void core_emit(struct core *core, const void *data, size_t len);
/* coredump_notes.c: all notes of @process, which died of @info. */
void core_emit_notes(struct core *core, struct process *process, const siginfo_t *info);
