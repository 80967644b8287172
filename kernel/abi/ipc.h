/* System V IPC and POSIX message queues. */
#pragma once

#include <linux/ipc.h>
#include <linux/mqueue.h>
#include <linux/msg.h>
#include <linux/sem.h>
#include <linux/shm.h>
#include "lib/types.h"

static_assert(sizeof(struct ipc64_perm) == 48, "ipc_perm ABI");
static_assert(sizeof(struct shmid64_ds) == 112, "shmid_ds ABI");
static_assert(sizeof(struct semid64_ds) == 104, "semid_ds ABI");
static_assert(sizeof(struct msqid64_ds) == 120, "msqid_ds ABI");
static_assert(sizeof(struct mq_attr) == 64, "mq_attr ABI");
