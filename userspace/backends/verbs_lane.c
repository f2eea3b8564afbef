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
#define AGENT_BATCH	VERBS_DEPTH
#define AGENT_TRIES	64

int verbs_lane_create(struct verbs_state *v, struct verbs_lane *l,
		      uint64_t seed)
{
	l->v = v;
	sm_rng_seed(&l->rng, v->e->spec->seed, SM_STREAM_LANE, seed);
	l->data = verbs_dev_alloc(&v->dev, VERBS_DEPTH * SM_PAGE_SIZE);
	l->swapped = verbs_dev_alloc(&v->dev,
				     VERBS_DEPTH * sizeof(*l->swapped));
	if (!l->data || !l->swapped)
		return -ENOMEM;
	return verbs_pair_create(&v->dev, &l->pair);
}

/*
 * With SM_KNOWN_RXE_COPY avoided, no transfer begins inside a page: reads begin
 * at its start and take what lies before the word along; writes are atomics. A
 * device that cannot do those on demand is not rxe.
 */
static bool lane_whole(const struct verbs_lane *l)
{
	return (l->v->e->spec->avoid & SM_BIT(SM_KNOWN_RXE_COPY)) &&
	       verbs_dev_can(&l->v->dev, VERBS_SWAP);
}

static enum verbs_kind lane_kind(struct verbs_lane *l, bool write)
{
	/* A refusal at this end is more work: see verbs_run.c. */
	static const enum verbs_kind reads[] = {
		VERBS_READ, VERBS_READ, VERBS_READ, VERBS_READ, VERBS_READ,
		VERBS_READ, VERBS_GATHER, VERBS_SEND,
	};
	static const enum verbs_kind writes[] = {
		VERBS_SWAP, VERBS_WRITE, VERBS_SCATTER, VERBS_RECV,
	};
	enum verbs_kind kind;

	if (write)
		kind = writes[lane_whole(l) ? 0 :
			      sm_rng_below(&l->rng, SM_ARRAY_SIZE(writes))];
	else
		kind = reads[sm_rng_below(&l->rng, SM_ARRAY_SIZE(reads))];
	if (verbs_dev_can(&l->v->dev, kind))
		return kind;
	return write ? VERBS_WRITE : VERBS_READ;
}

/* Where the word of an operation made by lane_op() is. */
static uint64_t *lane_word(const struct verbs_lane *l, unsigned int i,
			   uint64_t va)
{
	size_t skip = lane_whole(l) ? va & (SM_PAGE_SIZE - 1) : 0;

	return (uint64_t *)(l->data + i * SM_PAGE_SIZE + skip);
}

