/* Linux errno, and the codes that never leave the kernel (proc/signal/restart.h). */
#pragma once

#include <asm/errno.h>

#define ERESTARTSYS	      512 /* restart if SA_RESTART */
#define ERESTARTNOINTR	      513 /* restart always */
#define ERESTARTNOHAND	      514 /* restart unless a handler ran */
#define ENOIOCTLCMD	      515 /* no such ioctl here: try the next layer, else ENOTTY */
#define ERESTART_RESTARTBLOCK 516 /* restart through restart_syscall(2) */
