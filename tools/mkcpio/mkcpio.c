/*
 * mkcpio - write a newc cpio archive whose file data is page aligned
 *
 *   mkcpio [-n NODES] DIR > archive.cpio
 *
 * Linnet maps file pages straight out of the archive when their data starts on
 * a page boundary.  The newc format has no padding of its own, but a name may
 * be followed by any number of NULs (c_namesize counts them, Linux accepts
 * it up to 4096), so the name field is stretched until the data lands on a
 * boundary.
 * Only files of at least half a page are worth it.
 *
 * NODES lists what an ordinary user cannot create in DIR, one a line:
 *   c PATH MODE MAJOR MINOR      a character device
 *   m PATH MODE UID GID          mode and owner of an entry of DIR
 *
 * All entries belong to root and carry time 0 unless -t is given, so the same
 * tree always gives the same bytes.  Hard links are kept: as cpio does, the
 * data follows the last name.
 *
 * Source: cpio(5), "New ASCII Format"; Linux initramfs buffer format.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	ALIGN_FROM = 2048,
	HEADER = 110,
	NAME_MAX_SIZE = 4096, /* Linux skips an entry whose name field is longer */
};

struct entry {
	char *path;   /* relative to the root, no leading slash */
	char *source; /* host path, NULL for a made-up node */
	uint32_t mode, uid, gid, nlink, ino, major, minor;
	uint64_t size, host_ino, host_dev;
	uint32_t mtime;
};

static struct entry *entries;
static size_t nentries, entries_cap;
static uint64_t out_pos;
static uint32_t next_ino = 1;
static bool keep_times;

static void *xrealloc(void *ptr, size_t len)
{
	ptr = realloc(ptr, len);
	if (!ptr)
		err(1, "out of memory");
	return ptr;
}

static struct entry *entry_add(const char *path)
{
	struct entry *entry;

	if (nentries == entries_cap) {
		entries_cap = entries_cap ? entries_cap * 2 : 256;
		entries = xrealloc(entries, entries_cap * sizeof(*entries));
	}
	entry = &entries[nentries++];
	memset(entry, 0, sizeof(*entry));
	entry->path = strdup(path);
	entry->nlink = 1;
	if (!entry->path)
		err(1, "out of memory");
	return entry;
}

static struct entry *entry_find(const char *path)
{
	for (size_t i = 0; i < nentries; i++)
		if (strcmp(entries[i].path, path) == 0)
			return &entries[i];
	return NULL;
}

static void out_bytes(const void *data, size_t len)
{
	if (fwrite(data, 1, len, stdout) != len)
		err(1, "standard output");
	out_pos += len;
}

static void out_zeros(size_t len)
{
	static const char zeros[PAGE];

	while (len > 0) {
		size_t part = len < sizeof(zeros) ? len : sizeof(zeros);

		out_bytes(zeros, part);
		len -= part;
	}
}

static size_t name_size_for(size_t name_len, uint64_t boundary)
{
	uint64_t data = out_pos + HEADER + name_len + 1;

	data = (data + boundary - 1) / boundary * boundary;
	return data - out_pos - HEADER;
}

/*
 * The name's length, NULs included, that puts the data on a good boundary.
 * Where that is just behind the name, a page more of NULs is more than a name
 * may have: this one file is not aligned.
 */
static size_t name_size(size_t name_len, uint64_t data_size)
{
	size_t size = name_size_for(name_len, data_size >= ALIGN_FROM ? PAGE : 4);

	return size <= NAME_MAX_SIZE ? size : name_size_for(name_len, 4);
}

static void out_header(const struct entry *entry, const char *name, uint64_t size)
{
	size_t name_len = strlen(name);
	size_t padded = name_size(name_len, size);
	char header[HEADER + 1];

	/* A short pad stays outside c_namesize, as every archiver does it. */
	size_t counted = padded - name_len - 1 < 4 ? name_len + 1 : padded;

	snprintf(header, sizeof(header),
		 "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", entry->ino,
		 entry->mode, entry->uid, entry->gid, entry->nlink, entry->mtime, (uint32_t)size, 0,
		 0, entry->major, entry->minor, (uint32_t)counted, 0);
	out_bytes(header, HEADER);
	out_bytes(name, name_len);
	out_zeros(padded - name_len);
}

static void out_file(const struct entry *entry)
{
	uint64_t left = entry->size;
	FILE *in = fopen(entry->source, "rb");
	char buf[65536];

	if (!in)
		err(1, "%s", entry->source);
	while (left > 0) {
		size_t got = fread(buf, 1, left < sizeof(buf) ? left : sizeof(buf), in);

		if (got == 0)
			errx(1, "%s: shorter than it was", entry->source);
		out_bytes(buf, got);
		left -= got;
	}
	fclose(in);
	out_zeros(-entry->size & 3);
}

