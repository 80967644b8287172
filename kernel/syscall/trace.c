/*
 * trace.c - strace, built in.
 *
 *	trace=all			every call
 *	trace=open,read,execve		these
 *	trace=fail,pid=7		only what fails, only process 7
 *	report=1			at the end: what was asked for and not there
 *
 * Names and argument types come from table.def, as text; what a type does not
 * tell (flags, modes, buffers) is in the small table of formats below.  A line
 * is printed when the call returns, whole, past the log; calls that do not
 * return are printed when they begin.  While nothing is traced the cost is the
 * test of trace_active in upcall_syscall().
 */
#include "syscall/trace.h"
#include "abi/fcntl.h"
#include "abi/mman.h"
#include "abi/signal.h"
#include "abi/unistd.h"
#include <linux/sched.h>
#include "arch/api/thread.h"
#include "core/clock.h"
#include "core/cmdline.h"
#include "core/log.h"
#include "core/spinlock.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/user.h"
#include "proc/process.h"
#include "syscall/dispatch.h"
#include "syscall/stats.h"

#define LINE_SIZE    1024
#define STRING_SHOWN 48
#define NARGS	     6

/* --- what is known of each call ------------------------------------------------- */

struct call_info {
	const char *name;
	const char *types[NARGS];
};

#define SYSCALL0(nr, name)		     [nr] = { #name, { NULL } },
#define SYSCALL1(nr, name, a)		     [nr] = { #name, { #a } },
#define SYSCALL2(nr, name, a, b)	     [nr] = { #name, { #a, #b } },
#define SYSCALL3(nr, name, a, b, c)	     [nr] = { #name, { #a, #b, #c } },
#define SYSCALL4(nr, name, a, b, c, d)	     [nr] = { #name, { #a, #b, #c, #d } },
#define SYSCALL5(nr, name, a, b, c, d, e)    [nr] = { #name, { #a, #b, #c, #d, #e } },
#define SYSCALL6(nr, name, a, b, c, d, e, f) [nr] = { #name, { #a, #b, #c, #d, #e, #f } },
#define SYSCALL_REGS(nr, name)		     [nr] = { #name, { NULL } },
static const struct call_info calls[SYSCALL_COUNT] = {
#include "syscall/table.def"
};

/*
 * One letter per argument: d int  u unsigned  x hex  p pointer  s string  o octal
 * a directory descriptor  b bytes, their number in the next argument  B bytes
 * that the call returned  O open flags  P PROT_  M MAP_  G signal  C clone flags
 * v vector of strings  i pointer to int[2]  - as its type says
 */
static const struct {
	const char *name, *format;
} formats[] = {
	{ "read", "dBu" },	  { "write", "dbu" },	    { "pread64", "dBud" },
	{ "pwrite64", "dbud" },	  { "open", "sOo" },	    { "openat", "asOo" },
	{ "creat", "so" },	  { "mmap", "xuPMdx" },	    { "mprotect", "xuP" },
	{ "munmap", "xu" },	  { "brk", "x" },	    { "rt_sigaction", "Gppu" },
	{ "kill", "dG" },	  { "tkill", "dG" },	    { "tgkill", "ddG" },
	{ "clone", "Cxpp" },	  { "clone3", "pu" },	    { "execve", "svp" },
	{ "execveat", "asvpx" },  { "exit", "d" },	    { "exit_group", "d" },
	{ "mkdir", "so" },	  { "mkdirat", "aso" },	    { "chmod", "so" },
	{ "fchmod", "do" },	  { "fchmodat", "aso" },    { "umask", "o" },
	{ "newfstatat", "aspx" }, { "unlinkat", "asx" },    { "readlink", "sBu" },
	{ "readlinkat", "asBu" }, { "faccessat", "asd" },   { "faccessat2", "asdx" },
	{ "statx", "asxxp" },	  { "ioctl", "dxx" },	    { "fcntl", "ddx" },
	{ "lseek", "ddd" },	  { "getcwd", "Bu" },	    { "pipe", "i" },
	{ "pipe2", "iO" },	  { "prctl", "dxxxx" },	    { "arch_prctl", "xx" },
	{ "futex", "pxupxx" },	  { "sethostname", "bu" },  { "getrandom", "pux" },
	{ "renameat", "asas" },	  { "renameat2", "asasx" }, { "linkat", "asasx" },
	{ "symlinkat", "sas" },	  { "fchownat", "asddx" },  { "mknodat", "asou" },
	{ "utimensat", "aspx" },  { "dup3", "ddO" },	    { "vfork", "" },
	{ "fork", "" },		  { "rt_sigreturn", "" },
};

