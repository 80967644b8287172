/* wait4(2), waitid(2): options and status words. */
#pragma once

#include <linux/wait.h>

#define WSTATUS_EXIT(code)	  (((code) & 0xff) << 8)
#define WSTATUS_SIGNAL(sig, core) ((sig) | ((core) ? 0x80 : 0))
#define WSTATUS_STOP(sig)	  (((sig) << 8) | 0x7f)
#define WSTATUS_CONTINUED	  0xffff
