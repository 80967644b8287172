/* credentials(7), capabilities(7): who a process is, and what it may do. */
#include "abi_test.h"
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>

struct ids {
	unsigned real, effective, saved;
};

static struct ids uids(void)
{
	struct ids ids;

	CHECK_OK(getresuid(&ids.real, &ids.effective, &ids.saved));
	return ids;
}

static struct ids gids(void)
{
	struct ids ids;

	CHECK_OK(getresgid(&ids.real, &ids.effective, &ids.saved));
	return ids;
}

#define CHECK_IDS(get, r, e, s)                                                                    \
	do {                                                                                       \
		struct ids ids_ = get();                                                           \
		CHECK_EQ(ids_.real, r);                                                            \
		CHECK_EQ(ids_.effective, e);                                                       \
		CHECK_EQ(ids_.saved, s);                                                           \
	} while (0)

struct caps {
	uint64_t effective, permitted, inheritable;
};

static struct caps caps_get(int pid)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, pid };
	struct __user_cap_data_struct data[2];

	CHECK_OK(syscall(SYS_capget, &header, data));
	return (struct caps){ data[0].effective | (uint64_t)data[1].effective << 32,
			      data[0].permitted | (uint64_t)data[1].permitted << 32,
			      data[0].inheritable | (uint64_t)data[1].inheritable << 32 };
}

static int caps_set(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ effective, permitted, inheritable },
		{ effective >> 32, permitted >> 32, inheritable >> 32 },
	};

	return syscall(SYS_capset, &header, data);
}

#define CAP(name) (1ull << CAP_##name)

TEST(setuid_of_root_sets_all_three, SYS_setuid)
{
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		CHECK_IDS(uids, 1000, 1000, 1000);
		CHECK_EQ(setfsuid(-1), 1000);
		CHECK_ERR(setuid(0), EPERM);
		CHECK_ERR(setuid(1001), EPERM);
		CHECK_OK(setuid(1000));
		CHECK_ERR(setuid(-1), EINVAL);
	});
	CHECK_CHILD({
		CHECK_OK(setresuid(1000, 1001, 1002));
		CHECK_OK(setuid(1002));
		CHECK_IDS(uids, 1000, 1002, 1002);
		CHECK_ERR(setuid(1001), EPERM);
		CHECK_OK(setuid(1000));
		CHECK_IDS(uids, 1000, 1000, 1002);
		CHECK_EQ(getuid(), 1000);
		CHECK_EQ(geteuid(), 1000);
	});
}

TEST(setgid_goes_by_the_same_rules, SYS_setgid)
{
	CHECK_CHILD({
		CHECK_OK(setresgid(1000, 1001, 1002));
		CHECK_OK(setgid(7));
		CHECK_IDS(gids, 7, 7, 7);
		CHECK_ERR(setgid(-1), EINVAL);
		CHECK_OK(setresgid(1000, 1001, 1002));
		CHECK_OK(setuid(1000));
		CHECK_ERR(setgid(1001), EPERM);
		CHECK_OK(setgid(1002));
		CHECK_IDS(gids, 1000, 1002, 1002);
		CHECK_OK(setgid(1000));
		CHECK_EQ(getgid(), 1000);
		CHECK_EQ(getegid(), 1000);
	});
}

TEST(setreuid_moves_the_saved_id, SYS_setreuid)
{
	CHECK_CHILD({
		CHECK_OK(setreuid(1000, -1));
		CHECK_IDS(uids, 1000, 0, 0);
		CHECK_OK(setreuid(-1, 1001));
		CHECK_IDS(uids, 1000, 1001, 1001);
		CHECK_ERR(setreuid(1001, 0), EPERM);
		CHECK_OK(setreuid(1001, 1000));
		CHECK_IDS(uids, 1001, 1000, 1000);
		CHECK_ERR(setreuid(77, -1), EPERM);
	});
	CHECK_CHILD({
		/* The saved id may become the effective one, never the real one. */
		CHECK_OK(setresuid(1000, 1001, 1002));
		CHECK_ERR(setreuid(1002, -1), EPERM);
		CHECK_OK(setreuid(-1, 1002));
		CHECK_IDS(uids, 1000, 1002, 1002);
	});
}

