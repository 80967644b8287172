/* termios.h - the terminal ABI: struct termios, termios2, winsize, ioctls. */
#pragma once
#include <asm/termios.h>
#include <asm/ioctls.h>

_Static_assert(sizeof(struct termios) == 36, "struct termios is ABI");
_Static_assert(sizeof(struct termios2) == 44, "struct termios2 is ABI");
_Static_assert(NCCS == 19, "NCCS is ABI");
