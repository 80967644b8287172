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
 * path_peek() never takes a reference at all: stat(2) of a cached name costs a
 * hash lookup per component and a copy of the attributes.
 *
 * Source: path_resolution(7), openat2(2), symlink(7)
 */
#include <linux/stat.h>
#include "fs/path.h"

#include <linux/limits.h>

#include "core/caller.h"
#include "core/cred.h"
#include "fs/dcache_internal.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/superblock.h"
#include "fs/vfs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"

#define MAX_LINKS  40
#define LOCK_AFTER 4 /* repeats before segments hold dcache.lock */

enum walk_result {
	WALK_DONE = 0,
	WALK_MISS = 1, /* ask the file system for name */
	WALK_LINK = 2, /* link text or jump needs sleep */
};

struct walk {
	/* Where it is.  Borrowed from the cache within a segment. */
	struct mount *mount;
	struct dentry *dentry;
	struct inode *inode;
	const char *rest;    /* not yet walked of the innermost string */
	const char *next;    /* on a miss or link: behind the component */
	struct dentry *link; /* WALK_LINK: the symbolic link */
	struct name last;    /* the component; LOOKUP_PARENT: the last */
	u32 seq;
	unsigned flags; /* LOOKUP_* */
	u8 depth;	/* used slots of stack */
	u8 nlinks;	/* symbolic links followed */
	u8 repeats;
	enum last_type last_type : 8;
	bool need_dir;	 /* a slash follows the last component */
	bool in_link;	 /* rest lies in an inode's link text */
	bool locked;	 /* the segment holds dcache.lock */
	bool root_owned; /* root is referenced */

	const struct caller *caller;
	struct path root;    /* where ".." and "/" end */
	struct path anchor;  /* referenced, or NULLs */
	struct dentry *held; /* referenced: found by a slow lookup */
	char *flat;	     /* allocated copy of what is left, or NULL */
	struct file *anon;   /* referenced: a magic link's file */
	const struct path *base;
	const char *name;
	const char *stack[MAX_LINKS]; /* rest of the outer strings */
};

/* --- Segments ------------------------------------------------------------ */

/* These two: whether the lock is held is in w->locked, where the analysis does not look. */
static inline void segment_begin(struct walk *w) NO_THREAD_SAFETY
{
	if (unlikely(w->repeats > LOCK_AFTER)) {
		spin_lock(&dcache.lock);
		w->locked = true;
		return;
	}
	w->seq = seq_read_begin(&dcache.seq);
}

/* Ends the segment.  False: what it saw may never have been so. */
static inline bool segment_end(struct walk *w) NO_THREAD_SAFETY
{
	if (unlikely(w->locked)) {
		w->locked = false;
		spin_unlock(&dcache.lock);
		return true;
	}
	return !seq_read_retry(&dcache.seq, w->seq);
}

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

static inline void walk_go(struct walk *w, struct mount *mount, struct dentry *dentry)
{
	w->mount = mount;
	w->dentry = dentry;
	w->inode = dentry->inode;
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
	if (unlikely(w->flags & (LOOKUP_IN_ROOT | LOOKUP_BENEATH))) {
		if (w->base)
			w->root = *w->base;
		else
			fs_context_peek(w->caller->fs, &w->caller->fs->cwd, &w->root);
		if (w->name[0] == '/' && (w->flags & LOOKUP_BENEATH))
			return -EXDEV;
		walk_go(w, w->root.mount, w->root.dentry);
		return 0;
	}
	fs_context_peek(w->caller->fs, &w->caller->fs->root, &w->root);
	if (w->name[0] == '/')
		at = w->root;
	else if (w->base)
		at = *w->base;
	else
		fs_context_peek(w->caller->fs, &w->caller->fs->cwd, &at);
	walk_go(w, at.mount, at.dentry);
	return 0;
}

/* Drops every reference the walk holds.  Sleeps. */
static void walk_release(struct walk *w)
{
	if (unlikely(w->anchor.mount)) {
		path_put(&w->anchor);
		w->anchor = (struct path){ NULL, NULL };
	}
	if (unlikely(w->held)) {
		dentry_put(w->held);
		w->held = NULL;
	}
	if (unlikely(w->root_owned)) {
		path_put(&w->root);
		w->root_owned = false;
	}
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
	struct mount *mount = w->mount;
	struct dentry *dentry = w->dentry;

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
		if (!mount->parent)
			break;
		if (w->flags & LOOKUP_NO_XDEV)
			return -EXDEV;
		dentry = mount->mountpoint;
		mount = mount->parent;
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
		if (unlikely(len > NAME_MAX))
			return -ENAMETOOLONG;
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
				return 0;
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

/* --- Where it must sleep ------------------------------------------------- */

/* Copies @first, then what is left on the stack, to memory of our own. */
static int walk_flatten(struct walk *w, const char *first, const char *then)
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
		if (w->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT))
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
static __noinline int walk_slow(struct walk *w, bool link)
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

