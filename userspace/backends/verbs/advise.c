// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asking for pages ahead. The library knows how for the devices whose drivers
 * came with it; rxe's kernel side can do it, its library does not say so, so it
 * is asked by the system call that the library would make.
 */
#ifdef HAVE_IBVERBS

#include <errno.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/rdma_user_ioctl.h>
#include <sys/ioctl.h>

#include "advise.h"

#define ADVISE_ATTRS	4

struct advise {
	struct ib_uverbs_ioctl_hdr head;
	struct ib_uverbs_attr attr[ADVISE_ATTRS];
};

static void advise_attr(struct advise *a, uint16_t id, uint16_t len,
			uint64_t data)
{
	a->attr[a->head.num_attrs++] = (struct ib_uverbs_attr){
		.attr_id = id,
		.len = len,
		.flags = UVERBS_ATTR_F_MANDATORY,
		.data = data,
	};
}

static int advise_rxe(struct verbs_dev *dev, const struct ibv_sge *sge,
		      unsigned int advice, uint32_t flags)
{
	struct advise a = {
		.head = {
			.length = sizeof(a),
			.object_id = UVERBS_OBJECT_MR,
			.method_id = UVERBS_METHOD_ADVISE_MR,
			.driver_id = RDMA_DRIVER_RXE,
		},
	};

	advise_attr(&a, UVERBS_ATTR_ADVISE_MR_PD_HANDLE, 0, dev->pd->handle);
	advise_attr(&a, UVERBS_ATTR_ADVISE_MR_ADVICE, sizeof(uint64_t), advice);
	advise_attr(&a, UVERBS_ATTR_ADVISE_MR_FLAGS, sizeof(flags), flags);
	advise_attr(&a, UVERBS_ATTR_ADVISE_MR_SGE_LIST, sizeof(*sge),
		    (uintptr_t)sge);
	return ioctl(dev->ctx->cmd_fd, RDMA_VERBS_IOCTL, &a) < 0 ? errno : 0;
}

/*
 * verbs_advise() - have the device make pages its own, for writing or only
 * for reading; @wait for it, or let it happen by and by. Returns a negative
 * errno if it cannot, or, after a wait, did not.
 */
int verbs_advise(struct verbs_dev *dev, const struct ibv_mr *mr, uint64_t va,
		 uint32_t len, bool write, bool wait)
{
	const unsigned int advice = write ?
		IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_WRITE :
		IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH;
	const uint32_t flags = wait ? IB_UVERBS_ADVISE_MR_FLAG_FLUSH : 0;
	struct ibv_sge sge = { .addr = va, .length = len, .lkey = mr->lkey };
	int err = ibv_advise_mr(dev->pd, advice, flags, &sge, 1);

	if (err == EOPNOTSUPP)
		err = advise_rxe(dev, &sge, advice, flags);
	return -err;
}

#endif /* HAVE_IBVERBS */