TEST(setregid_moves_the_saved_id, SYS_setregid)
{
	CHECK_CHILD({
		CHECK_OK(setregid(1000, 1001));
		CHECK_IDS(gids, 1000, 1001, 1001);
		CHECK_OK(setresgid(1000, 1001, 1002));
		CHECK_OK(setuid(5));
		CHECK_ERR(setregid(1002, -1), EPERM);
		CHECK_OK(setregid(-1, 1002));
		CHECK_IDS(gids, 1000, 1002, 1002);
		CHECK_ERR(setregid(-1, 77), EPERM);
	});
}

TEST(setresuid_of_a_user_permutes, SYS_setresuid)
{
	CHECK_CHILD({
		CHECK_OK(setresuid(1000, 1001, 1002));
		CHECK_OK(setresuid(1002, 1000, 1001));
		CHECK_IDS(uids, 1002, 1000, 1001);
		CHECK_ERR(setresuid(-1, 5, -1), EPERM);
		CHECK_OK(setresuid(-1, -1, -1));
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_ERR(setresuid(1001, -1, -1), EPERM);
	});
}

TEST(setresgid_of_a_user_permutes, SYS_setresgid)
{
	CHECK_CHILD({
		CHECK_OK(setresgid(1000, 1001, 1002));
		CHECK_OK(setuid(1));
		CHECK_OK(setresgid(1002, 1000, 1001));
		CHECK_IDS(gids, 1002, 1000, 1001);
		CHECK_ERR(setresgid(-1, 5, -1), EPERM);
	});
}

TEST(ids_are_told, SYS_getresuid, SYS_getresgid)
{
	unsigned a, b;

	CHECK_OK(syscall(SYS_getresuid, &a, &b, &a));
	CHECK_ERR(syscall(SYS_getresuid, &a, &b, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_getresgid, NULL, &b, &a), EFAULT);
	CHECK_EQ(syscall(SYS_getuid), 0);
}

TEST(setfsuid_gives_the_old_one_back, SYS_setfsuid, SYS_setfsgid)
{
	CHECK_CHILD({
		CHECK_EQ(setfsuid(1000), 0);
		CHECK_EQ(setfsuid(-1), 1000);
		CHECK_EQ(access("/etc", W_OK), 0); /* goes by the real id */
		CHECK_ERR(open("/etc/x", O_CREAT | O_WRONLY, 0600), EACCES);
		/* Leaving 0 loses the file capabilities, and only these. */
		CHECK(!(caps_get(0).effective & CAP(DAC_OVERRIDE)));
		CHECK(caps_get(0).effective & CAP(KILL));
		CHECK_EQ(setfsuid(0), 1000);
		CHECK(caps_get(0).effective & CAP(DAC_OVERRIDE));
		CHECK_EQ(setfsgid(50), 0);
		CHECK_EQ(setfsgid(-1), 50);
		CHECK_OK(setresuid(1, 2, 3));
		CHECK_EQ(setfsuid(77), 2); /* refused, in silence */
		CHECK_EQ(setfsuid(-1), 2);
		CHECK_EQ(setfsuid(3), 2);
		CHECK_EQ(setfsuid(-1), 3);
	});
}

TEST(groups_are_set_and_told, SYS_setgroups, SYS_getgroups)
{
	gid_t list[4] = { 30, 10, 20, 10 }, got[8] = { 0 };

	CHECK_CHILD({
		CHECK_OK(setgroups(4, list));
		CHECK_EQ(getgroups(0, NULL), 4);
		CHECK_ERR(getgroups(3, got), EINVAL);
		CHECK_ERR(getgroups(-1, got), EINVAL);
		CHECK_EQ(getgroups(8, got), 4);
		CHECK_EQ(got[0], 10);
		CHECK_EQ(got[1], 10);
		CHECK_EQ(got[3], 30);
		CHECK_ERR(syscall(SYS_setgroups, 65537, list), EINVAL);
		CHECK_ERR(syscall(SYS_setgroups, -1, list), EINVAL);
		CHECK_ERR(syscall(SYS_setgroups, 1, NULL), EFAULT);
		list[0] = -1;
		CHECK_ERR(syscall(SYS_setgroups, 1, list), EINVAL);
		CHECK_EQ(getgroups(8, got), 4);
		CHECK_OK(setgroups(0, NULL));
		CHECK_EQ(getgroups(8, got), 0);
		CHECK_OK(setuid(1000));
		CHECK_ERR(setgroups(0, NULL), EPERM);
		CHECK_ERR(syscall(SYS_setgroups, 70000, list), EPERM);
	});
}

