/* boot.h - the pieces of kmain() that are stories of their own. */
#pragma once

struct boot_info;

/* The root file system: a tmpfs laid out from the initrd, and /dev. */
void boot_root(const struct boot_info *info);
/* Process 1, by rdinit=, init= and Linux's list; panics when there is none. */
void boot_start_init(void);
void boot_machine_ending(void); /* for kernel_hooks.machine_ending */
