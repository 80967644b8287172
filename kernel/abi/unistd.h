/* System call numbers. */
#pragma once

#include <asm/unistd.h>
