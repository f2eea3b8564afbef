// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparing a mirror whose table cannot be read: by what it lets through.
 *
 * While the storm rests between two ops, the device reads a word of every page
 * and is made to try each write that is forbidden, and some that are not. The
 * model says what must come of it, exactly: no op is at work that could excuse
 * anything. (What is allowed may be refused nevertheless: see denied.c.)
 */
#include <errno.h>
#include <string.h>

#include "actor.h"
#include "denied.h"
#include "judge/oracle.h"
#include "backends/call.h"

#define SWEEP_EVERY_NS	(20 * SM_MSEC)
#define SWEEP_WRITES	8	/* of the writes that are allowed, one in so many */
#define SWEEP_SHARE	8	/* storms last so many times longer than pauses */
#define SWEEP_PART	64	/* accesses after which a run may end */

static const char sweep_who[] = "a sweep";

static uint64_t sweep_first(uint64_t granule)
{
	return granule * SM_GRANULE_PAGES;
}

/*
 * Returns false if there is nothing to judge: none was asked for, the device did not
 * answer, or, while the storm is not @over, the run ends. Some devices take a second
 * for a hundred.
 */
static bool sweep_access(struct sm_host *host, const struct sm_mirror *m,
			 struct sm_access *a, unsigned int nr, bool over)
{
	unsigned int i, part;
	int err = 0;

	for (i = 0; i < nr && !err; i += part) {
		if (!over && sm_end_stopping(host->end))
			return false;
		part = over || nr - i < SWEEP_PART ? nr - i : SWEEP_PART;
		err = sm_call_access(host, m, SM_LANE_SWEEP, a + i, part);
	}
	if (err == -ETIMEDOUT)
		sm_host_hang(host, sweep_who, NULL, SM_LANE_SWEEP);
	return nr && !err;
}

/* Returns how many pages the device could read. */
static uint64_t sweep_read(struct sm_host *host, const struct sm_mirror *m,
			   uint64_t granule, bool over)
{
	struct sm_access a[SM_GRANULE_PAGES];
	uint64_t first = sweep_first(granule);
	uint64_t state, nr = 0;
	unsigned int i;

	memset(a, 0, sizeof(a));
	for (i = 0; i < SM_GRANULE_PAGES; i++)
		a[i].va = host->scene->arena.start +
			  ((first + i) << SM_PAGE_SHIFT) + 8 * SM_WORD_STAMP;
	if (!sweep_access(host, m, a, SM_GRANULE_PAGES, over))
		return 0;
	for (i = 0; i < SM_GRANULE_PAGES; i++) {
		if (a[i].error) {
			sm_denied_ask(host, m, &a[i]);
			continue;
		}
		nr++;
		state = sm_model_state(&host->scene->model, first + i);
		sm_oracle_judge_read(host->docket, m, sweep_who, a[i].va,
				     a[i].value, state, state, 0);
	}
	return nr;
}

/* Where the owner, which rests, has its word. */
static struct sm_access sweep_word(const struct sm_host *host, uint64_t page)
{
	return (struct sm_access){
		.va = host->scene->arena.start + (page << SM_PAGE_SHIFT) +
		      8 * SM_WORD_DIRECT,
		.value = sm_model_mark(SM_MARK_DIRECT, page, 0),
		.write = true,
	};
}

/*
 * Of what may not be written to, nothing should come. What may be is written to by
 * turns; @turn is that of the granule.
 */
static void sweep_write(struct sm_host *host, const struct sm_mirror *m,
			uint64_t granule, uint64_t turn, bool over)
{
	struct sm_access a[SM_GRANULE_PAGES];
	uint64_t page, state, first = sweep_first(granule);
	unsigned int i, nr = 0, forbidden = 0;

	for (page = first; page < first + SM_GRANULE_PAGES; page++) {
		state = sm_model_state(&host->scene->model, page);
		if ((state & SM_TAG_WRITE) && (page + turn) % SWEEP_WRITES)
			continue;
		forbidden += !(state & SM_TAG_WRITE);
		a[nr++] = sweep_word(host, page);
	}
	if (!sweep_access(host, m, a, nr, over))
		return;
	sm_count(&sm_scene_seen(host->scene, m)->perm_pages, forbidden);
	for (i = 0; i < nr; i++) {
		if (a[i].error) {
			sm_denied_ask(host, m, &a[i]);
			continue;
		}
		page = (a[i].va - host->scene->arena.start) >> SM_PAGE_SHIFT;
		state = sm_model_state(&host->scene->model, page);
		sm_oracle_judge_write(host->docket, m, sweep_who, a[i].va,
				      state, state, 0);
	}
}

static void sweep_granule(struct sm_host *host, uint64_t granule, uint64_t turn,
			  bool over)
{
	const struct sm_mirror *m;
	struct sm_mirror_result *seen;

	for (m = host->scene->mirrors;
	     m < host->scene->mirrors + host->scene->nr_mirrors; m++) {
		seen = sm_scene_seen(host->scene, m);
		sm_count(&seen->pages_swept,
			 sweep_read(host, m, granule, over));
		sweep_write(host, m, granule, turn, over);
		sm_add(&seen->windows_accepted, 1);
	}
}

/*
 * A granule at a time, again and again. The storm pauses
 * for that, so it gets several times as long for itself afterwards.
 */
static void sweep_thread(struct sm_host *host, void *state)
{
	uint64_t granules = host->scene->model.pages / SM_GRANULE_PAGES;
	uint64_t g = 0, paused = 0, begun;

	(void)state;
	if (!sm_gate_begun(host->gate))
		return;
	while (!sm_end_stopping(host->end)) {
		sm_end_nap(host->end, SWEEP_EVERY_NS + SWEEP_SHARE * paused);
		begun = sm_util_now();
		if (sm_gate_pause(host->gate)) {
			sweep_granule(host, g % granules, g / granules, false);
			g++;
		} else {
			sm_add(&host->scene->result->mirrors[0].windows_rejected,
			       1);
		}
		sm_gate_resume(host->gate);
		paused = sm_util_now() - begun;
	}
}

/* All of it; nobody changes memory any more. */
static void sweep_at_rest(struct sm_host *host, void *state)
{
	uint64_t g;

	(void)state;
	for (g = 0; g < host->scene->model.pages / SM_GRANULE_PAGES; g++) {
		if (host->end->broken || host->end->stuck)
			break;
		sm_end_beat(host->end);
		sweep_granule(host, g, 0, true);
	}
}

static bool sweep_wanted(const struct sm_host *host)
{
	const struct sm_backend *b = host->scene->spec->backend;

	return !b->apply && !b->snapshot;
}

const struct sm_actor sm_actor_sweeper = {
	.name = "comparer",
	.absent = SM_ABSENT_COMPARE,
	.lane = SM_LANE_SWEEP,
	.user = "who compares",
	.wanted = sweep_wanted,
	.thread = sweep_thread,
	.at_rest = sweep_at_rest,
};
