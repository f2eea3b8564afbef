// SPDX-License-Identifier: GPL-2.0-only
/* Watching a storm: how far it is, and whether all of its threads move. */
#include <stdio.h>

#include "engine.h"
#include "ops.h"
#include "watch.h"

#define PROGRESS_NS	(250 * SM_MSEC)
#define STUCK_NS	(30 * SM_NSEC)

/* sm_watch_accesses() - device accesses so far. */
uint64_t sm_watch_accesses(const struct sm_engine *e)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < e->result->nr_mirrors; i++)
		sum += sm_read(&e->result->mirrors[i].accesses);
	return sum;
}

static uint64_t watch_pages(const struct sm_engine *e)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < e->result->nr_mirrors; i++)
		sum += sm_read(&e->result->mirrors[i].pages_compared);
	return sum;
}

static void watch_progress(struct sm_engine *e, struct sm_watch *w,
			   uint64_t now)
{
	struct sm_progress p = { .seconds = 0 };

	if (!w->progress || now < w->next_progress)
		return;
	w->next_progress = now + PROGRESS_NS;
	if (e->result->t_start_ns)
		p.seconds = (now - e->result->t_start_ns) / (double)SM_NSEC;
	p.ops = sm_engine_ops(e);
	p.pages_compared = watch_pages(e);
	p.accesses = sm_watch_accesses(e);
	p.violations = sm_read(&e->result->violations_total);
	w->progress(&p, w->arg);
}

static void watch_stuck(struct sm_engine *e, const struct sm_storm_thread *t)
{
	unsigned int row = sm_read(&t->busy_row);
	char flight[SM_FLIGHT_TEXT];

	sm_engine_stick(e,
			"thread %u made no progress for %llu s, in %s on [%llx, %llx)%s",
			t->index, (unsigned long long)(STUCK_NS / SM_NSEC),
			row ? sm_ops[row - 1].name : "populate",
			(unsigned long long)sm_read(&t->busy_start),
			(unsigned long long)sm_read(&t->busy_end),
			sm_engine_flight(e, NULL, t->index, flight,
					 sizeof(flight)));
}

static void watch_threads(struct sm_engine *e, struct sm_watch *w,
			  uint64_t now)
{
	unsigned int i;

	for (i = 0; i < e->storm.nr; i++) {
		const struct sm_storm_thread *t = &e->storm.threads[i];
		uint64_t beats = sm_read(&t->beats);

		if (sm_load_acquire(&t->done) || beats != w->beats[i] ||
		    !w->since[i]) {
			w->beats[i] = beats;
			w->since[i] = now;
		} else if (now - w->since[i] > STUCK_NS) {
			watch_stuck(e, t);
			return;
		}
	}
}

/* sm_watch_look() - called by the main thread, every few milliseconds. */
void sm_watch_look(struct sm_engine *e, struct sm_watch *w, uint64_t now)
{
	watch_threads(e, w, now);
	watch_progress(e, w, now);
}
