/* ioctl_iflags(2), ioctl_ficlonerange(2), xattr(7): flags and attributes beside the mode. */
#include "abi_test.h"
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

static int make_file(const char *name)
{
	return CHECK_OK(open(name, O_CREAT | O_RDWR, 0644));
}

static int set_flags(int fd, int flags)
{
	return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

static int get_flags(int fd)
{
	int flags = -1;

	CHECK_OK(ioctl(fd, FS_IOC_GETFLAGS, &flags));
	return flags;
}

TEST(append_only_files_only_grow, SYS_ioctl)
{
	int fd = make_file("f");
	struct statx stx;

	CHECK_EQ(get_flags(fd), 0);
	CHECK_ERR(set_flags(fd, FS_NODUMP_FL | FS_COMPR_FL), EOPNOTSUPP);
	CHECK_OK(set_flags(fd, FS_NODUMP_FL | FS_APPEND_FL));
	CHECK_EQ(get_flags(fd), FS_NODUMP_FL | FS_APPEND_FL);
	CHECK_OK(statx(AT_FDCWD, "f", 0, STATX_ALL, &stx));
	CHECK_EQ(stx.stx_attributes &
			 (STATX_ATTR_NODUMP | STATX_ATTR_APPEND | STATX_ATTR_IMMUTABLE),
		 STATX_ATTR_NODUMP | STATX_ATTR_APPEND);
	CHECK_ERR(open("f", O_RDWR), EPERM);
	CHECK_ERR(ftruncate(fd, 0), EPERM);
	CHECK_ERR(unlink("f"), EPERM);
	CHECK_ERR(chmod("f", 0600), EPERM);
	CHECK_OK(open("f", O_WRONLY | O_APPEND));
	CHECK_OK(set_flags(fd, 0));
	CHECK_OK(unlink("f"));
}

TEST(immutable_files_stay, SYS_ioctl)
{
	int fd = make_file("f"), dir;
	struct fsxattr fa = { 0 };

	CHECK_OK(set_flags(fd, FS_IMMUTABLE_FL));
	CHECK_OK(ioctl(fd, FS_IOC_FSGETXATTR, &fa));
	CHECK_EQ(fa.fsx_xflags, FS_XFLAG_IMMUTABLE);
	CHECK_ERR(fchmod(fd, 0600), EPERM);
	CHECK_ERR(utimensat(AT_FDCWD, "f", NULL, 0), EPERM);
	CHECK_ERR(link("f", "g"), EPERM);
	CHECK_ERR(rename("f", "g"), EPERM);
	CHECK_ERR(open("f", O_RDWR), EPERM);
	CHECK_ERR(access("f", W_OK), EPERM);
	CHECK_OK(open("f", O_RDONLY));
	fa.fsx_projid = 1;
	CHECK_ERR(ioctl(fd, FS_IOC_FSSETXATTR, &fa), EOPNOTSUPP);
	fa.fsx_projid = fa.fsx_xflags = 0;
	CHECK_OK(ioctl(fd, FS_IOC_FSSETXATTR, &fa));
	CHECK_OK(rename("f", "g"));
	CHECK_OK(mkdir("d", 0755));
	close(make_file("d/old"));
	dir = CHECK_OK(open("d", O_RDONLY));
	CHECK_OK(set_flags(dir, FS_IMMUTABLE_FL));
	CHECK_ERR(open("d/new", O_CREAT | O_RDWR, 0600), EPERM);
	CHECK_ERR(unlink("d/old"), EPERM);
	CHECK_OK(set_flags(dir, FS_APPEND_FL));
	CHECK_OK(open("d/new", O_CREAT | O_RDWR, 0600));
	CHECK_ERR(unlink("d/old"), EPERM);
	CHECK_OK(set_flags(dir, 0));
}

TEST(flags_belong_to_the_owner, SYS_ioctl)
{
	int fd = make_file("f"), mine = make_file("mine"), p[2];

	CHECK_OK(fchown(mine, 1000, 1000));
	CHECK_CHILD({
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_ERR(set_flags(fd, FS_NODUMP_FL), EPERM);
		CHECK_ERR(set_flags(mine, FS_IMMUTABLE_FL), EPERM);
		CHECK_OK(set_flags(mine, FS_NODUMP_FL));
		CHECK_ERR(ioctl(fd, FIFREEZE, 0), EPERM);
	});
	CHECK_OK(pipe(p));
	CHECK_ERR(set_flags(p[0], 0), ENOTTY);
	CHECK_ERR(set_flags(CHECK_OK(open("/dev/null", O_RDWR)), 0), ENOTTY);
}

TEST(what_tmpfs_cannot_do_is_told_as_such, SYS_ioctl)
{
	int fd = make_file("f"), other = make_file("g"), dir = CHECK_OK(open(".", O_RDONLY));
	char zero[64] = "";

	CHECK_ERR(ioctl(fd, FIFREEZE, 0), EOPNOTSUPP);
	CHECK_ERR(ioctl(fd, FITHAW, 0), EINVAL);
	CHECK_ERR(ioctl(fd, FICLONE, other), EOPNOTSUPP);
	CHECK_ERR(ioctl(fd, FICLONE, -1), EBADF);
	CHECK_ERR(ioctl(fd, FICLONE, CHECK_OK(eventfd(0, 0))), EXDEV);
	CHECK_ERR(ioctl(fd, FICLONE, dir), EISDIR);
	CHECK_ERR(ioctl(CHECK_OK(open("f", O_RDONLY)), FICLONE, other), EBADF);
	CHECK_ERR(ioctl(fd, FICLONE, CHECK_OK(open("g", O_WRONLY))), EBADF);
	CHECK_ERR(ioctl(fd, FICLONERANGE, NULL), EFAULT);
	CHECK_ERR(ioctl(fd, FIDEDUPERANGE, zero), EOPNOTSUPP);
	CHECK_ERR(ioctl(dir, FIDEDUPERANGE, zero), EISDIR);
	CHECK_ERR(ioctl(fd, FS_IOC_FIEMAP, zero), EOPNOTSUPP);
	CHECK_ERR(ioctl(fd, FS_IOC_GETVERSION, zero), ENOTTY);
}

TEST(security_attributes_without_a_security_module, SYS_setxattr)
{
	static const char caps[20] = "\1\0\0\2\0\4";

	close(make_file("f"));
	CHECK_OK(chmod(".", 0755));
	CHECK_CHILD({
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_OK(setxattr("f", "security.foo", "v", 1, 0));
		CHECK_OK(removexattr("f", "security.foo"));
		CHECK_ERR(setxattr("f", "security.ima", "v", 1, 0), EPERM);
		CHECK_ERR(setxattr("f", "security.capability", "v", 1, 0), EINVAL);
		CHECK_ERR(setxattr("f", "security.capability", caps, sizeof(caps), 0), EPERM);
		CHECK_ERR(setxattr("f", "trusted.a", "v", 1, 0), EPERM);
	});
	CHECK_ERR(setxattr("f", "security.capability", caps, 5, 0), EINVAL);
	CHECK_OK(setxattr("f", "security.capability", caps, sizeof(caps), 0));
	CHECK_EQ(getxattr("f", "security.capability", NULL, 0), sizeof(caps));
}