static struct verbs_op lane_op(struct verbs_lane *l, enum verbs_kind kind,
			       unsigned int i, uint64_t va)
{
	char *data = l->data + i * SM_PAGE_SIZE;
	size_t skip = (char *)lane_word(l, i, va) - data;
	struct verbs_op op = {
		.kind = kind,
		.mr = l->v->mr,
		.va = va - skip,
		.buf = data,
		.len = skip + sizeof(uint64_t),
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
	struct verbs_op op[VERBS_DEPTH];
	unsigned int i, n = 0;
	uint64_t va;
	int err;

	if (!l->v->e->spec->defects)
		return 0;
	for (i = 0; i < nr; i++) {
		va = (a[i].va & ~(SM_PAGE_SIZE - 1)) + 8 * SM_WORD_COOKIE;
		if (a[i].write)
			op[n++] = lane_op(l, VERBS_READ, i, va);
	}
	err = verbs_pair_run(&l->pair, op, n);
	if (err)
		return err;
	for (i = 0, n = 0; i < nr; i++) {
		va = (a[i].va & ~(SM_PAGE_SIZE - 1)) + 8 * SM_WORD_COOKIE;
		if (!a[i].write)
			continue;
		a[i].error = op[n++].error;
		if (!a[i].error &&
		    *lane_word(l, i, va) != l->v->e->model.cookie)
			a[i].error = -EPERM;
	}
	return 0;
}

/* A swap expects what is there, so that is read first. */
static int lane_first(struct verbs_lane *l, struct sm_access *a,
		      enum verbs_kind *kinds, unsigned int nr)
{
	struct verbs_op op[VERBS_DEPTH];
	unsigned int i, n = 0;
	int err;

	for (i = 0; i < nr; i++) {
		if (a[i].error)
			continue;
		kinds[i] = lane_kind(l, a[i].write);
		*lane_word(l, i, a[i].va) = a[i].value;
		op[n++] = lane_op(l, kinds[i] == VERBS_SWAP ? VERBS_READ :
				  kinds[i], i, a[i].va);
	}
	err = verbs_pair_run(&l->pair, op, n);
	if (err)
		return err;
	for (i = 0, n = 0; i < nr; i++) {
		if (a[i].error)
			continue;
		a[i].error = op[n++].error;
		if (!a[i].write)
			a[i].value = *lane_word(l, i, a[i].va);
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
	struct verbs_op op[VERBS_DEPTH];
	unsigned int i, n = 0;
	int err;

	for (i = 0; i < nr; i++) {
		if (a[i].error || kinds[i] != VERBS_SWAP)
			continue;
		op[n++] = (struct verbs_op){
			.kind = VERBS_SWAP,
			.mr = l->v->mr,
			.va = a[i].va,
			.buf = &l->swapped[i],
			.len = sizeof(l->swapped[i]),
			.compare = *lane_word(l, i, a[i].va),
			.value = a[i].value,
		};
	}
	err = verbs_pair_run(&l->pair, op, n);
	if (err)
		return err;
	for (i = 0, n = 0; i < nr; i++) {
		if (a[i].error || kinds[i] != VERBS_SWAP)
			continue;
		a[i].error = op[n++].error;
		if (!a[i].error && l->swapped[i] != a[i].value &&
		    l->swapped[i] != *lane_word(l, i, a[i].va))
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

/*
 * To be refused takes as long as many accesses: where that is likely it is tried
 * only now and then.
 */
static uint64_t agent_pick(struct verbs_agent *g, bool write)
{
	const struct sm_engine *e = g->lane.v->e;
	uint64_t page, want = write ? SM_TAG_WRITE : SM_TAG_READ;

	do {
		page = agent_page(g, &e->arena);
	} while (!(sm_model_state(&e->model, page) & want) &&
		 !sm_rng_one_in(&g->lane.rng, AGENT_TRIES));
	return page;
}

static void agent_aim(struct verbs_agent *g, struct sm_access *a,
		      struct sm_sample *s)
{
	const struct sm_engine *e = g->lane.v->e;
	bool write = sm_rng_one_in(&g->lane.rng, 4);
	uint64_t page = agent_pick(g, write);

	a->write = write;
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

	/* It may be done nevertheless, see verbs_run.c: a write is told of. */
	if (a->error == -ECANCELED && !a->write)
		return;
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
	struct sm_device_agent self = { .id = g - g->lane.v->agents };
	struct sm_agent_ring *r = g->ring;
	int err = 0;

	/* A device does not take the CPU from those who change the memory. */
	setpriority(PRIO_PROCESS, gettid(), AGENT_NICE);
	while (!sm_read(&g->stop) && !err) {
		if (r->head - sm_load_acquire(&r->tail) >
		    r->slots - AGENT_BATCH) {
			r->stalled++;
			sm_util_nap(AGENT_FULL_NS);
			continue;
		}
		err = agent_batch(g);
	}
	if (err == -ETIMEDOUT)
		sm_engine_hang(g->lane.v->e, "an agent", &self, 0);
	if (err)
		sm_write(&r->ended, err);
	return NULL;
}

#endif /* HAVE_IBVERBS */
