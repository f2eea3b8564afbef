// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running operations on two connected queue pairs.
 *
 * A refused operation stops a pair: what was posted behind it is flushed, and
 * has not begun; what was posted before it, too, if the refusal was at this
 * end, and may be done or not. Both are replaced, and all that was flushed is
 * posted once more: each operation may be done twice.
 */
#ifdef HAVE_IBVERBS

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "run.h"

#define PATIENCE_NS	(25 * SM_NSEC)	/* retries of rxe take 9 s */
#define LAST_WAIT_NS	(9 * SM_NSEC)	/* when the run ends */
#define LEAST_NAPS	50000		/* a slow machine gets longer */
#define SPINS		4
#define NAP_NS		(50 * SM_USEC)

static void pair_sge(const struct verbs_op *op, bool demand,
		     const struct verbs_pair *p, struct ibv_sge *sge)
{
	sge->addr = demand ? op->va : (uintptr_t)op->buf;
	sge->lkey = demand ? op->mr->lkey : p->dev->pool_mr->lkey;
	sge->length = op->len;
}

static void pair_wr(struct verbs_pair *p, const struct verbs_op *op,
		    struct ibv_send_wr *wr)
{
	static const enum ibv_wr_opcode codes[] = {
		[VERBS_READ] = IBV_WR_RDMA_READ,
		[VERBS_WRITE] = IBV_WR_RDMA_WRITE,
		[VERBS_SWAP] = IBV_WR_ATOMIC_CMP_AND_SWP,
		[VERBS_ADD] = IBV_WR_ATOMIC_FETCH_AND_ADD,
		[VERBS_GATHER] = IBV_WR_RDMA_WRITE,
		[VERBS_SCATTER] = IBV_WR_RDMA_READ,
		[VERBS_SEND] = IBV_WR_SEND,
		[VERBS_RECV] = IBV_WR_SEND,
	};
	bool local = verbs_kind_local(op->kind) && op->kind != VERBS_SEND;

	wr->opcode = codes[op->kind];
	pair_sge(op, verbs_kind_local(op->kind), p, wr->sg_list);
	if (op->kind == VERBS_SWAP || op->kind == VERBS_ADD) {
		wr->wr.atomic.remote_addr = op->va;
		wr->wr.atomic.rkey = op->mr->rkey;
		wr->wr.atomic.compare_add = op->kind == VERBS_ADD ?
			op->value : op->compare;
		wr->wr.atomic.swap = op->value;
	} else {
		wr->wr.rdma.remote_addr = local ? (uintptr_t)op->buf : op->va;
		wr->wr.rdma.rkey = local ? p->dev->pool_mr->rkey : op->mr->rkey;
	}
}

static int pair_expect(struct verbs_pair *p, const struct verbs_op *op)
{
	struct ibv_sge sge;
	struct ibv_recv_wr wr = { .sg_list = &sge, .num_sge = 1 }, *bad;

	if (op->kind != VERBS_SEND && op->kind != VERBS_RECV)
		return 0;
	pair_sge(op, op->kind == VERBS_RECV, p, &sge);
	errno = ibv_post_recv(p->b, &wr, &bad);
	return errno ? verbs_dev_fail(p->dev, "ibv_post_recv()") : 0;
}

static uint64_t pair_id(const struct verbs_pair *p, unsigned int i)
{
	return (uint64_t)p->epoch << 16 | i;
}

static int pair_post(struct verbs_pair *p, const struct verbs_op *op,
		     unsigned int nr)
{
	struct ibv_send_wr wr[VERBS_DEPTH], *bad;
	struct ibv_sge sge[VERBS_DEPTH];
	unsigned int i;
	int err;

	memset(wr, 0, nr * sizeof(wr[0]));
	for (i = 0; i < nr; i++) {
		err = pair_expect(p, &op[i]);
		if (err)
			return err;
		wr[i].wr_id = pair_id(p, i);
		wr[i].next = i + 1 < nr ? &wr[i + 1] : NULL;
		wr[i].sg_list = &sge[i];
		wr[i].num_sge = 1;
		pair_wr(p, &op[i], &wr[i]);
	}
	errno = ibv_post_send(p->a, wr, &bad);
	return errno ? verbs_dev_fail(p->dev, "ibv_post_send()") : 0;
}

/*
 * Wait for the completion of operation @i; -ETIMEDOUT if there is none. That
 * comes before whoever watches gives up on the thread, and knows less.
 */
static int pair_poll(struct verbs_pair *p, unsigned int i, struct ibv_wc *wc)
{
	uint64_t now, give_up = 0;
	bool ending = false, late = false;
	unsigned int spins = 0, naps = 0;
	int nr;

	for (;;) {
		nr = ibv_poll_cq(p->cq, 1, wc);
		if (nr < 0)
			return verbs_dev_fail(p->dev, "ibv_poll_cq()");
		if (nr && wc->wr_id == pair_id(p, i))
			return 0;
		if (nr)
			continue;
		if (spins++ < SPINS) {
			sched_yield();
			continue;
		}
		sm_util_nap(NAP_NS);
		naps++;
		if (p->beats)
			sm_count(p->beats, 1);
		now = sm_util_now();
		if (!give_up)
			give_up = now + PATIENCE_NS;
		if (!ending && p->dev->stop && sm_read(p->dev->stop)) {
			ending = true;
			if (give_up > now + LAST_WAIT_NS)
				give_up = now + LAST_WAIT_NS;
		}
		/* It may have been us who slept: look once more. */
		if (late)
			return -ETIMEDOUT;
		late = now > give_up && naps >= LEAST_NAPS;
	}
}

