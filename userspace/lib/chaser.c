// SPDX-License-Identifier: GPL-2.0-only
/* The chaser makes devices fault exactly where an op is at work. */
#include "chaser.h"
#include "engine.h"
#include "rng.h"

#define CHASE_PAGES	16
#define CHASE_NAP_NS	(20 * SM_USEC)

/*
 * The two bounds are read without a lock: a mixture of two spans is as good as
 * either, as long as it lies inside the arena.
 */
static void chaser_strike(struct sm_engine *e, struct sm_rng *rng,
			  const struct sm_storm_thread *t)
{
	const struct sm_mirror *m;
	uint64_t start = sm_read(&t->busy_start);
	uint64_t end = sm_read(&t->busy_end);
	uint64_t nr;

	if (start < e->arena.start || end > e->arena.end || start >= end)
		return;
	nr = (end - start) >> SM_PAGE_SHIFT;
	if (nr > CHASE_PAGES) {
		/* Either end, where ranges are cut short, or anywhere. */
		if (sm_rng_one_in(rng, 2))
			start = end - CHASE_PAGES * SM_PAGE_SIZE;
		else
			start += (uint64_t)sm_rng_below(rng, nr - CHASE_PAGES)
				 << SM_PAGE_SHIFT;
		nr = CHASE_PAGES;
	}
	m = &e->mirrors[sm_rng_below(rng, e->nr_mirrors)];
	e->spec->backend->fault(e, m, sm_rng_one_in(rng, 2) ? SM_FAULT_WRITE : 0,
				1 + sm_rng_below(rng, CHASE_PAGES), start,
				start + (nr << SM_PAGE_SHIFT), NULL);
}

/* sm_chaser_thread() - strike where each storm thread is, in turn. */
void *sm_chaser_thread(void *engine)
{
	struct sm_engine *e = engine;
	struct sm_rng rng;
	unsigned int i;

	sm_rng_seed(&rng, e->spec->seed, SM_STREAM_CHASER, 0);
	if (!sm_engine_begun(e))
		return NULL;
	while (!sm_engine_stopping(e)) {
		for (i = 0; i < e->storm.nr; i++)
			chaser_strike(e, &rng, &e->storm.threads[i]);
		sm_util_nap(CHASE_NAP_NS);
	}
	return NULL;
}
