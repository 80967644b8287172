/*
 * traced - a program whose system calls a tracer prints: for test_trace.py, which compares the
 * lines of Linnet's tracer with those of strace(1).  Static; addresses and numbers of processes
 * are the only things that differ between runs.  The calls between the two getpid() count.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#define S(name, ...) syscall(SYS_##name, ##__VA_ARGS__)
static char buffer[4096];
static void on_signal(int sig)
{
}

static void files(void)
{
	struct stat st;
	char odd[] = "a\n\t\"\\\001\x80"
		     "1\033"
		     "9z";
	struct iovec iov[2] = { { "ab", 2 }, { "cde", 3 } };
	off_t off = 1;

	S(open, "f", O_RDWR | O_CREAT | O_TRUNC, 0644);
	S(write, 3, odd, sizeof(odd) - 1);
	S(write, 3, "0123456789012345678901234567890123456789", 40);
	S(lseek, 3, 0, SEEK_SET);
	S(read, 3, buffer, 5);
	S(pread64, 3, buffer, 40, 11);
	S(pwrite64, 3, "xyz", 3, 4);
	S(readv, 3, iov, 0);
	S(writev, 3, iov, 2);
	S(pwritev, 3, iov, 2, 7, 0);
	S(pwritev2, 3, iov, 2, 7, 0, 8 /* RWF_NOWAIT */);
	S(lseek, 3, -1, SEEK_CUR);
	S(lseek, 3, 4, SEEK_DATA);
	S(openat, AT_FDCWD, "none", O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
	S(openat, 3, "none", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME);
	S(openat, AT_FDCWD, ".", O_RDWR | O_TMPFILE | O_EXCL, 0600);
	S(close, 4);
	S(openat, AT_FDCWD, "f", O_PATH | O_CLOEXEC);
	S(openat, AT_FDCWD, "f", O_WRONLY | O_SYNC | O_DSYNC | O_ASYNC);
	S(close, 4);
	S(close, 5);
	S(close, 99);
	S(creat, "g", 0600);
	S(close, 4);
	S(stat, "none", &st);
	S(stat, NULL, &st);
	S(lstat, "none", (void *)8);
	S(fstat, 99, &st);
	S(newfstatat, AT_FDCWD, "none", &st, AT_SYMLINK_NOFOLLOW);
	S(newfstatat, 99, "", &st, AT_EMPTY_PATH);
	S(statx, AT_FDCWD, "none", AT_STATX_SYNC_AS_STAT, 0x7ff, buffer);
	S(chmod, "f", 02751);
	S(stat, "f", &st);
	S(fstat, 3, &st);
	S(newfstatat, 3, "", &st, AT_EMPTY_PATH);
	S(statx, 3, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, 0x1ff, buffer);
	S(access, "f", R_OK | W_OK);
	S(access, "f", F_OK);
	S(faccessat, AT_FDCWD, "f", X_OK);
	S(faccessat2, AT_FDCWD, "f", R_OK, AT_EACCESS);
	S(mkdir, "d", 0755);
	S(mkdirat, AT_FDCWD, "d", 01777);
	S(chmod, "f", 0640);
	S(fchmod, 3, 04755);
	S(fchmodat, AT_FDCWD, "f", 0644);
	S(chown, "f", -1, -1);
	S(fchownat, AT_FDCWD, "f", 0, -1, AT_SYMLINK_NOFOLLOW);
	S(rename, "g", "h");
	S(renameat, AT_FDCWD, "none", 99, "x");
	S(renameat2, AT_FDCWD, "none", AT_FDCWD, "x", 1 /* RENAME_NOREPLACE */);
	S(link, "h", "l");
	S(linkat, AT_FDCWD, "h", AT_FDCWD, "none/x", AT_SYMLINK_FOLLOW);
	S(symlink, "target", "s");
	S(readlink, "s", buffer, 100);
	S(readlinkat, AT_FDCWD, "s", buffer, 3);
	S(readlink, "f", buffer, 100);
	S(unlink, "l");
	S(unlinkat, AT_FDCWD, "h", 0);
	S(unlinkat, AT_FDCWD, "d", AT_REMOVEDIR);
	S(rmdir, "d");
	S(unlink, "s");
	S(mknod, "p", S_IFIFO | 0600, 0);
	S(mknodat, AT_FDCWD, "p", S_IFREG | 0600, 0);
	S(mknod, "none/p", S_IFCHR | 0600, makedev(1, 3));
	S(unlink, "p");
	S(truncate, "none", 5);
	S(ftruncate, 3, 4096);
	S(fallocate, 3, FALLOC_FL_KEEP_SIZE, 0, 4096);
	S(fadvise64, 3, 0, 0, POSIX_FADV_DONTNEED);
	S(flock, 3, LOCK_EX | LOCK_NB);
	S(flock, 3, LOCK_UN);
	S(fsync, 3);
	S(fdatasync, 3);
	S(sync_file_range, 3, 0, 0, 7);
	S(umask, 027);
	S(umask, 022);
	S(getcwd, buffer, 4096);
	S(getcwd, buffer, 1);
	S(chdir, "none");
	S(fchdir, 99);
	S(utimensat, AT_FDCWD, "f", NULL, 0);
	S(utimensat, AT_FDCWD, "f", ((struct timespec[]){ { 5, 6 }, { 0, UTIME_OMIT } }),
	  AT_SYMLINK_NOFOLLOW);
	S(utimensat, AT_FDCWD, "none", ((struct timespec[]){ { 0, UTIME_NOW }, { 1, UTIME_OMIT } }),
	  0);
	S(getdents64, 99, buffer, 4096);
	S(sendfile, 3, 3, &off, 0);
	S(sendfile, 99, 3, NULL, 10);
	S(copy_file_range, 99, NULL, 3, NULL, 4, 0);
	S(setxattr, "none", "user.a", "value", 5, XATTR_CREATE);
	S(getxattr, "none", "user.a", buffer, 10);
	S(listxattr, "none", buffer, 10);
	S(removexattr, "none", "user.a");
	S(statfs, "none", buffer);
	S(openat2, AT_FDCWD, "none", ((uint64_t[]){ O_RDONLY | O_CLOEXEC, 0, 8 }), 24);
	S(close_range, 90, 95, 4);
	S(mount, "src", "/none", "tmpfs", MS_NOSUID | MS_RDONLY, "size=1");
	S(umount2, "/none", MNT_DETACH | UMOUNT_NOFOLLOW);
	S(memfd_create, "m", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	S(fcntl, 4, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_WRITE);
	S(fcntl, 4, F_GET_SEALS);
	S(close, 4);
}

static void descriptors(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 2 };
	int fd[2], n;
	struct winsize size;
	struct epoll_event event = { EPOLLIN | EPOLLET, { .u32 = 7 } };
	struct pollfd polled[2];
	struct timespec ts = { 0, 1000000 };
	struct timeval tv = { 0, 1000 };
	fd_set set, except;
	sigset_t mask;

	S(pipe, fd);
	S(pipe2, fd, O_CLOEXEC | O_NONBLOCK);
	S(close, 6);
	S(close, 7);
	S(dup, 3);
	S(dup2, 3, 6);
	S(dup3, 3, 6, O_CLOEXEC);
	S(close, 6);
	S(fcntl, 3, F_GETFD);
	S(fcntl, 3, F_SETFD, FD_CLOEXEC);
	S(fcntl, 3, F_GETFD);
	S(fcntl, 3, F_GETFL);
	S(fcntl, 3, F_SETFL, O_RDWR | O_APPEND);
	S(fcntl, 3, F_DUPFD_CLOEXEC, 10);
	S(close, 10);
	S(fcntl, 3, F_SETLK, &lock);
	S(fcntl, 3, F_GETLK, &lock);
	S(fcntl, 3, F_SETLK, ((struct flock[]){ { .l_type = F_UNLCK, .l_whence = SEEK_END } }));
	S(fcntl, 3, F_SETOWN, 0);
	S(fcntl, 4, F_GETPIPE_SZ);
	S(fcntl, 3, 9999, 5);
	S(ioctl, 4, FIONREAD, &n);
	S(ioctl, 4, FIONBIO, ((int[]){ 1 }));
	S(ioctl, 3, TIOCGWINSZ, &size);
	S(ioctl, 3, TCGETS, buffer);
	S(ioctl, 3, TIOCGPGRP, &n);
	S(ioctl, 3, FIOCLEX);
	polled[0] = (struct pollfd){ 4, POLLIN, 0 };
	polled[1] = (struct pollfd){ 5, POLLOUT | POLLPRI, 0 };
	n = S(open, "/dev/ptmx", O_RDWR | O_NOCTTY);
	S(ioctl, n, TCGETS, buffer);
	S(ioctl, n, TCSETSW, buffer);
	S(ioctl, n, TIOCSPTLCK, ((int[]){ 0 }));
	S(ioctl, n, TIOCSWINSZ, ((struct winsize[]){ { 24, 80, 0, 0 } }));
	S(ioctl, n, TIOCGWINSZ, &size);
	S(ioctl, n, TCFLSH, 2);
	S(ioctl, n, 0x80045430 + 100, buffer);
	S(ioctl, n, TIOCEXCL);
	S(close, n);
	S(poll, polled, 2, 100);
	S(poll, polled, 1, 1);
	S(poll, NULL, 0, 0);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	S(ppoll, polled, 2, &ts, &mask, 8);
	FD_ZERO(&set);
	FD_ZERO(&except);
	FD_SET(4, &set);
	FD_SET(5, &except);
	S(select, 6, &set, &except, NULL, &tv);
	FD_ZERO(&set);
	FD_SET(4, &set);
	tv.tv_usec = 1000;
	S(select, 6, &set, NULL, NULL, &tv);
	S(epoll_create1, EPOLL_CLOEXEC);
	S(epoll_ctl, 6, EPOLL_CTL_ADD, 5, &event);
	event.events = EPOLLOUT;
	S(epoll_ctl, 6, EPOLL_CTL_MOD, 5, &event);
	S(epoll_wait, 6, &event, 4, 10);
	S(epoll_pwait, 6, &event, 1, 0, NULL, 8);
	S(epoll_ctl, 6, EPOLL_CTL_DEL, 5, NULL);
	S(epoll_wait, 6, &event, 1, 0);
	S(close, 6);
	S(eventfd2, 3, EFD_CLOEXEC | EFD_NONBLOCK);
	S(close, 6);
	S(timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK);
	S(timerfd_settime, 6, TFD_TIMER_ABSTIME, ((struct itimerspec[]){ { { 0, 5 }, { 1, 0 } } }),
	  NULL);
	S(close, 6);
	S(signalfd4, -1, &mask, 8, SFD_CLOEXEC);
	S(close, 6);
	S(splice, 99, NULL, 5, NULL, 10, 3);
	S(tee, 99, 5, 10, 2);
	S(close, 4);
	S(close, 5);
}

