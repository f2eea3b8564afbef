// SPDX-License-Identifier: GPL-2.0-only
/* A descriptor changes hands: see handover.h. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/await.h"
#include "handover.h"

/* A message with one descriptor in its control data. */
struct handover {
	struct iovec iov;
	struct msghdr msg;
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
};

static void handover_wrap(struct handover *h, void *words, size_t len)
{
	memset(h, 0, sizeof(*h));
	h->iov.iov_base = words;
	h->iov.iov_len = len;
	h->msg.msg_iov = &h->iov;
	h->msg.msg_iovlen = 1;
	h->msg.msg_control = h->control.buf;
	h->msg.msg_controllen = sizeof(h->control.buf);
}

/* sm_handover_send() - to a socket that keeps packets. Returns 0, or a negative errno. */
int sm_handover_send(int sock, void *words, size_t len, int fd)
{
	struct handover h;

	handover_wrap(&h, words, len);
	h.control.head.cmsg_level = SOL_SOCKET;
	h.control.head.cmsg_type = SCM_RIGHTS;
	h.control.head.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&h.control.head), &fd, sizeof(fd));
	return sendmsg(sock, &h.msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* sm_handover_receive() - the same. Returns the descriptor, or a negative errno. */
int sm_handover_receive(int sock, void *words, size_t len,
			struct sm_patience *wait)
{
	struct handover h;
	int fd, err = sm_await_fd(sock, POLLIN, wait);
	ssize_t n;

	if (err)
		return err;
	handover_wrap(&h, words, len);
	n = recvmsg(sock, &h.msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	if ((size_t)n != len ||
	    h.control.head.cmsg_len != CMSG_LEN(sizeof(fd)))
		return -EPROTO;
	memcpy(&fd, CMSG_DATA(&h.control.head), sizeof(fd));
	return fd;
}
