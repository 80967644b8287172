/*
 * trace_filter.c - which calls are traced: the words of trace= and /proc/linnet/trace.
 *
 *	all				every call
 *	read,execve			these
 *	%file %desc %process %signal %memory	of a kind; as for strace, where a call may be of several
 *	%file,!stat			all of them but this
 *	!read,write			all but these: a "!" in front is for the whole list
 *	fail				only what fails, as strace -Z does
 *	pid=7				only process 7; more than one: any of them
 *
 * Locking: none.  The filter is written by one word at a time and read without order: for a
 * moment a call may be judged by half of an old and half of a new one.
 */
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "proc/process.h"
#include "syscall/trace.h"
#include "syscall/trace_internal.h"

#define PIDS_MAX 8

static struct {
	bool calls[SYSCALL_COUNT]; /* show these */
	bool unknown;		   /* and numbers without a name */
	bool fail_only;
	u8 npids;
	int pids[PIDS_MAX]; /* of these processes; none: of all */
} filter;

bool trace_wants(const struct trace_call *call)
{
	if (filter.npids) {
		int number = process_number(current_process());
		unsigned i = 0;

		while (i < filter.npids && filter.pids[i] != number)
			i++;
		if (i == filter.npids)
			return false;
	}
	return syscall_name(call->nr) ? filter.calls[call->nr] : filter.unknown;
}

bool trace_wants_failures_only(void)
{
	return filter.fail_only;
}

/* ---- classes ---- */

/* Calls that belong to a class; those with a path or a descriptor belong to theirs by that. */
static const struct {
	const char *name, *calls;
} classes[] = {
	{ "%file", "getcwd" },
	{ "%desc",
	  "pipe pipe2 eventfd eventfd2 epoll_create epoll_create1 timerfd_create memfd_create "
	  "mmap poll ppoll select pselect6 pidfd_open open creat" },
	{ "%process",
	  "clone clone3 fork vfork execve execveat exit exit_group wait4 waitid kill tkill "
	  "tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal" },
	{ "%signal",
	  "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait "
	  "rt_sigsuspend rt_sigqueueinfo rt_tgsigqueueinfo sigaltstack kill tkill tgkill "
	  "pause signalfd signalfd4 pidfd_send_signal" },
	{ "%memory", "brk mmap munmap mprotect mremap madvise mincore msync mlock mlock2 munlock "
		     "mlockall munlockall" },
};

static bool in_list(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = strstr(list, word); at; at = strstr(at + 1, word))
		if ((at == list || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

static bool has_arg(u64 nr, bool path)
{
	for (int i = 0; i < TRACE_ARGS; i++) {
		unsigned kind = trace_arg_kind(nr, i) & ~OUT;

		if (path ? kind == T_PATH : kind == T_FD || kind == T_DIRFD)
			return true;
	}
	return false;
}

static bool in_class(u64 nr, unsigned class)
{
	return in_list(classes[class].calls, syscall_name(nr)) ||
	       (class < 2 && has_arg(nr, class == 0));
}

/* ---- words ---- */

/* false: no such class or call. */
static bool set_calls(const char *word, bool on)
{
	bool any = false;

	if (str_eq(word, "all") || str_eq(word, "%all")) {
		memset(filter.calls, on, sizeof(filter.calls));
		filter.unknown = on;
		return true;
	}
	for (unsigned nr = 0; nr < SYSCALL_COUNT; nr++) {
		if (!syscall_name(nr))
			continue;
		for (unsigned i = 0; i < ARRAY_SIZE(classes); i++) {
			if (str_eq(word, classes[i].name) && in_class(nr, i)) {
				filter.calls[nr] = on;
				any = true;
			}
		}
		if (str_eq(word, syscall_name(nr))) {
			filter.calls[nr] = on;
			any = true;
		}
	}
	return any;
}

static bool add_pid(const char *text)
{
	u64 pid;

	if (parse_u64(text, 10, &pid) || filter.npids == PIDS_MAX)
		return false;
	filter.pids[filter.npids++] = (int)pid;
	return true;
}

/* @but: the list names what is left out.  *chosen: some word chose calls. */
static bool set_word(const char *word, bool *but, bool *chosen)
{
	bool optional;

	if (str_eq(word, "fail")) {
		filter.fail_only = true;
		return true;
	}
	if (str_starts(word, "pid="))
		return add_pid(word + 4);
	if (*word == '!' && !*chosen) {
		*but = true;
		set_calls("all", true);
	}
	*chosen = true;
	optional = word[*word == '!'] == '?'; /* as strace: no matter if there is none */
	return set_calls(word + (*word == '!') + optional, !*but && *word != '!') || optional;
}

int trace_set(const char *words)
{
	bool ok = true, but = false, chosen = false;
	char word[32];

	memset(&filter, 0, sizeof(filter));
	while (words && *words) {
		size_t len = 0;

		while (words[len] && words[len] != ',' && words[len] != '\n')
			len++;

		if (len > 0 && len < sizeof(word)) {
			memcpy(word, words, len);
			word[len] = '\0';
			ok = set_word(word, &but, &chosen) && ok;
		} else if (len) {
			ok = false;
		}
		words += len + !!words[len];
	}
	/* fail, pid=3: of all calls. */
	if (!chosen && (filter.fail_only || filter.npids)) {
		set_calls("all", true);
		chosen = true;
	}
	trace_activate(TRACE_CALLS, chosen);
	return ok ? 0 : -EINVAL;
}
