// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of AMD's SDMA engines, run as exec.c runs commands: a page of one at a time,
 * each access through the table. The packets lie in memory of the file, and are read
 * by way of the table as well, when their time comes. What is written by a packet is
 * copied out of it.
 */
#include <linux/string.h>

#include "exec.h"
#include "sdma_exec.h"

/* Words of an IB, which may lie on two pages. */
static int sm_sdma_read(struct sm_ring *ring, struct sm_job *job, u64 va,
			u32 *to, u32 words)
{
	struct sm_access a = { .buf = to };
	u32 left = words * sizeof(*to);
	int err = 0;

	for (; left && !err; left -= a.len, va += a.len, a.buf += a.len) {
		a.len = sm_exec_room(va, left);
		err = sm_exec_access(ring, job, va, &a);
	}

	return err;
}

static int sm_sdma_fetch(struct sm_ring *ring, struct sm_job *job,
			 struct sm_sdma *s)
{
	const struct sm_sdma_ib *ib = &s->ibs[s->ib];
	u64 va = ib->va + (u64)s->at * sizeof(u32);
	u32 left = ib->words - s->at;
	u32 head[SM_SDMA_HEAD];
	int err;

	err = sm_sdma_read(ring, job, va, head, min(left, SM_SDMA_HEAD));
	if (err)
		return err;
	job->result.fault_va = va;
	if (s->pm4)
		err = sm_pm4_decode(head[0], left, &s->packet);
	else
		err = sm_sdma_decode(s->gen, head, left, &s->packet);
	if (err)
		return -EINVAL;
	if (s->packet.kind == SM_SDMA_WRITE)
		s->packet.src = va + s->packet.data * sizeof(u32);
	s->busy = true;
	s->done = 0;

	return 0;
}

static int sm_sdma_copy(struct sm_ring *ring, struct sm_job *job,
			struct sm_sdma *s)
{
	const struct sm_sdma_packet *p = &s->packet;
	u64 src = p->src + s->done, dst = p->dst + s->done;
	struct sm_access a = { .buf = ring->bounce };
	int err;

	a.len = min(sm_exec_room(src, p->bytes - s->done),
		    sm_exec_room(dst, p->bytes - s->done));
	err = sm_exec_access(ring, job, src, &a);
	a.write = true;
	if (!err)
		err = sm_exec_access(ring, job, dst, &a);
	s->done += a.len;

	return err;
}

static int sm_sdma_fill(struct sm_ring *ring, struct sm_job *job,
			struct sm_sdma *s)
{
	const struct sm_sdma_packet *p = &s->packet;
	struct sm_access a = { .buf = ring->bounce, .write = true };
	u64 dst = p->dst + s->done;

	a.len = sm_exec_room(dst, p->bytes - s->done);
	if (p->unit == 1)
		memset(ring->bounce, p->value, a.len);
	else
		memset32(ring->bounce, p->value, a.len / sizeof(u32));
	s->done += a.len;

	return sm_exec_access(ring, job, dst, &a);
}

/* An atomic is aligned to its width, and so on one page. */
static int sm_sdma_atomic(struct sm_ring *ring, struct sm_job *job,
			  struct sm_sdma *s, u32 op)
{
	const struct sm_sdma_packet *p = &s->packet;
	const struct sm_access a = {
		.len = p->bytes, .write = true, .op = op,
		.value = p->value, .mask = p->compare,
	};

	s->done = p->bytes;

	return sm_exec_access(ring, job, p->dst, &a);
}

static int sm_sdma_run(struct sm_ring *ring, struct sm_job *job,
		       struct sm_sdma *s)
{
	switch (s->packet.kind) {
	case SM_SDMA_COPY:
	case SM_SDMA_WRITE:
		return sm_sdma_copy(ring, job, s);
	case SM_SDMA_FILL:
		return sm_sdma_fill(ring, job, s);
	case SM_SDMA_SWAP:
		return sm_sdma_atomic(ring, job, s, SM_EXEC_SWAP);
	case SM_SDMA_CMPSWAP:
		return sm_sdma_atomic(ring, job, s, DRM_STALEMATE_OP_XCHG);
	case SM_SDMA_ADD:
		return sm_sdma_atomic(ring, job, s, DRM_STALEMATE_OP_ADD);
	default:
		return 0;
	}
}

/* IBs that are over are behind. */
static bool sm_sdma_over(struct sm_sdma *s)
{
	while (s->ib < s->nr_ibs && s->at == s->ibs[s->ib].words) {
		s->ib++;
		s->at = 0;
	}

	return s->ib == s->nr_ibs;
}

/* As sm_exec_step(). A packet that is none, or sticks out of its IB, is -EINVAL. */
int sm_sdma_step(struct sm_ring *ring, struct sm_job *job)
{
	struct sm_sdma *s = job->sdma;
	int err = 0;

	if (!s->busy) {
		if (sm_sdma_over(s))
			return SM_EXEC_DONE;
		err = sm_sdma_fetch(ring, job, s);
	}
	if (!err)
		err = sm_sdma_run(ring, job, s);
	if (err || s->done < s->packet.bytes)
		return err;
	s->busy = false;
	s->at += s->packet.words;

	return sm_sdma_over(s) ? SM_EXEC_DONE : 0;
}
