/* See fs_stub.h: the parts of the kernel that fs/ calls and these tests do without. */
#include "tests/unit/unit.h"
#include "tests/unit/fs_stub.h"
#include "core/log.h"
#include "fs/dentry.h"
#include "fs/devfs/devfs.h"
#include "fs/devfs/devfs_internal.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/mount.h"
#include "fs/namei_internal.h"
#include "fs/superblock.h"
#include "fs/vfs.h"
#include "fs/tmpfs/tmpfs.h"
#include "mem/page.h"
#include "mem/radix.h"
#include "vm/vm_internal.h"
#include "vm/page_cache.h"

struct cred fs_stub_user = {
	.refs = REFCOUNT_INIT(1000000),
	.uid = 1000,
	.euid = 1000,
	.suid = 1000,
	.fsuid = 1000,
	.gid = 100,
	.egid = 100,
	.sgid = 100,
	.fsgid = 100,
};
struct caller fs_stub_root = { .cred = &cred_root };
struct caller fs_stub_caller = { .cred = &fs_stub_user };
const struct cred *fs_stub_cred = &cred_root;
u64 fs_stub_fd_limit = 1024;
static struct path root;

const struct cred *file_current_cred(void)
{
	return fs_stub_cred;
}
u64 fdtable_limit(void)
{
	return fs_stub_fd_limit;
}
u64 file_size_limit(void)
{
	return U64_MAX;
}
ktime_t clock_realtime_coarse_ns(void)
{
	static ktime_t now = 1000000;
	return now += 1000;
}
ktime_t clock_realtime_ns(void)
{
	return clock_realtime_coarse_ns();
}
void page_stats(struct page_stats *out)
{
	*out = (struct page_stats){ .total = 4096 };
}
struct page *page_reserved(paddr_t pa)
{
	return NULL;
}
void page_free_reserved(paddr_t pa, size_t len)
{
}
bool vmalloc_owns(const void *va)
{
	return false;
}
void vmalloc_hold(const void *va, size_t len)
{
}
void vmalloc_drop(const void *va, size_t len)
{
}
struct page *vmalloc_to_page(const void *va)
{
	return NULL;
}
int chrdev_open(struct inode *inode, struct file *file)
{
	return -ENXIO;
}
bool devfs_claim_automatic(const struct mount *top, const struct superblock *sb)
{
	return false;
}
const struct fs_type devtmpfs_type = { "devtmpfs", FS_NODEV, NULL };

void fs_stub_init(void)
{
	static bool once;

	if (!once) {
		radix_boot_init();
		page_lock_init();
		dcache_init();
		fs_rename_init();
		file_init();
		tmpfs_init();
		assert_int_equal(mount_init_root(&rootfs_type, NULL, &root), 0);
		once = true;
	}
	fs_stub_root.fs = fs_stub_caller.fs = fs_context_new(&root);
	assert_non_null(fs_stub_root.fs);
}

void fs_stub_fini(void)
{
	fs_context_put(fs_stub_root.fs);
}

int fs_stub_link(const struct caller *caller, const char *old, const char *new)
{
	struct path path;
	int err = path_lookup(caller, NULL, old, 0, &path);

	if (err)
		return err;
	err = vfs_link(caller, &path, NULL, new);
	path_put(&path);
	return err;
}

int fs_stub_rename(const struct caller *caller, const char *old, const char *new, unsigned flags)
{
	struct path_parent from, to;
	int err = path_lookup_parent(caller, NULL, old, 0, &from);

	if (err)
		return err;
	err = path_lookup_parent(caller, NULL, new, 0, &to);
	if (!err) {
		err = vfs_rename(caller, &from, &to, flags);
		path_parent_put(&to);
	}
	path_parent_put(&from);
	return err;
}
