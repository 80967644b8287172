/* ioctl(2) numbers. */
#pragma once

#include <asm/ioctls.h>
#include <linux/ioctl.h>
