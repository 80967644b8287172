/*
 * path.c - paths by name: looked up, their parents, or only looked at.
 *
 * path_peek() takes no reference at all: stat(2) of a cached name costs a
 * hash lookup per component and a copy of the attributes.  The others take
 * theirs at the end of the walk's last segment, or repeat the walk.
 */
#include "fs/path.h"
#include "core/caller.h"
#include "fs/dcache_internal.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "lib/errno.h"
#include "mem/slab.h"
#include "fs/namei_walk.h"

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

__noinline int path_lookup_parent_from(const struct caller *caller, const struct path *base,
				       const struct path *from, const char *name, unsigned flags,
				       struct path_parent *out)
{
	struct walk w;
	int err;

	if (unlikely(*name == '\0'))
		return -ENOENT;
	walk_init(&w, caller, base, name, flags | LOOKUP_PARENT);
	w.from = from;
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
