// SPDX-License-Identifier: GPL-2.0-only
/* Storm threads: applying ops. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backends/call.h"
#include "base/await.h"
#include "base/ops.h"
#include "base/thread.h"
#include "hand.h"
#include "judge/known.h"
#include "meet.h"
#include "pick.h"
#include "seam.h"
#include "span.h"
#include "storm.h"
#include "touch.h"

#define MAX_RECOVERIES	16
#define MAX_MAP_COUNT	"/proc/sys/vm/max_map_count"

static bool storm_class(unsigned int row, const char *class)
{
	return !strcmp(sm_ops[row].class, class);
}

/* Ops that bear any protection and content, as long as there is a mapping. */
static bool storm_is_robust(unsigned int row)
{
	return storm_class(row, "map") || storm_class(row, "unmap") ||
	       storm_class(row, "protect");
}

static void storm_show(struct sm_storm_thread *t, const struct sm_span *s,
		       unsigned int row)
{
	uint8_t *last = t->scene->model.last_op + s->first;
	uint64_t i;

	sm_storm_beat(t);
	sm_write(&t->flight->row, row + 1);
	sm_write(&t->flight->start, s->start);
	sm_write(&t->flight->end, s->end);
	sm_touch_aim(t, s->start, s->end);
	for (i = 0; i < s->nr; i++)
		sm_write(&last[i], row + 1);
}

static void storm_count(struct sm_storm_thread *t, unsigned int row)
{
	sm_count(&t->ops[row], 1);
	sm_count(&t->flight->ops, 1);
}

/* What the op freed is taken, from where it went to. */
static void storm_bury(struct sm_storm_thread *t, const struct sm_span *s)
{
	sm_sink_take(&t->sink);
	if (sm_arena_is(s->region->kind, SM_MEM_HUGETLB_2M))
		sm_sink_take_huge(&t->sink);
	if (s->region->kind == SM_MEM_DAX)
		sm_sink_take(&t->blocks);
}

/* One op, from bringing the span into shape to looking at what it left. */
static int storm_apply(struct sm_storm_thread *t, const struct sm_span *s,
		       unsigned int row)
{
	bool loose = storm_is_robust(row) && sm_rng_one_in(&t->rng, 4);
	int err;

	storm_show(t, s, row);
	sm_clock_turn(&t->clock, SM_SPENT_FILL);
	err = loose ? sm_span_fill(t, s) : sm_span_ready(t, s);
	if (err)
		return err;
	sm_clock_turn(&t->clock, SM_SPENT_CHOOSE);
	if (sm_rng_one_in(&t->rng, 2))
		sm_span_verify(t, s);
	sm_touch_pick(t, s);
	if (sm_rng_one_in(&t->rng, 2))
		sm_touch_before(t);
	t->counted = true;
	sm_store_release(&t->flight->calling, true);
	sm_clock_turn(&t->clock, SM_SPENT_CALL);
	err = sm_ops[row].apply(t, s);
	sm_clock_turn(&t->clock, SM_SPENT_VICTIM);
	sm_write(&t->flight->calling, false);
	if (err)
		return err;
	if (t->counted)
		storm_count(t, row);
	storm_bury(t, s);
	sm_clock_turn(&t->clock, SM_SPENT_FILL);
	sm_touch_after(t);
	/* A page that was moved here from elsewhere never merges again. */
	if (storm_class(row, "move"))
		t->vmas += 2;
	if (!sm_rng_one_in(&t->rng, 4))
		return sm_span_ready(t, s);
	t->vmas += 2;
	return 0;
}

/* By granule, so that a stop or the watchdog does not wait for all of it. */
static void storm_stamp_region(struct sm_storm_thread *t,
			       const struct sm_region *r)
{
	struct sm_span s;
	uint64_t va;

	for (va = r->start; va < r->end; va += SM_GRANULE_SIZE) {
		if (sm_end_stopping(t->end))
			return;
		s = sm_span_make(t, r, va, va + SM_GRANULE_SIZE < r->end ?
						   va + SM_GRANULE_SIZE :
						   r->end);
		sm_span_stamp(t, &s);
	}
}

