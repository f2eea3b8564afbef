// SPDX-License-Identifier: GPL-2.0-only
/* Comparing a mirror whose table cannot be read: by what it lets through. */
#include <errno.h>
#include <string.h>

#include "engine.h"
#include "oracle.h"
#include "sweep.h"

#define SWEEP_EVERY_NS	(20 * SM_MSEC)
#define SWEEP_SHARE	8	/* storms last so many times longer than pauses */

static const char sweep_who[] = "a sweep";

static uint64_t sweep_first(uint64_t granule)
{
	return granule * SM_GRANULE_PAGES;
}

static bool sweep_access(struct sm_engine *e, const struct sm_mirror *m,
			 struct sm_access *a, unsigned int nr)
{
	int err;

	if (!nr)
		return false;
	err = e->spec->backend->access(e, m, SM_LANE_SWEEP, a, nr);
	if (err == -ETIMEDOUT)
		sm_engine_hang(e, sweep_who, NULL, SM_LANE_SWEEP);
	return !err;
}

/* Returns how many pages the device could read. */
static uint64_t sweep_read(struct sm_engine *e, const struct sm_mirror *m,
			   uint64_t granule)
{
	struct sm_access a[SM_GRANULE_PAGES];
	uint64_t first = sweep_first(granule);
	uint64_t state, nr = 0;
	unsigned int i;

	memset(a, 0, sizeof(a));
	for (i = 0; i < SM_GRANULE_PAGES; i++)
		a[i].va = e->arena.start + ((first + i) << SM_PAGE_SHIFT) +
			  8 * SM_WORD_STAMP;
	if (!sweep_access(e, m, a, SM_GRANULE_PAGES))
		return 0;
	for (i = 0; i < SM_GRANULE_PAGES; i++) {
		if (a[i].error)
			continue;
		nr++;
		state = sm_model_state(&e->model, first + i);
		sm_oracle_judge_read(e, m, sweep_who, a[i].va,
				     a[i].value, state, state, 0);
	}
	return nr;
}

/* The owner rests, so its word may be written: nothing should come of it. */
static void sweep_write(struct sm_engine *e, const struct sm_mirror *m,
			uint64_t granule)
{
	struct sm_access a[SM_GRANULE_PAGES];
	uint64_t page, state, first = sweep_first(granule);
	unsigned int i, nr = 0;

	for (page = first; page < first + SM_GRANULE_PAGES; page++) {
		if (sm_model_state(&e->model, page) & SM_TAG_WRITE)
			continue;
		a[nr++] = (struct sm_access){
			.va = e->arena.start + (page << SM_PAGE_SHIFT) +
			      8 * SM_WORD_DIRECT,
			.value = sm_model_mark(SM_MARK_DIRECT, page, 0),
			.write = true,
		};
	}
	if (!sweep_access(e, m, a, nr))
		return;
	sm_count(&sm_engine_seen(e, m)->perm_pages, nr);
	for (i = 0; i < nr; i++) {
		if (a[i].error)
			continue;
		page = (a[i].va - e->arena.start) >> SM_PAGE_SHIFT;
		state = sm_model_state(&e->model, page);
		sm_oracle_judge_write(e, m, sweep_who, a[i].va, state,
				      state, 0);
	}
}

static void sweep_granule(struct sm_engine *e, uint64_t granule)
{
	const struct sm_mirror *m;
	struct sm_mirror_result *seen;

	for (m = e->mirrors; m < e->mirrors + e->nr_mirrors; m++) {
		seen = sm_engine_seen(e, m);
		sm_count(&seen->pages_swept, sweep_read(e, m, granule));
		sweep_write(e, m, granule);
		sm_add(&seen->windows_accepted, 1);
	}
}

/* In short naps, as the engine may stop meanwhile. */
static void sweep_wait(const struct sm_engine *e, uint64_t ns)
{
	uint64_t until = sm_util_now() + ns;

	do {
		sm_util_nap(SWEEP_EVERY_NS);
	} while (!sm_engine_stopping(e) && sm_util_now() < until);
}

/*
 * sm_sweep_thread() - a granule at a time, again and again. The storm pauses
 * for that, so it gets several times as long for itself afterwards.
 */
void *sm_sweep_thread(void *engine)
{
	struct sm_engine *e = engine;
	uint64_t granules = e->model.pages / SM_GRANULE_PAGES;
	uint64_t g = 0, paused = 0, begun;

	if (!sm_engine_begun(e))
		return NULL;
	while (!sm_engine_stopping(e)) {
		sweep_wait(e, SWEEP_SHARE * paused);
		begun = sm_util_now();
		if (sm_storm_pause(e))
			sweep_granule(e, g++ % granules);
		else
			sm_add(&e->result->mirrors[0].windows_rejected, 1);
		sm_storm_resume(e);
		paused = sm_util_now() - begun;
	}
	return NULL;
}

/* sm_sweep_at_rest() - all of it; nobody changes memory any more. */
void sm_sweep_at_rest(struct sm_engine *e)
{
	uint64_t g;

	for (g = 0; g < e->model.pages / SM_GRANULE_PAGES; g++) {
		if (e->broken || e->stuck)
			break;
		sweep_granule(e, g);
	}
}
