// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparing mirrors with pagemap (oracle pagemap), and asking the module to
 * compare permissions (oracle perm). A real driver may have several tables, each
 * of which has to be right; see sm_host_peek().
 *
 * The mirror is always copied first: between the two looks entries may appear
 * without notice, never vanish or change. See window.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "actor.h"
#include "backends/call.h"
#include "base/pagemap.h"
#include "base/rng.h"
#include "base/thread.h"
#include "compare.h"
#include "fill.h"
#include "judge/legal.h"
#include "judge/oracle.h"
#include "module/window.h"

#define CHECK_EVERY	4	/* accepted windows per SM_IOC_CHECK */
#define CHECK_GRANULES	64	/* at once, in the end */
#define FILL_BELOW	128	/* entries; a granule with fewer is empty */
#define REST_TRIES	200	/* at each granule */
#define REST_TRIES_ALL	10000	/* a millisecond each; then, one at each */
#define PAUSE_EVERY_NS	(200 * SM_MSEC)

enum compare_outcome {
	COMPARE_ACCEPTED,
	COMPARE_REJECTED,
	COMPARE_EMPTY,
	COMPARE_FAILED,
};

static uint64_t compare_va(const struct sm_host *host, uint64_t granule)
{
	return host->scene->arena.start + (granule << SM_GRANULE_SHIFT);
}

static uint64_t compare_granules(const struct sm_host *host)
{
	return (host->scene->arena.end - host->scene->arena.start) >>
	       SM_GRANULE_SHIFT;
}

static void compare_accuse(struct sm_host *host, const struct sm_mirror *m,
			   uint64_t va, uint64_t mirror, uint64_t cpu)
{
	struct sm_hit h = {
		.oracle = "pagemap",
		.kind = cpu & SM_ENT_PRESENT ? SM_KIND_REPLACED :
					       SM_KIND_UNMAPPED,
		.mirror = m,
		.va = va,
		.mirror_entry = mirror,
		.cpu_entry = cpu,
		.compared = true,
	};

	if (cpu & SM_ENT_PRESENT)
		sm_docket_hit(host->docket, &h,
			      "mirror maps %llx to PFN %llx, the page table to %llx",
			      (unsigned long long)va,
			      (unsigned long long)(mirror & SM_ENT_PFN),
			      (unsigned long long)(cpu & SM_ENT_PFN));
	else
		sm_docket_hit(host->docket, &h,
			      "mirror maps %llx to PFN %llx, the page table has nothing there",
			      (unsigned long long)va,
			      (unsigned long long)(mirror & SM_ENT_PFN));
}

static bool compare_differs(uint64_t mirror, uint64_t cpu)
{
	return (mirror & SM_ENT_PRESENT) && ((mirror ^ cpu) & SM_ENT_COMPARE);
}

static bool compare_differ(const uint64_t *mirror, const uint64_t *cpu)
{
	unsigned int i;

	for (i = 0; i < SM_GRANULE_PAGES; i++)
		if (compare_differs(mirror[i], cpu[i]))
			return true;
	return false;
}

static void compare_entries(struct sm_host *host, const struct sm_mirror *m,
			    uint64_t va, const uint64_t *mirror,
			    const uint64_t *cpu)
{
	unsigned int i;

	for (i = 0; i < SM_GRANULE_PAGES; i++, va += SM_PAGE_SIZE)
		if (compare_differs(mirror[i], cpu[i]))
			compare_accuse(host, m, va, mirror[i], cpu[i]);
}

/* Where in the mirror: in which table, and how many there are. */
struct compare_place {
	struct sm_compare *state;
	const struct sm_mirror *m;
	uint64_t granule;
	uint32_t table;
	uint32_t tables;
};

/*
 * An entry that has been looked at and is still the same says little: the one that
 * changed is what the comparison is for. Who compares one mirror is one thread.
 */
