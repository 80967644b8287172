/*
 * The file system types that mount(2) knows: the one list.  Those of folders
 * above fs/ are weak, so that this folder links without them (unit tests).
 */
#include "fs/superblock.h"
#include "fs/tmpfs/tmpfs.h"

extern const struct fs_type procfs_type __weak;
extern const struct fs_type sysfs_type __weak;
extern const struct fs_type devpts_type __weak;
extern const struct fs_type ext4_type __weak;
extern const struct fs_type mqueue_type __weak;

/* A type that is not linked in is a NULL entry. */
const struct fs_type *const fs_table[] = {
	&tmpfs_type, &ramfs_type,  &devtmpfs_type, &procfs_type,
	&sysfs_type, &devpts_type, &ext4_type,	   &mqueue_type,
};
const unsigned fs_table_count = ARRAY_SIZE(fs_table);