const char *syscall_name(u64 nr)
{
	return nr < SYSCALL_COUNT ? calls[nr].name : NULL;
}

static const char *format_of(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(formats); i++)
		if (str_eq(formats[i].name, name))
			return formats[i].format;
	return "------";
}

static const char *const errno_names[] = {
	[EPERM] = "EPERM",
	[ENOENT] = "ENOENT",
	[ESRCH] = "ESRCH",
	[EINTR] = "EINTR",
	[EIO] = "EIO",
	[ENXIO] = "ENXIO",
	[E2BIG] = "E2BIG",
	[ENOEXEC] = "ENOEXEC",
	[EBADF] = "EBADF",
	[ECHILD] = "ECHILD",
	[EAGAIN] = "EAGAIN",
	[ENOMEM] = "ENOMEM",
	[EACCES] = "EACCES",
	[EFAULT] = "EFAULT",
	[ENOTBLK] = "ENOTBLK",
	[EBUSY] = "EBUSY",
	[EEXIST] = "EEXIST",
	[EXDEV] = "EXDEV",
	[ENODEV] = "ENODEV",
	[ENOTDIR] = "ENOTDIR",
	[EISDIR] = "EISDIR",
	[EINVAL] = "EINVAL",
	[ENFILE] = "ENFILE",
	[EMFILE] = "EMFILE",
	[ENOTTY] = "ENOTTY",
	[ETXTBSY] = "ETXTBSY",
	[EFBIG] = "EFBIG",
	[ENOSPC] = "ENOSPC",
	[ESPIPE] = "ESPIPE",
	[EROFS] = "EROFS",
	[EMLINK] = "EMLINK",
	[EPIPE] = "EPIPE",
	[EDOM] = "EDOM",
	[ERANGE] = "ERANGE",
	[EDEADLK] = "EDEADLK",
	[ENAMETOOLONG] = "ENAMETOOLONG",
	[ENOLCK] = "ENOLCK",
	[ENOSYS] = "ENOSYS",
	[ENOTEMPTY] = "ENOTEMPTY",
	[ELOOP] = "ELOOP",
	[ENODATA] = "ENODATA",
	[ETIME] = "ETIME",
	[EPROTO] = "EPROTO",
	[EOVERFLOW] = "EOVERFLOW",
	[EILSEQ] = "EILSEQ",
	[ENOTSOCK] = "ENOTSOCK",
	[EDESTADDRREQ] = "EDESTADDRREQ",
	[EMSGSIZE] = "EMSGSIZE",
	[EPROTOTYPE] = "EPROTOTYPE",
	[ENOPROTOOPT] = "ENOPROTOOPT",
	[EPROTONOSUPPORT] = "EPROTONOSUPPORT",
	[EOPNOTSUPP] = "EOPNOTSUPP",
	[EAFNOSUPPORT] = "EAFNOSUPPORT",
	[EADDRINUSE] = "EADDRINUSE",
	[EADDRNOTAVAIL] = "EADDRNOTAVAIL",
	[ENETUNREACH] = "ENETUNREACH",
	[ECONNABORTED] = "ECONNABORTED",
	[ECONNRESET] = "ECONNRESET",
	[ENOBUFS] = "ENOBUFS",
	[EISCONN] = "EISCONN",
	[ENOTCONN] = "ENOTCONN",
	[ETIMEDOUT] = "ETIMEDOUT",
	[ECONNREFUSED] = "ECONNREFUSED",
	[EHOSTUNREACH] = "EHOSTUNREACH",
	[EALREADY] = "EALREADY",
	[EINPROGRESS] = "EINPROGRESS",
	[ESTALE] = "ESTALE",
	[EDQUOT] = "EDQUOT",
	[ECANCELED] = "ECANCELED",
	[EOWNERDEAD] = "EOWNERDEAD",
	[ELIBBAD] = "ELIBBAD",
	[ERESTARTSYS] = "ERESTARTSYS (to be restarted if SA_RESTART is set)",
	[ERESTARTNOINTR] = "ERESTARTNOINTR (to be restarted)",
	[ERESTARTNOHAND] = "ERESTARTNOHAND (to be restarted if no handler)",
	[ERESTART_RESTARTBLOCK] = "ERESTART_RESTARTBLOCK (interrupted by signal)",
};

