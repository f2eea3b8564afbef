// SPDX-License-Identifier: GPL-2.0-only
/* Storm threads: choosing ops and spans, and applying them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "span.h"
#include "touch.h"

#define STACK_BYTES	(512 << 10)
#define WAIT_NS		(100 * SM_USEC)
#define BLOCK_PAGES	SM_GRANULE_PAGES
#define MAX_RECOVERIES	16
#define OWN_SHARE	4
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

static uint64_t storm_pages(const struct sm_region *r)
{
	return (r->end - r->start) >> SM_PAGE_SHIFT;
}

/* A region in which some op works, weighted by size; NULL if there is none. */
static const struct sm_region *storm_pick_region(struct sm_storm_thread *t)
{
	uint64_t total = 0, at;
	unsigned int i;

	for (i = 0; i < t->nr_regions; i++)
		if (t->nr_menu[t->regions[i].kind])
			total += storm_pages(&t->regions[i]);
	if (!total)
		return NULL;
	at = sm_rng_below(&t->rng, total);
	for (i = 0; i < t->nr_regions; i++) {
		if (!t->nr_menu[t->regions[i].kind])
			continue;
		if (at < storm_pages(&t->regions[i]))
			break;
		at -= storm_pages(&t->regions[i]);
	}
	return &t->regions[i];
}

/* Some cost many times what the others do: less of those. */
static unsigned int storm_pick_row(struct sm_storm_thread *t,
				   enum sm_memory kind)
{
	unsigned int i, row = 0;

	for (i = 0; i < 2; i++) {
		row = t->menu[kind][sm_rng_below(&t->rng, t->nr_menu[kind])];
		if (!sm_ops[row].slow)
			break;
	}
	return row;
}

/* Mostly a few pages, sometimes many, sometimes a whole aligned block. */
static uint64_t storm_pick_length(struct sm_storm_thread *t,
				  enum sm_memory kind)
{
	bool thp = sm_arena_is(kind, SM_MEM_ANY_THP);
	uint32_t dice = sm_rng_below(&t->rng, 100);

	if (dice < (thp ? 4 : 1))
		return BLOCK_PAGES;
	if (dice < 12)
		return 17 + sm_rng_below(&t->rng, 48);
	return 1 + sm_rng_below(&t->rng, 16);
}

/*
 * sm_storm_pick() - what the current op is, from &sm_storm_thread.rng alone
 * @row: row of the op table; SM_MAX_OPS if no op works on this slice
 */
void sm_storm_pick(struct sm_storm_thread *t, struct sm_span *s,
		   unsigned int *row)
{
	const struct sm_region *r = storm_pick_region(t);
	uint64_t nr, at;

	*row = SM_MAX_OPS;
	if (!r)
		return;
	*row = storm_pick_row(t, r->kind);
	nr = storm_class(*row, "thp") ? BLOCK_PAGES :
					storm_pick_length(t, r->kind);
	if (nr == BLOCK_PAGES)
		at = (uint64_t)sm_rng_below(&t->rng, storm_pages(r) / nr) * nr;
	else
		at = sm_rng_below(&t->rng, storm_pages(r) - nr + 1);
	at = r->start + (at << SM_PAGE_SHIFT);
	*s = sm_span_make(t, r, at, at + (nr << SM_PAGE_SHIFT));
}

/* Agents go where the ops are: that is where races are lost. */
static void storm_aim(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_sampler *sampler = &t->e->sampler;
	unsigned int i;

	for (i = t->index; i < sampler->nr; i += t->e->storm.nr) {
		sm_write(&sampler->agents[i].dev.ring->aim_start, s->start);
		sm_write(&sampler->agents[i].dev.ring->aim_end, s->end);
	}
}

static void storm_show(struct sm_storm_thread *t, const struct sm_span *s,
		       unsigned int row)
{
	uint8_t *last = t->e->model.last_op + s->first;
	uint64_t i;

	sm_storm_beat(t);
	sm_write(&t->busy_row, row + 1);
	sm_write(&t->busy_start, s->start);
	sm_write(&t->busy_end, s->end);
	storm_aim(t, s);
	for (i = 0; i < s->nr; i++)
		sm_write(&last[i], row + 1);
}

