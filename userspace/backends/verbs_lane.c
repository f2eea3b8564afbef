// SPDX-License-Identifier: GPL-2.0-only
/* Words of the arena, accessed in every way that the device has. */
#ifdef HAVE_IBVERBS

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "verbs.h"

#define AGENT_NICE	5
#define AGENT_FULL_NS	(200 * SM_USEC)
#define AGENT_BATCH	16U

/* A lane's words: data, what a swap expects, and cookies. */
#define LANE_WORDS	(3 * VERBS_DEPTH)

int verbs_lane_create(struct verbs_state *v, struct verbs_lane *l,
		      uint64_t seed)
{
	l->v = v;
	sm_rng_seed(&l->rng, v->e->spec->seed, 1003, seed);
	l->words = verbs_dev_alloc(&v->dev, LANE_WORDS * sizeof(*l->words));
	if (!l->words)
		return -ENOMEM;
	return verbs_pair_create(&v->dev, &l->pair);
}

static enum verbs_kind lane_kind(struct verbs_lane *l, bool write)
{
	static const enum verbs_kind reads[] = {
		VERBS_READ, VERBS_GATHER, VERBS_SEND,
	};
	static const enum verbs_kind writes[] = {
		VERBS_WRITE, VERBS_SCATTER, VERBS_RECV, VERBS_SWAP,
	};
	enum verbs_kind kind;

	kind = write ? writes[sm_rng_below(&l->rng, SM_ARRAY_SIZE(writes))] :
		       reads[sm_rng_below(&l->rng, SM_ARRAY_SIZE(reads))];
	if (verbs_dev_can(&l->v->dev, kind))
		return kind;
	return write ? VERBS_WRITE : VERBS_READ;
}

static struct verbs_op lane_op(struct verbs_lane *l, enum verbs_kind kind,
			       uint64_t va, uint64_t *word)
{
	struct verbs_op op = {
		.kind = kind,
		.mr = l->v->mr,
		.va = va,
		.buf = word,
		.len = sizeof(*word),
	};

	return op;
}

/*
 * Before a driver that is broken on purpose writes: is it still a page of ours
 * that it would write to?
 */
static int lane_guard(struct verbs_lane *l, struct sm_access *a,
		      unsigned int nr)
{
	uint64_t *cookies = l->words + 2 * VERBS_DEPTH;
	struct verbs_op op[VERBS_DEPTH];
	unsigned int i, n = 0;
	int err;

	if (!l->v->e->spec->defects)
		return 0;
	for (i = 0; i < nr; i++)
		if (a[i].write)
			op[n++] = lane_op(l, VERBS_READ, a[i].va |
					  8 * SM_WORD_COOKIE, &cookies[i]);
	err = verbs_pair_run(&l->pair, op, n);
	if (err)
		return err;
	for (i = 0, n = 0; i < nr; i++) {
		if (!a[i].write)
			continue;
		a[i].error = op[n++].error;
		if (!a[i].error && cookies[i] != l->v->e->model.cookie)
			a[i].error = -EPERM;
	}
	return 0;
}

/* A swap expects what is there, so that is read first. */
static int lane_first(struct verbs_lane *l, struct sm_access *a,
		      enum verbs_kind *kinds, unsigned int nr)
{
	uint64_t *old = l->words + VERBS_DEPTH;
	struct verbs_op op[VERBS_DEPTH];
	unsigned int i, n = 0;
	int err;

	for (i = 0; i < nr; i++) {
		if (a[i].error)
			continue;
		kinds[i] = lane_kind(l, a[i].write);
		l->words[i] = a[i].value;
		op[n++] = kinds[i] == VERBS_SWAP ?
			lane_op(l, VERBS_READ, a[i].va, &old[i]) :
			lane_op(l, kinds[i], a[i].va, &l->words[i]);
	}
	err = verbs_pair_run(&l->pair, op, n);
	if (err)
		return err;
	for (i = 0, n = 0; i < nr; i++) {
		if (a[i].error)
			continue;
		a[i].error = op[n++].error;
		if (!a[i].write)
			a[i].value = l->words[i];
	}
	return 0;
}

/*
 * Each word has one writer, so another value than that one's old or new one (an
 * operation may be done twice) means that the page changed.
 */
static int lane_swaps(struct verbs_lane *l, struct sm_access *a,
		      const enum verbs_kind *kinds, unsigned int nr)
{
	const uint64_t *old = l->words + VERBS_DEPTH;
	struct verbs_op op[VERBS_DEPTH];
	unsigned int i, n = 0;
	int err;

	for (i = 0; i < nr; i++) {
		if (a[i].error || kinds[i] != VERBS_SWAP)
			continue;
		op[n] = lane_op(l, VERBS_SWAP, a[i].va, &l->words[i]);
		op[n].compare = old[i];
		op[n++].value = a[i].value;
	}
	err = verbs_pair_run(&l->pair, op, n);
	if (err)
		return err;
	for (i = 0, n = 0; i < nr; i++) {
		if (a[i].error || kinds[i] != VERBS_SWAP)
			continue;
		a[i].error = op[n++].error;
		if (!a[i].error && l->words[i] != old[i] &&
		    l->words[i] != a[i].value)
			a[i].error = -EBUSY;
	}
	return 0;
}