static void memory(void)
{
	char *p;

	S(brk, 0);
	p = (char *)S(mmap, NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	S(mmap, NULL, 4096, PROT_NONE, MAP_SHARED, 3, 0);
	S(mmap, p, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_STACK,
	  -1, 0);
	S(mmap, NULL, 0, PROT_READ, MAP_PRIVATE | MAP_POPULATE | MAP_NORESERVE, 99, 0);
	S(mprotect, p, 4096, PROT_READ | PROT_WRITE);
	S(madvise, p, 4096, MADV_DONTNEED);
	S(madvise, p, 4096, 12345);
	S(msync, p, 4096, MS_SYNC);
	S(mremap, p, 8192, 4096, MREMAP_MAYMOVE);
	S(mlock, p, 4096);
	S(munlock, p, 4096);
	S(munmap, p, 4096);
	S(munmap, 1, 4096);
	S(mincore, NULL, 4096, buffer);
	S(membarrier, 0, 0, 0);
	S(getrandom, buffer, 0, GRND_NONBLOCK);
}

static void signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	sigset_t mask;
	stack_t stack = { .ss_flags = SS_DISABLE };

	sigaction(SIGUSR1, &sa, NULL);
	S(rt_sigaction, SIGINT, NULL, buffer, 8);
	S(rt_sigaction, SIGUSR2, ((long[]){ (long)SIG_IGN, 0, 0, 0 }), NULL, 8);
	S(rt_sigaction, SIGKILL, ((long[]){ (long)SIG_IGN, 0, 0, 0 }), NULL, 8);
	S(rt_sigaction, SIGUSR2, ((long[]){ (long)SIG_DFL, 0, 0, 0 }), buffer, 8);
	S(rt_sigaction, 35, NULL, buffer, 8);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	S(rt_sigprocmask, SIG_BLOCK, &mask, buffer, 8);
	sigaddset(&mask, SIGTERM);
	S(rt_sigprocmask, SIG_SETMASK, &mask, buffer, 8);
	S(rt_sigprocmask, SIG_UNBLOCK, &mask, NULL, 8);
	sigfillset(&mask);
	S(rt_sigprocmask, SIG_BLOCK, &mask, NULL, 8);
	S(rt_sigprocmask, SIG_UNBLOCK, &mask, NULL, 8);
	S(rt_sigprocmask, 77, NULL, buffer, 8);
	S(rt_sigpending, &mask, 8);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, 40);
	S(rt_sigtimedwait, &mask, NULL, ((struct timespec[]){ { 0, 5 } }), 8);
	S(kill, 1 << 22, SIGTERM);
	S(kill, 0, 0);
	S(tkill, -1, SIGUSR2);
	S(sigaltstack, &stack, NULL);
	S(setitimer, ITIMER_REAL, ((struct itimerval[]){ { { 0, 0 }, { 0, 0 } } }), NULL);
	S(alarm, 0);
}