TEST(leaving_root_drops_capabilities, SYS_setresuid, SYS_capget)
{
	uint64_t all = caps_get(0).permitted;

	CHECK_CHILD({
		CHECK_OK(setresuid(-1, 1000, -1));
		CHECK_EQ(caps_get(0).effective, 0);
		CHECK_EQ(caps_get(0).permitted, all);
		CHECK_OK(setresuid(-1, 0, -1));
		CHECK_EQ(caps_get(0).effective, all);
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_EQ(caps_get(0).permitted, 0);
	});
	CHECK_CHILD({
		CHECK_OK(prctl(PR_SET_KEEPCAPS, 1));
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_EQ(caps_get(0).permitted, all);
		CHECK_EQ(caps_get(0).effective, 0);
		CHECK_EQ(prctl(PR_GET_KEEPCAPS), 1);
	});
	CHECK_CHILD({
		CHECK_OK(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP));
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_EQ(caps_get(0).effective, all);
	});
}

TEST(capget_knows_three_versions, SYS_capget)
{
	struct __user_cap_header_struct header = { 0, 0 };
	struct __user_cap_data_struct data[2] = { 0 };
	pid_t child;

	CHECK_OK(syscall(SYS_capget, &header, NULL));
	CHECK_EQ(header.version, _LINUX_CAPABILITY_VERSION_3);
	header.version = 5;
	CHECK_ERR(syscall(SYS_capget, &header, data), EINVAL);
	CHECK_EQ(header.version, _LINUX_CAPABILITY_VERSION_3);
	header.version = _LINUX_CAPABILITY_VERSION_1;
	data[1].effective = 0x55;
	CHECK_OK(syscall(SYS_capget, &header, data));
	CHECK_EQ(data[0].effective, 0xffffffff);
	CHECK_EQ(data[1].effective, 0x55);
	header.version = _LINUX_CAPABILITY_VERSION_3;
	header.pid = -1;
	CHECK_ERR(syscall(SYS_capget, &header, data), EINVAL);
	header.pid = 4000000;
	CHECK_ERR(syscall(SYS_capget, &header, data), ESRCH);
	CHECK_ERR(syscall(SYS_capget, NULL, data), EFAULT);
	header.pid = 0;
	CHECK_ERR(syscall(SYS_capget, &header, 1), EFAULT);
	child = fork();
	if (child == 0) {
		setuid(5);
		pause();
	}
	while (caps_get(child).permitted)
		usleep(1000);
	kill(child, SIGKILL);
}

TEST(capset_only_takes_away, SYS_capset)
{
	uint64_t all = caps_get(0).permitted;
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 1 };
	struct __user_cap_data_struct data[2] = { 0 };

	CHECK_ERR(syscall(SYS_capset, &header, data), EPERM); /* another process */
	header.pid = 0;
	CHECK_ERR(syscall(SYS_capset, &header, NULL), EFAULT);
	header.version = 1;
	CHECK_ERR(syscall(SYS_capset, &header, data), EINVAL);
	CHECK_CHILD({
		CHECK_OK(caps_set(CAP(KILL), CAP(KILL) | CAP(CHOWN), 0));
		CHECK_EQ(caps_get(0).effective, CAP(KILL));
		CHECK_ERR(caps_set(CAP(KILL), CAP(KILL) | CAP(FOWNER), 0), EPERM);
		CHECK_ERR(caps_set(CAP(SETUID), CAP(KILL), 0), EPERM);
		CHECK_OK(caps_set(CAP(CHOWN), CAP(KILL) | CAP(CHOWN), CAP(KILL)));
		CHECK_EQ(caps_get(0).inheritable, CAP(KILL));
		/* Without CAP_SETPCAP inheritable grows by what is permitted only. */
		CHECK_ERR(caps_set(0, CAP(KILL), CAP(FOWNER)), EPERM);
		CHECK_OK(caps_set(0, 0, CAP(KILL)));
		CHECK_OK(caps_set(0, 0, 0));
		CHECK_ERR(caps_set(0, 0, CAP(KILL)), EPERM);
	});
	CHECK_CHILD({
		/* Beyond the last capability: ignored. */
		CHECK_OK(caps_set(all | 1ull << 60, all | 1ull << 60, 0));
		CHECK_EQ(caps_get(0).permitted, all);
	});
	CHECK_CHILD({
		CHECK_OK(prctl(PR_CAPBSET_DROP, CAP_CHOWN));
		CHECK_ERR(caps_set(all, all, CAP(CHOWN)), EPERM);
		CHECK_OK(caps_set(all, all, CAP(KILL)));
	});
}

