// SPDX-License-Identifier: GPL-2.0-only
/*
 * On-demand paging memory regions of rxe over a dummy link, by the raw uverbs
 * interface: a test needs nothing of a provider but a region.
 */
#include <fcntl.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ksm_rxe.h"

#define UVERBS		"/dev/infiniband/uverbs0"
#define LINK		"/usr/lib/stalemate/tests/rxe_link ksm dummy0"
#define WAIT_MS		10000

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

	if (system("modprobe dummy numdummies=1 && modprobe ib_uverbs && modprobe rdma_rxe"))
		ksm_skip("no rdma_rxe or no dummy in this kernel");
	/* There may be a device already: that will do. */
	if ((!rxe_there(NULL) && system(LINK " 2>/dev/null")) ||
	    !ksm_wait_until(rxe_there, NULL, WAIT_MS))
		ksm_skip("cannot make an rxe device");
	r.fd = open(UVERBS, O_RDWR | O_CLOEXEC);
	ASSERT_GE(r.fd, 0);
	ASSERT_EQ(rxe_context(r.fd), 0);
	ASSERT_EQ(rxe_domain(r.fd, &r.pd), 0);
	return r;
}

/* A region that is paged on demand; what is present now is mapped at once. */
int ksm_rxe_try_register(const struct ksm_rxe *r, const void *va, size_t len,
			 __u32 *handle)
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

	*handle = resp.mr_handle;
	return err;
}

__u32 ksm_rxe_register(const struct ksm_rxe *r, const void *va, size_t len)
{
	__u32 handle;
	int err = ksm_rxe_try_register(r, va, len, &handle);

	if (err == -EOPNOTSUPP || err == -EINVAL)
		ksm_skip("rxe of this kernel has no on-demand paging");
	ASSERT_EQ(err, 0);
	return handle;
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

/* The drivers, and the device with them; false if somebody uses them. */
bool ksm_rxe_unload(void)
{
	return !system("modprobe -r dummy && modprobe -r rdma_rxe && modprobe -r ib_uverbs");
}
