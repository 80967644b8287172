/*
 * fs/namei and its kin: a program of calls on a small tree.
 *
 * The input is lines: a letter for the call, then a path or two with a space between.
 * Whatever happens, a name found leads back to the same file, and all can be removed.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/fs_stub.h"
#include "tests/unit/host_threads.h"
#include "fs/dentry.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/vfs.h"
#include <linux/fcntl.h>
#include <linux/fs.h>

#define ROOT	  (&fs_stub_root)
#define CALLS_MAX 64
#define PATH_MAX_ 4200

/* ---- removing what an input left ---- */

struct names {
	struct dir_emit emit;
	unsigned n;
	char name[16][256];
};

static bool note_name(struct dir_emit *emit, const char *name, size_t len, u64 ino, u8 type)
{
	struct names *names = container_of(emit, struct names, emit);

	if (names->n == 16)
		return false;
	if ((len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.'))
		return true;
	memcpy(names->name[names->n], name, len);
	names->name[names->n++][len] = '\0';
	return true;
}

static void clear_tree(const struct path *dir)
{
	struct names *names = malloc(sizeof(*names));
	struct file *file;

	do {
		expect(vfs_open_path(ROOT, dir, O_RDONLY | O_DIRECTORY, &file) == 0);
		*names = (struct names){ .emit = { .emit = note_name } };
		expect(file->ops->readdir(file, &names->emit) == 0);
		file_put_now(file);
		for (unsigned i = 0; i < names->n; i++) {
			struct path below;

			if (vfs_unlink(ROOT, dir, names->name[i]) == 0)
				continue;
			expect(path_lookup(ROOT, dir, names->name[i], 0, &below) == 0);
			clear_tree(&below);
			path_put(&below);
			expect(vfs_rmdir(ROOT, dir, names->name[i]) == 0);
		}
	} while (names->n);
	free(names);
}

/* ---- the calls ---- */

static void look(const char *name, unsigned flags)
{
	static char buf[PATH_MAX_];
	struct path found, again, root;
	bool unreachable, deleted;
	char *full;

	if (path_lookup(ROOT, NULL, name, flags, &found))
		return;
	fs_context_root(ROOT->fs, &root);
	full = path_name(&found, &root, buf, sizeof(buf), &unreachable, &deleted);
	if (full && !deleted && !unreachable) {
		expect(path_lookup(ROOT, NULL, full, 0, &again) == 0);
		expect(again.dentry->inode == found.dentry->inode);
		path_put(&again);
	}
	path_put(&root);
	path_put(&found);
}

static int call(char what, const char *a, const char *b)
{
	struct file *file;
	int err;

	switch (what) {
	case 'm':
		return vfs_mkdir(ROOT, NULL, a, 0755);
	case 'o':
		err = vfs_open(ROOT, NULL, a, O_CREAT | O_RDWR, 0644, &file);
		if (!err)
			file_put_now(file);
		return err;
	case 'u':
		return vfs_unlink(ROOT, NULL, a);
	case 'd':
		return vfs_rmdir(ROOT, NULL, a);
	case 's':
		return vfs_symlink(ROOT, a, NULL, b);
	case 'l':
		return fs_stub_link(ROOT, a, b);
	case 'r':
		return fs_stub_rename(ROOT, a, b, 0);
	case 'x':
		return fs_stub_rename(ROOT, a, b, RENAME_EXCHANGE);
	case 'c':
		return vfs_chdir(ROOT, a);
	case 'n':
		look(a, 0);
		return 0;
	default:
		look(a, LOOKUP_FOLLOW);
		return 0;
	}
}

void fuzz_one(const u8 *data, size_t len)
{
	static char line[2 * PATH_MAX_];
	static bool ready;
	struct path root;
	size_t at = 0;

	if (!ready) {
		host_threads_boot();
		fs_stub_init();
		ready = true;
	}
	for (unsigned n = 0; n < CALLS_MAX && at < len; n++) {
		size_t size = 0;
		char *second;
		int err;

		while (at < len && data[at] != '\n' && size < sizeof(line) - 1)
			line[size++] = data[at++];
		line[size] = '\0';
		at++;
		if (!size)
			continue;
		second = strchr(line + 1, ' ');
		if (second)
			*second++ = '\0';
		err = call(line[0], line + 1, second ? second : "");
		expect(err <= 0 && err > -200);
	}
	expect(vfs_chdir(ROOT, "/") == 0);
	fs_context_root(ROOT->fs, &root);
	clear_tree(&root);
	path_put(&root);
	host_threads_idle();
}

size_t fuzz_sample(unsigned n, u8 *buf, size_t room)
{
	static const char *const samples[] = {
		"ma\nma/b\noa/b/f\nn/a//b/../b/./f\nra/b c\nfc/f\ndc/b\nuc/f\n",
		"ma\nsa l\nol/f\nnl/f\nfl/../a/f\nsl/f k\nfk\nsx x\nfx\nf/x/y\n",
		"ma\nmb\nxa b\noa/1\nla/1 b/2\nra b/3\nca\nn../b/3\nf.\ndb/3\nrb a\n",
		"ma\nma/a\nma/a/a\nca/a/a\nr../../a ../../b\nd.\nd..\nn..\nm/a/a/b\nc/\nda/a/a\n",
		"s.. up\nfup/up/up/up\nsup/a loop\nsloop a\nf/a/a/a\noa\nuup\nolong-name-0123456789\n",
	};

	if (n >= ARRAY_SIZE(samples))
		return 0;
	strcpy((char *)buf, samples[n]);
	return strlen(samples[n]);
}