TEST(bounding_set_only_shrinks, SYS_prctl)
{
	CHECK_CHILD({
		CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_KILL), 1);
		CHECK_ERR(prctl(PR_CAPBSET_READ, 64), EINVAL);
		CHECK_ERR(prctl(PR_CAPBSET_READ, -1), EINVAL);
		CHECK_OK(prctl(PR_CAPBSET_DROP, CAP_KILL));
		CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_KILL), 0);
		CHECK_ERR(prctl(PR_CAPBSET_DROP, 64), EINVAL);
		CHECK(caps_get(0).permitted & CAP(KILL));
		CHECK_OK(setuid(1000));
		CHECK_ERR(prctl(PR_CAPBSET_DROP, CAP_CHOWN), EPERM);
		CHECK_ERR(prctl(PR_CAPBSET_DROP, 64), EPERM);
	});
}

TEST(ambient_set_needs_permitted_and_inheritable, SYS_prctl)
{
	uint64_t all = caps_get(0).permitted;

	CHECK_CHILD({
		CHECK_ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0), EPERM);
		CHECK_OK(caps_set(all, all, CAP(KILL) | CAP(CHOWN)));
		CHECK_OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
		CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0), 1);
		CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0), 0);
		CHECK_ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 64, 0, 0), EINVAL);
		CHECK_ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 1, 0), EINVAL);
		CHECK_ERR(prctl(PR_CAP_AMBIENT, 9, CAP_KILL, 0, 0), EINVAL);
		CHECK_ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0), EINVAL);
		/* What leaves inheritable leaves ambient. */
		CHECK_OK(caps_set(all, all, CAP(CHOWN)));
		CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0), 0);
		CHECK_OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
		CHECK_OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_CHOWN, 0, 0));
		CHECK_OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
		CHECK_OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
		CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0), 0);
	});
	CHECK_CHILD({
		CHECK_OK(caps_set(all, all, all));
		CHECK_OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
		CHECK_OK(prctl(PR_SET_SECUREBITS, SECBIT_NO_CAP_AMBIENT_RAISE));
		CHECK_ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0), EPERM);
		/* Leaving root clears it. */
		CHECK_OK(setresuid(9, 9, 9));
		CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0), 0);
	});
}

TEST(securebits_lock, SYS_prctl)
{
	CHECK_CHILD({
		CHECK_EQ(prctl(PR_GET_SECUREBITS), 0);
		CHECK_ERR(prctl(PR_SET_SECUREBITS, 1 << 10), EPERM);
		CHECK_OK(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED));
		CHECK_EQ(prctl(PR_GET_SECUREBITS), SECBIT_NOROOT | SECBIT_NOROOT_LOCKED);
		CHECK_ERR(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT_LOCKED), EPERM);
		CHECK_ERR(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT), EPERM);
		CHECK_OK(prctl(PR_SET_SECUREBITS,
			       SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS_LOCKED));
		CHECK_ERR(prctl(PR_SET_KEEPCAPS, 1), EPERM);
		CHECK_ERR(prctl(PR_SET_KEEPCAPS, 2), EINVAL);
	});
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		CHECK_ERR(prctl(PR_SET_SECUREBITS, 0), EPERM);
		CHECK_OK(prctl(PR_SET_KEEPCAPS, 1));
	});
}

TEST(no_new_privs_stays, SYS_prctl)
{
	CHECK_CHILD({
		CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
		CHECK_ERR(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
		CHECK_ERR(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), EINVAL);
		CHECK_ERR(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0), EINVAL);
		CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		CHECK_CHILD(CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1));
		if (fork() == 0) {
			char buf[4096] = { 0 };
			int fd = CHECK_OK(open("/proc/self/status", O_RDONLY));

			read(fd, buf, sizeof(buf) - 1);
			CHECK(strstr(buf, "NoNewPrivs:\t1"));
			_exit(0);
		}
		wait(NULL);
	});
}

