/* root.c - the first root file system: a tmpfs laid out from the initrd. */
#include "boot/boot.h"
#include "arch/api/boot_info.h"
#include "arch/api/space.h"
#include "core/caller.h"
#include "core/log.h"
#include "core/panic.h"
#include "fs/devfs/devfs.h"
#include "fs/fs_context.h"
#include "fs/initramfs/initramfs.h"
#include "fs/mount.h"
#include "fs/path.h"
#include "fs/tmpfs/tmpfs.h"
#include "proc/process.h"

void boot_root(const struct boot_info *info)
{
	struct path root;
	int err;

	err = mount_init_root(&rootfs_type, NULL, &root);
	if (err)
		panic("no memory for the root file system (%d)", err);
	kernel_caller.fs = fs_context_new(&root);
	if (!kernel_caller.fs)
		panic("no memory for the root file system");
	if (info->initrd) {
		err = initramfs_populate(&root, phys_to_virt(info->initrd), info->initrd_len);
		if (err)
			log_err(FS, "initramfs ends early: error %d", -err);
	}
	boot_root_path_set(&root); /* keeps our reference */

	/* Programs expect /dev to be there before anything could mount it. */
	err = devfs_mount(&kernel_caller);
	if (err)
		log_info(FS, "/dev is not mounted: error %d", -err);
}