/* Make every region of the slice one mapping again. */
static int storm_tidy(struct sm_storm_thread *t)
{
	struct sm_span s;
	unsigned int i;
	int err;

	t->vmas = t->nr_regions;
	for (i = 0; i < t->nr_regions; i++) {
		const struct sm_region *r = &t->regions[i];

		s = sm_span_make(t, r, r->start, r->end);
		err = sm_span_replace(t, &s);
		if (err)
			return err;
		storm_stamp_region(t, r);
	}
	return 0;
}

/*
 * An op that ran out of mappings (or memory) has left its span in an unknown
 * state: tidy up and go on. If that fails or goes on, the machine is too small.
 */
static int storm_recover(struct sm_storm_thread *t, const struct sm_span *s)
{
	if (++t->recoveries > MAX_RECOVERIES)
		return -ENOMEM;
	munmap((void *)t->scratch, SM_ARENA_SCRATCH_STEP);
	sm_span_blur(t, s);
	return storm_tidy(t);
}

static bool storm_step(struct sm_storm_thread *t)
{
	struct sm_span s;
	unsigned int row;
	int err;

	sm_clock_begin(&t->clock);
	sm_rng_seed(&t->rng, t->scene->spec->seed, SM_STREAM_STORM + t->index,
		    t->n);
	sm_pick_op(t, &s, &row);
	if (row == SM_MAX_OPS)
		return false;
	sm_clock_turn(&t->clock, SM_SPENT_MEET);
	sm_meet_others(t);
	sm_clock_turn(&t->clock, SM_SPENT_CHOOSE);
	err = storm_apply(t, &s, row);
	if (err == -ENOMEM)
		err = storm_recover(t, &s);
	if (!err && t->vmas > t->storm->vma_budget)
		err = storm_tidy(t);
	if (err)
		sm_end_break(t->end, "op %s on [%llx, %llx) failed: %s",
			     sm_ops[row].name, (unsigned long long)s.start,
			     (unsigned long long)s.end, strerror(-err));
	sm_clock_end(&t->clock, row);
	t->n++;
	return !err;
}

/* Where the memory is the backend's, so is the rest of the op. */
static bool storm_step_own(struct sm_storm_thread *t)
{
	unsigned int row;
	int err;

	sm_clock_begin(&t->clock);
	sm_rng_seed(&t->rng, t->scene->spec->seed, SM_STREAM_STORM + t->index,
		    t->n);
	row = sm_pick_own(t);
	sm_storm_beat(t);
	sm_write(&t->flight->row, row + 1);
	t->turn.op = sm_ops[row].name;
	t->turn.counted = true;
	sm_clock_turn(&t->clock, SM_SPENT_CALL);
	err = sm_call_apply(&t->turn);
	if (err)
		sm_end_break(t->end, "op %s failed: %s", sm_ops[row].name,
			     strerror(-err));
	else if (t->turn.counted)
		storm_count(t, row);
	sm_clock_end(&t->clock, row);
	t->n++;
	return !err;
}

static int storm_populate(struct sm_storm_thread *t)
{
	struct sm_span s;
	unsigned int i;
	int err;

	for (i = 0; i < t->nr_regions; i++) {
		const struct sm_region *r = &t->regions[i];

		s = sm_span_make(t, r, r->start, r->end);
		err = sm_span_fill(t, &s);
		if (err)
			return err;
		storm_stamp_region(t, r);
	}
	return 0;
}

/*
 * Linux 6.15 and later have who takes blocks of a file on DAX wait until nobody uses
 * any page of it; and one that is mapped again meanwhile is used for as long as it is
 * mapped: docs/found/dax-wait.md. A wait that begins again unmaps them again.
 */
static bool storm_is_nudged(const struct sm_storm *s)
{
	const struct sm_scene *scene = s->host->scene;

	return sm_arena_is(SM_MEM_DAX, scene->arena.memory) &&
	       (scene->spec->avoid & SM_BIT(SM_KNOWN_DAX_WAIT));
}

