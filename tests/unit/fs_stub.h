#pragma once
/* What the fs unit tests share: a rootfs of their own, and who is asking. */
#include "core/caller.h"
#include "core/cred.h"
#include "fs/fs_context.h"
#include "fs/path.h"

extern struct cred fs_stub_user;		   /* uid 1000, gid 100, no capabilities */
extern struct caller fs_stub_root, fs_stub_caller; /* root's, the user's; same fs */
extern const struct cred *fs_stub_cred;		   /* who opens files without a name */
extern u64 fs_stub_fd_limit;

/* A new root (tmpfs) with cwd "/"; put back with fs_stub_fini(). */
void fs_stub_init(void);
void fs_stub_fini(void);

/* link(2) and rename(2) by two names. */
int fs_stub_link(const struct caller *caller, const char *old, const char *new);
int fs_stub_rename(const struct caller *caller, const char *old, const char *new, unsigned flags);
