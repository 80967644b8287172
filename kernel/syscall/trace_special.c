/*
 * trace_special.c - arguments whose meaning depends on another: commands and what they take.
 */
#include <linux/fs.h>
#include <linux/random.h>
#include "abi/fcntl.h"
#include "abi/futex.h"
#include "abi/ioctl.h"
#include "abi/mman.h"
#include "abi/poll.h"
#include "abi/prctl.h"
#include "abi/sched.h"
#include "abi/stat.h"
#include "abi/termios.h"
#include "abi/time.h"
#include "abi/unistd.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/user.h"
#include "syscall/trace_internal.h"

void trace_add_written(struct trace_line *line, enum trace_kind kind, const struct trace_call *call,
		       u64 addr)
{
	if (trace_failed(call))
		trace_add_address(line, addr);
	else
		trace_add_at(line, kind, addr, 0, 0);
}

/* ---- fcntl(2) ---- */

static void add_fcntl_arg(struct trace_line *line, const struct trace_call *call)
{
	u64 arg = call->args[2];

	switch ((u32)call->args[1]) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
	case F_SETOWN:
	case F_SETPIPE_SZ:
		trace_add_number(line, T_INT, arg);
		return;
	case F_SETFD:
		trace_add_number(line, T_FD_FLAGS, arg);
		return;
	case F_SETFL:
		trace_add_number(line, T_OPEN, arg);
		return;
	case F_SETSIG:
		trace_add_number(line, T_SIGNAL, arg);
		return;
	case F_SETLEASE:
		trace_add_number(line, T_LOCK_TYPE, arg);
		return;
	case F_ADD_SEALS:
		trace_add_number(line, T_SEALS, arg);
		return;
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		trace_add_at(line, T_LOCK, arg, 0, 0);
		return;
	case F_GETLK:
	case F_OFD_GETLK:
		trace_add_written(line, T_LOCK_FOUND, call, arg);
		return;
	case F_SETOWN_EX:
		trace_add_at(line, T_OWNER, arg, 0, 0);
		return;
	case F_GETOWN_EX:
		trace_add_written(line, T_OWNER, call, arg);
		return;
	case F_GET_RW_HINT:
	case F_SET_RW_HINT:
		trace_add_written(line, T_LONG_AT, call, arg);
		return;
	default:
		trace_add(line, "%#llx", arg);
	}
}

static bool fcntl_has_arg(u32 cmd)
{
	return cmd != F_GETFD && cmd != F_GETFL && cmd != F_GETOWN && cmd != F_GETSIG &&
	       cmd != F_GETLEASE && cmd != F_GETPIPE_SZ && cmd != F_GET_SEALS;
}

/* ---- ioctl(2) ---- */

static void add_ioctl_cmd(struct trace_line *line, u32 cmd)
{
	static const char *const ways[] = { "_IOC_NONE", "_IOC_WRITE", "_IOC_READ",
					    "_IOC_READ|_IOC_WRITE" };
	const char *name = trace_find_name(T_IOCTL, cmd);

	if (name)
		trace_add(line, "%s", name);
	else
		trace_add(line, "_IOC(%s, %#x, %#x, %#x)", ways[_IOC_DIR(cmd)], _IOC_TYPE(cmd),
			  _IOC_NR(cmd), _IOC_SIZE(cmd));
}