static __cold void walk_repeat(struct walk *w)
{
	w->repeats++;
	walk_release(w);
}

/*
 * Runs the walk to its end.  0: where it is stands in w, and the segment is
 * still open, so that the caller may take references or peek before
 * segment_end(); or w->anon is set and it is closed.  Errors close it.
 */
static int walk_run(struct walk *w)
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

static inline void walk_init(struct walk *w, const struct caller *caller, const struct path *base,
			     const char *name, unsigned flags)
{
	w->caller = caller;
	w->base = base;
	w->name = name;
	w->flags = flags;
	w->repeats = 0;
	w->locked = false;
	w->root_owned = false;
	w->anchor.mount = NULL;
	w->held = NULL;
	w->flat = NULL;
	w->anon = NULL;
}

static inline void walk_fini(struct walk *w)
{
	walk_release(w);
	if (unlikely(w->flat))
		kfree(w->flat);
}

/* References to where the walk ended.  False: it moved; repeat. */
static inline bool walk_take(struct walk *w, struct path *out)
{
	bool mount, dentry;

	*out = (struct path){ w->mount, w->dentry };
	mount = mount_get_live(out->mount);
	dentry = dentry_get_live(out->dentry);
	if (likely(segment_end(w) && mount && dentry))
		return true;
	if (dentry)
		dentry_put(out->dentry);
	if (mount)
		mount_put(out->mount);
	return false;
}

/* --- Entry points -------------------------------------------------------- */

__noinline int path_lookup_file(const struct caller *caller, const struct path *base,
				const char *name, unsigned flags, struct path *out,
				struct file **anon)
{
	struct walk w;
	int err;

	*anon = NULL;
	if (unlikely(*name == '\0' && !(flags & LOOKUP_EMPTY)))
		return -ENOENT;
	walk_init(&w, caller, base, name, flags);
	for (;;) {
		err = walk_run(&w);
		if (err)
			break;
		if (unlikely(w.anon)) {
			*anon = w.anon;
			*out = (struct path){ NULL, NULL };
			break;
		}
		if (walk_take(&w, out))
			break;
		walk_repeat(&w);
	}
	walk_fini(&w);
	return err;
}

int path_lookup(const struct caller *caller, const struct path *base, const char *name,
		unsigned flags, struct path *out)
{
	struct file *anon;
	int err = path_lookup_file(caller, base, name, flags, out, &anon);

	if (!err && unlikely(anon)) {
		file_put(anon);
		return -ENOENT;
	}
	return err;
}

__noinline int path_lookup_parent(const struct caller *caller, const struct path *base,
				  const char *name, unsigned flags, struct path_parent *out)
{
	struct walk w;
	int err;

	if (unlikely(*name == '\0'))
		return -ENOENT;
	walk_init(&w, caller, base, name, flags | LOOKUP_PARENT);
	for (;;) {
		err = walk_run(&w);
		if (err)
			break;
		if (unlikely(w.in_link && w.last_type == LAST_NORMAL)) {
			err = walk_flatten(&w, w.rest, "");
			if (err) {
				segment_end(&w);
				break;
			}
			w.last.str = w.flat;
		}
		if (walk_take(&w, &out->path))
			break;
		walk_repeat(&w);
	}
	if (!err) {
		out->last = w.last;
		out->type = w.last_type;
		out->trailing_slash = w.need_dir;
		out->owned = w.flat;
		w.flat = NULL;
	}
	walk_fini(&w);
	return err;
}

void path_parent_fini(struct path_parent *parent)
{
	if (unlikely(parent->owned))
		kfree(parent->owned);
}

__noinline int path_peek(const struct caller *caller, const struct path *base, const char *name,
			 unsigned flags,
			 int (*fn)(const struct path *where, struct inode *inode, void *arg),
			 void *arg)
{
	struct walk w;
	struct path at;
	int err;

	if (unlikely(*name == '\0' && !(flags & LOOKUP_EMPTY)))
		return -ENOENT;
	walk_init(&w, caller, base, name, flags);
	for (;;) {
		err = walk_run(&w);
		if (err)
			break;
		if (unlikely(w.anon)) {
			file_put(w.anon);
			err = -EAGAIN;
			break;
		}
		at = (struct path){ w.mount, w.dentry };
		err = fn(&at, w.inode, arg);
		if (likely(segment_end(&w)))
			break;
		walk_repeat(&w);
	}
	walk_fini(&w);
	return err;
}

void path_get(const struct path *path)
{
	mount_get(path->mount);
	dentry_get(path->dentry);
}

void path_put(const struct path *path)
{
	dentry_put(path->dentry);
	mount_put(path->mount);
}
