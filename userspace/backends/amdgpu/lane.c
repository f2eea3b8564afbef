// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words of the arena, moved by SDMA. A read is a copy to the stage, which the same job
 * has filled with a word that nobody writes; a write is a copy from there, a packet
 * with the word in it, or an atomic swap.
 */
#ifdef HAVE_AMDGPU

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ops.h"
#include "buffer.h"
#include "lane.h"

#define LANE_STAGE	(2 * SM_PAGE_SIZE)	/* the second page nobody looks at */
#define LANE_AGAIN	200	/* copies of a page, at most */
#define LANE_CUT	4	/* at one access in so many an IB begins */
#define LANE_ALIGN	64	/* words; amdgpu_kms.c: ib_start_alignment */
#define LANE_SHARES	7	/* 1 to AMDGPU_WORDS words */
#define LANE_IB		(5 * SM_PAGE_SIZE)	/* 21 words a word, copies, gaps */
/* Parts of sm_await_naps: less than the watch has, and than agents that are stopped. */
#define LANE_WAIT	3
#define LANE_AGENT_WAIT	8

#define LANE_NOBODY	0xdeadbeefU

enum lane_how { LANE_COPY, LANE_WRITE, LANE_SWAP, LANE_HOWS };

int amdgpu_lane_create(struct amdgpu_state *s, unsigned int number)
{
	struct amdgpu_lane *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	s->lanes[number] = l;
	l->s = s;
	l->dev = s->dev;
	l->patience = sm_await_naps / (number < SM_LANE_AGENT ? LANE_WAIT :
				       LANE_AGENT_WAIT);
	l->lingers = number >= SM_LANE_AGENT && number != SM_LANE_SWEEP;
	sm_rng_seed(&l->rng, s->host->scene->spec->seed, SM_STREAM_SDMA, number);
	err = amdgpu_queue_open(&l->dev, &l->queue, number % s->dev.rings);
	if (!err)
		err = amdgpu_dev_room(&l->dev, LANE_STAGE + LANE_IB, &l->own);
	if (!err)
		err = amdgpu_dev_memory(&l->dev, l->own.va, LANE_STAGE,
					&l->stage);
	if (!err)
		err = amdgpu_dev_memory(&l->dev, l->own.va + LANE_STAGE, LANE_IB,
					&l->ib);
	l->packets.words = l->ib.map;
	l->packets.room = LANE_IB / sizeof(uint32_t);
	if (!err)
		err = amdgpu_buffer_room(l);
	if (err)
		memcpy(s->dev.why, l->dev.why, sizeof(s->dev.why));
	return err;
}

void amdgpu_lane_destroy(struct amdgpu_lane *l)
{
	if (!l)
		return;
	amdgpu_buffer_drop(l);
	amdgpu_dev_forget(&l->dev, &l->ib);
	amdgpu_dev_forget(&l->dev, &l->stage);
	amdgpu_dev_leave(&l->own);
	amdgpu_queue_close(&l->dev, &l->queue);
	free(l);
}

/* ---- jobs ------------------------------------------------------------------ */

static uint64_t *lane_word(struct amdgpu_lane *l, unsigned int i)
{
	return (uint64_t *)l->stage.map + i;
}

static void lane_use(struct amdgpu_lane *l, uint32_t handle)
{
	unsigned int i;

	for (i = 0; i < l->nr; i++)
		if (l->uses[i] == handle)
			return;
	l->uses[l->nr++] = handle;
}

/* A word that is in a packet lies at a multiple of its size, so that it is not torn. */
static int lane_write(struct amdgpu_lane *l, uint64_t to, uint64_t value)
{
	int err = l->packets.nr % 2 ? amdgpu_sdma_nop(&l->packets, 1) : 0;

	return err ? err : amdgpu_sdma_write(l->dev.gen, &l->packets, to,
					     (const uint32_t *)&value, 2);
}

/* A NOP lets no packet begin before those ahead of it are done. */
static int lane_fence(struct amdgpu_lane *l)
{
	return amdgpu_sdma_nop(&l->packets, 1);
}