static void add_ioctl_arg(struct trace_line *line, const struct trace_call *call)
{
	u64 arg = call->args[2];

	switch ((u32)call->args[1]) {
	case TCGETS:
		trace_add_written(line, T_TERMIOS, call, arg);
		return;
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		trace_add_at(line, T_TERMIOS, arg, 0, 0);
		return;
	case TIOCGWINSZ:
		trace_add_written(line, T_WINSIZE, call, arg);
		return;
	case TIOCSWINSZ:
		trace_add_at(line, T_WINSIZE, arg, 0, 0);
		return;
	case TIOCSPGRP:
	case TIOCSPTLCK:
	case TIOCSETD:
	case TIOCPKT:
	case FIONBIO:
	case FIOASYNC:
		trace_add_at(line, T_INT_AT, arg, 0, 0);
		return;
	case FIONREAD:
	case TIOCOUTQ:
	case TIOCGPGRP:
	case TIOCGSID:
	case TIOCGETD:
	case TIOCGPTN:
	case TIOCGPTLCK:
	case TIOCGEXCL:
	case TIOCGPKT:
	case RNDGETENTCNT:
	case FS_IOC_GETFLAGS:
		trace_add_written(line, T_INT_AT, call, arg);
		return;
	case TCXONC:
		trace_add_number(line, T_TCXONC, arg);
		return;
	case TCFLSH:
		trace_add_number(line, T_TCFLSH, arg);
		return;
	case TIOCSCTTY:
	case TCSBRK:
	case TCSBRKP:
	case FICLONE:
		trace_add_number(line, T_INT, arg);
		return;
	default:
		trace_add(line, "%#llx", arg);
	}
}

static bool ioctl_has_arg(u32 cmd)
{
	return cmd != FIOCLEX && cmd != FIONCLEX && cmd != TIOCEXCL && cmd != TIOCNXCL &&
	       cmd != TIOCNOTTY && cmd != TIOCSBRK && cmd != TIOCCBRK && cmd != TIOCVHANGUP;
}

/* ---- futex(2) ---- */

static void add_futex_op(struct trace_line *line, u32 op)
{
	u32 cmd = op & FUTEX_CMD_MASK;

	trace_add_names(line, T_FUTEX, cmd, false);
	trace_add(line, "%s%s", op & FUTEX_PRIVATE_FLAG ? "_PRIVATE" : "",
		  op & FUTEX_CLOCK_REALTIME ? "|FUTEX_CLOCK_REALTIME" : "");
}

static bool futex_has_args(u32 op)
{
	op &= FUTEX_CMD_MASK;
	return op != FUTEX_UNLOCK_PI && op != FUTEX_TRYLOCK_PI;
}

/* ---- prctl(2), arch_prctl(2) ---- */

static bool prctl_has_args(u64 option)
{
	return option != PR_GET_DUMPABLE && option != PR_GET_KEEPCAPS && option != PR_GET_TIMING &&
	       option != PR_GET_SECUREBITS && option != PR_GET_TIMERSLACK &&
	       option != PR_GET_SECCOMP;
}

static void add_prctl_args(struct trace_line *line, const struct trace_call *call)
{
	const u64 *args = call->args;
	int i;

	switch (args[0]) {
	case PR_SET_NAME:
		trace_add_at(line, T_STRING, args[1], 0, 0);
		return;
	case PR_GET_NAME:
		trace_add_written(line, T_STRING, call, args[1]);
		return;
	case PR_SET_PDEATHSIG:
		trace_add_number(line, T_SIGNAL, args[1]);
		return;
	case PR_GET_PDEATHSIG:
	case PR_GET_CHILD_SUBREAPER:
	case PR_GET_TSC:
		trace_add_written(line, T_INT_AT, call, args[1]);
		return;
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
		trace_add_number(line, T_CAP, args[1]);
		return;
	case PR_SET_KEEPCAPS:
	case PR_SET_DUMPABLE:
	case PR_SET_TIMERSLACK:
	case PR_SET_CHILD_SUBREAPER:
		trace_add_number(line, T_LONG, args[1]);
		return;
	case PR_CAP_AMBIENT:
		trace_add_number(line, T_PR_AMBIENT, args[1]);
		trace_add(line, ", ");
		trace_add_number(line, args[1] == PR_CAP_AMBIENT_CLEAR_ALL ? T_HEX : T_CAP,
				 args[2]);
		i = 3;
		break;
	default:
		trace_add_number(line, T_HEX, args[1]);
		i = 2;
	}
	for (; i < 5; i++) {
		trace_add(line, ", ");
		trace_add_number(line, T_HEX, args[i]);
	}
}