static void compare_note(struct sm_host *host, struct compare_place *at,
			 const uint64_t *mirror)
{
	uint64_t **all = &at->state->last[at->m - host->scene->mirrors];
	uint64_t i, *last, changed = 0;

	if (at->table)
		return;
	if (!*all)
		*all = calloc(host->scene->model.pages, sizeof(**all));
	if (!*all)
		return;
	last = *all + at->granule * SM_GRANULE_PAGES;
	for (i = 0; i < SM_GRANULE_PAGES; i++) {
		changed += (mirror[i] & SM_ENT_PRESENT) &&
			   ((mirror[i] ^ last[i]) & ~SM_ENT_ACCESSED);
		last[i] = mirror[i];
	}
	sm_add(&sm_scene_seen(host->scene, at->m)->pages_changed, changed);
}

/* When all is over. */
void sm_compare_free(struct sm_host *host, void *state)
{
	struct sm_compare *c = state;
	unsigned int i;

	(void)host;
	for (i = 0; i < SM_MAX_PROFILES; i++)
		free(c->last[i]);
}

static int compare_copy(struct sm_host *host, struct compare_place *at,
			uint64_t *mirror, uint64_t *present)
{
	uint64_t va = compare_va(host, at->granule);

	if (!host->scene->spec->backend->snapshot)
		return sm_host_copy(host, at->table, va, mirror, present,
				    &at->tables);
	at->tables = 1;
	return sm_call_snapshot(host, at->m, va, va + SM_GRANULE_SIZE, mirror,
				present);
}

/*
 * A mirror that is flushed late may differ until that is done, and not only while an
 * op is under way: a device's own fault may change the page table, too. Where a file
 * on DAX has a hole, a write takes the page of zeroes out of it (dax_insert_entry()):
 *
 *	comparer, the storm rests	a device writes, mmap_lock held for reading
 *					start, the entry is cleared, end
 *	copies the mirror
 *	reads pagemap: nothing there
 *	waits for mmap_lock		flush: the mirror drops its entry
 *
 * Flushes count in no window. So after the wait the mirror has to be what it was: if it
 * is another, be it right by now, the window counts for nothing.
 */
static bool compare_moves(struct sm_host *host, struct compare_place *at,
			  const uint64_t *mirror, const uint64_t *cpu)
{
	uint64_t now[SM_GRANULE_PAGES], present;
	unsigned int i;

	if (!sm_legal_mirror(SM_LEGAL_HOLE, at->m) ||
	    !sm_legal_memory(SM_LEGAL_HOLE,
			     sm_arena_kind(&host->scene->arena,
					   compare_va(host, at->granule))))
		return false;
	if (compare_copy(host, at, now, &present))
		return true;
	for (i = 0; i < SM_GRANULE_PAGES; i++)
		if (compare_differs(mirror[i], cpu[i]) &&
		    ((now[i] ^ mirror[i]) & SM_ENT_COMPARE))
			return true;
	return false;
}

static enum compare_outcome compare_granule(struct sm_host *host,
					    struct compare_place *at,
					    uint64_t *present)
{
	uint64_t mirror[SM_GRANULE_PAGES], cpu[SM_GRANULE_PAGES];
	uint64_t va = compare_va(host, at->granule);
	struct sm_window w;
	int err;

	if (!sm_window_open(&host->scene->dev, at->granule, &w))
		return COMPARE_REJECTED;
	err = compare_copy(host, at, mirror, present);
	if (err == -EBUSY)
		return COMPARE_REJECTED;
	if (err) {
		sm_end_break(host->end, "snapshot failed: %s", strerror(-err));
		return COMPARE_FAILED;
	}
	if (!*present)
		return COMPARE_EMPTY;
	err = sm_pagemap_read(host->scene->pagemap, va, SM_GRANULE_PAGES, cpu);
	if (err) {
		sm_end_break(host->end, "pagemap failed: %s", strerror(-err));
		return COMPARE_FAILED;
	}
	if (compare_differ(mirror, cpu)) {
		sm_window_settle();
		if (compare_moves(host, at, mirror, cpu))
			return COMPARE_REJECTED;
	}
	if (!sm_window_close(&host->scene->dev, at->granule, &w))
		return COMPARE_REJECTED;
	sm_add(&sm_scene_seen(host->scene, at->m)->pages_compared, *present);
	compare_note(host, at, mirror);
	compare_entries(host, at->m, va, mirror, cpu);
	return COMPARE_ACCEPTED;
}

