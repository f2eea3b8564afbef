// SPDX-License-Identifier: GPL-2.0-only
/* Agents that leave samples in a ring: see agent_feed.h. */
#include <errno.h>
#include <stdlib.h>

#include "agent_feed.h"

#define FEED_TRIES	64	/* pages that are passed by, about, if wary */

/* Blocks of 2^4 pages to a granule: drivers' windows, objects and slots are such. */
#define FEED_BLOCK	4
#define FEED_BLOCKS	6

/* The first or last page of the aligned block around a page. */
static uint64_t feed_edge(struct sm_rng *rng, uint64_t va)
{
	uint64_t size = SM_PAGE_SIZE
			<< (FEED_BLOCK + sm_rng_below(rng, FEED_BLOCKS));

	va &= ~(size - 1);
	return sm_rng_one_in(rng, 2) ? va : va + size - SM_PAGE_SIZE;
}

uint64_t sm_agent_feed_page(const struct sm_agent_ring *ring,
			    struct sm_rng *rng, uint64_t start, uint64_t end)
{
	uint64_t from = sm_read(&ring->aim_start);
	uint64_t to = sm_read(&ring->aim_end);
	bool edge = sm_rng_one_in(rng, 2), aimed = true;
	uint64_t va, end_va;

	if (sm_rng_one_in(rng, 4) || from >= to || from < start || to > end) {
		from = start;
		to = end;
		aimed = false;
	}
	va = from + sm_rng_below(rng, (to - from) >> SM_PAGE_SHIFT) *
		    SM_PAGE_SIZE;
	if (!edge)
		return va;
	if (aimed)
		return sm_rng_one_in(rng, 2) ? from : to - SM_PAGE_SIZE;
	end_va = feed_edge(rng, va);
	return end_va >= start && end_va < end ? end_va : va;
}

static uint64_t feed_index(const struct sm_agent_feed *f, uint64_t va)
{
	return (va - f->how.start) >> SM_PAGE_SHIFT;
}

static uint64_t feed_pick(struct sm_agent_feed *f, bool write)
{
	uint64_t va, want = write ? SM_TAG_WRITE : SM_TAG_READ;

	do {
		va = sm_agent_feed_page(f->ring, &f->rng, f->how.start,
					f->how.end);
	} while (f->wary &&
		 !(sm_model_state(f->model, feed_index(f, va)) & want) &&
		 !sm_rng_one_in(&f->rng, FEED_TRIES));
	return va;
}

/* What a read does not bring shows: a mark is no stamp. */
static void feed_aim(struct sm_agent_feed *f, struct sm_access *a,
		     struct sm_sample *s)
{
	bool write = sm_rng_one_in(&f->rng, 4);
	uint64_t va = feed_pick(f, write), page = feed_index(f, va);

	f->writes += write;
	a->va = va + 8 * (write ? f->how.write_word : f->how.read_word);
	a->value = sm_model_mark(f->how.stamp, page, f->writes);
	a->error = 0;
	a->write = write;
	s->before = sm_read(&f->model->tags[page].committed);
}

static void feed_tell(struct sm_agent_feed *f, const struct sm_access *a,
		      struct sm_sample *s)
{
	struct sm_agent_ring *r = f->ring;
	uint64_t head = r->head;

	if (a->error == -ECANCELED && !a->write)
		return;
	s->after = sm_read(&f->model->tags[feed_index(f, a->va)].announced);
	s->va = a->va;
	s->value = a->value;
	s->t_ns = sm_util_now();
	s->error = a->error;
	s->flags = a->write ? SM_SAMPLE_WRITE : 0;
	r->samples[head & (r->slots - 1)] = *s;
	if (a->error)
		sm_count((uint64_t *)&r->refused, 1);
	sm_store_release(&r->head, head + 1);
	sm_write(&r->accesses, head + 1);
}

static int feed_step(struct sm_agent_thread *t)
{
	struct sm_agent_feed *f = (struct sm_agent_feed *)t;
	struct sm_access a[SM_AGENT_BATCH];
	struct sm_sample s[SM_AGENT_BATCH];
	struct sm_agent_ring *r = f->ring;
	unsigned int i;
	int err;

	/* Acquire: the reader is done with the slots before its tail. */
	if (r->head - sm_load_acquire(&r->tail) > r->slots - f->batch) {
		sm_count((uint64_t *)&r->stalled, 1);
		return SM_AGENT_NAP;
	}
	for (i = 0; i < f->batch; i++)
		feed_aim(f, &a[i], &s[i]);
	sm_fence();	/* see struct sm_tag */
	err = f->access(f, a, f->batch);
	sm_fence();
	if (err) {
		sm_write(&r->ended, err);
		return err;
	}
	for (i = 0; i < f->batch; i++)
		feed_tell(f, &a[i], &s[i]);
	return 0;
}

int sm_agent_feed_start(struct sm_agent_feed *f, unsigned int id)
{
	f->ring->slots = 1ULL << f->how.ring_order;
	f->thread.step = feed_step;
	f->thread.nap_ns = SM_AGENT_FULL_NS;
	sm_rng_seed(&f->rng, f->how.seed, SM_STREAM_AGENT, id);
	return sm_agent_thread_start(&f->thread);
}

int sm_agent_feed_begin(struct sm_agent_feed *f,
			const struct sm_ioc_agent_start *how,
			const struct sm_model *model, unsigned int id)
{
	int err;

	f->how = *how;
	f->model = model;
	f->ring = calloc(1, sm_agent_feed_bytes(how->ring_order));
	if (!f->ring)
		return -ENOMEM;
	err = sm_agent_feed_start(f, id);
	if (err)
		free(f->ring);
	return err;
}
