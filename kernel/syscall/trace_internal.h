/*
 * trace_internal.h - the pieces of the tracer: lines, kinds of arguments, filter, report.
 */
#pragma once
#include "lib/annotate.h"
#include "lib/types.h"
#include "syscall/dispatch.h"

#define TRACE_ARGS	6
#define TRACE_LINE_SIZE 2048

struct trace_line {
	size_t len;
	char text[TRACE_LINE_SIZE];
};

void trace_add(struct trace_line *line, const char *fmt, ...) __printf(2, 3);

/* How the value of a call is shown. */
enum trace_result {
	R_DEC,
	R_HEX,
	R_OCT,
	R_POLL,	  /* and which descriptors are ready */
	R_SELECT, /* the same */
	R_FCNTL,  /* by its command */
	R_SCHED,
	R_SIGNAL,
	R_MEMBARRIER,
};

/*
 * What an argument is.  Numbers first, then what stands at an address; then the structures and
 * the sets of names, from their tables.
 */
enum trace_kind {
	T_END,	   /* no more arguments */
	T_NOTHING, /* not shown */
	T_INT,	   /* 32 bits */
	T_UINT,
	T_LONG, /* 64 bits */
	T_ULONG,
	T_HEX,
	T_LIMIT, /* of a resource */
	T_ID,	 /* user, group: -1 is none */
	T_PERM,	 /* octal */
	T_HOW_MODE,
	T_FILE_MODE, /* type and permissions */
	T_FD,
	T_DIRFD,
	T_SIGNAL,
	T_OPEN,
	T_OPEN_PERM, /* of the file that O_CREAT makes */
	T_FD_OPEN,   /* open flags without access mode */
	T_STATUS,    /* of a child, in its siginfo */
	T_NODE,	     /* device that mknod makes */
	T_MAP,
	T_MREMAP_TO,
	T_STATX_MASK,
	T_OUTPUT_MODES,
	T_CONTROL_MODES,
	T_FUTEX_OP,
	T_FUTEX_ARGS, /* all that follow */
	T_IOCTL_CMD,
	T_IOCTL_ARG,
	T_FCNTL_ARG,
	T_PRCTL_ARGS,
	T_ARCH_PRCTL_ARG,
	T_CLONE_ARGS,
	T_PTR,
	T_PATH,
	T_STRING,
	T_TEXT,	     /* an array of characters in a structure */
	T_BYTES,     /* as many as the next argument says; OUT: as the call returned */
	T_HEX_BYTES, /* the same, in hexadecimal */
	T_CWD,	     /* OUT: a string whose size with NUL the call returned */
	T_STRINGS,   /* a vector, ended by NULL */
	T_ENVIRON,   /* how many */
	T_IOV,	     /* vector with its bytes */
	T_IOVECS,    /* vector of addresses */
	T_INT_AT,
	T_UINT_AT,
	T_LONG_AT,
	T_IDS, /* as many as the argument before says */
	T_CPUS,
	T_FD_PAIR,
	T_UINT_PAIR,
	T_LOADS,
	T_TIMESPECS, /* two, for files */
	T_TIMEVALS,
	T_REMAINING, /* timespec: OUT if a signal came */
	T_WAIT_STATUS,
	T_SIGSET,
	T_SIGSET_ARG, /* of pselect6 */
	T_SIGACTION,
	T_POLLFDS,
	T_FDSET,
	T_EPOLL_EVENT,
	T_EPOLL_EVENTS,
	T_CLONE3_ARGS,
	T_STRUCT_FIRST,
	T_STRUCT_BEFORE = T_STRUCT_FIRST - 1,
#define STRUCT(id, type, ...) T_##id,
#include "syscall/trace_structs.def"
#undef STRUCT
	T_NAMES_FIRST,
	T_NAMES_BEFORE = T_NAMES_FIRST - 1,
#define FLAGS(id, unknown, ...) T_##id,
#define ENUM(id, unknown, ...)	T_##id,
#include "syscall/trace_names.def"
#undef FLAGS
#undef ENUM
	T_KINDS,

	OUT = 1 << 15, /* written by the call */
};
static_assert(T_KINDS < OUT, "one bit apart");

/* A call that is being shown. */
struct trace_call {
	u64 nr;
	u64 args[TRACE_ARGS];
	long ret;
	bool done; /* ret is valid */
};

static inline bool trace_failed(const struct trace_call *call)
{
	return call->done && call->ret < 0 && call->ret > -4096;
}

/* trace_args.c: from argument @i on, as far as what is known now goes; the first not shown. */
int trace_add_args(struct trace_line *line, const struct trace_call *call, int i);
/* The kind of an argument, with OUT; T_END: there is no such. */
unsigned trace_arg_kind(u64 nr, int i);
enum trace_result trace_result_kind(u64 nr);
/* trace_result.c */
void trace_add_result(struct trace_line *line, const struct trace_call *call);
/* trace_number.c */
void trace_add_number(struct trace_line *line, enum trace_kind kind, u64 value);

/* trace_special.c: arguments that depend on others; false: @kind is none of them. */
bool trace_add_special(struct trace_line *line, enum trace_kind kind, const struct trace_call *call,
		       int i);
/* Is there such an argument, as the others are? */
bool trace_arg_shown(enum trace_kind kind, const struct trace_call *call, int i);
/* What the call writes: what it is, or, where the call failed, where it was to be. */
void trace_add_written(struct trace_line *line, enum trace_kind kind, const struct trace_call *call,
		       u64 addr);
/* trace_task.c */
void trace_add_clone(struct trace_line *line, const struct trace_call *call);
void trace_add_clone3(struct trace_line *line, const struct trace_call *call);
void trace_add_futex(struct trace_line *line, const struct trace_call *call);

/* trace_memory.c: what stands at an address; @count of them, where the kind is a vector, and at
 * most @limit bytes of what a T_IOV points at. */
void trace_add_at(struct trace_line *line, enum trace_kind kind, u64 addr, s64 count, u64 limit);
void trace_add_bytes(struct trace_line *line, u64 addr, s64 len, bool hex);
void trace_add_address(struct trace_line *line, u64 addr);
/* trace_struct.c */
void trace_add_struct(struct trace_line *line, enum trace_kind kind, u64 addr);
void trace_add_sigset(struct trace_line *line, u64 mask);
void trace_add_sigaction(struct trace_line *line, u64 addr);
void trace_add_wait_status(struct trace_line *line, u32 status);
void trace_add_epoll_event(struct trace_line *line, const void *event);

/* trace_names.c */
bool trace_kind_is_flags(enum trace_kind kind);
const char *trace_find_name(enum trace_kind kind, u64 value);
/* By a set of names; @any: something of the same value was shown before. */
void trace_add_names(struct trace_line *line, enum trace_kind kind, u64 value, bool any);
void trace_add_signal(struct trace_line *line, u64 sig, const char *prefix);
/* NULL: no such error. */
const char *trace_errno(unsigned number, const char **text);

/* trace_filter.c */
bool trace_wants(const struct trace_call *call);
bool trace_wants_failures_only(void);
/* trace_report.c: takes note of a failed call. */
void trace_note(const struct trace_call *call);
void trace_report_init(void);