static enum compare_outcome
compare_count(struct sm_host *host, struct compare_place *at, uint64_t *present)
{
	struct sm_mirror_result *seen = sm_scene_seen(host->scene, at->m);
	enum compare_outcome outcome = compare_granule(host, at, present);

	switch (outcome) {
	case COMPARE_ACCEPTED:
		sm_add(&seen->windows_accepted, 1);
		break;
	case COMPARE_REJECTED:
		sm_add(&seen->windows_rejected, 1);
		break;
	case COMPARE_EMPTY:
	case COMPARE_FAILED:
		break;
	}
	/* All of its tables are one look. */
	if (!at->table)
		sm_add(&seen->looks, 1);
	return outcome;
}

static void compare_check(struct sm_host *host, const struct sm_mirror *m,
			  uint64_t start, uint64_t end)
{
	struct sm_ioc_check c;
	int err = sm_call_check(host, m, start, end, &c);

	if (err)
		sm_end_break(host->end, "check failed: %s", strerror(-err));
	else
		sm_add(&sm_scene_seen(host->scene, m)->perm_pages, c.pages);
}

/* For the main thread: in parts, so that it is seen to be alive. */
static void compare_check_all(struct sm_host *host, const struct sm_mirror *m)
{
	uint64_t va, end;

	for (va = host->scene->arena.start;
	     va < host->scene->arena.end && !host->end->broken; va = end) {
		end = va + CHECK_GRANULES * SM_GRANULE_SIZE;
		if (end > host->scene->arena.end)
			end = host->scene->arena.end;
		sm_end_beat(host->end);
		compare_check(host, m, va, end);
	}
}

struct compare_sweep {
	struct sm_compare *state;
	struct sm_rng rng;
	uint64_t accepted;
	uint64_t next_pause;
	bool filled;
};

/* Every second visit at most, so that comparing stays the main thing. */
static void compare_refill(struct sm_host *host, struct compare_sweep *s,
			   const struct sm_mirror *m, uint64_t granule,
			   uint64_t present)
{
	s->filled = !s->filled && present < FILL_BELOW;
	if (s->filled)
		sm_fill(host, m, compare_va(host, granule),
			sm_rng_one_in(&s->rng, 4) && !sm_mirror_reads(m));
}

static void compare_visit(struct sm_host *host, struct compare_sweep *s,
			  const struct sm_mirror *m, uint64_t granule)
{
	struct compare_place at = {
		.state = s->state,
		.m = m,
		.granule = granule,
	};
	uint64_t va = compare_va(host, granule);
	uint64_t present = 0;

	switch (compare_count(host, &at, &present)) {
	case COMPARE_ACCEPTED:
		if (!(++s->accepted % CHECK_EVERY))
			compare_check(host, m, va, va + SM_GRANULE_SIZE);
		break;
	case COMPARE_REJECTED:
		return;
	case COMPARE_EMPTY:
		break;
	case COMPARE_FAILED:
		return;
	}
	compare_refill(host, s, m, granule, present);
}

/* A mirror that heeds unmapping alone may differ: just see that it has some. */
static void compare_visit_pinned(struct sm_host *host, struct compare_sweep *s,
				 const struct sm_mirror *m, uint64_t granule)
{
	uint64_t buf[SM_GRANULE_PAGES], va = compare_va(host, granule);
	uint64_t present;

	if (!sm_call_snapshot(host, m, va, va + SM_GRANULE_SIZE, buf, &present))
		compare_refill(host, s, m, granule, present);
}

/* Mirrors that are flushed late: while no op is under way they must be right. */
static void compare_pause(struct sm_host *host, struct compare_sweep *s)
{
	uint64_t g, granules = compare_granules(host);
	unsigned int i;

	if (!host->scene->flushed || sm_util_now() < s->next_pause)
		return;
	if (sm_gate_pause(host->gate))
		for (i = 0; i < host->scene->nr_mirrors; i++)
			for (g = 0; g < granules; g++)
				if (sm_legal_mirror(SM_LEGAL_FLUSHED,
						    &host->scene->mirrors[i]))
					compare_visit(host, s,
						      &host->scene->mirrors[i],
						      g);
	sm_gate_resume(host->gate);
	s->next_pause = sm_util_now() + PAUSE_EVERY_NS;
}

