/*
 * stat, statx, statfs.
 */
#include <linux/fcntl.h>

#include "abi/stat.h"
#include "abi/time.h"
#include "fs/mount.h"
#include "fs/superblock.h"
#include "fs/vfs.h"
#include "lib/string.h"
#include "syscall/syscalls.h"
#include "syscall/user_path.h"

static inline void split_ns(s64 ns, unsigned long *sec, unsigned long *nsec)
{
	struct __kernel_timespec ts = ns_to_timespec(ns);

	*sec = ts.tv_sec;
	*nsec = ts.tv_nsec;
}

static int stat_to_user(const struct kstat *k, struct stat __user *ustat)
{
	struct stat s;

	s.st_dev = k->dev;
	s.st_ino = k->ino;
	s.st_nlink = k->nlink;
	s.st_mode = k->mode;
	s.st_uid = k->uid;
	s.st_gid = k->gid;
	s.__pad0 = 0;
	s.st_rdev = k->rdev;
	s.st_size = k->size;
	s.st_blksize = k->blksize;
	s.st_blocks = k->blocks;
	split_ns(k->atime, &s.st_atime, &s.st_atime_nsec);
	split_ns(k->mtime, &s.st_mtime, &s.st_mtime_nsec);
	split_ns(k->ctime, &s.st_ctime, &s.st_ctime_nsec);
	memset((char *)(&s.st_ctime_nsec + 1), 0, 3 * sizeof(long));
	return copy_to_user(ustat, &s, sizeof(s));
}

static inline int stat_fd(int fd, struct kstat *k)
{
	struct fd_ref ref = fd_get_raw(current_fds(), fd);
	int err;

	if (unlikely(!ref.file))
		return -EBADF;
	err = file_getattr(ref.file, k);
	if (ref.file->path.mount) {
		k->mount_id = ref.file->path.mount->id;
		if (ref.file->path.dentry == ref.file->path.mount->root)
			k->attributes |= STATX_ATTR_MOUNT_ROOT;
	}
	fd_put(ref);
	return err;
}

static __noinline int stat_name(int dfd, const char __user *uname, unsigned lookup, struct kstat *k)
{
	struct user_path name;
	struct user_base base;
	int err = user_path_get_lookup(&name, uname, lookup);

	if (unlikely(err))
		return err;
	if (unlikely(name.str[0] == '\0' && (lookup & LOOKUP_EMPTY) && dfd != AT_FDCWD))
		return stat_fd(dfd, k);
	err = user_base_get(&base, dfd, name.str);
	if (likely(!err)) {
		err = vfs_stat(current_caller(), base.at, name.str, lookup, k);
		user_base_put(&base);
	}
	user_path_put(&name);
	return err;
}

long sys_stat(const char __user *uname, struct stat __user *ustat)
{
	struct kstat k;
	int err = stat_name(AT_FDCWD, uname, LOOKUP_FOLLOW, &k);

	return err ? err : stat_to_user(&k, ustat);
}

long sys_lstat(const char __user *uname, struct stat __user *ustat)
{
	struct kstat k;
	int err = stat_name(AT_FDCWD, uname, 0, &k);

	return err ? err : stat_to_user(&k, ustat);
}

long sys_fstat(int fd, struct stat __user *ustat)
{
	struct kstat k;
	int err = stat_fd(fd, &k);

	return err ? err : stat_to_user(&k, ustat);
}