static const char *const signal_names[] = {
	"0",	     "SIGHUP",	"SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
	"SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
	"SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
	"SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS",
};

struct flag_name {
	u64 bit;
	const char *name;
};

static const struct flag_name open_flags[] = { { O_CREAT, "O_CREAT" },
					       { O_EXCL, "O_EXCL" },
					       { O_NOCTTY, "O_NOCTTY" },
					       { O_TRUNC, "O_TRUNC" },
					       { O_APPEND, "O_APPEND" },
					       { O_NONBLOCK, "O_NONBLOCK" },
					       { O_DIRECTORY, "O_DIRECTORY" },
					       { O_NOFOLLOW, "O_NOFOLLOW" },
					       { O_CLOEXEC, "O_CLOEXEC" },
					       { O_PATH, "O_PATH" },
					       { O_DIRECT, "O_DIRECT" },
					       { O_NOATIME, "O_NOATIME" },
					       { 0, NULL } };

static const struct flag_name prot_flags[] = { { PROT_READ, "PROT_READ" },
					       { PROT_WRITE, "PROT_WRITE" },
					       { PROT_EXEC, "PROT_EXEC" },
					       { 0, NULL } };

static const struct flag_name map_flags[] = { { MAP_SHARED, "MAP_SHARED" },
					      { MAP_PRIVATE, "MAP_PRIVATE" },
					      { MAP_FIXED, "MAP_FIXED" },
					      { MAP_ANONYMOUS, "MAP_ANONYMOUS" },
					      { MAP_GROWSDOWN, "MAP_GROWSDOWN" },
					      { MAP_DENYWRITE, "MAP_DENYWRITE" },
					      { MAP_LOCKED, "MAP_LOCKED" },
					      { MAP_NORESERVE, "MAP_NORESERVE" },
					      { MAP_POPULATE, "MAP_POPULATE" },
					      { MAP_STACK, "MAP_STACK" },
					      { MAP_HUGETLB, "MAP_HUGETLB" },
					      { MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE" },
					      { 0, NULL } };

static const struct flag_name clone_flags[] = { { CLONE_VM, "CLONE_VM" },
						{ CLONE_FS, "CLONE_FS" },
						{ CLONE_FILES, "CLONE_FILES" },
						{ CLONE_SIGHAND, "CLONE_SIGHAND" },
						{ CLONE_PIDFD, "CLONE_PIDFD" },
						{ CLONE_VFORK, "CLONE_VFORK" },
						{ CLONE_PARENT, "CLONE_PARENT" },
						{ CLONE_THREAD, "CLONE_THREAD" },
						{ CLONE_SYSVSEM, "CLONE_SYSVSEM" },
						{ CLONE_SETTLS, "CLONE_SETTLS" },
						{ CLONE_PARENT_SETTID, "CLONE_PARENT_SETTID" },
						{ CLONE_CHILD_CLEARTID, "CLONE_CHILD_CLEARTID" },
						{ CLONE_CHILD_SETTID, "CLONE_CHILD_SETTID" },
						{ 0, NULL } };

/* --- a line ------------------------------------------------------------------------- */

struct line {
	size_t len;
	char text[LINE_SIZE];
};

static void add(struct line *line, const char *fmt, ...) __printf(2, 3);
static void add(struct line *line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line->len += vscnprintf(line->text + line->len, sizeof(line->text) - line->len, fmt, ap);
	va_end(ap);
}

static void add_flags(struct line *line, u64 value, const struct flag_name *names, bool any)
{
	for (; names->name; names++) {
		if ((value & names->bit) != names->bit)
			continue;
		add(line, "%s%s", any ? "|" : "", names->name);
		value &= ~names->bit;
		any = true;
	}
	if (value || !any)
		add(line, "%s%#llx", any ? "|" : "", value);
}

static void add_open_flags(struct line *line, u64 value)
{
	static const char *const modes[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE" };

	add(line, "%s", modes[value & O_ACCMODE]);
	value &= ~(u64)(O_ACCMODE | 0100000 /* O_LARGEFILE */);
	if (value)
		add_flags(line, value, open_flags, true);
}

static void add_quoted(struct line *line, const char *s, size_t len, bool cut)
{
	add(line, "\"");
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n')
			add(line, "\\n");
		else if (s[i] == '\t')
			add(line, "\\t");
		else if (s[i] == '"' || s[i] == '\\')
			add(line, "\\%c", s[i]);
		else if (char_is_print(s[i]))
			add(line, "%c", s[i]);
		else
			add(line, "\\%o", (u8)s[i]);
	}
	add(line, "\"%s", cut ? "..." : "");
}

static void add_bytes(struct line *line, u64 addr, s64 len)
{
	char shown[STRING_SHOWN];
	size_t n = len < 0 ? 0 : min((size_t)len, sizeof(shown));

	if (len < 0 || !addr || copy_from_user(shown, (void __user *)addr, n))
		add(line, "%#llx", addr);
	else
		add_quoted(line, shown, n, (size_t)len > n);
}

static void add_string(struct line *line, u64 addr)
{
	char shown[128];
	long len;

	if (!addr) {
		add(line, "NULL");
		return;
	}
	len = arch_strncpy_from_user(shown, (const char __user *)addr, sizeof(shown));
	if (len < 0)
		add(line, "%#llx", addr);
	else
		add_quoted(line, shown, len, (size_t)len == sizeof(shown));
}

static void add_vector(struct line *line, u64 addr)
{
	u64 string;

	add(line, "[");
	for (int i = 0; addr && i < 16; i++) {
		if (get_user_u64(&string, (void __user *)(addr + i * 8)) || !string)
			break;
		if (i)
			add(line, ", ");
		add_string(line, string);
	}
	add(line, "]");
}

/* What the C type of an argument tells about it. */
static char letter_of_type(const char *type)
{
	if (str_eq(type, "const char __user *"))
		return 's';
	if (strchr(type, '*'))
		return 'p';
	if (str_eq(type, "int") || str_eq(type, "s64"))
		return 'd';
	if (str_eq(type, "u64"))
		return 'x';
	return 'u';
}

static void add_arg(struct line *line, char letter, const u64 *arg, long ret)
{
	int fd[2];

	switch (letter) {
	case 'd':
		add(line, "%lld", (long long)(*arg >> 32 ? (s64)*arg : (s64)(s32)*arg));
		break;
	case 'u':
		add(line, "%llu", *arg);
		break;
	case 'x':
		add(line, "%#llx", *arg);
		break;
	case 'o':
		add(line, "0%o", (u32)*arg);
		break;
	case 's':
		add_string(line, *arg);
		break;
	case 'a':
		if ((int)*arg == AT_FDCWD)
			add(line, "AT_FDCWD");
		else
			add(line, "%d", (int)*arg);
		break;
	case 'b':
		add_bytes(line, *arg, (s64)arg[1]);
		break;
	case 'B':
		add_bytes(line, *arg, ret);
		break;
	case 'O':
		add_open_flags(line, *arg);
		break;
	case 'P':
		if (*arg)
			add_flags(line, *arg, prot_flags, false);
		else
			add(line, "PROT_NONE");
		break;
	case 'M':
		add_flags(line, *arg, map_flags, false);
		break;
	case 'C':
		add_flags(line, *arg & ~0xffULL, clone_flags, false);
		if (*arg & 0xff)
			add(line, "|%s",
			    (*arg & 0xff) < ARRAY_SIZE(signal_names) ? signal_names[*arg & 0xff] :
								       "?");
		break;
	case 'G':
		if (*arg < ARRAY_SIZE(signal_names))
			add(line, "%s", signal_names[*arg]);
		else
			add(line, "SIGRT_%lld", (long long)*arg - 32);
		break;
	case 'v':
		add_vector(line, *arg);
		break;
	case 'i':
		if (ret == 0 && !copy_from_user(fd, (void __user *)*arg, sizeof(fd)))
			add(line, "[%d, %d]", fd[0], fd[1]);
		else
			add(line, "%#llx", *arg);
		break;
	default:
		if (*arg)
			add(line, "%#llx", *arg);
		else
			add(line, "NULL");
	}
}

static void add_call(struct line *line, u64 nr, const u64 args[NARGS], long ret)
{
	const struct call_info *info = nr < SYSCALL_COUNT ? &calls[nr] : NULL;
	const char *format;

	add(line, "[%d] ", task_number(current_task()));
	if (!info || !info->name) {
		add(line, "syscall_%llu(%#llx, %#llx, %#llx, %#llx, %#llx, %#llx)", nr, args[0],
		    args[1], args[2], args[3], args[4], args[5]);
		return;
	}
	format = format_of(info->name);
	add(line, "%s(", info->name);
	for (int i = 0; i < NARGS && format[i]; i++) {
		char letter = format[i];

		if (letter == '-') {
			if (!info->types[i])
				break;
			letter = letter_of_type(info->types[i]);
		}
		if (i)
			add(line, ", ");
		add_arg(line, letter, &args[i], ret);
	}
	add(line, ")");
}

static void add_result(struct line *line, u64 nr, long ret)
{
	const char *name = NULL;

	if (ret < 0 && ret >= -4095) {
		if ((unsigned long)-ret < ARRAY_SIZE(errno_names))
			name = errno_names[-ret];
		if (-ret >= 512)
			add(line, " = ? %s\n", name ? name : "restart");
		else if (name)
			add(line, " = -1 %s\n", name);
		else
			add(line, " = -1 errno %ld\n", -ret);
	} else if (nr == __NR_mmap || nr == __NR_brk || nr == __NR_mremap) {
		add(line, " = %#lx\n", ret);
	} else {
		add(line, " = %ld\n", ret);
	}
}

/* --- filter ---------------------------------------------------------------------------- */

u32 trace_active;

void trace_activate(u32 who, bool on)
{
	if (on)
		__atomic_fetch_or(&trace_active, who, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&trace_active, ~who, __ATOMIC_RELAXED);
}

static struct {
	bool calls[SYSCALL_COUNT]; /* print these */
	bool unknown;		   /* and numbers that have no name */
	bool fail_only;
	bool reporting;
	int pid; /* 0: all */
} filter;

static bool wants(u64 nr)
{
	if (filter.pid && filter.pid != process_number(current_process()))
		return false;
	if (nr >= SYSCALL_COUNT || !calls[nr].name)
		return filter.unknown;
	return filter.calls[nr];
}

static bool set_word(const char *word)
{
	u64 pid;

	if (str_eq(word, "all")) {
		memset(filter.calls, true, sizeof(filter.calls));
		filter.unknown = true;
		return true;
	}
	if (str_eq(word, "fail")) {
		filter.fail_only = true;
		return true;
	}
	if (str_starts(word, "pid=")) {
		if (parse_u64(word + 4, 10, &pid))
			return false;
		filter.pid = (int)pid;
		return true;
	}
	for (unsigned i = 0; i < SYSCALL_COUNT; i++) {
		if (calls[i].name && str_eq(calls[i].name, word)) {
			filter.calls[i] = true;
			return true;
		}
	}
	return false;
}

int trace_set(const char *words)
{
	bool any = false, ok = true;
	char word[32];

	memset(filter.calls, 0, sizeof(filter.calls));
	filter.unknown = filter.fail_only = false;
	filter.pid = 0;
	while (words && *words) {
		size_t len = 0;

		while (words[len] && words[len] != ',')
			len++;
		if (len > 0 && len < sizeof(word)) {
			memcpy(word, words, len);
			word[len] = '\0';
			ok = set_word(word) && ok;
			any = any || (!str_eq(word, "fail") && !str_starts(word, "pid="));
		}
		words += len + (words[len] == ',');
	}
	/* trace=fail, trace=pid=3: of all calls. */
	if (!any && (filter.fail_only || filter.pid)) {
		memset(filter.calls, true, sizeof(filter.calls));
		filter.unknown = any = true;
	}
	trace_activate(TRACE_CALLS, any);
	return ok ? 0 : -EINVAL;
}

void trace_init(void)
{
	const char *words = cmdline_get("trace");

	filter.reporting = cmdline_get_bool("report", false);
	if (words && trace_set(words))
		log_warn(TRACE, "trace=%s: some word is no system call", words);
	trace_activate(TRACE_REPORT, filter.reporting);
}

/* --- report ------------------------------------------------------------------------------- */

#define REPORT_MAX 128

enum report_kind { REPORT_CALL, REPORT_IOCTL, REPORT_PRCTL, REPORT_FCNTL, REPORT_PATH };

static struct {
	struct spinlock lock;
	unsigned count; /* [lock] */
	struct {
		enum report_kind kind;
		u64 what; /* number, command, hash of a path */
		unsigned times;
		char text[64];
	} entries[REPORT_MAX]; /* [lock] */
} report = { .lock = SPINLOCK_INIT_RANK(LOCK_LEAF) };

static void note(enum report_kind kind, u64 what, const char *text)
{
	unsigned i;

	spin_lock(&report.lock);
	for (i = 0; i < report.count; i++)
		if (report.entries[i].kind == kind && report.entries[i].what == what &&
		    str_eq(report.entries[i].text, text))
			break;
	if (i < REPORT_MAX) {
		if (i == report.count) {
			report.count++;
			report.entries[i].kind = kind;
			report.entries[i].what = what;
			strlcpy(report.entries[i].text, text, sizeof(report.entries[i].text));
		}
		report.entries[i].times++;
	}
	spin_unlock(&report.lock);
}

/* A file of the kernel's own that a program looked for in vain. */
static void note_path(u64 addr)
{
	char path[64];
	long len = arch_strncpy_from_user(path, (const char __user *)addr, sizeof(path) - 1);

	if (len < 0)
		return;
	path[sizeof(path) - 1] = '\0';
	if (str_starts(path, "/proc/") || str_starts(path, "/sys/") || str_starts(path, "/dev/"))
		note(REPORT_PATH, 0, path);
}

static void note_failure(u64 nr, const u64 args[NARGS], long ret)
{
	if (ret == -ENOSYS)
		note(REPORT_CALL, nr, nr < SYSCALL_COUNT && calls[nr].name ? calls[nr].name : "");
	else if (nr == __NR_ioctl && (ret == -ENOTTY || ret == -EINVAL))
		note(REPORT_IOCTL, (u32)args[1], ret == -ENOTTY ? "ENOTTY" : "EINVAL");
	else if (nr == __NR_prctl && ret == -EINVAL)
		note(REPORT_PRCTL, args[0], "");
	else if (nr == __NR_fcntl && ret == -EINVAL)
		note(REPORT_FCNTL, args[1], "");
	else if ((nr == __NR_open || nr == __NR_stat || nr == __NR_access) && ret == -ENOENT)
		note_path(args[0]);
	else if ((nr == __NR_openat || nr == __NR_newfstatat || nr == __NR_faccessat) &&
		 ret == -ENOENT)
		note_path(args[1]);
}

void trace_report(void)
{
	static const char *const kinds[] = { "system call", "ioctl", "prctl", "fcntl", "path" };
	char text[160];
	int len;

	if (!filter.reporting)
		return;
	len = scnprintf(text, sizeof(text), "report: %u things were asked for and not there\n",
			report.count);
	console_write_all(text, len);
	for (unsigned i = 0; i < report.count; i++) {
		if (report.entries[i].kind == REPORT_PATH)
			len = scnprintf(text, sizeof(text), "report: path %s (%u times)\n",
					report.entries[i].text, report.entries[i].times);
		else
			len = scnprintf(text, sizeof(text),
					report.entries[i].kind == REPORT_CALL ?
						"report: %s %llu %s (%u times)\n" :
						"report: %s %#llx %s (%u times)\n",
					kinds[report.entries[i].kind], report.entries[i].what,
					report.entries[i].text, report.entries[i].times);
		console_write_all(text, len);
	}
}

/* --- a call ---------------------------------------------------------------------------------- */

static bool does_not_return(u64 nr)
{
	return nr == __NR_exit || nr == __NR_exit_group || nr == __NR_rt_sigreturn ||
	       nr == __NR_execve || nr == __NR_execveat;
}

long trace_syscall(struct user_regs *regs)
{
	u64 nr = (u64)regs_syscall_nr(regs), args[NARGS];
	bool wanted = wants(nr), early = wanted && does_not_return(nr);
	struct line *line = NULL;
	ktime_t begin_ns = 0;
	long ret;

	for (unsigned i = 0; i < NARGS; i++)
		args[i] = regs_arg(regs, i);
	if (wanted)
		line = kmalloc(sizeof(*line));
	if (line) {
		line->len = 0;
		if (early)
			add_call(line, nr, args, 0);
		if (nr == __NR_exit || nr == __NR_exit_group || nr == __NR_rt_sigreturn) {
			if (!filter.fail_only) {
				add(line, " = ?\n");
				console_write_all(line->text, line->len);
			}
			kfree(line);
			line = NULL;
		}
	}

	if (trace_active & TRACE_STATS) {
		syscall_stat_begin(nr);
		begin_ns = clock_monotonic_ns();
	}
	ret = syscall_call(regs);
	if (begin_ns)
		syscall_stat_end(nr, ret, (u64)(clock_monotonic_ns() - begin_ns));

	if (filter.reporting && ret < 0 && ret > -4096)
		note_failure(nr, args, ret);
	if (!line)
		return ret;
	if (!filter.fail_only || (ret < 0 && ret > -4096)) {
		if (!early)
			add_call(line, nr, args, ret);
		add_result(line, nr, ret);
		console_write_all(line->text, line->len);
	}
	kfree(line);
	return ret;
}
