/* core/cmdline_internal.h - between the files of the command line. */
#pragma once
#include "lib/types.h"

/* The order of names, where - and _ are the same, as Linux has it. */
int cmdline_name_compare(const char *a, const char *b);
/* Does the kernel take `name` (@value NULL), `name=value`?  If not, it is init's. */
bool cmdline_is_known(const char *name, const char *value);
