// SPDX-License-Identifier: GPL-2.0-only
/*
 * On-demand paging memory regions of rxe over the loop-back link, by the raw
 * uverbs interface: a test needs nothing of a provider but a region.
 */
#include <fcntl.h>
#include <linux/netlink.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ksm_rxe.h"

#define UVERBS		"/dev/infiniband/uverbs0"
#define WAIT_MS		10000

struct rxe_link {
	struct nlmsghdr nlh;
	char attr[64];
};

static void rxe_attr(struct rxe_link *l, unsigned int type, const char *value)
{
	struct nlattr *a = (void *)((char *)l + l->nlh.nlmsg_len);
	size_t len = strlen(value) + 1;

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	memcpy(a + 1, value, len);
	l->nlh.nlmsg_len += NLA_ALIGN(a->nla_len);
}

/* rdma link add ksm type rxe netdev lo; there may be one already. */
static void rxe_make_link(void)
{
	struct rxe_link l = { .nlh = {
		.nlmsg_len = NLMSG_HDRLEN,
		.nlmsg_type = RDMA_NL_GET_TYPE(RDMA_NL_NLDEV,
					       RDMA_NLDEV_CMD_NEWLINK),
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
	} };
	int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_RDMA);
	char answer[256];

	rxe_attr(&l, RDMA_NLDEV_ATTR_DEV_NAME, "ksm");
	rxe_attr(&l, RDMA_NLDEV_ATTR_LINK_TYPE, "rxe");
	rxe_attr(&l, RDMA_NLDEV_ATTR_NDEV_NAME, "lo");
	if (s < 0)
		return;
	if (send(s, &l, l.nlh.nlmsg_len, 0) == (ssize_t)l.nlh.nlmsg_len)
		(void)!recv(s, answer, sizeof(answer), 0);
	close(s);
}

static bool rxe_there(void *arg)
{
	(void)arg;
	return !access(UVERBS, R_OK | W_OK);
}

/* One command; returns 0 or a negative errno. */
static int rxe_command(int fd, unsigned int command, void *msg, size_t len,
		       size_t out)
{
	struct ib_uverbs_cmd_hdr *hdr = msg;

	hdr->command = command;
	hdr->in_words = len / 4;
	hdr->out_words = out / 4;
	return write(fd, msg, len) == (ssize_t)len ? 0 : -errno;
}

static int rxe_context(int fd)
{
	struct ib_uverbs_get_context_resp resp = {};
	struct {
		struct ib_uverbs_cmd_hdr hdr;
		struct ib_uverbs_get_context cmd;
	} msg = { .cmd.response = (uintptr_t)&resp };
	int err = rxe_command(fd, IB_USER_VERBS_CMD_GET_CONTEXT, &msg,
			      sizeof(msg), sizeof(resp));

	if (!err)
		close(resp.async_fd);
	return err;
}

static int rxe_domain(int fd, __u32 *handle)
{
	struct ib_uverbs_alloc_pd_resp resp = {};
	struct {
		struct ib_uverbs_cmd_hdr hdr;
		struct ib_uverbs_alloc_pd cmd;
	} msg = { .cmd.response = (uintptr_t)&resp };
	int err = rxe_command(fd, IB_USER_VERBS_CMD_ALLOC_PD, &msg,
			      sizeof(msg), sizeof(resp));

	*handle = resp.pd_handle;
	return err;
}

/* A context with a domain, or why there is none. */
struct ksm_rxe ksm_rxe_open(void)
{
	struct ksm_rxe r;

	if (system("modprobe ib_uverbs && modprobe rdma_rxe"))
		ksm_skip("no rdma_rxe in this kernel");
	if (!rxe_there(NULL))
		rxe_make_link();
	if (!ksm_wait_until(rxe_there, NULL, WAIT_MS))
		ksm_skip("cannot make an rxe device");
	r.fd = open(UVERBS, O_RDWR | O_CLOEXEC);
	ASSERT_GE(r.fd, 0);
	ASSERT_EQ(rxe_context(r.fd), 0);
	ASSERT_EQ(rxe_domain(r.fd, &r.pd), 0);
	return r;
}

/* A region that is paged on demand; what is present now is mapped at once. */
__u32 ksm_rxe_register(const struct ksm_rxe *r, const void *va, size_t len)
{
	struct ib_uverbs_reg_mr_resp resp = {};
	struct {
		struct ib_uverbs_cmd_hdr hdr;
		struct ib_uverbs_reg_mr cmd;
	} msg = { .cmd = {
		.response = (uintptr_t)&resp,
		.start = (uintptr_t)va,
		.hca_va = (uintptr_t)va,
		.length = len,
		.pd_handle = r->pd,
		.access_flags = IB_UVERBS_ACCESS_LOCAL_WRITE |
				IB_UVERBS_ACCESS_ON_DEMAND,
	} };
	int err = rxe_command(r->fd, IB_USER_VERBS_CMD_REG_MR, &msg,
			      sizeof(msg), sizeof(resp));

	if (err == -EOPNOTSUPP || err == -EINVAL)
		ksm_skip("rxe of this kernel has no on-demand paging");
	ASSERT_EQ(err, 0);
	return resp.mr_handle;
}

void ksm_rxe_deregister(const struct ksm_rxe *r, __u32 handle)
{
	struct {
		struct ib_uverbs_cmd_hdr hdr;
		struct ib_uverbs_dereg_mr cmd;
	} msg = { .cmd.mr_handle = handle };

	ASSERT_EQ(rxe_command(r->fd, IB_USER_VERBS_CMD_DEREG_MR, &msg,
			      sizeof(msg), 0), 0);
}
