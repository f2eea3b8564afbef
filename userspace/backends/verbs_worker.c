// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions that come and go, and pages that are asked for ahead, while the storm
 * goes on; and, in between, accesses of every shape to memory of our own.
 */
#ifdef HAVE_IBVERBS

#include <errno.h>
#include <string.h>

#include "oracle.h"
#include "verbs.h"
#include "verbs_shapes.h"

#define REAPER_NAP_NS	(2 * SM_MSEC)
#define WORKER_NAP_NS	(10 * SM_MSEC)
#define WORKER_SETTLE	(20 * SM_MSEC)
#define WORKER_SHAPES	8
#define PART_TRIES	8U

/* Random pages of the arena: first byte, and how many. */
static uint64_t worker_pages(const struct sm_engine *e, struct sm_rng *rng,
			     uint64_t *nr)
{
	uint64_t first = sm_rng_below(rng, e->model.pages);

	*nr = 1 + sm_rng_below(rng, SM_GRANULE_PAGES);
	if (*nr > e->model.pages - first)
		*nr = e->model.pages - first;
	return e->arena.start + (first << SM_PAGE_SHIFT);
}

/*
 * Asking for pages ahead may fail: some are not there, or not writable. What
 * matters is that it brings back no page that has gone.
 */
static void worker_prefetch(struct verbs_state *v, struct sm_rng *rng)
{
	bool wait = sm_rng_one_in(rng, 2);
	uint64_t nr, va = worker_pages(v->e, rng, &nr);

	if (verbs_dev_advise(&v->dev, v->mr, va, nr << SM_PAGE_SHIFT,
			     sm_rng_one_in(rng, 2), wait))
		return;
	sm_count(wait ? &v->counts.prefetched : &v->counts.queued, nr);
}

/* With SM_KNOWN_RXE_RACE avoided, nothing changes meanwhile. */
static void worker_ask_ahead(struct verbs_state *v, struct sm_rng *rng)
{
	if (!(v->e->spec->avoid & SM_BIT(SM_KNOWN_RXE_RACE))) {
		worker_prefetch(v, rng);
		return;
	}
	if (sm_storm_pause(v->e)) {
		worker_prefetch(v, rng);
		sm_util_nap(WORKER_SETTLE);
	}
	sm_storm_resume(v->e);
}

/* Nobody who uses a region holds one that is gone. */
static int worker_replace(struct verbs_state *v)
{
	struct ibv_mr *old, *mr;
	int err = verbs_arena(v, &mr);

	if (err)
		return err;
	pthread_rwlock_wrlock(&v->mr_lock);
	old = v->mr;
	v->mr = mr;
	pthread_rwlock_unlock(&v->mr_lock);
	errno = ibv_dereg_mr(old);
	if (errno)
		return verbs_dev_fail(&v->dev, "giving a region back");
	v->counts.replaced++;
	return 0;
}

/* The stamps of some pages of a part, through @mr; @state as it was before. */
static int part_read(struct verbs_state *v, struct ibv_mr *mr, uint64_t start,
		     uint64_t nr, struct verbs_op *op, uint64_t *state)
{
	struct verbs_lane *l = &v->lanes[SM_LANE_BACKEND];
	unsigned int i;
	uint64_t page;

	for (i = 0; i < PART_TRIES; i++) {
		page = sm_rng_below(&l->rng, nr);
		op[i] = (struct verbs_op){
			.kind = VERBS_READ,
			.mr = mr,
			.va = start + (page << SM_PAGE_SHIFT),
			.buf = l->data + i * SM_PAGE_SIZE,
			.len = 8,
		};
		page = (op[i].va - v->e->arena.start) >> SM_PAGE_SHIFT;
		state[i] = sm_read(&v->e->model.tags[page].committed);
	}
	sm_fence();
	return verbs_pair_run(&l->pair, op, PART_TRIES);
}

