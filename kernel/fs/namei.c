/*
 * Path walk: from a string to a place in the name space.
 *
 * The walk runs in segments.  Within a segment it reads the dentry cache, the
 * mount tree and inodes without locks or references, under RCU (the kernel is
 * not preemptible and a segment never sleeps); dcache.seq tells at the end
 * whether a rename, unlink or mount came in between, and then the whole walk
 * is repeated.  After a few repeats segments hold dcache.lock instead.
 *
 * A segment ends where the walk is done, or where it must sleep: a name that
 * is not cached and must be asked of the file system, or a symbolic link whose
 * text is not in memory.  Then the walk takes references ("anchors"), sleeps,
 * and goes on in a new segment from the anchor.
 *
 *	"/usr/lib/x"    rest -> "lib/x"      dentry -> usr
 *	             symbolic links push what follows them on stack[]
 *
 * The walk is iterative: up to 40 symbolic links in all (ELOOP), of which each
 * needs a stack slot only if something follows it.
 *
 * Here is the walk within segments.  What it does where it must sleep is in
 * namei_slow.c, and what callers ask for in path.c.
 *
 * Source: path_resolution(7), openat2(2), symlink(7)
 */
#include <linux/stat.h>
#include "fs/path.h"
#include <linux/limits.h>
#include "core/caller.h"
#include "core/cred.h"
#include "fs/dcache_internal.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/superblock.h"
#include "fs/vfs.h"
#include "lib/errno.h"
#include "fs/namei_walk.h"

static inline void fs_context_peek(struct fs_context *fs, const struct path *which,
				   struct path *out)
{
	u32 seq;

	do {
		while ((seq = load_acquire(&fs->seq)) & 1)
			arch_cpu_relax();
		out->mount = READ_ONCE(which->mount);
		out->dentry = READ_ONCE(which->dentry);
		smp_rmb();
	} while (unlikely(READ_ONCE(fs->seq) != seq));
}

/* At the first component, in a fresh segment. */
static inline int walk_start(struct walk *w)
{
	struct path at;

	w->rest = w->name;
	w->depth = 0;
	w->nlinks = 0;
	w->need_dir = false;
	w->in_link = false;
	w->last_type = LAST_ROOT;
	if (unlikely(w->flags & LOOKUP_SCOPED)) {
		if (w->base)
			w->root = *w->base;
		else
			fs_context_peek(w->caller->fs, &w->caller->fs->cwd, &w->root);
		if (w->name[0] == '/' && (w->flags & LOOKUP_BENEATH))
			return -EXDEV;
		at = w->name[0] != '/' && (w->flags & LOOKUP_FROM) ? *w->from : w->root;
		walk_go(w, at.mount, at.dentry);
		return 0;
	}
	fs_context_peek(w->caller->fs, &w->caller->fs->root, &w->root);
	if (w->name[0] == '/')
		at = w->root;
	else if (unlikely(w->flags & LOOKUP_FROM))
		at = *w->from;
	else if (w->base)
		at = *w->base;
	else
		fs_context_peek(w->caller->fs, &w->caller->fs->cwd, &at);
	walk_go(w, at.mount, at.dentry);
	return 0;
}

/* --- The fast walk ------------------------------------------------------- */

static bool mount_cross(struct walk *w, struct mount **mount, struct dentry **dentry)
{
	struct mount *over;

	while ((*dentry)->flags & DENTRY_MOUNTED) {
		over = mount_covering(*mount, *dentry);
		if (!over)
			break;
		if (w->flags & LOOKUP_NO_XDEV)
			return false;
		*mount = over;
		*dentry = over->root;
	}
	return true;
}

static int walk_dotdot(struct walk *w)
{
	struct mount *mount = w->mount, *parent;
	struct dentry *dentry = w->dentry, *at;

	for (;;) {
		if (dentry == w->root.dentry && mount == w->root.mount) {
			if (w->flags & LOOKUP_BENEATH)
				return -EXDEV;
			break;
		}
		if (dentry != mount->root) {
			dentry = dentry->parent;
			break;
		}
		/* Both at once: an unmount beside us clears them, and then dcache.seq has changed. */
		at = READ_ONCE(mount->mountpoint);
		parent = READ_ONCE(mount->parent);
		if (!at || !parent)
			break;
		if (w->flags & LOOKUP_NO_XDEV)
			return -EXDEV;
		dentry = at;
		mount = parent;
	}
	if (!mount_cross(w, &mount, &dentry))
		return -EXDEV;
	walk_go(w, mount, dentry);
	return 0;
}

static inline int may_search(struct walk *w)
{
	struct inode *inode = w->inode;

	if (unlikely(!inode_is_dir(inode)))
		return -ENOTDIR;
	if (likely((inode->mode & 0111) == 0111 && !(inode->flags & INODE_LOOKUP_SLOW)))
		return 0;
	return inode_permission(w->caller, inode, MAY_EXEC);
}

/* Continue with @text, and then with what follows the link. */
static int walk_push(struct walk *w, const char *text, const char *after)
{
	if (*text == '\0')
		return -ENOENT;
	if (*after)
		w->stack[w->depth++] = after;
	if (*text == '/') {
		if (w->flags & LOOKUP_BENEATH)
			return -EXDEV;
		if ((w->flags & LOOKUP_NO_XDEV) && w->root.mount != w->mount)
			return -EXDEV;
		walk_go(w, w->root.mount, w->root.dentry);
	}
	w->rest = text;
	return 0;
}

