/*
 * The command line, parsed as Linux does: words split at white space, double quotes
 * group; up to `--` the kernel's, behind it init's arguments; an unknown word goes to
 * init's arguments, an unknown key=value to its environment (unless the key has a dot).
 */
#pragma once

#include "lib/types.h"

#define CMDLINE_MAX   4096
#define INIT_ARGS_MAX 32
#define INIT_ENV_MAX  32

void cmdline_init(const char *line);
/* The untouched line (/proc/cmdline), without a newline. */
const char *cmdline_raw(void);
/* The last value given for name=; "" for a bare word; NULL if absent.  - and _ are the same. */
const char *cmdline_get(const char *name);
bool cmdline_has(const char *name);
/* Every value of a word that may come often (console=, virtio_mmio.device=): start with
 * *iter = 0; NULL at the end. */
const char *cmdline_next(const char *name, size_t *iter);
/* name=number; @fallback if absent or malformed. */
s64 cmdline_get_s64(const char *name, s64 fallback);
bool cmdline_get_bool(const char *name, bool fallback);
/* Leftovers for init, without argv[0]; HOME=/ and TERM=linux come first in the environment.
 * NULL-terminated. */
const char *const *cmdline_init_args(void);
const char *const *cmdline_init_env(void);
