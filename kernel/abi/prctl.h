/* prctl(2), arch_prctl(2), reboot(2), capabilities. */
#pragma once

#include <asm/prctl.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/reboot.h>
#include <linux/securebits.h>
