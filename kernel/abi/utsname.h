/* uname(2). */
#pragma once

#include <linux/utsname.h>
#include "lib/types.h"

static_assert(sizeof(struct new_utsname) == 390, "uname ABI");

#define LINNET_SYSNAME "Linux"
#define LINNET_RELEASE "6.1.0-linnet"
#define LINNET_VERSION "#1 SMP Linnet"
#define LINNET_MACHINE "x86_64"
