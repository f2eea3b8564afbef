// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions that come and go, and pages that are asked for ahead, while the storm
 * goes on; and, in between, accesses of every shape to memory of our own.
 */
#ifdef HAVE_IBVERBS

#include <errno.h>
#include <string.h>

#include "advise.h"
#include "base/thread.h"
#include "hold.h"
#include "judge/known.h"
#include "judge/oracle.h"
#include "region.h"
#include "run.h"
#include "shapes.h"
#include "state.h"
#include "worker.h"

#define REAPER_NAP_NS	(2 * SM_MSEC)
#define WORKER_NAP_NS	(10 * SM_MSEC)
#define WORKER_SHAPES	8
#define REAPER_WAIT	12	/* part of sm_await_naps: less than the worker has */
#define PART_TRIES	8

/* Random pages of the arena: first byte, and how many. */
static uint64_t worker_pages(const struct sm_host *host, struct sm_rng *rng,
			     uint64_t *nr)
{
	uint64_t first = sm_rng_below(rng, host->scene->model.pages);

	*nr = 1 + sm_rng_below(rng, SM_GRANULE_PAGES);
	if (*nr > host->scene->model.pages - first)
		*nr = host->scene->model.pages - first;
	return host->scene->arena.start + (first << SM_PAGE_SHIFT);
}

/*
 * Asking for pages ahead may fail: some are not there, or not writable. What
 * matters is that it brings back no page that has gone.
 */
static int worker_prefetch(struct verbs_state *v, struct sm_rng *rng,
			   uint64_t va, uint64_t nr, bool wait)
{
	int err = verbs_advise(&v->dev, v->mr, va, nr << SM_PAGE_SHIFT,
			       sm_rng_one_in(rng, 2), wait);

	if (!err)
		sm_count(wait ? &v->counts.prefetched : &v->counts.queued, nr);
	return err;
}

/* The same, while nobody else uses these pages, as far as they can be had. */
static int worker_prefetch_held(struct verbs_state *v, struct sm_rng *rng,
				uint64_t va, uint64_t nr)
{
	uint64_t i, held = 0;
	int err = 0;

	while (held < nr &&
	       verbs_hold_take(v, va + (held << SM_PAGE_SHIFT), true))
		held++;
	if (held && worker_prefetch(v, rng, va, held, true))
		err = verbs_dev_forget(&v->dev, va, held << SM_PAGE_SHIFT);
	for (i = 0; i < held && !err; i++)
		verbs_hold_give(v, va + (i << SM_PAGE_SHIFT));
	return err;
}

/*
 * With SM_KNOWN_RXE_RACE avoided, nothing changes meanwhile but what the kernel does
 * by itself, so it is waited for: nobody can tell when what was queued has been done.
 */
static int worker_ask_ahead(struct verbs_state *v, struct sm_rng *rng)
{
	uint64_t nr, va = worker_pages(v->host, rng, &nr);
	int err = 0;

	if (!(v->host->scene->spec->avoid & SM_BIT(SM_KNOWN_RXE_RACE))) {
		worker_prefetch(v, rng, va, nr, sm_rng_one_in(rng, 2));
		return 0;
	}
	if (sm_gate_pause(v->host->gate))
		err = worker_prefetch_held(v, rng, va, nr);
	sm_gate_resume(v->host->gate);
	return err;
}

/*
 * The stamps of some pages of a part, through @mr, of those that nobody else uses;
 * @state as it was before. Returns how many, or a negative errno.
 */
static int part_read(struct verbs_state *v, struct ibv_mr *mr, uint64_t start,
		     uint64_t nr, struct verbs_op *op, uint64_t *state)
{
	struct verbs_lane *l = &v->lanes[SM_LANE_BACKEND];
	int i, err, tries, n = 0;
	uint64_t page, va;

	for (tries = 0; tries < PART_TRIES; tries++) {
		va = start + (sm_rng_below(&l->rng, nr) << SM_PAGE_SHIFT);
		if (!verbs_hold_take(v, va, false))
			continue;
		op[n] = (struct verbs_op){
			.kind = VERBS_READ,
			.mr = mr,
			.va = va,
			.buf = l->data + n * SM_PAGE_SIZE,
			.len = 8,
		};
		page = (va - v->host->scene->arena.start) >> SM_PAGE_SHIFT;
		state[n++] = sm_read(&v->host->scene->model.tags[page].committed);
	}
	sm_fence();
	err = verbs_pair_run(&l->pair, op, n);
	for (i = 0; i < n && !err; i++)
		verbs_hold_give(v, op[i].va);
	return err ? err : n;
}

