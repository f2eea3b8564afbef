// SPDX-License-Identifier: GPL-2.0-only
/* Creating, using and destroying mirrors in mid-storm. */
#include <errno.h>
#include <string.h>

#include "churn.h"
#include "engine.h"
#include "rng.h"

#define CHURN_NAP_NS	(100 * SM_MSEC)
#define CHURN_BATCH	64
#define CHURN_READS	16

/* Page aligned, of any length up to two granules. */
static void churn_pick(struct sm_engine *e, struct sm_rng *rng, uint64_t *start,
		       uint64_t *end)
{
	uint64_t pages = (e->arena.end - e->arena.start) >> SM_PAGE_SHIFT;
	uint64_t first = sm_rng_below(rng, pages);
	uint64_t nr = 1 + sm_rng_below(rng, 2 * SM_GRANULE_PAGES);

	if (nr > pages - first)
		nr = pages - first;
	*start = e->arena.start + (first << SM_PAGE_SHIFT);
	*end = *start + (nr << SM_PAGE_SHIFT);
}

/* What it reads may change at any time: the module's oracles judge. */
static void churn_use(struct sm_engine *e, struct sm_rng *rng, uint32_t id,
		      uint64_t start, uint64_t end)
{
	uint64_t word, pages = (end - start) >> SM_PAGE_SHIFT;
	unsigned int i;

	sm_device_fault(&e->dev, id, 0, CHURN_BATCH, start, end, NULL);
	for (i = 0; i < CHURN_READS; i++)
		sm_device_access(&e->dev, id, false,
				 start + (sm_rng_below(rng, pages)
					  << SM_PAGE_SHIFT),
				 &word, sizeof(word), NULL);
}

static void churn_once(struct sm_engine *e, struct sm_rng *rng)
{
	const struct sm_run_spec *spec = e->spec;
	enum sm_profile p = spec->profiles[sm_rng_below(rng, spec->nr_profiles)];
	struct sm_ioc_check c;
	uint64_t start, end;
	uint32_t id;
	int err;

	churn_pick(e, rng, &start, &end);
	err = sm_device_mirror(&e->dev, p, 0, start, end, spec->amplify_ns,
			       &id);
	if (err == -EINTR || err == -ENOMEM)
		return;
	if (err) {
		sm_engine_break(e, "cannot create a mirror in mid-storm: %s",
				strerror(-err));
		return;
	}
	churn_use(e, rng, id, start, end);
	if (!sm_profiles[p].pinned && !sm_profiles[p].flushed)
		sm_device_check(&e->dev, id, start, end, &c);
	sm_device_mirror_destroy(&e->dev, id);
}

/* sm_churn_thread() - mirrors come and go until the engine stops. */
void *sm_churn_thread(void *engine)
{
	struct sm_engine *e = engine;
	struct sm_rng rng;

	sm_rng_seed(&rng, e->spec->seed, SM_STREAM_CHURN, 0);
	if (!sm_engine_begun(e))
		return NULL;
	while (!sm_engine_stopping(e)) {
		churn_once(e, &rng);
		sm_util_nap(CHURN_NAP_NS);
	}
	return NULL;
}