static void compare_sweep(struct sm_host *host, struct compare_sweep *s,
			  const struct sm_mirror *m, uint64_t granule)
{
	if (sm_legal_mirror(SM_LEGAL_KEPT, m))
		compare_visit_pinned(host, s, m, granule);
	else if (!sm_legal_mirror(SM_LEGAL_FLUSHED, m))
		compare_visit(host, s, m, granule);
}

/* Visit all granules of all mirrors, again and again. */
static void compare_thread(struct sm_host *host, void *state)
{
	struct compare_sweep s = { .state = state };
	uint64_t granules = compare_granules(host);
	uint64_t g;
	unsigned int m;

	sm_rng_seed(&s.rng, host->scene->spec->seed, SM_STREAM_COMPARE, 0);
	/* Who is flushed late is compared while the storm stands still, and waits. */
	if (!host->scene->flushed)
		sm_thread_give_way();
	if (!sm_gate_begun(host->gate))
		return;
	while (!sm_end_stopping(host->end)) {
		compare_pause(host, &s);
		for (g = 0; g < granules && !sm_end_stopping(host->end); g++)
			for (m = 0; m < host->scene->nr_mirrors; m++)
				compare_sweep(host, &s,
					      &host->scene->mirrors[m], g);
		sm_util_nap(100 * SM_USEC);
	}
}

/*
 * At rest nobody but the kernel's own daemons disturbs a window: try again
 * until they are done with the granule. One that is never left alone is counted,
 * for the result to say so. An arena of which nothing is left alone is not waited
 * for, granule by granule.
 */
static void compare_rest_granule(struct sm_host *host, struct compare_place *at)
{
	struct sm_mirror_result *seen = sm_scene_seen(host->scene, at->m);
	uint64_t present;
	unsigned int i;

	sm_add(&seen->rested, 1);
	for (i = 0; i < REST_TRIES; i++) {
		sm_end_beat(host->end);
		if (compare_count(host, at, &present) != COMPARE_REJECTED)
			return;
		if (at->state->rest_tries >= REST_TRIES_ALL)
			break;
		at->state->rest_tries++;
		sm_util_nap(SM_MSEC);
	}
	sm_add(&seen->unsettled, 1);
}

/*
 * Nobody changes memory and no agent runs: compare all
 * of it, permissions included.
 */
static void compare_at_rest(struct sm_host *host, void *state)
{
	uint64_t g, granules = compare_granules(host);
	struct compare_place at = { .state = state };
	unsigned int i;

	for (i = 0; i < host->scene->nr_mirrors; i++) {
		if (sm_legal_mirror(SM_LEGAL_KEPT, &host->scene->mirrors[i]))
			continue;
		at.m = &host->scene->mirrors[i];
		for (g = 0; g < granules; g++) {
			if (host->end->broken)
				return;
			at.granule = g;
			compare_rest_granule(host, &at);
		}
		compare_check_all(host, &host->scene->mirrors[i]);
	}
}

/*
 * sm_compare_tables() - compare all that a real driver has of a granule; if
 * @rest nobody changes memory, so a window can be waited for.
 */
void sm_compare_tables(struct sm_host *host, struct sm_compare *state,
		       uint64_t granule, bool rest)
{
	struct compare_place at = {
		.state = state,
		.m = host->scene->mirrors,
		.granule = granule,
	};
	uint64_t present;

	do {
		if (rest)
			compare_rest_granule(host, &at);
		else
			compare_count(host, &at, &present);
	} while (++at.table < at.tables);
}

static bool compare_wanted(const struct sm_host *host)
{
	const struct sm_backend *b = host->scene->spec->backend;

	return !b->apply && b->snapshot;
}

const struct sm_actor sm_actor_comparer = {
	.name = "comparer",
	.absent = SM_ABSENT_COMPARE,
	.size = sizeof(struct sm_compare),
	.lane = SM_LANE_SWEEP,
	.user = "who compares",
	.wanted = compare_wanted,
	.thread = compare_thread,
	.at_rest = compare_at_rest,
	.free = sm_compare_free,
};
