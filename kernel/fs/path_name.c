/*
 * From a place in the name space back to a string: getcwd(2), readlink of
 * /proc/PID/fd, /proc/PID/maps, mountinfo.  The text is built from its end
 * towards the root, under dcache.lock, so that it is one that was true.
 */
#include "fs/path.h"

#include "fs/dcache_internal.h"
#include "fs/mount.h"
#include "lib/string.h"

static char *name_prepend(char *at, char *buf, const char *str, u32 len)
{
	if (!at || at - buf < len + 1)
		return NULL;
	at -= len;
	memcpy(at, str, len);
	*--at = '/';
	return at;
}

char *path_name(const struct path *path, const struct path *root, char *buf, size_t size,
		bool *unreachable, bool *deleted)
{
	char *at = buf + size - 1;

	*at = '\0';
	*unreachable = false;
	spin_lock(&dcache.lock);
	const struct mount *mount = path->mount;
	const struct dentry *d = path->dentry;

	*deleted = !(d->flags & (DENTRY_HASHED | DENTRY_ROOT)) && d != mount->root;
	for (;;) {
		if (root && d == root->dentry && mount == root->mount)
			break;
		if (d == mount->root) {
			if (!mount->parent) {
				*unreachable = root != NULL;
				break;
			}
			d = mount->mountpoint;
			mount = mount->parent;
			continue;
		}
		at = name_prepend(at, buf, d->name, d->len);
		if (!at || d->parent == d)
			break;
		d = d->parent;
	}
	spin_unlock(&dcache.lock);
	if (at && *at == '\0')
		at = name_prepend(at, buf, "", 0);
	return at;
}

char *path_name_link(const struct path *path, const struct path *root, char *buf, size_t size)
{
	static const char suffix[] = " (deleted)";
	bool unreachable, deleted;
	char *at;

	if (size <= sizeof(suffix))
		return NULL;
	at = path_name(path, root, buf, size - (sizeof(suffix) - 1), &unreachable, &deleted);
	if (!at)
		return NULL;
	if (deleted)
		strcpy(buf + size - sizeof(suffix), suffix);
	if (unreachable) {
		if (at - buf < 13)
			return NULL;
		at -= 13;
		memcpy(at, "(unreachable)", 13);
	}
	return at;
}

/* What a mount shows of its file system: from the root of that, whatever is mounted where. */
char *dentry_name(const struct dentry *dentry, char *buf, size_t size)
{
	static const char suffix[] = "//deleted";
	bool deleted = !(READ_ONCE(dentry->flags) & (DENTRY_HASHED | DENTRY_ROOT));
	char *at = buf + size - 1;

	*at = '\0';
	if (deleted) {
		at -= sizeof(suffix) - 1;
		strcpy(at, suffix);
	}
	spin_lock(&dcache.lock);
	for (; at && dentry->parent != dentry; dentry = dentry->parent)
		at = name_prepend(at, buf, dentry->name, dentry->len);
	spin_unlock(&dcache.lock);
	if (at && *at == '\0')
		at = name_prepend(at, buf, "", 0);
	return at;
}

void dentry_last_name(const struct dentry *dentry, char *buf, size_t size)
{
	spin_lock(&dcache.lock);
	strlcpy(buf, dentry->name, size);
	spin_unlock(&dcache.lock);
}
