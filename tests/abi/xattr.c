/* xattr(7): by path, by link, by descriptor. */
#include "abi_test.h"
#include <sys/xattr.h>

TEST(attributes_by_path_and_by_link, SYS_setxattr, SYS_lsetxattr, SYS_getxattr, SYS_lgetxattr,
     SYS_listxattr, SYS_llistxattr, SYS_removexattr, SYS_lremovexattr)
{
	char buf[100];

	close(CHECK_OK(open("file", O_CREAT | O_RDWR, 0600)));
	CHECK_OK(symlink("file", "link"));
	CHECK_OK(syscall(SYS_setxattr, "link", "trusted.a", "1234", 4L, 0));
	CHECK_OK(syscall(SYS_lsetxattr, "link", "trusted.b", "", 0L, 0));
	CHECK_EQ(syscall(SYS_getxattr, "file", "trusted.a", buf, sizeof(buf)), 4);
	CHECK_EQ(memcmp(buf, "1234", 4), 0);
	CHECK_EQ(syscall(SYS_getxattr, "link", "trusted.a", NULL, 0L), 4);
	CHECK_ERR(syscall(SYS_getxattr, "link", "trusted.b", buf, 100L), ENODATA);
	CHECK_EQ(syscall(SYS_lgetxattr, "link", "trusted.b", buf, 100L), 0);
	CHECK_ERR(syscall(SYS_lgetxattr, "link", "trusted.a", buf, 100L), ENODATA);
	CHECK_ERR(syscall(SYS_getxattr, "file", "trusted.a", buf, 3L), ERANGE);
	CHECK_EQ(syscall(SYS_llistxattr, "link", buf, 100L), 10);
	CHECK_EQ(strcmp(buf, "trusted.b"), 0);
	CHECK_EQ(syscall(SYS_listxattr, "link", buf, 100L), 10);
	CHECK_EQ(strcmp(buf, "trusted.a"), 0);
	CHECK_EQ(syscall(SYS_llistxattr, "file", NULL, 0L), 10);
	CHECK_ERR(syscall(SYS_llistxattr, "link", buf, 9L), ERANGE);
	CHECK_ERR(syscall(SYS_lsetxattr, "file", "trusted.a", "x", 1L, XATTR_CREATE), EEXIST);
	CHECK_ERR(syscall(SYS_lsetxattr, "file", "trusted.c", "x", 1L, XATTR_REPLACE), ENODATA);
	CHECK_ERR(syscall(SYS_lsetxattr, "file", "trusted.c", "x", 1L, 4), EINVAL);
	CHECK_ERR(syscall(SYS_lsetxattr, "file", "nonsense", "x", 1L, 0), EOPNOTSUPP);
	CHECK_ERR(syscall(SYS_lsetxattr, "file", "", "x", 1L, 0), ERANGE);
	CHECK_ERR(syscall(SYS_lsetxattr, "file", "trusted.c", (void *)-4096, 1L, 0), EFAULT);
	CHECK_ERR(syscall(SYS_lsetxattr, "none", "trusted.c", "x", 1L, 0), ENOENT);
	CHECK_ERR(syscall(SYS_lremovexattr, "link", "trusted.a"), ENODATA);
	CHECK_OK(syscall(SYS_lremovexattr, "link", "trusted.b"));
	CHECK_EQ(syscall(SYS_llistxattr, "link", NULL, 0L), 0);
	CHECK_OK(syscall(SYS_removexattr, "link", "trusted.a"));
	CHECK_ERR(syscall(SYS_removexattr, "file", "trusted.a"), ENODATA);
	CHECK_ERR(syscall(SYS_removexattr, "none", "trusted.a"), ENOENT);
}

TEST(attributes_by_descriptor, SYS_fsetxattr, SYS_fgetxattr, SYS_flistxattr, SYS_fremovexattr)
{
	int fd = CHECK_OK(open("file", O_CREAT | O_RDWR, 0600)),
	    path = CHECK_OK(open("file", O_PATH));
	char buf[100];

	CHECK_OK(syscall(SYS_fsetxattr, fd, "trusted.a", "x", 1L, XATTR_CREATE));
	CHECK_OK(syscall(SYS_fsetxattr, fd, "trusted.a", "yz", 2L, XATTR_REPLACE));
	CHECK_EQ(syscall(SYS_fgetxattr, fd, "trusted.a", buf, 100L), 2);
	CHECK_EQ(memcmp(buf, "yz", 2), 0);
	CHECK_EQ(syscall(SYS_flistxattr, fd, buf, 100L), 10);
	CHECK_ERR(syscall(SYS_fsetxattr, path, "trusted.a", "x", 1L, 0), EBADF);
	CHECK_ERR(syscall(SYS_fgetxattr, path, "trusted.a", buf, 100L), EBADF);
	CHECK_ERR(syscall(SYS_flistxattr, 99, buf, 100L), EBADF);
	CHECK_ERR(syscall(SYS_fremovexattr, path, "trusted.a"), EBADF);
	CHECK_OK(unlink("file")); /* the open file keeps them */
	CHECK_EQ(syscall(SYS_fgetxattr, fd, "trusted.a", buf, 100L), 2);
	CHECK_OK(syscall(SYS_fremovexattr, fd, "trusted.a"));
	CHECK_ERR(syscall(SYS_fremovexattr, fd, "trusted.a"), ENODATA);
	CHECK_EQ(syscall(SYS_flistxattr, fd, NULL, 0L), 0);
	CHECK_OK(fchmod(fd, 0666));
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		CHECK_ERR(syscall(SYS_fsetxattr, fd, "trusted.a", "x", 1L, 0), EPERM);
		CHECK_ERR(syscall(SYS_fgetxattr, fd, "trusted.a", buf, 100L), ENODATA);
		CHECK_ERR(syscall(SYS_fremovexattr, fd, "trusted.a"), EPERM);
	});
}
