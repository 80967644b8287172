/*
 * What must be set up before the first path is walked.
 */
#include "fs/dentry.h"
#include "fs/devfs/devfs.h"
#include "fs/epoll.h"
#include "fs/file.h"
#include "fs/namei_internal.h"
#include "fs/tmpfs/tmpfs.h"
#include "fs/vfs.h"

void fs_init(void)
{
	dcache_init();
	fs_rename_init();
	file_init();
	epoll_init();
	tmpfs_init();
	devfs_init();
}
