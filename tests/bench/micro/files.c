/* files - names, descriptors, the page cache */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "micro.h"

void file_setup(void)
{
	fd_a = open("/tmp/file", O_RDWR | O_CREAT, 0644);
	must(fd_a >= 0 && write(fd_a, buf, 65536) == 65536, "/tmp/file");
	mkdir("/tmp/a", 0755), mkdir("/tmp/a/b", 0755), mkdir("/tmp/a/b/c", 0755);
	mkdir("/tmp/a/b/c/d", 0755), mkdir("/tmp/a/b/c/d/e", 0755), mkdir("/tmp/a/b/c/d/e/f", 0755);
	close(open("/tmp/a/b/c/d/e/f/g", O_CREAT | O_RDWR, 0644));
}
static void stat_run(unsigned n)
{
	struct stat st;
	while (n--)
		stat("/tmp/file", &st);
}
static void stat8_run(unsigned n)
{
	struct stat st;
	while (n--)
		stat("/tmp/a/b/c/d/e/f/g", &st);
}
static void fstat_run(unsigned n)
{
	struct stat st;
	while (n--)
		fstat(fd_a, &st);
}
void open_run(unsigned n)
{
	while (n--)
		close(open("/tmp/file", O_RDONLY));
}
static void pread4k_run(unsigned n)
{
	while (n--)
		pread(fd_a, buf, 4096, 0);
}
static void pwrite4k_run(unsigned n)
{
	while (n--)
		pwrite(fd_a, buf, 4096, 0);
}
static void create_run(unsigned n)
{
	while (n--) {
		close(open("/tmp/new", O_CREAT | O_WRONLY, 0644));
		unlink("/tmp/new");
	}
}
static void dir_setup(void)
{
	char name[64];
	mkdir("/tmp/dir", 0755);
	for (int i = 0; i < 998; i++) {
		snprintf(name, sizeof(name), "/tmp/dir/entry%d", i);
		close(open(name, O_CREAT | O_WRONLY, 0644));
	}
	fd_a = open("/tmp/dir", O_RDONLY | O_DIRECTORY);
}
static void getdents_run(unsigned n)
{
	while (n--) {
		lseek(fd_a, 0, SEEK_SET);
		while (syscall(SYS_getdents64, fd_a, buf, sizeof(buf)) > 0)
			;
	}
}

const struct bench files_benches[] = {
	{ "stat", 1000, file_setup, stat_run },
	{ "stat_8_components", 1000, file_setup, stat8_run },
	{ "fstat", 1000, file_setup, fstat_run },
	{ "open_close", 1000, file_setup, open_run },
	{ "pread_4k", 1000, file_setup, pread4k_run },
	{ "pwrite_4k", 1000, file_setup, pwrite4k_run },
	{ "create_unlink", 5000, file_setup, create_run },
	{ "getdents_1000", 20, dir_setup, getdents_run },
	{ 0 },
};
