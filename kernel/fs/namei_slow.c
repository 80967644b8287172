/*
 * namei_slow.c - a path walk where it must sleep.
 *
 * The segment ends with references ("anchors") to where the walk stands, and
 * with a copy of what is left of the path where that lay in a link's text.
 * Then a name is asked of the file system, or a link's text is read or jumped
 * through, and the walk goes on in a new segment from the anchor.
 *
 * Source: path_resolution(7), openat2(2), symlink(7)
 */
#include "fs/path.h"
#include <linux/limits.h>
#include "core/caller.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "fs/namei_walk.h"

/* Copies @first, then what is left on the stack, to memory of our own. */
int walk_flatten(struct walk *w, const char *first, const char *then)
{
	size_t len = strlen(first) + strlen(then) + 3;
	char *flat;

	for (unsigned i = 0; i < w->depth; i++)
		len += strlen(w->stack[i]) + 1;
	flat = kmalloc_atomic(len);
	if (!flat)
		return -ENOMEM;
	strlcpy(flat, first, len);
	if (*then) {
		strlcat(flat, "/", len);
		strlcat(flat, then, len);
	}
	while (w->depth > 0) {
		strlcat(flat, "/", len);
		strlcat(flat, w->stack[--w->depth], len);
	}
	kfree(w->flat);
	w->flat = flat;
	w->rest = flat;
	w->in_link = false;
	return 0;
}

/* Takes references to where the walk is (and to w->link), and ends the
 * segment.  False: it was not so; repeat. */
static bool walk_anchor(struct walk *w, bool link, struct path *old)
{
	struct path at = { w->mount, w->dentry };
	bool root = !w->root_owned;

	*old = (struct path){ NULL, NULL };
	if (!mount_get_live(at.mount))
		goto out_fail;
	if (!dentry_get_live(at.dentry))
		goto out_put_mount;
	if (link && !dentry_get_live(w->link))
		goto out_put_dentry;
	if (root && !mount_get_live(w->root.mount))
		goto out_put_link;
	if (root && !dentry_get_live(w->root.dentry))
		goto out_put_root_mount;
	w->root_owned = true;
	*old = w->anchor;
	w->anchor = at;
	if (segment_end(w))
		return true;
	if (link)
		dentry_put(w->link);
	return false;

out_put_root_mount:
	segment_end(w);
	mount_put(w->root.mount);
	if (link)
		dentry_put(w->link);
	path_put(&at);
	return false;
out_put_link:
	segment_end(w);
	if (link)
		dentry_put(w->link);
	path_put(&at);
	return false;
out_put_dentry:
	segment_end(w);
	path_put(&at);
	return false;
out_put_mount:
	segment_end(w);
	mount_put(at.mount);
	return false;
out_fail:
	segment_end(w);
	return false;
}

/* The name is not cached: asks the file system.  0: go on, it is now. */
static int walk_lookup_slow(struct walk *w)
{
	struct inode *dir = w->inode;
	struct dentry *d;
	int err;

	if (w->flags & LOOKUP_CACHED)
		return -EAGAIN;
	if (!dir->ops || !dir->ops->lookup)
		return -ENOENT;
	mutex_lock(&dir->lock);
	d = dentry_lookup(w->dentry, &w->last);
	if (d && d->inode && (d->inode->flags & INODE_REVALIDATE) &&
	    !d->inode->ops->revalidate(d->inode, d)) {
		dentry_drop(d);
		dentry_put(d);
		d = NULL;
	}
	if (!d) {
		err = -ENOENT;
		if (dir->flags & INODE_DEAD)
			goto out_unlock;
		err = -ENOMEM;
		d = dentry_new(w->dentry, &w->last);
		if (!d)
			goto out_unlock;
		err = dir->ops->lookup(dir, d);
		if (err) {
			dentry_put(d);
			goto out_unlock;
		}
		if (d->inode || !(d->flags & DENTRY_DONTCACHE))
			dentry_hash(d);
	}
	mutex_unlock(&dir->lock);
	if (w->held)
		dentry_put(w->held);
	w->held = d;
	return d->inode ? 0 : -ENOENT;

out_unlock:
	mutex_unlock(&dir->lock);
	return err;
}

/* A link that is text on a disk, or no text at all.  w->link is referenced,
 * w->rest is what follows it. */
static int walk_link_slow(struct walk *w)
{
	struct inode *inode = w->link->inode;
	struct path to = { NULL, NULL };
	char *text;
	long len;
	int err;

	if (w->flags & LOOKUP_CACHED)
		return -EAGAIN;
	if (inode->ops->follow) {
		if (w->flags & LOOKUP_NO_MAGICLINKS)
			return -ELOOP;
		if (w->flags & LOOKUP_SCOPED)
			return -EXDEV;
		err = inode->ops->follow(inode, w->caller, &to, &w->anon);
		if (err)
			return err;
		if (w->anon)
			return *w->rest ? -ENOTDIR : 0;
		if ((w->flags & LOOKUP_NO_XDEV) && to.mount != w->mount) {
			path_put(&to);
			return -EXDEV;
		}
		path_put(&w->anchor);
		w->anchor = to;
		walk_go(w, to.mount, to.dentry);
		return 0;
	}
	if (!inode->ops->readlink)
		return -EINVAL;
	text = kmalloc(PATH_MAX);
	if (!text)
		return -ENOMEM;
	len = inode->ops->readlink(inode, w->caller, text, PATH_MAX - 1);
	err = len < 0 ? len : len == 0 ? -ENOENT : 0;
	if (!err && *text == '/' && (w->flags & LOOKUP_BENEATH))
		err = -EXDEV;
	if (!err) {
		text[len] = '\0';
		if (*text == '/')
			walk_go(w, w->root.mount, w->root.dentry);
		err = walk_flatten(w, text, w->rest);
	}
	kfree(text);
	return err;
}

/* What is left of the path must outlive the segment: link texts do not. */
static int walk_save_rest(struct walk *w, bool link)
{
	const char *from = link ? w->next : w->rest;
	int err = 0;

	if (w->in_link || w->depth)
		err = walk_flatten(w, from, "");
	else
		w->rest = from;
	if (!link)
		w->last.str = w->rest;
	return err;
}

/* Sleeps where the segment could not.  1: go on; 0: repeat; or an error. */
int walk_slow(struct walk *w, bool link)
{
	struct path old;
	int err = walk_save_rest(w, link);

	if (err) {
		segment_end(w);
		return err;
	}
	if (!walk_anchor(w, link, &old)) {
		if (old.mount)
			path_put(&old);
		return 0;
	}
	if (link) {
		err = walk_link_slow(w);
		dentry_put(w->link);
	} else {
		err = walk_lookup_slow(w);
	}
	if (old.mount)
		path_put(&old);
	return err ? err : 1;
}