static void times_and_limits(void)
{
	struct timespec ts;
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	S(nanosleep, ((struct timespec[]){ { 0, 1000 } }), &ts);
	S(nanosleep, ((struct timespec[]){ { 0, -1 } }), NULL);
	S(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, ((struct timespec[]){ { 0, 1 } }), NULL);
	S(clock_nanosleep, CLOCK_REALTIME, 0, ((struct timespec[]){ { 0, 1 } }), &ts);
	S(clock_gettime, 77, &ts);
	S(clock_getres, CLOCK_MONOTONIC, &ts);
	S(getrlimit, RLIMIT_CORE, (void *)8);
	S(prlimit64, 0, RLIMIT_NOFILE, NULL, (void *)8);
	S(setrlimit, RLIMIT_CPU, &limit);
	S(prlimit64, 0, RLIMIT_CORE, ((uint64_t[]){ 10 * 1024, 1ull << 40 }), NULL);
	S(sched_yield);
	S(sched_getscheduler, 0);
	S(sched_setscheduler, 0, SCHED_BATCH, ((int[]){ 0 }));
	S(sched_getparam, 0, buffer);
	S(sched_get_priority_max, SCHED_FIFO);
	S(getpriority, PRIO_PROCESS, 0);
	S(prlimit64, 0, RLIMIT_CORE, NULL, &limit);
	S(sched_getaffinity, 0, 8, NULL);
	S(sched_rr_get_interval, -1, &ts);
	S(prctl, PR_SET_NAME, "traced");
	S(prctl, PR_GET_NAME, buffer);
	S(prctl, PR_GET_PDEATHSIG, buffer);
	S(prctl, PR_CAPBSET_READ, 5);
	S(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 99, 0, 0);
	S(prctl, 9999, 1, 2, 3, 4);
	S(prctl, PR_SET_PDEATHSIG, SIGTERM);
	S(prctl, PR_GET_DUMPABLE);
	S(prctl, PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);
	S(arch_prctl, 0x1003 /* ARCH_GET_FS */, buffer);
	S(personality, 0xffffffff);
	S(futex, buffer, FUTEX_WAIT_PRIVATE, 99, NULL);
	S(futex, buffer, FUTEX_WAKE, 1);
	S(futex, buffer, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 99, NULL, NULL, -1);
	S(futex, buffer, FUTEX_REQUEUE_PRIVATE, 1, 2, buffer + 4);
	S(futex, buffer, FUTEX_CMP_REQUEUE, 1, 2, buffer + 4, 5);
	S(set_robust_list, buffer, 24);
	S(getgroups, 0, NULL);
	S(getppid);
	S(setpgid, 0, -1);
	S(unshare, CLONE_FS);
	S(ioprio_get, 1, 0);
}

