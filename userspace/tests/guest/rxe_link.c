// SPDX-License-Identifier: GPL-2.0-only
/*
 * rxe_link NAME NETDEV: what `rdma link add NAME type rxe netdev NETDEV` does,
 * for guests that have no iproute2.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <rdma/rdma_netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct message {
	struct nlmsghdr head;
	char attrs[256];
};

static void add(struct message *m, unsigned short type, const char *value)
{
	struct nlattr *a = (void *)((char *)m + NLMSG_ALIGN(m->head.nlmsg_len));

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + strlen(value) + 1;
	memcpy((char *)a + NLA_HDRLEN, value, strlen(value) + 1);
	m->head.nlmsg_len = NLMSG_ALIGN(m->head.nlmsg_len) +
			    NLA_ALIGN(a->nla_len);
}

/* Returns 0 or a negative errno, the kernel's if it has one. */
static int ask(struct message *m)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr err;
		char more[512];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_RDMA);
	int err = 0;

	if (fd < 0 ||
	    send(fd, m, m->head.nlmsg_len, 0) != (ssize_t)m->head.nlmsg_len ||
	    recv(fd, &answer, sizeof(answer), 0) <
	    (ssize_t)(sizeof(answer.head) + sizeof(answer.err)))
		err = -errno;
	else if (answer.head.nlmsg_type == NLMSG_ERROR)
		err = answer.err.error;
	close(fd);
	return err;
}

int main(int argc, char **argv)
{
	struct message m = {
		.head = {
			.nlmsg_len = NLMSG_HDRLEN,
			.nlmsg_type = RDMA_NL_GET_TYPE(RDMA_NL_NLDEV,
						       RDMA_NLDEV_CMD_NEWLINK),
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
	};
	int err;

	/* Among the tests for its place, but none: a tool for ci/guest/rxe. */
	if (argc < 2) {
		printf("KTAP version 1\n1..1\nok 1 rxe_link # SKIP no device\n");
		return 4;
	}
	if (argc != 3 || strlen(argv[1]) > 15 || strlen(argv[2]) > 15) {
		fprintf(stderr, "usage: rxe_link NAME NETDEV\n");
		return 64;
	}
	add(&m, RDMA_NLDEV_ATTR_DEV_NAME, argv[1]);
	add(&m, RDMA_NLDEV_ATTR_LINK_TYPE, "rxe");
	add(&m, RDMA_NLDEV_ATTR_NDEV_NAME, argv[2]);
	err = ask(&m);
	if (err)
		fprintf(stderr, "rxe_link: %s\n", strerror(-err));
	return !!err;
}