static void *storm_thread(void *arg)
{
	struct sm_storm_thread *t = arg;
	const struct sm_run_spec *spec = t->scene->spec;
	struct sm_gate *gate = t->host->gate;
	bool own = spec->backend->apply;
	int err;

	sm_write(&t->flight->tid, gettid());
	if (storm_is_nudged(t->storm))
		sm_thread_take_nudges();
	err = own ? 0 : storm_populate(t);
	if (err)
		sm_end_break(t->end, "cannot fill the arena: %s",
			     strerror(-err));
	sm_add(&t->storm->ready, 1);
	sm_gate_wait(gate, &t->flight->beats);
	if (!t->index)
		t->scene->result->t_op_ns = sm_util_now();
	sm_clock_start(&t->clock);
	while (!sm_end_stopping(t->end) &&
	       (!spec->count || t->n < spec->count)) {
		sm_gate_park(gate, &t->flight->beats);
		/* Who waits for a stop in there must not change anything more. */
		if (sm_end_stopping(t->end) ||
		    !(own ? storm_step_own(t) : storm_step(t)))
			break;
	}
	sm_clock_stop(&t->clock);
	sm_store_release(&t->done, true);
	sm_gate_leave(gate);
	return NULL;
}

static int storm_init_sinks(struct sm_storm_thread *t, const struct sm_arena *a)
{
	struct sm_docket *docket = t->host->docket;
	int err = sm_sink_init(&t->sink, docket, t->index);

	if (!err && (a->memory & SM_MEM_HUGETLB_2M))
		err = sm_sink_init_huge(&t->sink, t->index);
	if (!err && sm_arena_is(SM_MEM_DAX, a->memory))
		err = sm_sink_init_file(&t->blocks, docket, t->index,
					a->files[SM_MEM_DAX],
					a->end - a->start);
	return err;
}

static int storm_init_thread(struct sm_storm *s, unsigned int i)
{
	struct sm_storm_thread *t = &s->threads[i];
	struct sm_scene *scene = s->host->scene;
	const struct sm_arena *a = &scene->arena;

	t->storm = s;
	t->all = s->threads;
	t->host = s->host;
	t->scene = scene;
	t->end = s->host->end;
	t->index = i;
	t->flight = &scene->wire->flight[i];
	t->nr_regions = sm_seam_regions(a, s->nr, i, NULL);
	t->regions = calloc(t->nr_regions + 1, sizeof(*t->regions));
	if (!t->regions)
		return -ENOMEM;
	sm_seam_regions(a, s->nr, i, t->regions);
	t->turn.host = s->host;
	t->turn.index = i;
	t->turn.rng = &t->rng;
	t->turn.sink = &t->sink;
	t->turn.flight = t->flight;
	t->scratch = SM_ARENA_SCRATCH + i * SM_ARENA_SCRATCH_STEP;
	t->wake = eventfd(0, EFD_CLOEXEC);
	sm_pick_fill(&t->menu, &scene->ops, scene->lacks);
	sm_meet_fill(t);
	if (t->wake < 0)
		return -errno;
	return sm_host_has_victims(s->host) ? storm_init_sinks(t, a) : 0;
}

static int storm_create(struct sm_storm_thread *t)
{
	char name[16];
	int err;

	snprintf(name, sizeof(name), "storm/%u", t->index);
	err = sm_thread_start(&t->thread, name, storm_thread, t);
	t->started = !err;
	return err;
}

/* sm_storm_start() - start the threads; each fills its slice and waits. */
int sm_storm_start(struct sm_storm *s, struct sm_host *host)
{
	uint64_t maps = sm_util_read_u64(MAX_MAP_COUNT, 65530);
	unsigned int nr = host->scene->spec->threads;
	unsigned int i;
	int err;

	s->threads = aligned_alloc(SM_STORM_ALIGN, nr * sizeof(*s->threads));
	if (!s->threads)
		return -ENOMEM;
	memset(s->threads, 0, nr * sizeof(*s->threads));
	s->host = host;
	s->nr = nr;
	s->vma_budget = maps / 2 / s->nr;
	for (i = 0; i < s->nr; i++)
		s->threads[i].wake = -1;
	for (i = 0; i < s->nr; i++) {
		err = storm_init_thread(s, i);
		if (!err)
			err = storm_create(&s->threads[i]);
		if (err)
			return err;
	}
	return 0;
}