static int lane_move(struct amdgpu_lane *l, const struct sm_userptr *b,
		     const struct sm_access *a, unsigned int i)
{
	const struct amdgpu_sdma *gen = l->dev.gen;
	uint64_t ours = l->stage.va + i * sizeof(uint64_t);
	uint64_t theirs = b->va + (a->va - b->start);
	enum lane_how how = sm_rng_below(&l->rng, LANE_HOWS);

	if (!a->write)
		return amdgpu_sdma_copy(gen, &l->packets, ours, theirs,
					sizeof(uint64_t));
	if (how == LANE_WRITE)
		return lane_write(l, theirs, a->value);
	if (how == LANE_SWAP && l->dev.swap)
		return amdgpu_sdma_atomic(gen, &l->packets, AMDGPU_ATOMIC_SWAP,
					  theirs, a->value, 0);
	*lane_word(l, i) = a->value;
	return amdgpu_sdma_copy(gen, &l->packets, theirs, ours, sizeof(uint64_t));
}

/*
 * A job of an agent begins with a page that it copies again and again: so it takes a
 * while, and is met by what it must not be met by. A storm that waits long for its own
 * accesses does little else.
 */
static int lane_linger(struct amdgpu_lane *l, const struct sm_userptr *b,
		       const struct sm_access *a)
{
	uint64_t page = b->va + (a->va - b->start) / SM_PAGE_SIZE * SM_PAGE_SIZE;
	unsigned int again = l->lingers ? sm_rng_below(&l->rng, LANE_AGAIN) : 0;
	int err = 0;

	while (again-- && !err)
		err = amdgpu_sdma_copy(l->dev.gen, &l->packets,
				       l->stage.va + SM_PAGE_SIZE, page,
				       SM_PAGE_SIZE);
	return err;
}

/* What has been put together is an IB. */
static void lane_cut(struct amdgpu_lane *l)
{
	l->parts[l->nr_parts++] = (struct amdgpu_part){
		.va = l->ib.va + l->begun * sizeof(uint32_t),
		.words = l->packets.nr - l->begun,
	};
	l->begun = (l->packets.nr + LANE_ALIGN - 1) / LANE_ALIGN * LANE_ALIGN;
	l->packets.nr = l->begun;
}

/* One access, after all that is ahead of it in the job. */
static int lane_packet(struct amdgpu_lane *l, const struct sm_userptr *b,
		       const struct sm_access *a, unsigned int i)
{
	int err;

	if (l->packets.nr > l->begun && l->nr_parts < AMDGPU_PARTS - 1 &&
	    sm_rng_one_in(&l->rng, LANE_CUT))
		lane_cut(l);
	err = lane_fence(l);
	return err ? err : lane_move(l, b, a, i);
}

/* What is read into is filled first: a copy that is not done is seen. */
static int lane_begin(struct amdgpu_lane *l, const struct sm_access *a,
		      unsigned int nr)
{
	unsigned int i;
	int err = 0;

	l->job++;
	l->queue.how = sm_rng_below(&l->rng, AMDGPU_HOWS);
	l->nr = 0;
	l->packets.nr = 0;
	l->nr_parts = 0;
	l->begun = 0;
	lane_use(l, l->ib.handle);
	lane_use(l, l->stage.handle);
	for (i = 0; i < nr && !err; i++)
		if (!a[i].write && !a[i].error)
			err = amdgpu_sdma_fill(l->dev.gen, &l->packets,
					       l->stage.va + i * sizeof(uint64_t),
					       LANE_NOBODY, sizeof(uint64_t));
	return err;
}

static bool lane_is_empty(const struct amdgpu_lane *l)
{
	return l->nr <= 2;	/* the packets', and the stage */
}

/* Many jobs of agents are short: what invalidates meets another one each time. */
static unsigned int lane_share(struct amdgpu_lane *l, unsigned int nr)
{
	unsigned int most = l->lingers ? 1U << sm_rng_below(&l->rng, LANE_SHARES) :
					 AMDGPU_WORDS;

	return nr < most ? nr : most;
}