/* The data is there when a send completes; its receive is of no interest. */
static void pair_forget_receives(struct verbs_pair *p)
{
	struct ibv_wc wc[8];

	while (ibv_poll_cq(p->rcq, SM_ARRAY_SIZE(wc), wc) > 0)
		;
}

/* Is that how a device says that memory is not there, or may not be used? */
static bool pair_refusal(enum ibv_wc_status status)
{
	switch (status) {
	case IBV_WC_REM_ACCESS_ERR:
	case IBV_WC_REM_OP_ERR:
	case IBV_WC_LOC_PROT_ERR:
	case IBV_WC_LOC_QP_OP_ERR:
	case IBV_WC_LOC_ACCESS_ERR:
		return true;
	default:
		return false;
	}
}

static int pair_wait(struct verbs_pair *p, const struct verbs_op *op,
		     unsigned int i, enum ibv_wc_status *status)
{
	struct ibv_wc wc;
	int err;

	sm_write(&p->flight, (op[i].va & ~1ULL) |
		 verbs_kind_writes(op[i].kind));
	err = pair_poll(p, i, &wc);
	if (!err)
		*status = wc.status;
	return err;
}

/*
 * Wait for all: those behind one that failed are flushed, and what was under
 * way in front of it may be, too. Returns an error, or how many succeeded; @bad
 * is the one at fault, or @nr.
 */
static int pair_reap(struct verbs_pair *p, const struct verbs_op *op,
		     unsigned int nr, unsigned int *bad)
{
	enum ibv_wc_status status;
	unsigned int i, good = nr;
	int err;

	*bad = nr;
	for (i = 0; i < nr; i++) {
		err = pair_wait(p, op, i, &status);
		if (err)
			return err;
		if (status == IBV_WC_SUCCESS)
			continue;
		if (good == nr)
			good = i;
		if (status == IBV_WC_WR_FLUSH_ERR)
			continue;
		*bad = i;
		if (pair_refusal(status))
			continue;
		snprintf(p->dev->why, sizeof(p->dev->why),
			 "%s: an operation ended with '%s'", p->dev->name,
			 ibv_wc_status_str(status));
		return -EIO;
	}
	return good;
}

/* It is known which one was refused: the others have nothing to do with it. */
static void pair_blame(struct verbs_pair *p, struct verbs_op *op)
{
	op->error = -EFAULT;
	sm_count(&p->done, 1);
	sm_count(&p->refused, 1);
}

/* The end that starts operations reads ahead, and stops when one is refused. */
static bool pair_begun(const struct verbs_op *op, unsigned int i,
		       unsigned int bad)
{
	return i <= bad || verbs_kind_local(op[i].kind);
}

/*
 * With SM_KNOWN_RXE_RACE avoided: what did not succeed may have left an entry that is
 * not true, until the next notification. So as soon as nobody works on them any
 * more, have one sent for those pages.
 */
static int pair_forget(struct verbs_pair *p, const struct verbs_op *op,
		       unsigned int nr, unsigned int bad)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RESET };
	unsigned int i;
	int err = 0;

	if (p->dev->pagemap < 0)
		return 0;
	errno = ibv_modify_qp(p->b, &attr, IBV_QP_STATE);
	if (errno)
		return verbs_dev_fail(p->dev, "stopping a queue pair");
	for (i = 0; i < nr && !err; i++)
		if (pair_begun(op, i, bad))
			err = verbs_dev_forget(p->dev, op[i].va, op[i].len);
	return err;
}

/*
 * Runs all up to the first one that is refused; returns how many, or < 0. What
 * was flushed in front of it is run once more, behind it: it does nothing. rxe
 * flushes also the one that was refused, if that was at this end: then all that
 * is known is that it is one of those that are left.
 */
static int pair_run_some(struct verbs_pair *p, struct verbs_op *op,
			 unsigned int nr)
{
	unsigned int i, bad = nr;
	int err, good;

	p->epoch++;
	err = pair_post(p, op, nr);
	good = err ? err : pair_reap(p, op, nr, &bad);
	if (good < 0)
		return good;
	sm_write(&p->flight, 0);
	pair_forget_receives(p);
	for (i = 0; i < (unsigned int)good; i++)
		op[i].error = 0;
	sm_count(&p->done, good);
	if (i == nr)
		return nr;
	err = pair_forget(p, op + good, nr - good, bad - good);
	if (!err)
		err = verbs_pair_connect(p);
	if (err)
		return err;
	if (bad == nr && nr > 1)
		return good;
	if (nr == 1)
		bad = 0;
	pair_blame(p, &op[bad]);
	err = verbs_pair_run(p, op + good, bad - good);
	return err ? err : (int)bad + 1;
}

static void pair_leave_out(struct verbs_op *op, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		op[i].error = -ECANCELED;
}

/* verbs_pair_run() - in order; each operation says how it ended. */
int verbs_pair_run(struct verbs_pair *p, struct verbs_op *op, unsigned int nr)
{
	unsigned int some, most = VERBS_DEPTH;
	int ret;

	while (nr) {
		if (p->give_up && sm_read(p->give_up))
			return -ECANCELED;
		some = nr < most ? nr : most;
		ret = pair_run_some(p, op, some);
		if (ret < 0)
			return ret;
		/* Who was refused? One by one, until it is found. */
		if (ret < (int)some)
			most = 1;
		else if (op[ret - 1].error)
			most = VERBS_DEPTH;
		op += ret;
		nr -= ret;
		if (p->brief && ret && op[-1].error) {
			pair_leave_out(op, nr);
			return 0;
		}
	}
	return 0;
}

#endif /* HAVE_IBVERBS */
