/*
 * The initial root file system, laid out without being copied.
 *
 * Boot reads the headers of the cpio archives only: for each entry it makes an
 * inode whose data stays where it is, in the archive (tmpfs_inode_set_backing).
 * So the cost is per entry, not per byte; pages are borrowed or copied when a
 * program first touches them.  A gzip member is unpacked to memory first, and
 * then walked the same way; the compressed original is given back, and each page
 * of the unpacked archive when the last file in it is gone.
 *
 * This file finds the archives; what becomes of an entry is in entry.c.
 *
 * Several archives may follow each other, with zeroes between.  What is
 * malformed ends the walk with an error in the log: what came before stays.
 *
 * Source: Documentation/driver-api/early-userspace/buffer-format.rst
 */
#include "fs/initramfs/initramfs.h"

#include <linux/limits.h>

#include "core/log.h"
#include "fs/initramfs/initramfs_internal.h"
#include "lib/cpio.h"
#include "lib/errno.h"
#include "lib/inflate.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/page.h"
#include "mem/slab.h"

/* Entries from data on; *used is what they took.  Errors end all. */
static int archive_walk(struct unpack *u, const u8 *data, size_t len, size_t *used)
{
	struct cpio_reader reader;
	struct cpio_entry e;
	int ret;

	cpio_init(&reader, data, len);
	while ((ret = cpio_next(&reader, &e)) > 0) {
		int err = unpack_entry(u, &e);

		u->entries++;
		if (err == -ENOMEM || err == -ENOSPC) {
			ret = err;
			break;
		}
		if (err)
			log_warn(INITRAMFS, "%s: error %d", e.name, -err);
	}
	unpack_forget(u);
	*used = reader.pos;
	return ret;
}

/* Inflated bytes, in memory that grows as they come: an archive takes what it holds. */
struct inflated {
	u8 *data;
	size_t len;
};

static int inflated_add(void *arg, const u8 *data, size_t len)
{
	struct inflated *out = arg;

	if (!vmalloc_fill(out->data, out->len + len))
		return -ENOMEM;
	memcpy(out->data + out->len, data, len);
	out->len += len;
	return 0;
}

static int walk(struct unpack *u, const u8 *data, size_t len, unsigned depth);

/* A compressed member that was unpacked: the whole pages of it. */
static void give_back(const u8 *data, size_t len)
{
	paddr_t from = ALIGN_UP(virt_to_phys(data), PAGE_SIZE);
	paddr_t to = ALIGN_DOWN(virt_to_phys(data) + len, PAGE_SIZE);

	if (from < to)
		page_free_reserved(from, to - from);
}

static int gzip_walk(struct unpack *u, const u8 *data, size_t len, size_t *used, unsigned depth)
{
	struct inflated out = { NULL, 0 };
	struct page_stats stats;
	struct inflate *state;
	int err = -ENOMEM;

	state = kvmalloc(inflate_state_size());
	if (!state)
		return err;
	page_stats(&stats);
	out.data = vmalloc_reserve(stats.total * PAGE_SIZE);
	if (out.data)
		err = inflate_gzip(state, data, len, used, inflated_add, &out);
	kvfree(state);
	if (err)
		log_err(INITRAMFS, "gzip: error %d", -err);
	if (err || !out.len) {
		vfree(out.data);
		return err;
	}
	give_back(data, *used);
	vmalloc_share(out.data);
	err = walk(u, out.data, out.len, depth + 1);
	vmalloc_drop(out.data, out.len); /* but what files hold */
	return err;
}

static int walk(struct unpack *u, const u8 *data, size_t len, unsigned depth)
{
	const u8 *end = data + len;
	size_t used;
	int err;

	while (data < end) {
		if (*data == 0) { /* padding between archives */
			data++;
			continue;
		}
		if (cpio_magic(data, end - data)) {
			err = archive_walk(u, data, end - data, &used);
		} else if (depth == 0 && gzip_magic(data, end - data)) {
			err = gzip_walk(u, data, end - data, &used, depth);
		} else {
			log_err(INITRAMFS, "no cpio or gzip archive at byte %zu of %zu",
				len - (size_t)(end - data), len);
			return -EINVAL;
		}
		if (err)
			return err;
		if (used == 0)
			return -EINVAL;
		data += used;
	}
	return 0;
}

int initramfs_populate(const struct path *root, const void *data, size_t len)
{
	struct unpack *u = kzalloc(sizeof(*u));
	int err = -ENOMEM;

	if (!u)
		return err;
	u->root = root;
	u->name = kmalloc(PATH_MAX);
	if (u->name)
		err = walk(u, data, len, 0);
	log_info(INITRAMFS, "%u entries", u->entries);
	kfree(u->name);
	kfree(u);
	return err;
}