static void children(void)
{
	int status;
	char *argv[] = { "prog", "a b", NULL }, *envp[] = { "A=1", NULL };

	S(execve, "none", argv, envp);
	S(execve, "none", NULL, NULL);
	S(execveat, AT_FDCWD, "none", argv, envp, AT_SYMLINK_NOFOLLOW);
	S(wait4, -1, &status, WNOHANG, NULL);
	S(waitid, P_ALL, 0, buffer, WEXITED | WNOHANG | WSTOPPED, NULL);
	if (S(clone, SIGCHLD, 0, 0, 0, 0) == 0)
		_exit(3);
	S(wait4, -1, &status, 0, NULL);
	if (S(clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) == 0)
		kill(S(gettid), SIGKILL);
	S(waitid, P_ALL, 0, buffer, WEXITED | WNOWAIT, NULL);
	S(wait4, -1, &status, __WALL, NULL);
	if (S(clone3, ((uint64_t[8]){ 0, 0, 0, 0, SIGCHLD }), 64) == 0)
		_exit(0);
	S(wait4, -1, NULL, 0, NULL);
	S(clone3, (void *)8, 64);
	S(pidfd_open, -1, 0);
	S(pidfd_send_signal, 99, SIGTERM, NULL, 0);
	S(tgkill, -1, 5, SIGRTMIN);
}

int main(void)
{
	umask(022);
	if (getpid() == 1) {
		mkdir("/dev/pts", 0755);
		mount("devpts", "/dev/pts", "devpts", 0, NULL);
	}
	S(getpid);
	files();
	descriptors();
	memory();
	signals();
	times_and_limits();
	children();
	syscall(500, 1, 2, 3, 4, 5, 6);
	unlink("f");
	S(getpid);
	return 0;
}