static int part_judge(struct verbs_state *v, struct ibv_mr *mr,
		      uint64_t start, uint64_t nr)
{
	struct verbs_op op[PART_TRIES];
	uint64_t before[PART_TRIES], after[PART_TRIES];
	int i, n = part_read(v, mr, start, nr, op, before);
	uint64_t page;

	sm_fence();
	for (i = 0; i < n; i++) {
		page = (op[i].va - v->host->scene->arena.start) >>
		       SM_PAGE_SHIFT;
		after[i] = sm_read(&v->host->scene->model.tags[page].announced);
		if (!op[i].error)
			sm_oracle_judge_read(v->host->docket,
					     v->host->scene->mirrors, "a part",
					     op[i].va, *(uint64_t *)op[i].buf,
					     before[i], after[i], 0);
	}
	return n < 0 ? n : 0;
}

static int part_gone(struct verbs_state *v, struct ibv_mr *mr, uint64_t start,
		     uint64_t nr)
{
	struct sm_hit h = {
		.oracle = "content",
		.kind = SM_KIND_UNMAPPED,
		.mirror = v->host->scene->mirrors,
	};
	struct verbs_op op[PART_TRIES];
	uint64_t before[PART_TRIES];
	int i, n = part_read(v, mr, start, nr, op, before);

	for (i = 0; i < n; i++) {
		if (op[i].error)
			continue;
		h.va = op[i].va;
		sm_docket_hit(v->host->docket, &h,
			      "a device read %llx through a region that was given back",
			      (unsigned long long)op[i].va);
	}
	return n < 0 ? n : 0;
}

/*
 * A region of its own, which is used, given back, and tried once more. The kernel has a
 * second to find its pages as they are (HMM_RANGE_DEFAULT_TIMEOUT in ib_umem_odp).
 */
static int worker_part(struct verbs_state *v, struct sm_rng *rng)
{
	struct ibv_mr *mr, gone;
	uint64_t start, nr;
	int err;

	start = worker_pages(v->host, rng, &nr);
	mr = verbs_region_register(v, start, nr << SM_PAGE_SHIFT,
				   IBV_ACCESS_ON_DEMAND |
				   IBV_ACCESS_REMOTE_READ);
	if (!mr && errno == EBUSY)
		return 0;
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

	for (i = 0; i < WORKER_SHAPES && !err && !sm_end_stopping(v->host->end);
	     i++)
		err = verbs_shapes_one(s);
	v->counts.shapes = s->done;
	v->counts.denied = s->refused;
	v->counts.bytes = s->bytes;
	if (!err && sm_rng_one_in(&s->rng, 2))
		err = worker_ask_ahead(v, &s->rng);
	if (!err && sm_rng_one_in(&s->rng, 8))
		err = verbs_region_replace(v);
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

void verbs_worker(struct sm_host *host)
{
	struct verbs_state *v = host->state;
	struct sm_patience p = { .naps = sm_await_naps / REAPER_WAIT };
	struct verbs_shapes s;
	pthread_t reaper;
	int err, no_reaper;

	memset(&s, 0, sizeof(s));
	no_reaper = sm_thread_start(&reaper, "reaper", worker_reaper, v);
	err = verbs_shapes_open(v, &s);
	while (!err && !sm_end_stopping(host->end)) {
		err = worker_round(v, &s);
		sm_util_nap(WORKER_NAP_NS);
	}
	if (err == -ETIMEDOUT)
		sm_host_hang(host, "the worker", NULL, SM_LANE_BACKEND);
	else if (err)
		sm_end_break(host->end, "worker: %s",
			     v->dev.why[0] ? v->dev.why : strerror(-err));
	if (err != -ETIMEDOUT)
		verbs_shapes_close(&s);
	sm_write(&v->reaped, true);
	if (!no_reaper && sm_await_thread(reaper, &p))
		sm_host_hang(host, "who destroys queues", NULL,
			     SM_LANE_BACKEND);
}

#endif /* HAVE_IBVERBS */