/* One op, from bringing the span into shape to looking at what it left. */
static int storm_apply(struct sm_storm_thread *t, const struct sm_span *s,
		       unsigned int row)
{
	bool loose = storm_is_robust(row) && sm_rng_one_in(&t->rng, 4);
	int err;

	storm_show(t, s, row);
	err = loose ? sm_span_fill(t, s) : sm_span_ready(t, s);
	if (err)
		return err;
	if (sm_rng_one_in(&t->rng, 2))
		sm_span_verify(t, s);
	sm_touch_pick(t, s);
	if (sm_rng_one_in(&t->rng, 2))
		sm_touch_before(t);
	t->counted = true;
	err = sm_ops[row].apply(t, s);
	if (err)
		return err;
	if (t->counted)
		sm_count(&t->ops[row], 1);
	sm_sink_take(&t->sink);
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
		if (sm_engine_stopping(t->e))
			return;
		s = sm_span_make(t, r, va, va + SM_GRANULE_SIZE);
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
	struct sm_engine *e = t->e;
	struct sm_span s;
	unsigned int row;
	int err;

	sm_rng_seed(&t->rng, e->spec->seed, SM_STREAM_STORM + t->index, t->n);
	sm_storm_pick(t, &s, &row);
	if (row == SM_MAX_OPS)
		return false;
	err = storm_apply(t, &s, row);
	if (err == -ENOMEM)
		err = storm_recover(t, &s);
	if (!err && t->vmas > e->storm.vma_budget)
		err = storm_tidy(t);
	if (err)
		sm_engine_break(e, "op %s on [%llx, %llx) failed: %s",
				sm_ops[row].name, (unsigned long long)s.start,
				(unsigned long long)s.end, strerror(-err));
	t->n++;
	return !err;
}