static int part_judge(struct verbs_state *v, struct ibv_mr *mr,
		      uint64_t start, uint64_t nr)
{
	struct verbs_op op[PART_TRIES];
	uint64_t before[PART_TRIES], after[PART_TRIES];
	int err = part_read(v, mr, start, nr, op, before);
	unsigned int i;
	uint64_t page;

	sm_fence();
	for (i = 0; i < PART_TRIES && !err; i++) {
		page = (op[i].va - v->e->arena.start) >> SM_PAGE_SHIFT;
		after[i] = sm_read(&v->e->model.tags[page].announced);
		if (!op[i].error)
			sm_oracle_judge_read(v->e, v->e->mirrors, "a part",
					     op[i].va, *(uint64_t *)op[i].buf,
					     before[i], after[i], 0);
	}
	return err;
}

static int part_gone(struct verbs_state *v, struct ibv_mr *mr, uint64_t start,
		     uint64_t nr)
{
	struct sm_hit h = { .oracle = "content", .mirror = v->e->mirrors };
	struct verbs_op op[PART_TRIES];
	uint64_t before[PART_TRIES];
	int err = part_read(v, mr, start, nr, op, before);
	unsigned int i;

	for (i = 0; i < PART_TRIES && !err; i++) {
		if (op[i].error)
			continue;
		h.va = op[i].va;
		sm_oracle_hit(v->e, &h,
			      "a device read %llx through a region that was given back",
			      (unsigned long long)op[i].va);
	}
	return err;
}

/* A region of its own, which is used, given back, and tried once more. */
static int worker_part(struct verbs_state *v, struct sm_rng *rng)
{
	struct ibv_mr *mr, gone;
	uint64_t start, nr;
	int err;

	start = worker_pages(v->e, rng, &nr);
	errno = 0;
	mr = ibv_reg_mr(v->dev.pd, (void *)start, nr << SM_PAGE_SHIFT,
			IBV_ACCESS_ON_DEMAND | IBV_ACCESS_REMOTE_READ);
	if (!mr)
		return verbs_dev_fail(&v->dev, "registering a part");
	err = part_judge(v, mr, start, nr);
	if (err == -ETIMEDOUT)
		return err;	/* the device may still use it */
	gone = *mr;
	errno = ibv_dereg_mr(mr);
	if (errno)
		return verbs_dev_fail(&v->dev, "giving a region back");
	v->counts.parts++;
	return err ? err : part_gone(v, &gone, start, nr);
}

static int worker_round(struct verbs_state *v, struct verbs_shapes *s)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < WORKER_SHAPES && !err && !sm_engine_stopping(v->e); i++)
		err = verbs_shapes_one(s);
	v->counts.shapes = s->done;
	v->counts.denied = s->refused;
	v->counts.bytes = s->bytes;
	if (!err && sm_rng_one_in(&s->rng, 2))
		worker_ask_ahead(v, &s->rng);
	if (!err && sm_rng_one_in(&s->rng, 8))
		err = worker_replace(v);
	if (!err && sm_rng_one_in(&s->rng, 4))
		err = worker_part(v, &s->rng);
	return err;
}

static void *worker_reaper(void *state)
{
	struct verbs_state *v = state;

	while (!sm_read(&v->reaped)) {
		verbs_dev_reap(&v->dev);
		sm_util_nap(REAPER_NAP_NS);
	}
	return NULL;
}

void *verbs_worker(void *engine)
{
	struct sm_engine *e = engine;
	struct verbs_state *v = e->state;
	struct verbs_shapes s;
	pthread_t reaper;
	int err, no_reaper;

	memset(&s, 0, sizeof(s));
	no_reaper = sm_engine_thread(&reaper, "reaper", worker_reaper, v);
	err = verbs_shapes_open(v, &s);
	while (!err && !sm_engine_stopping(e)) {
		err = worker_round(v, &s);
		sm_util_nap(WORKER_NAP_NS);
	}
	if (err == -ETIMEDOUT)
		sm_engine_hang(e, "the worker", NULL, SM_LANE_BACKEND);
	else if (err)
		sm_engine_break(e, "worker: %s",
				v->dev.why[0] ? v->dev.why : strerror(-err));
	if (err != -ETIMEDOUT)
		verbs_shapes_close(&s);
	sm_write(&v->reaped, true);
	if (!no_reaper)
		pthread_join(reaper, NULL);
	return NULL;
}

#endif /* HAVE_IBVERBS */
