// SPDX-License-Identifier: GPL-2.0-only
/* Two queue pairs on the same port, connected to one another. */
#ifdef HAVE_IBVERBS

#include <errno.h>

#include "pair.h"

#define CQ_SIZE		(8 * VERBS_DEPTH)
#define TIMEOUT		18	/* 4 us << that: a second until it asks again */
#define RETRIES		7
#define RNR_TIMER	1	/* 10 us until a sender tries again */
#define PSN_MASK	0xffffffU

static struct ibv_qp *pair_qp(struct verbs_pair *p)
{
	struct ibv_qp_init_attr attr = {
		.send_cq = p->cq,
		.recv_cq = p->rcq,
		.cap = {
			.max_send_wr = VERBS_DEPTH,
			.max_recv_wr = VERBS_DEPTH,
			.max_send_sge = 1,
			.max_recv_sge = 1,
		},
		.qp_type = IBV_QPT_RC,
		.sq_sig_all = 1,
	};

	return ibv_create_qp(p->dev->pd, &attr);
}

/* verbs_pair_create() - verbs_pair_destroy() must follow in any case. */
int verbs_pair_create(struct verbs_dev *dev, struct verbs_pair *p)
{
	p->dev = dev;
	p->mtu = dev->mtu;
	p->cq = ibv_create_cq(dev->ctx, CQ_SIZE, NULL, NULL, 0);
	p->rcq = ibv_create_cq(dev->ctx, CQ_SIZE, NULL, NULL, 0);
	if (!p->cq || !p->rcq)
		return verbs_dev_fail(dev, "a completion queue");
	return verbs_pair_connect(p);
}

void verbs_pair_destroy(struct verbs_pair *p)
{
	if (p->a)
		ibv_destroy_qp(p->a);
	if (p->b)
		ibv_destroy_qp(p->b);
	if (p->cq)
		ibv_destroy_cq(p->cq);
	if (p->rcq)
		ibv_destroy_cq(p->rcq);
}

/* ---- connecting ---------------------------------------------------------- */

static int qp_init(struct verbs_pair *p, struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = p->dev->port,
		.qp_access_flags = IBV_ACCESS_LOCAL_WRITE |
				   IBV_ACCESS_REMOTE_READ |
				   IBV_ACCESS_REMOTE_WRITE,
	};

	if (p->dev->atomic)
		attr.qp_access_flags |= IBV_ACCESS_REMOTE_ATOMIC;
	return ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX |
			     IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
}

static int qp_answers(struct verbs_pair *p, struct ibv_qp *qp,
		      const struct ibv_qp *peer)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = p->mtu,
		.dest_qp_num = peer->qp_num,
		.rq_psn = p->epoch & PSN_MASK,
		.max_dest_rd_atomic = p->dev->rd_atomic,
		.min_rnr_timer = RNR_TIMER,
		.ah_attr = {
			.dlid = p->dev->lid,
			.port_num = p->dev->port,
		},
	};

	if (p->dev->gid_index >= 0) {
		attr.ah_attr.is_global = 1;
		attr.ah_attr.grh.dgid = p->dev->gid;
		attr.ah_attr.grh.sgid_index = p->dev->gid_index;
		attr.ah_attr.grh.hop_limit = 1;
	}
	return ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_AV |
			     IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
			     IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
			     IBV_QP_MIN_RNR_TIMER);
}

static int qp_asks(struct verbs_pair *p, struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTS,
		.timeout = TIMEOUT,
		.retry_cnt = RETRIES,
		.rnr_retry = RETRIES,
		.sq_psn = p->epoch & PSN_MASK,
		.max_rd_atomic = p->dev->rd_atomic,
	};

	return ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_TIMEOUT |
			     IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
			     IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
}

/*
 * verbs_pair_connect() - with queue pairs that are new each time: rxe keeps
 * some of what failed across a reset (qp->resp.res), and hands out numbers in
 * turn, so that no late packet meets a pair that it was not for.
 */
int verbs_pair_connect(struct verbs_pair *p)
{
	verbs_dev_spend(p->dev, p->a);
	verbs_dev_spend(p->dev, p->b);
	errno = 0;
	p->a = pair_qp(p);
	p->b = pair_qp(p);
	if (!p->a || !p->b)
		return verbs_dev_fail(p->dev, "a queue pair");
	if (qp_init(p, p->a) || qp_init(p, p->b) ||
	    qp_answers(p, p->b, p->a) || qp_answers(p, p->a, p->b) ||
	    qp_asks(p, p->a))
		return verbs_dev_fail(p->dev, "connecting queue pairs");
	return 0;
}

#endif /* HAVE_IBVERBS */