/* Where the memory is the backend's, so is the rest of the op. */
static bool storm_step_own(struct sm_storm_thread *t)
{
	struct sm_engine *e = t->e;
	unsigned int row;
	int err;

	sm_rng_seed(&t->rng, e->spec->seed, SM_STREAM_STORM + t->index, t->n);
	row = t->menu[0][sm_rng_below(&t->rng, t->nr_menu[0])];
	sm_storm_beat(t);
	sm_write(&t->busy_row, row + 1);
	t->counted = true;
	err = e->spec->backend->apply(t, row);
	if (err)
		sm_engine_break(e, "op %s failed: %s", sm_ops[row].name,
				strerror(-err));
	else if (t->counted)
		sm_count(&t->ops[row], 1);
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

/* Between two ops: wait while somebody wants memory to stay as it is. */
static void storm_park(struct sm_storm_thread *t)
{
	struct sm_storm *s = &t->e->storm;

	if (!sm_load_acquire(&s->pause))
		return;
	/* What this thread did is done for whoever sees it counted. */
	__atomic_fetch_add(&s->parked, 1, __ATOMIC_ACQ_REL);
	while (sm_load_acquire(&s->pause) && !sm_engine_stopping(t->e)) {
		sm_storm_beat(t);
		sm_util_nap(WAIT_NS);
	}
	__atomic_fetch_sub(&s->parked, 1, __ATOMIC_ACQ_REL);
}

static void *storm_thread(void *arg)
{
	struct sm_storm_thread *t = arg;
	struct sm_engine *e = t->e;
	int err = e->spec->backend->apply ? 0 : storm_populate(t);

	if (err)
		sm_engine_break(e, "cannot fill the arena: %s", strerror(-err));
	sm_add(&e->storm.ready, 1);
	while (!sm_load_acquire(&e->storm.go) && !sm_engine_stopping(e)) {
		sm_storm_beat(t);
		sm_util_nap(WAIT_NS);
	}
	while (!sm_engine_stopping(e) &&
	       (!e->spec->count || t->n < e->spec->count)) {
		storm_park(t);
		/* Who waits for a stop in there must not change anything more. */
		if (sm_engine_stopping(e) ||
		    !(e->spec->backend->apply ? storm_step_own(t) :
						storm_step(t)))
			break;
	}
	sm_store_release(&t->done, true);
	return NULL;
}

/*
 * Ops that are a backend's own have no kinds of memory, and one menu. Those
 * with processes cost many times what the others do: less of them.
 */
static void storm_add_own(struct sm_storm_thread *t, unsigned int row)
{
	unsigned int times = storm_class(row, "fork") ? 1 : OWN_SHARE;

	while (times-- && t->nr_menu[0] < SM_MAX_OPS)
		t->menu[0][t->nr_menu[0]++] = row;
}

static void storm_make_menu(struct sm_storm_thread *t)
{
	unsigned int kind, row, memory;

	for (row = 0; sm_ops[row].name && row < SM_MAX_OPS; row++) {
		if ((t->e->ops >> row & 1) && sm_ops[row].backend)
			storm_add_own(t, row);
		memory = sm_ops[row].memory & ~t->e->lacks[row];
		for (kind = 0; kind < SM_MEM_NR; kind++)
			if ((t->e->ops >> row & 1) && sm_ops[row].apply &&
			    sm_arena_is(kind, memory))
				t->menu[kind][t->nr_menu[kind]++] = row;
	}
}

static int storm_init_thread(struct sm_engine *e, unsigned int i)
{
	struct sm_storm_thread *t = &e->storm.threads[i];
	const struct sm_arena *a = &e->arena;

	t->e = e;
	t->index = i;
	t->regions = a->regions + a->first[i];
	t->nr_regions = a->first[i + 1] - a->first[i];
	t->scratch = SM_ARENA_SCRATCH + i * SM_ARENA_SCRATCH_STEP;
	t->wake = eventfd(0, EFD_CLOEXEC);
	storm_make_menu(t);
	if (t->wake < 0)
		return -errno;
	return e->spec->backend->snapshot ? 0 : sm_sink_init(&t->sink, e, i);
}

static int storm_create(struct sm_storm_thread *t)
{
	pthread_attr_t attr;
	char name[16];
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	err = -pthread_create(&t->thread, &attr, storm_thread, t);
	pthread_attr_destroy(&attr);
	t->started = !err;
	if (err)
		return err;
	snprintf(name, sizeof(name), "storm/%u", t->index);
	pthread_setname_np(t->thread, name);
	return 0;
}

/* sm_storm_start() - start the threads; each fills its slice and waits. */
int sm_storm_start(struct sm_engine *e)
{
	struct sm_storm *s = &e->storm;
	uint64_t maps = sm_util_read_u64(MAX_MAP_COUNT, 65530);
	unsigned int i;
	int err;

	s->threads = aligned_alloc(SM_STORM_ALIGN,
				   e->spec->threads * sizeof(*s->threads));
	if (!s->threads)
		return -ENOMEM;
	memset(s->threads, 0, e->spec->threads * sizeof(*s->threads));
	s->nr = e->spec->threads;
	pthread_mutex_init(&s->pausing, NULL);
	s->vma_budget = maps / 2 / s->nr;
	for (i = 0; i < s->nr; i++)
		s->threads[i].wake = -1;
	for (i = 0; i < s->nr; i++) {
		err = storm_init_thread(e, i);
		if (!err)
			err = storm_create(&s->threads[i]);
		if (err)
			return err;
	}
	return 0;
}

/* sm_storm_ready() - has every thread filled its slice? */
bool sm_storm_ready(struct sm_engine *e)
{
	return sm_load_acquire(&e->storm.ready) == e->storm.nr;
}

void sm_storm_go(struct sm_engine *e)
{
	sm_store_release(&e->storm.go, true);
}

static unsigned int storm_at_rest(const struct sm_storm *s)
{
	unsigned int i, nr = __atomic_load_n(&s->parked, __ATOMIC_ACQUIRE);

	for (i = 0; i < s->nr; i++)
		nr += sm_load_acquire(&s->threads[i].done);
	return nr;
}

/*
 * sm_storm_pause() - wait until every thread rests between two ops; false if
 * the engine stops before. sm_storm_resume() must follow, whatever it returns.
 */
bool sm_storm_pause(struct sm_engine *e)
{
	struct sm_storm *s = &e->storm;

	pthread_mutex_lock(&s->pausing);
	sm_store_release(&s->pause, true);
	while (storm_at_rest(s) < s->nr) {
		if (sm_engine_stopping(e))
			return false;
		sm_util_nap(WAIT_NS);
	}
	return sm_load_acquire(&s->go);
}

/* sm_storm_resume() - returns when no thread rests any more. */
void sm_storm_resume(struct sm_engine *e)
{
	struct sm_storm *s = &e->storm;

	sm_store_release(&s->pause, false);
	while (__atomic_load_n(&s->parked, __ATOMIC_ACQUIRE))
		sm_util_nap(WAIT_NS / 4);
	pthread_mutex_unlock(&s->pausing);
}

/* sm_storm_done() - have all threads applied all their ops? */
bool sm_storm_done(const struct sm_engine *e)
{
	unsigned int i;

	for (i = 0; i < e->storm.nr; i++)
		if (!sm_load_acquire(&e->storm.threads[i].done))
			return false;
	return true;
}

/* sm_storm_join() - returns false if a thread does not come back in time. */
bool sm_storm_join(struct sm_engine *e, uint64_t deadline_ns)
{
	struct timespec until = {
		.tv_sec = deadline_ns / SM_NSEC,
		.tv_nsec = deadline_ns % SM_NSEC,
	};
	bool all = true;
	unsigned int i;

	for (i = 0; i < e->storm.nr; i++) {
		struct sm_storm_thread *t = &e->storm.threads[i];

		if (t->started &&
		    pthread_clockjoin_np(t->thread, NULL, CLOCK_MONOTONIC,
					 &until))
			all = false;
		else
			t->started = false;
	}
	return all;
}

/* sm_storm_free() - only after every thread was joined. */
void sm_storm_free(struct sm_engine *e)
{
	unsigned int i;

	for (i = 0; i < e->storm.nr; i++) {
		if (e->storm.threads[i].wake >= 0)
			close(e->storm.threads[i].wake);
		sm_sink_free(&e->storm.threads[i].sink);
	}
	free(e->storm.threads);
	memset(&e->storm, 0, sizeof(e->storm));
}