static int count_link(struct walk *w)
{
	if (w->flags & LOOKUP_NO_SYMLINKS)
		return -ELOOP;
	if (w->nlinks >= MAX_LINKS)
		return -ELOOP;
	w->nlinks++;
	return 0;
}

/* As Debian has them. */
struct fs_protected fs_protected = { .hardlinks = 1, .symlinks = 1 };

/*
 * protected_symlinks of proc(5): in a sticky directory that all may write, a
 * link at the end of a path is followed for its owner only, or when it is the
 * directory's owner's.
 */
int link_follow_check(const struct caller *caller, const struct inode *dir,
		      const struct inode *link)
{
	if (likely((READ_ONCE(dir->mode) & (S_ISVTX | S_IWOTH)) != (S_ISVTX | S_IWOTH)))
		return 0;
	if (!fs_protected.symlinks || link->uid == caller->cred->fsuid || link->uid == dir->uid)
		return 0;
	return -EACCES;
}

/* Walks until done (0), an error, or WALK_MISS / WALK_LINK.  Never sleeps. */
static int walk_fast(struct walk *w)
{
	const char *p = w->rest;

	for (;;) {
		struct mount *mount;
		struct dentry *d;
		struct inode *inode;
		const char *next;
		bool last;
		u32 len;
		int err;

		while (*p == '/')
			p++;
		if (unlikely(*p == '\0')) {
			if (w->depth == 0)
				break;
			p = w->stack[--w->depth];
			continue;
		}
		err = may_search(w);
		if (unlikely(err))
			return err;
		len = name_scan(p, &w->last.hash);
		w->last.str = p;
		w->last.len = len;
		next = p + len;
		last = false;
		if (*next == '/') {
			do
				next++;
			while (*next == '/');
			if (*next == '\0' && w->depth == 0) {
				last = true;
				w->need_dir = true;
			}
		} else {
			last = w->depth == 0;
		}
		if (unlikely(p[0] == '.' && len <= 2 && (len == 1 || p[1] == '.'))) {
			if (last && (w->flags & LOOKUP_PARENT)) {
				w->last_type = len == 1 ? LAST_DOT : LAST_DOTDOT;
				w->rest = p;
				/* openat2(2): it may be forbidden to go there. */
				return len == 2 && (w->flags & (LOOKUP_BENEATH | LOOKUP_NO_XDEV)) ?
					       walk_dotdot(w) :
					       0;
			}
			if (len == 2) {
				err = walk_dotdot(w);
				if (err)
					return err;
			}
			p = next;
			continue;
		}
		if (last && (w->flags & LOOKUP_PARENT)) {
			w->last_type = LAST_NORMAL;
			w->rest = p;
			return 0;
		}
		if (unlikely(len > NAME_MAX))
			return -ENAMETOOLONG;
		d = dcache_find(w->dentry, p, len, w->last.hash);
		if (unlikely(!d)) {
			if (likely(w->dentry->sb->flags & SB_MEMORY))
				return w->flags & LOOKUP_CACHED ? -EAGAIN : -ENOENT;
			w->rest = p;
			w->next = next;
			return WALK_MISS;
		}
		inode = load_acquire(&d->inode);
		if (unlikely(!inode))
			return -ENOENT;
		mount = w->mount;
		if (unlikely(d->flags & DENTRY_MOUNTED)) {
			if (!mount_cross(w, &mount, &d))
				return -EXDEV;
			inode = d->inode;
		}
		if (unlikely(inode->flags & INODE_REVALIDATE) &&
		    !inode->ops->revalidate(inode, d)) {
			w->rest = p;
			w->next = next;
			w->link = d;
			return WALK_MISS;
		}
		if (unlikely(inode_is_link(inode)) &&
		    (!last || (w->flags & LOOKUP_FOLLOW) || w->need_dir)) {
			err = count_link(w);
			if (!err && last && !w->depth)
				err = link_follow_check(w->caller, w->inode, inode);
			if (err)
				return err;
			if (unlikely(!inode->link)) {
				w->rest = p;
				w->next = next;
				w->link = d;
				return WALK_LINK;
			}
			inode_touch_atime(mount, inode);
			err = walk_push(w, inode->link, next);
			if (err)
				return err;
			w->in_link = true;
			p = w->rest;
			continue;
		}
		w->mount = mount;
		w->dentry = d;
		w->inode = inode;
		p = next;
	}
	w->rest = p;
	if ((w->need_dir || (w->flags & LOOKUP_DIRECTORY)) && !inode_is_dir(w->inode))
		return -ENOTDIR;
	return 0;
}

__cold void walk_repeat(struct walk *w)
{
	w->repeats++;
	walk_release(w);
}

/*
 * Runs the walk to its end.  0: where it is stands in w, and the segment is
 * still open, so that the caller may take references or peek before
 * segment_end(); or w->anon is set and it is closed.  Errors close it.
 */
int walk_run(struct walk *w)
{
	bool fresh = true;
	int ret;

	for (;;) {
		segment_begin(w);
		ret = 0;
		if (likely(fresh))
			ret = walk_start(w);
		else
			w->inode = w->dentry->inode;
		if (likely(!ret))
			ret = walk_fast(w);
		if (likely(ret == 0))
			return 0;
		if (ret < 0) {
			if (segment_end(w))
				return ret;
		} else {
			ret = walk_slow(w, ret == WALK_LINK);
			if (ret < 0 || w->anon)
				return ret < 0 ? ret : 0;
			if (ret == 1) {
				fresh = false;
				continue;
			}
		}
		walk_repeat(w);
		fresh = true;
	}
}
