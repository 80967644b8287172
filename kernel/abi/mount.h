/* mount(2). */
#pragma once

#include <linux/magic.h>
#include <linux/mount.h>

/* umount2(2) */
#define MNT_FORCE	0x1
#define MNT_DETACH	0x2
#define MNT_EXPIRE	0x4
#define UMOUNT_NOFOLLOW 0x8
