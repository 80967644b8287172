/* Sockets: what <linux/socket.h> leaves to libc. */
#pragma once

#include <asm/socket.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/sockios.h>
#include <linux/un.h>
#include "lib/types.h"
#include "abi/uio.h"

#define AF_UNSPEC	 0
#define AF_UNIX		 1
#define AF_LOCAL	 AF_UNIX
#define AF_INET		 2
#define AF_INET6	 10
#define AF_NETLINK	 16
#define AF_PACKET	 17
#define AF_VSOCK	 40
#define AF_MAX		 46

#define SOCK_STREAM	 1
#define SOCK_DGRAM	 2
#define SOCK_RAW	 3
#define SOCK_RDM	 4
#define SOCK_SEQPACKET	 5
#define SOCK_DCCP	 6
#define SOCK_PACKET	 10
#define SOCK_TYPE_MASK	 0xf
#define SOCK_CLOEXEC	 02000000
#define SOCK_NONBLOCK	 00004000

#define SHUT_RD		 0
#define SHUT_WR		 1
#define SHUT_RDWR	 2
#define SOMAXCONN	 4096

#define MSG_OOB		 0x1
#define MSG_PEEK	 0x2
#define MSG_DONTROUTE	 0x4
#define MSG_CTRUNC	 0x8
#define MSG_TRUNC	 0x20
#define MSG_DONTWAIT	 0x40
#define MSG_EOR		 0x80
#define MSG_WAITALL	 0x100
#define MSG_CONFIRM	 0x800
#define MSG_ERRQUEUE	 0x2000
#define MSG_NOSIGNAL	 0x4000
#define MSG_MORE	 0x8000
#define MSG_WAITFORONE	 0x10000
#define MSG_ZEROCOPY	 0x4000000
#define MSG_FASTOPEN	 0x20000000
#define MSG_CMSG_CLOEXEC 0x40000000

#define SCM_RIGHTS	 1
#define SCM_CREDENTIALS	 2

struct user_msghdr {
	void *msg_name;
	s32 msg_namelen;
	struct iovec *msg_iov;
	u64 msg_iovlen;
	void *msg_control;
	u64 msg_controllen;
	u32 msg_flags;
};
static_assert(sizeof(struct user_msghdr) == 56, "msghdr ABI");

struct mmsghdr {
	struct user_msghdr msg_hdr;
	u32 msg_len;
};
static_assert(sizeof(struct mmsghdr) == 64, "mmsghdr ABI");

struct cmsghdr {
	u64 cmsg_len;
	s32 cmsg_level, cmsg_type;
};
#define CMSG_ALIGN(n) ALIGN_UP((size_t)(n), sizeof(u64))
#define CMSG_LEN(n)   (sizeof(struct cmsghdr) + (n))
#define CMSG_SPACE(n) (sizeof(struct cmsghdr) + CMSG_ALIGN(n))

struct ucred {
	u32 pid, uid, gid;
};