static void add_arch_prctl_arg(struct trace_line *line, const struct trace_call *call)
{
	u64 value, addr = call->args[1];

	if ((call->args[0] == ARCH_GET_FS || call->args[0] == ARCH_GET_GS) && !trace_failed(call) &&
	    !get_user_u64(&value, (void __user *)addr))
		trace_add(line, value ? "[%#llx]" : "[0]", value);
	else
		trace_add(line, "%#llx", addr);
}

/* ---- sleeping ---- */

static void add_epoll_event(struct trace_line *line, const struct trace_call *call, u64 addr)
{
	struct epoll_event event;

	if (!addr || call->args[1] == EPOLL_CTL_DEL ||
	    copy_from_user(&event, (void __user *)addr, sizeof(event)))
		trace_add_address(line, addr);
	else
		trace_add_epoll_event(line, &event);
}

static void add_sigset_arg(struct trace_line *line, u64 addr)
{
	u64 pair[2];

	if (!addr || copy_from_user(pair, (void __user *)addr, sizeof(pair))) {
		trace_add_address(line, addr);
		return;
	}
	trace_add(line, "{sigmask=");
	trace_add_at(line, T_SIGSET, pair[0], 0, 0);
	trace_add(line, ", sigsetsize=%llu}", pair[1]);
}

/* ---- all of them ---- */

bool trace_arg_shown(enum trace_kind kind, const struct trace_call *call, int i)
{
	switch (kind) {
	case T_NOTHING:
		return false;
	case T_OPEN_PERM:
		return call->args[i - 1] & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY));
	case T_NODE:
		return (call->args[i - 1] & S_IFMT) == S_IFCHR ||
		       (call->args[i - 1] & S_IFMT) == S_IFBLK;
	case T_MREMAP_TO:
		return call->args[3] & (MREMAP_FIXED | MREMAP_DONTUNMAP);
	case T_FCNTL_ARG:
		return fcntl_has_arg((u32)call->args[1]);
	case T_IOCTL_ARG:
		return ioctl_has_arg((u32)call->args[1]);
	case T_FUTEX_ARGS:
		return futex_has_args((u32)call->args[1]);
	case T_PRCTL_ARGS:
		return prctl_has_args(call->args[0]);
	default:
		return true;
	}
}

bool trace_add_special(struct trace_line *line, enum trace_kind kind, const struct trace_call *call,
		       int i)
{
	u64 value = call->args[i];

	switch (kind) {
	case T_IOCTL_CMD:
		add_ioctl_cmd(line, (u32)value);
		return true;
	case T_IOCTL_ARG:
		add_ioctl_arg(line, call);
		return true;
	case T_FCNTL_ARG:
		add_fcntl_arg(line, call);
		return true;
	case T_FUTEX_OP:
		add_futex_op(line, (u32)value);
		return true;
	case T_FUTEX_ARGS:
		trace_add_futex(line, call);
		return true;
	case T_PRCTL_ARGS:
		add_prctl_args(line, call);
		return true;
	case T_ARCH_PRCTL_ARG:
		add_arch_prctl_arg(line, call);
		return true;
	case T_CLONE_ARGS:
		trace_add_clone(line, call);
		return true;
	case T_CLONE3_ARGS:
		trace_add_clone3(line, call);
		return true;
	case T_EPOLL_EVENT:
		add_epoll_event(line, call, value);
		return true;
	case T_SIGSET_ARG:
		add_sigset_arg(line, value);
		return true;
	case T_REMAINING:
		trace_add_address(line, value);
		return true;
	case T_NODE:
		trace_add(line, "makedev(%#x, %#x)", (u32)value >> 8 & 0xfff,
			  ((u32)value & 0xff) | ((u32)value >> 12 & 0xfff00));
		return true;
	default:
		return false;
	}
}
