/* The table of upward calls, and the kernel as a caller. */
#include "core/hooks.h"
#include "core/caller.h"
#include "core/cred.h"
#include "lib/annotate.h"

struct kernel_hooks kernel_hooks __ro_after_init;

struct caller kernel_caller = { .cred = &cred_root };