/* sm_storm_ready() - has every thread filled its slice? */
bool sm_storm_ready(struct sm_storm *s)
{
	return sm_load_acquire(&s->ready) == s->nr;
}

/*
 * sm_storm_nudge() - a thread that has not moved for a while, and was not joined. On other
 * memory it does not wait for that, and who is sent home from there has done nothing.
 */
void sm_storm_nudge(struct sm_storm *s, unsigned int thread)
{
	const struct sm_arena *a = &s->host->scene->arena;
	uint64_t va = sm_read(&s->threads[thread].flight->start);

	if (storm_is_nudged(s) && va >= a->start && va < a->end &&
	    sm_arena_kind(a, va) == SM_MEM_DAX)
		sm_thread_nudge(s->threads[thread].thread);
}

static int storm_await(struct sm_storm *s, unsigned int thread,
		       struct sm_patience *p)
{
	struct sm_patience part = { .beats = p->beats };
	int err;

	for (;;) {
		part.naps = p->naps < SM_STORM_NUDGE ? p->naps : SM_STORM_NUDGE;
		p->naps -= part.naps;
		err = sm_await_thread(s->threads[thread].thread, &part);
		p->naps += part.naps;
		if (err != -ETIMEDOUT || !p->naps)
			return err;
		sm_storm_nudge(s, thread);
	}
}

/* sm_storm_join() - returns false if a thread does not come back in time. */
bool sm_storm_join(struct sm_storm *s, struct sm_patience *p)
{
	bool all = true;
	unsigned int i;

	for (i = 0; i < s->nr; i++) {
		struct sm_storm_thread *t = &s->threads[i];

		if (t->started && storm_await(s, i, p))
			all = false;
		else
			t->started = false;
	}
	return all;
}

/* sm_storm_left() - has a thread returned, or is it about to? */
bool sm_storm_left(const struct sm_storm *s, unsigned int thread)
{
	return sm_load_acquire(&s->threads[thread].done);
}

/* sm_storm_idled() - have all threads returned, and none has had an op to try? */
bool sm_storm_idled(const struct sm_storm *s)
{
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		if (!sm_storm_left(s, i) || s->threads[i].n)
			return false;
	return true;
}

/* sm_storm_look_again() - a last look at what the threads took of freed pages. */
void sm_storm_look_again(struct sm_storm *s)
{
	unsigned int i;

	for (i = 0; i < s->nr; i++) {
		sm_sink_free(&s->threads[i].sink);
		sm_sink_free(&s->threads[i].blocks);
	}
}

/* sm_storm_count() - add up what the threads did, even of one that hangs. */
void sm_storm_count(const struct sm_storm *s, struct sm_run_result *r)
{
	unsigned int i, row;

	for (i = 0; i < s->nr; i++) {
		for (row = 0; row < SM_MAX_OPS; row++)
			r->ops[row] += sm_read(&s->threads[i].ops[row]);
		sm_clock_add(&r->time, &s->threads[i].clock);
		r->recycled += sm_read(&s->threads[i].sink.round);
		r->unnoted += sm_read(&s->threads[i].unnoted);
		r->met += sm_read(&s->threads[i].met);
	}
}

/* sm_storm_free() - only after every thread was joined. */
void sm_storm_free(struct sm_storm *s)
{
	unsigned int i;

	for (i = 0; i < s->nr; i++) {
		if (s->threads[i].wake >= 0)
			close(s->threads[i].wake);
		sm_sink_free(&s->threads[i].sink);
		sm_sink_free(&s->threads[i].blocks);
		free(s->threads[i].regions);
	}
	free(s->threads);
	memset(s, 0, sizeof(*s));
}
