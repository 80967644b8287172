/* The names that sethostname(2) and setdomainname(2) change. */
#pragma once

#include "lib/types.h"

#define UTS_NAME_MAX 64

enum uts_field { UTS_NODENAME, UTS_DOMAINNAME, UTS_FIELDS };

/* NUL-terminated, whole: never half of an old and half of a new name. */
void uts_read(enum uts_field which, char out[UTS_NAME_MAX + 1]);
/* @len at most UTS_NAME_MAX; the caller has checked the privilege. */
void uts_write(enum uts_field which, const char *name, size_t len);