/* A set-user-ID program's credentials keep it from being watched: PR_GET_DUMPABLE. */
TEST(changed_ids_make_a_process_undumpable, SYS_prctl, SYS_setuid)
{
	CHECK_CHILD({
		CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
		CHECK_OK(prctl(PR_SET_DUMPABLE, 0));
		CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
		CHECK_OK(prctl(PR_SET_DUMPABLE, 1));
		CHECK_ERR(prctl(PR_SET_DUMPABLE, 2), EINVAL);
		CHECK_OK(prctl(PR_SET_PDEATHSIG, SIGUSR1));
		CHECK_OK(setuid(1000));
		CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
		int sig = -1;
		CHECK_OK(prctl(PR_GET_PDEATHSIG, &sig));
		CHECK_EQ(sig, 0);
	});
}

/* Half the threads that memory is good for. */
/* setresuid(2): the file system's id follows, unless nothing changes. */
TEST(ids_that_stay_leave_the_file_systems, SYS_setresuid, SYS_setresgid)
{
	CHECK_OK(setresgid(1, 2, 3));
	CHECK_EQ(setfsgid(7), 2);
	CHECK_OK(setresgid(1, -1, 3));
	CHECK_EQ(setfsgid(-1), 7);
	CHECK_OK(setresgid(-1, -1, 4));
	CHECK_EQ(setfsgid(7), 2);
	CHECK_OK(setresgid(-1, 2, -1));
	CHECK_EQ(setfsgid(-1), 2);
	CHECK_OK(setresuid(0, 1, 0));
	CHECK_EQ(setfsuid(0), 1);
	CHECK_OK(setresuid(0, -1, -1));
	CHECK_EQ(setfsuid(-1), 0);
	CHECK_OK(setresuid(1, -1, -1));
	CHECK_EQ(setfsuid(0), 1);
	CHECK_OK(setresuid(-1, 1, -1));
	CHECK_EQ(setfsuid(-1), 1);
}

TEST(the_first_limits_follow_memory, SYS_prlimit64, SYS_getrlimit)
{
	struct rlimit processes, signals;
	char text[32] = "";
	int fd = CHECK_OK(open("/proc/sys/kernel/threads-max", O_RDONLY));

	CHECK_OK(read(fd, text, sizeof(text) - 1));
	CHECK_OK(getrlimit(RLIMIT_NPROC, &processes));
	CHECK_OK(getrlimit(RLIMIT_SIGPENDING, &signals));
	CHECK_EQ(processes.rlim_cur, atoi(text) / 2);
	CHECK_EQ(processes.rlim_max, processes.rlim_cur);
	CHECK_EQ(signals.rlim_cur, processes.rlim_cur);
}

/* The number of processes counts against the real user. */
TEST(process_limit_binds_users, SYS_setrlimit, SYS_prlimit64)
{
	CHECK_CHILD({
		struct rlimit limit = { 1, 1 };

		CHECK_OK(setrlimit(RLIMIT_NPROC, &limit));
		CHECK_CHILD(); /* root is free of it */
		CHECK_OK(setuid(4321));
		CHECK_ERR(fork(), EAGAIN);
	});
	/* More processes than allowed: setuid succeeds, and exec fails. */
	CHECK_CHILD({
		struct rlimit limit = { 1, 1 };
		int status, fd[2];
		pid_t child;
		char c;

		CHECK_OK(pipe(fd));
		child = fork();
		if (child == 0) {
			CHECK_OK(setuid(4322));
			write(fd[1], "x", 1);
			pause();
		}
		read(fd[0], &c, 1);
		CHECK_OK(setrlimit(RLIMIT_NPROC, &limit));
		CHECK_OK(setuid(4322));
		CHECK_ERR(execl("/bin/true", "true", NULL), EAGAIN);
		CHECK_OK(kill(child, SIGKILL));
		CHECK_OK(waitpid(child, &status, 0));
		CHECK_OK(execl("/bin/true", "true", NULL));
	});
}
