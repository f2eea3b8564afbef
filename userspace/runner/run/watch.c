// SPDX-License-Identifier: GPL-2.0-only
/* Watching a storm: how far it is, and whether all of its threads move. */
#include <stdio.h>

#include "base/ops.h"
#include "engine.h"
#include "watch.h"

#define STUCK_SHARE	2	/* of sm_await_naps; a look comes after a nap */

/* sm_watch_accesses() - device accesses so far. */
uint64_t sm_watch_accesses(const struct sm_engine *e)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < e->scene.result->nr_mirrors; i++)
		sum += sm_read(&e->scene.result->mirrors[i].accesses);
	return sum;
}

static uint64_t watch_pages(const struct sm_engine *e)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < e->scene.result->nr_mirrors; i++)
		sum += sm_read(&e->scene.result->mirrors[i].pages_compared);
	return sum;
}

/* What the session shows to the user. */
static void watch_progress(struct sm_engine *e, uint64_t now)
{
	struct sm_progress *p = &e->scene.wire->progress;

	if (e->scene.result->t_start_ns)
		p->seconds =
			(now - e->scene.result->t_start_ns) / (double)SM_NSEC;
	sm_write(&p->ops, sm_scene_ops(&e->scene));
	sm_write(&p->pages_compared, watch_pages(e));
	sm_write(&p->accesses, sm_watch_accesses(e));
}

static void watch_stuck(struct sm_engine *e, unsigned int thread)
{
	const struct sm_flight *f = &e->scene.wire->flight[thread];
	unsigned int row = sm_read(&f->row);
	char flight[SM_FLIGHT_TEXT];

	sm_end_stick(&e->end,
		     "thread %u made no progress in %u looks, in %s on [%llx, %llx)%s",
		     thread, sm_await_naps / STUCK_SHARE,
		     row ? sm_ops[row - 1].name : "populate",
		     (unsigned long long)sm_read(&f->start),
		     (unsigned long long)sm_read(&f->end),
		     sm_host_flight(&e->host, NULL, thread, flight,
				    sizeof(flight)));
}

static void watch_threads(struct sm_engine *e, struct sm_watch *w)
{
	unsigned int i;

	for (i = 0; i < e->storm.nr; i++) {
		uint64_t beats = sm_read(&e->scene.wire->flight[i].beats);

		if (sm_storm_left(&e->storm, i) || beats != w->beats[i]) {
			w->beats[i] = beats;
			w->same[i] = 0;
		} else if (++w->same[i] > sm_await_naps / STUCK_SHARE) {
			watch_stuck(e, i);
			return;
		}
		if (w->same[i] % SM_STORM_NUDGE == SM_STORM_NUDGE - 1)
			sm_storm_nudge(&e->storm, i);
	}
}

/* sm_watch_look() - called by the main thread, every few milliseconds. */
void sm_watch_look(struct sm_engine *e, struct sm_watch *w, uint64_t now)
{
	watch_threads(e, w);
	watch_progress(e, now);
}