static int lane_some(struct verbs_lane *l, struct sm_access *a,
		     unsigned int nr)
{
	enum verbs_kind kinds[VERBS_DEPTH];
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++)
		a[i].error = 0;
	pthread_rwlock_rdlock(&l->v->mr_lock);
	err = lane_guard(l, a, nr);
	if (!err)
		err = lane_first(l, a, kinds, nr);
	if (!err)
		err = lane_swaps(l, a, kinds, nr);
	pthread_rwlock_unlock(&l->v->mr_lock);
	return err;
}

/* verbs_lane_access() - see sm_backend.access */
int verbs_lane_access(struct verbs_lane *l, struct sm_access *a,
		      unsigned int nr)
{
	unsigned int some;
	int err = 0;

	for (; nr && !err; a += some, nr -= some) {
		some = nr < VERBS_DEPTH ? nr : VERBS_DEPTH;
		err = lane_some(l, a, some);
	}
	return err;
}

/* ---- agents -------------------------------------------------------------- */

/* Three in four go where something is at work, if that is valid. */
static uint64_t agent_page(struct verbs_agent *g, const struct sm_arena *arena)
{
	uint64_t start = sm_read(&g->ring->aim_start);
	uint64_t end = sm_read(&g->ring->aim_end);

	if (sm_rng_one_in(&g->lane.rng, 4) || start >= end ||
	    start < arena->start || end > arena->end) {
		start = arena->start;
		end = arena->end;
	}
	start += (uint64_t)sm_rng_below(&g->lane.rng,
					(end - start) >> SM_PAGE_SHIFT) <<
		 SM_PAGE_SHIFT;
	return (start - arena->start) >> SM_PAGE_SHIFT;
}

static void agent_aim(struct verbs_agent *g, struct sm_access *a,
		      struct sm_sample *s)
{
	const struct sm_engine *e = g->lane.v->e;
	uint64_t page = agent_page(g, &e->arena);

	a->write = sm_rng_one_in(&g->lane.rng, 4);
	a->va = e->arena.start + (page << SM_PAGE_SHIFT) +
		8 * (a->write ? g->how.write_word : g->how.read_word);
	a->value = sm_model_mark(g->how.stamp, page, ++g->count);
	s->before = sm_load_acquire(&e->model.tags[page].committed);
}

static void agent_tell(struct verbs_agent *g, const struct sm_access *a,
		       struct sm_sample *s)
{
	const struct sm_engine *e = g->lane.v->e;
	uint64_t page = (a->va - e->arena.start) >> SM_PAGE_SHIFT;
	struct sm_agent_ring *r = g->ring;

	s->after = sm_read(&e->model.tags[page].announced);
	s->va = a->va;
	s->value = a->value;
	s->t_ns = sm_util_now();
	s->error = a->error;
	s->flags = a->write ? SM_SAMPLE_WRITE : 0;
	r->samples[r->head & (r->slots - 1)] = *s;
	r->accesses++;
	r->refused += !!a->error;
	sm_store_release(&r->head, r->head + 1);
}

static int agent_batch(struct verbs_agent *g)
{
	struct sm_sample s[AGENT_BATCH];
	struct sm_access a[AGENT_BATCH];
	unsigned int i;
	int err;

	memset(s, 0, sizeof(s));
	for (i = 0; i < AGENT_BATCH; i++)
		agent_aim(g, &a[i], &s[i]);
	sm_fence();
	err = verbs_lane_access(&g->lane, a, AGENT_BATCH);
	if (err)
		return err;
	sm_fence();
	for (i = 0; i < AGENT_BATCH; i++)
		agent_tell(g, &a[i], &s[i]);
	return 0;
}

void *verbs_agent_thread(void *agent)
{
	struct verbs_agent *g = agent;
	struct sm_agent_ring *r = g->ring;
	int err = 0;

	/* A device does not take the CPU from those who change the memory. */
	setpriority(PRIO_PROCESS, gettid(), AGENT_NICE);
	while (!sm_read(&g->stop) && !err) {
		if (r->slots - (r->head - sm_load_acquire(&r->tail)) <
		    AGENT_BATCH) {
			r->stalled++;
			sm_util_nap(AGENT_FULL_NS);
			continue;
		}
		err = agent_batch(g);
	}
	if (err)
		sm_write(&r->ended, err);
	return NULL;
}

#endif /* HAVE_IBVERBS */
