/* pipe.h - pipes and FIFOs.  pipe(2), fifo(7), pipe(7). */
#pragma once
#include "lib/annotate.h"
#include "lib/types.h"

struct file;   /* fs/file.h */
struct inode;  /* fs/inode.h */
struct caller; /* core/caller.h */
struct uio;    /* mem/uio.h */

/* Limits that /proc/sys/fs shows and sets; plain words, any value is safe. */
struct pipe_limits {
	size_t max_size;	/* pipe-max-size: bytes, unprivileged */
	size_t user_pages_soft; /* pipe-user-pages-soft: 0 = none */
	size_t user_pages_hard; /* pipe-user-pages-hard: 0 = none */
};
extern struct pipe_limits pipe_limits;

/* Boot: the slab caches.  Call after slab_init, before the first pipe. */
void pipe_init(void);

/* @flags: O_CLOEXEC (ignored here) O_NONBLOCK O_DIRECT. */
int pipe_new(int flags, struct file **reader, struct file **writer) __must_check;

/*
 * fifo_open - the open of a file whose inode is a FIFO.  @file has its
 * inode and flags set; on success its ops and priv are the pipe's.  Sleeps
 * until the other end is open, as fifo(7) says.  -ENXIO, -ERESTARTSYS, -ENOMEM.
 */
int fifo_open(struct inode *inode, struct file *file) __must_check;

/* fcntl F_SETPIPE_SZ and F_GETPIPE_SZ; -EBADF when @file is no pipe. */
long pipe_set_size(struct file *file, const struct cred *cred, unsigned long size);
long pipe_get_size(struct file *file);
bool file_is_pipe(const struct file *file);

/* For splice, tee, vmsplice, who own the loops: pipe_splice.c. */
long pipe_write_kernel(struct file *file, const void *src, size_t len, bool nonblock);
int pipe_claim(struct file *file, bool nonblock) __must_check;
size_t pipe_peek(struct file *file, void *dst, size_t len, size_t skip);
void pipe_unclaim(struct file *file, size_t taken);
int pipe_wait_room(struct file *file) __must_check;
