/*
 * The initial root file system: cpio archives laid out over the rootfs tmpfs
 * without copying their data.
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"

struct path;

/* @data stays mapped for ever. Malformed archives end with a logged error. */
int initramfs_populate(const struct path *root, const void *data, size_t len);