static void out_link(const struct entry *entry)
{
	char target[4096];
	ssize_t len = readlink(entry->source, target, sizeof(target));

	if (len < 0)
		err(1, "%s", entry->source);
	out_bytes(target, len);
	out_zeros(-len & 3);
}

static bool same_file(const struct entry *a, const struct entry *b)
{
	return a->source && b->source && a->host_ino == b->host_ino && a->host_dev == b->host_dev;
}

static bool more_links_follow(size_t index)
{
	for (size_t i = index + 1; i < nentries; i++)
		if (same_file(&entries[i], &entries[index]))
			return true;
	return false;
}

static void out_entry(size_t index)
{
	struct entry *entry = &entries[index];
	bool has_data = S_ISREG(entry->mode) || S_ISLNK(entry->mode);
	uint64_t size = has_data ? entry->size : 0;

	if (S_ISREG(entry->mode) && entry->nlink > 1 && more_links_follow(index))
		size = 0;
	out_header(entry, entry->path, size);
	if (size > 0 && S_ISREG(entry->mode))
		out_file(entry);
	else if (size > 0)
		out_link(entry);
}

static void number_entry(size_t index)
{
	struct entry *entry = &entries[index];

	if (entry->nlink > 1 && S_ISREG(entry->mode)) {
		uint32_t nlink = 0;

		for (size_t i = 0; i < nentries; i++)
			nlink += same_file(&entries[i], entry);
		entry->nlink = nlink;
		for (size_t i = 0; i < index; i++) {
			if (same_file(&entries[i], entry)) {
				entry->ino = entries[i].ino;
				return;
			}
		}
	}
	entry->ino = next_ino++;
}

static void walk(const char *host, const char *path)
{
	struct dirent **names;
	int n = scandir(host, &names, NULL, alphasort);

	if (n < 0)
		err(1, "%s", host);
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		struct entry *entry;
		struct stat st;
		char *source, *sub;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (asprintf(&source, "%s/%s", host, name) < 0 ||
		    asprintf(&sub, "%s%s%s", path, *path ? "/" : "", name) < 0)
			err(1, "out of memory");
		if (lstat(source, &st) < 0)
			err(1, "%s", source);
		entry = entry_add(sub);
		entry->source = source;
		entry->mode = st.st_mode;
		entry->size = st.st_size;
		entry->nlink = S_ISDIR(st.st_mode) ? 2 : st.st_nlink;
		entry->host_ino = st.st_ino;
		entry->host_dev = st.st_dev;
		entry->mtime = keep_times ? st.st_mtime : 0;
		if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) {
			entry->major = st.st_rdev >> 8 & 0xfff;
			entry->minor = (st.st_rdev & 0xff) | (st.st_rdev >> 12 & 0xfff00);
		}
		if (S_ISDIR(st.st_mode))
			walk(source, sub);
		free(sub);
		free(names[i]);
	}
	free(names);
}

static void read_nodes(const char *list)
{
	FILE *in = fopen(list, "r");
	char line[4096], path[2048], kind;
	unsigned mode, a, b;

	if (!in)
		err(1, "%s", list);
	while (fgets(line, sizeof(line), in)) {
		struct entry *entry;

		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (sscanf(line, "%c %2047s %o %u %u", &kind, path, &mode, &a, &b) != 5)
			errx(1, "%s: not understood: %s", list, line);
		entry = entry_find(path);
		if (kind == 'm' && entry) {
			entry->mode = (entry->mode & S_IFMT) | mode;
			entry->uid = a;
			entry->gid = b;
		} else if (kind == 'c') {
			entry = entry ? entry : entry_add(path);
			entry->mode = S_IFCHR | mode;
			entry->major = a;
			entry->minor = b;
			entry->source = NULL;
		} else {
			errx(1, "%s: no such entry: %s", list, path);
		}
	}
	fclose(in);
}

int main(int argc, char **argv)
{
	const char *nodes = NULL;
	struct entry trailer = { .nlink = 1 };
	int opt;

	while ((opt = getopt(argc, argv, "n:t")) != -1) {
		if (opt == 'n')
			nodes = optarg;
		else if (opt == 't')
			keep_times = true;
		else
			errx(2, "usage: mkcpio [-t] [-n NODES] DIR > ARCHIVE");
	}
	if (optind + 1 != argc)
		errx(2, "usage: mkcpio [-t] [-n NODES] DIR > ARCHIVE");

	walk(argv[optind], "");
	if (nodes)
		read_nodes(nodes);
	for (size_t i = 0; i < nentries; i++)
		number_entry(i);
	for (size_t i = 0; i < nentries; i++)
		out_entry(i);
	out_header(&trailer, "TRAILER!!!", 0);
	out_zeros(-out_pos & 511);
	if (fflush(stdout) != 0)
		err(1, "standard output");
	return 0;
}