static unsigned lookup_of(int flags)
{
	return (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
	       (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
}

long sys_newfstatat(int dfd, const char __user *uname, struct stat __user *ustat, int flags)
{
	struct kstat k;
	u8 first;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	/* glibc's fstat(). */
	if ((flags & AT_EMPTY_PATH) && dfd >= 0 && !get_user_u8(&first, uname) && !first)
		err = stat_fd(dfd, &k);
	else
		err = stat_name(dfd, uname, lookup_of(flags), &k);
	return err ? err : stat_to_user(&k, ustat);
}

static struct statx_timestamp statx_time(s64 ns)
{
	struct __kernel_timespec ts = ns_to_timespec(ns);

	return (struct statx_timestamp){ .tv_sec = ts.tv_sec, .tv_nsec = ts.tv_nsec };
}

long sys_statx(int dfd, const char __user *uname, int flags, unsigned mask,
	       struct statx __user *ustatx)
{
	struct statx s;
	struct kstat k;
	int err;

	if (mask & STATX__RESERVED)
		return -EINVAL;
	if ((flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
	    flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	err = stat_name(dfd, uname, lookup_of(flags), &k);
	if (err)
		return err;
	memset(&s, 0, sizeof(s));
	s.stx_mask = STATX_BASIC_STATS | STATX_MNT_ID;
	s.stx_blksize = k.blksize;
	s.stx_attributes_mask = STATX_ATTR_MOUNT_ROOT | STATX_ATTR_AUTOMOUNT | STATX_ATTR_DAX;
	if (k.btime) { /* a file system that keeps such things, tmpfs */
		s.stx_attributes_mask |= STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND |
					 STATX_ATTR_NODUMP;
		s.stx_mask |= mask & STATX_BTIME;
	}
	s.stx_attributes = k.attributes & s.stx_attributes_mask;
	s.stx_nlink = k.nlink;
	s.stx_uid = k.uid;
	s.stx_gid = k.gid;
	s.stx_mode = k.mode;
	s.stx_ino = k.ino;
	s.stx_size = k.size;
	s.stx_blocks = k.blocks;
	s.stx_atime = statx_time(k.atime);
	if (s.stx_mask & STATX_BTIME)
		s.stx_btime = statx_time(k.btime);
	s.stx_ctime = statx_time(k.ctime);
	s.stx_mtime = statx_time(k.mtime);
	s.stx_rdev_major = dev_major(k.rdev);
	s.stx_rdev_minor = dev_minor(k.rdev);
	s.stx_dev_major = dev_major(k.dev);
	s.stx_dev_minor = dev_minor(k.dev);
	s.stx_mnt_id = k.mount_id;
	return copy_to_user(ustatx, &s, sizeof(s));
}

/* --- statfs -------------------------------------------------------------- */

static long statfs_to_user(const struct path *path, struct statfs __user *ustatfs)
{
	struct kstatfs k;
	struct statfs s;
	int err = vfs_statfs(path, &k);

	if (err)
		return err;
	memset(&s, 0, sizeof(s));
	s.f_type = k.type;
	s.f_bsize = k.block_size;
	s.f_blocks = k.blocks;
	s.f_bfree = k.blocks_free;
	s.f_bavail = k.blocks_avail;
	s.f_files = k.files;
	s.f_ffree = k.files_free;
	s.f_fsid.val[0] = k.fsid;
	s.f_fsid.val[1] = k.fsid >> 32;
	s.f_namelen = k.name_max;
	s.f_frsize = k.fragment_size;
	s.f_flags = k.flags;
	return copy_to_user(ustatfs, &s, sizeof(s));
}

long sys_statfs(const char __user *uname, struct statfs __user *ustatfs)
{
	struct path path;
	long ret = user_path_lookup(AT_FDCWD, uname, LOOKUP_FOLLOW, &path);

	if (ret)
		return ret;
	ret = statfs_to_user(&path, ustatfs);
	path_put(&path);
	return ret;
}

/* Pipes and sockets: what Linux says of their pseudo file systems. */
static long statfs_anonymous(const struct file *file, struct statfs __user *ustatfs)
{
	struct statfs s = { .f_bsize = PAGE_SIZE,
			    .f_frsize = PAGE_SIZE,
			    .f_namelen = 255,
			    .f_flags = 0x20 /* ST_VALID */ };

	switch (file->ops->mode & S_IFMT) {
	case S_IFIFO:
		s.f_type = 0x50495045; /* PIPEFS_MAGIC */
		break;
	case S_IFSOCK:
		s.f_type = 0x534f434b; /* SOCKFS_MAGIC */
		break;
	default:
		s.f_type = 0x09041934; /* ANON_INODE_FS_MAGIC */
	}
	return copy_to_user(ustatfs, &s, sizeof(s));
}

long sys_fstatfs(int fd, struct statfs __user *ustatfs)
{
	struct fd_ref ref = fd_get_raw(current_fds(), fd);
	long ret;

	if (!ref.file)
		return -EBADF;
	ret = ref.file->path.dentry ? statfs_to_user(&ref.file->path, ustatfs) :
				      statfs_anonymous(ref.file, ustatfs);
	fd_put(ref);
	return ret;
}