/* As many as one job takes, in order; what is refused by now is not in it. */
static int lane_gather(struct amdgpu_lane *l, struct sm_access *a,
		       unsigned int *nr, bool alone)
{
	struct sm_userptr *b;
	unsigned int i, n = lane_share(l, *nr);
	int err = lane_begin(l, a, n);

	for (i = 0; i < n && !err; i++) {
		if (a[i].error)
			continue;
		a[i].error = amdgpu_buffer_get(l, &a[i], alone, &b);
		if (a[i].error == -EAGAIN && !b) {
			a[i].error = 0;
			break;
		}
		if (a[i].error)
			continue;
		b->job = l->job;
		if (lane_is_empty(l))
			err = lane_linger(l, b, &a[i]);
		lane_use(l, b->handle);
		if (!err)
			err = lane_packet(l, b, &a[i], i);
	}
	*nr = i;
	return err ? amdgpu_dev_fail(&l->dev, "packets", err) : 0;
}

/* What came of the words of a job that is over, or of which nothing was left. */
static void lane_finish(struct amdgpu_lane *l, struct sm_access *a,
			unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!a[i].error && !a[i].write)
			a[i].value = sm_read(lane_word(l, i));
		sm_count(a[i].error ? &l->counts.refused : &l->counts.done, 1);
	}
}

static int lane_wait(struct amdgpu_lane *l, uint64_t seq)
{
	struct sm_host *host = l->s->host;
	struct sm_patience p = { .naps = l->patience };

	if (sm_host_at_rest(host))
		p.beats = &host->scene->wire->beats;
	return amdgpu_queue_wait(&l->dev, &l->queue, seq, &p);
}

/* @refused: the job was, as a whole, with what is returned; else that is the end. */
static int lane_job(struct amdgpu_lane *l, struct sm_access *a, unsigned int *nr,
		    bool alone, bool *refused)
{
	uint64_t seq;
	int err = lane_gather(l, a, nr, alone);

	*refused = false;
	if (!err && !lane_is_empty(l)) {
		lane_cut(l);
		err = amdgpu_queue_submit(&l->dev, &l->queue, l->parts,
					  l->nr_parts, l->uses, l->nr, &seq);
		*refused = err;
		if (!err)
			err = lane_wait(l, seq);
		if (!err) {
			sm_count(&l->counts.jobs, 1);
			sm_count(&l->counts.ibs, l->nr_parts);
		}
		if (err && err != -ETIMEDOUT && !*refused)
			amdgpu_dev_fail(&l->dev, "a job that was taken", err);
	}
	if (!err)
		lane_finish(l, a, *nr);
	return err;
}

/* The user pointer was for no more than this access: so it is that. */
static int lane_refuse(struct amdgpu_lane *l, struct sm_access *a, int err)
{
	switch (err) {
	case -EAGAIN:
		a->error = -EBUSY;
		break;
	case -EFAULT:
	case -EPERM:
	case -EBUSY:
	case -EINTR:
	case -ENOMEM:
		a->error = err;
		break;
	default:
		return amdgpu_dev_fail(&l->dev, "CS", err);
	}
	sm_count(&l->counts.refused, 1);
	return 0;
}

/* One job is refused as a whole: which of its words is it? */
static int lane_single(struct amdgpu_lane *l, struct sm_access *a,
		       unsigned int nr)
{
	bool refused;
	unsigned int one;
	int err = 0;

	for (; nr && !err; nr--, a++) {
		one = 1;
		if (a->error)
			continue;
		err = lane_job(l, a, &one, true, &refused);
		if (refused)
			err = lane_refuse(l, a, err);
	}
	return err;
}

int amdgpu_lane_access(struct amdgpu_lane *l, struct sm_access *a,
		       unsigned int nr)
{
	bool refused;
	unsigned int some, i;
	int err = 0;

	for (i = 0; i < nr; i++)
		a[i].error = 0;
	for (; nr && !err; nr -= some, a += some) {
		some = nr;
		sm_write(&l->flight, a->va | !!a->write);
		err = lane_job(l, a, &some, false, &refused);
		if (refused)
			err = lane_single(l, a, some);
	}
	if (err != -ETIMEDOUT)
		sm_write(&l->flight, 0);
	return err;
}

#endif /* HAVE_AMDGPU */
