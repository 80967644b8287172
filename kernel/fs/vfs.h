/*
 * What a program can do with names and files, as typed kernel calls; the
 * system calls only translate.  @base NULL means the working directory.
 * @lookup: LOOKUP_FOLLOW, LOOKUP_EMPTY and the RESOLVE flags of fs/path.h.
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "fs/path.h"
#include "fs/inode.h"
#include "fs/file.h"

struct uio;

/* /proc/sys/fs/protected_*: what is refused in directories that all may write. */
struct fs_protected {
	int hardlinks, symlinks; /* 0 or 1 */
	int fifos, regular;	 /* 2: also in directories that the group may write */
};
extern struct fs_protected fs_protected; /* namei.c; read racily */

int link_follow_check(const struct caller *caller, const struct inode *dir,
		      const struct inode *link) __must_check;

int vfs_open(const struct caller *caller, const struct path *base, const char *name, u32 flags,
	     u32 mode, struct file **out) __must_check;
int vfs_open_lookup(const struct caller *caller, const struct path *base, const char *name,
		    u32 flags, u32 mode, unsigned lookup, struct file **out) __must_check;
/* Opens what is already found (exec, /proc/self/fd). */
int vfs_open_path(const struct caller *caller, const struct path *path, u32 flags,
		  struct file **out) __must_check;
/* For exec: regular, executable, mount not noexec. */
int vfs_open_exec(const struct caller *caller, const struct path *base, const char *name,
		  unsigned lookup, struct file **out) __must_check;

/* pos NULL: the file's own position, locked as POSIX wants it. */
long vfs_read(struct file *file, struct uio *dst, u64 *pos);
long vfs_write(struct file *file, struct uio *src, u64 *pos);
/* Kernel buffer at an offset; for exec, initramfs, coredumps. */
long vfs_read_kernel(struct file *file, void *buf, size_t len, u64 pos);
long vfs_write_kernel(struct file *file, const void *buf, size_t len, u64 pos);
s64 vfs_llseek(struct file *file, s64 offset, int whence);
int vfs_fsync(struct file *file, bool data_only);
long vfs_copy(struct file *in, u64 *in_pos, struct file *out, u64 *out_pos, size_t len);

int vfs_stat(const struct caller *caller, const struct path *base, const char *name,
	     unsigned lookup, struct kstat *out) __must_check;
int vfs_stat_path(const struct path *path, struct kstat *out);
long vfs_readlink(const struct caller *caller, const struct path *base, const char *name, char *buf,
		  size_t size);
int vfs_statfs(const struct path *path, struct kstatfs *out);
int vfs_access(const struct caller *caller, const struct path *base, const char *name, u32 mask,
	       unsigned lookup);

/* May mknod(2) make a node of this type?  -EPERM: a directory; -EINVAL: there is no such type. */
int vfs_mknod_check(u32 mode) __must_check;
int vfs_mknod(const struct caller *caller, const struct path *base, const char *name, u32 mode,
	      u64 dev) __must_check;
/* As mknod of a socket, for bind(2): *out is the new, referenced path. */
int vfs_mknod_path(const struct caller *caller, const struct path *base, const char *name, u32 mode,
		   u64 dev, struct path *out) __must_check;
int vfs_mkdir(const struct caller *caller, const struct path *base, const char *name, u32 mode)
	__must_check;
int vfs_symlink(const struct caller *caller, const char *target, const struct path *base,
		const char *name) __must_check;
/* @old gets the name too. */
int vfs_link(const struct caller *caller, const struct path *old, const struct path *base,
	     const char *name) __must_check;
int vfs_unlink(const struct caller *caller, const struct path *base, const char *name) __must_check;
int vfs_rmdir(const struct caller *caller, const struct path *base, const char *name) __must_check;
/* @flags: RENAME_* that go together. */
int vfs_rename(const struct caller *caller, struct path_parent *from, struct path_parent *to,
	       unsigned flags) __must_check;

/* Attributes of what is found; checks ownership, write access and EROFS. */
int vfs_setattr(const struct caller *caller, const struct path *path, struct inode_attr *attr);
int vfs_chmod(const struct caller *caller, const struct path *path, u32 mode);
int vfs_chown(const struct caller *caller, const struct path *path, u32 uid, u32 gid);
int vfs_truncate(const struct caller *caller, const struct path *path, u64 size);
int vfs_ftruncate(const struct caller *caller, struct file *file, u64 size);
/* times[i]: ns since 1970, or VFS_UTIME_NOW / _OMIT / _INVALID (-EINVAL). */
#define VFS_UTIME_NOW	  S64_MAX
#define VFS_UTIME_OMIT	  (S64_MAX - 1)
#define VFS_UTIME_INVALID (S64_MAX - 2)
int vfs_utimes(const struct caller *caller, const struct path *path, const s64 times[2]);
long vfs_fallocate(struct file *file, int mode, u64 offset, u64 len);

long vfs_getxattr(const struct caller *caller, const struct path *path, const char *name, void *buf,
		  size_t size);
int vfs_setxattr(const struct caller *caller, const struct path *path, const char *name,
		 const void *value, size_t size, int flags);
long vfs_listxattr(const struct caller *caller, const struct path *path, char *buf, size_t size);
int vfs_removexattr(const struct caller *caller, const struct path *path, const char *name);

int vfs_chdir(const struct caller *caller, const char *name);
int vfs_chroot(const struct caller *caller, const char *name);

/* memfd_create, SysV and anonymous shared memory: a nameless tmpfs file. */
int tmpfs_file_new(const char *name, u64 size, u32 oflags, u32 seals, struct file **out)
	__must_check;
/* A number among theirs, for memory that has no inode.  0: no memory. */
u64 tmpfs_nameless_ino(void);

/* At boot, after mem and sched. */
void fs_init(void);
