// SPDX-License-Identifier: GPL-2.0-only
/* Words of the arena, accessed in every way that the device has. */
#ifdef HAVE_IBVERBS

#include <errno.h>
#include <string.h>

#include "hold.h"
#include "judge/known.h"
#include "lane.h"
#include "run.h"

int verbs_lane_create(struct verbs_state *v, struct verbs_lane *l,
		      uint64_t seed)
{
	l->v = v;
	sm_rng_seed(&l->rng, v->host->scene->spec->seed, SM_STREAM_LANE, seed);
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
	return (l->v->host->scene->spec->avoid & SM_BIT(SM_KNOWN_RXE_COPY)) &&
	       verbs_dev_can(&l->v->dev, VERBS_SWAP);
}

/* @plain: the other end does it, one after the other. */
static enum verbs_kind lane_kind(struct verbs_lane *l, bool write, bool plain)
{
	/* A refusal at this end is more work: see run.c. */
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
	if (verbs_dev_can(&l->v->dev, kind) &&
	    !(plain && verbs_kind_local(kind)))
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

	if (sm_set_empty(&l->v->host->scene->spec->defects))
		return 0;
	for (i = 0; i < nr; i++) {
		va = (a[i].va & ~(SM_PAGE_SIZE - 1)) + 8 * SM_WORD_COOKIE;
		if (a[i].write && !a[i].error)
			op[n++] = lane_op(l, VERBS_READ, i, va);
	}
	err = verbs_pair_run(&l->pair, op, n);
	if (err)
		return err;
	for (i = 0, n = 0; i < nr; i++) {
		va = (a[i].va & ~(SM_PAGE_SIZE - 1)) + 8 * SM_WORD_COOKIE;
		if (!a[i].write || a[i].error)
			continue;
		a[i].error = op[n++].error;
		if (!a[i].error &&
		    *lane_word(l, i, va) != l->v->host->scene->model.cookie)
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
		kinds[i] = lane_kind(l, a[i].write, l->shared[i]);
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
	int err;

	pthread_rwlock_rdlock(&l->v->mr_lock);
	err = lane_guard(l, a, nr);
	if (!err)
		err = lane_first(l, a, kinds, nr);
	if (!err)
		err = lane_swaps(l, a, kinds, nr);
	pthread_rwlock_unlock(&l->v->mr_lock);
	return err;
}

/* ---- who else uses the page ------------------------------------------------ */

/* The first access to the same page. */
static unsigned int lane_first_of(const struct sm_access *a, unsigned int i)
{
	unsigned int k = 0;

	while ((a[k].va ^ a[i].va) >> SM_PAGE_SHIFT)
		k++;
	return k;
}

/*
 * Hold the pages of the first few: returns of how many. Agents leave out those that
 * others use, who may wait for them; others come back to them.
 *
 * A page that is used twice is used by one end alone, which does it in order: the two
 * would be two queue pairs.
 */
static unsigned int lane_take(struct verbs_lane *l, struct sm_access *a,
			      unsigned int nr)
{
	bool agent = l->pair.brief;
	unsigned int i, k;

	for (i = 0; i < nr; i++) {
		l->shared[i] = false;
		a[i].error = 0;
		k = l->v->host->peek.holds ? lane_first_of(a, i) : i;
		if (k < i) {
			l->shared[k] = true;
			l->shared[i] = true;
			a[i].error = a[k].error;
		} else if (!verbs_hold_take(l->v, a[i].va, !agent && !i)) {
			if (i && !agent)
				break;
			a[i].error = agent ? -ECANCELED : -EBUSY;
		}
		l->held[i] = k == i && !a[i].error;
	}
	return i;
}

static void lane_give(struct verbs_lane *l, const struct sm_access *a,
		      unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (l->held[i])
			verbs_hold_give(l->v, a[i].va);
}

/* verbs_lane_access() - see sm_backend.access */
int verbs_lane_access(struct verbs_lane *l, struct sm_access *a,
		      unsigned int nr)
{
	unsigned int some;
	int err = 0;

	for (; nr && !err; a += some, nr -= some) {
		some = lane_take(l, a, nr < VERBS_DEPTH ? nr : VERBS_DEPTH);
		err = lane_some(l, a, some);
		if (!err)
			lane_give(l, a, some);
	}
	return err;
}

#endif /* HAVE_IBVERBS */
