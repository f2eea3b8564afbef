// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparing mirrors with pagemap (oracle pagemap), and asking the module to
 * compare permissions (oracle perm). A real driver may have several tables, each
 * of which has to be right; see peek.h.
 *
 * The mirror is always copied first: between the two looks entries may appear
 * without notice, never vanish or change. See window.h.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "compare.h"
#include "engine.h"
#include "oracle.h"
#include "pagemap.h"
#include "peek.h"
#include "rng.h"
#include "window.h"

#define CHECK_EVERY	4	/* accepted windows per SM_IOC_CHECK */
#define FILL_BELOW	128	/* entries; a granule with fewer is empty */
#define FILL_BATCH	64
#define FILL_HOLES	4	/* refusals before a fill gives up */
#define REST_TRIES	200	/* at each granule */
#define REST_TRIES_ALL	10000	/* a millisecond each; then, one at each */
#define PAUSE_EVERY_NS	(200 * SM_MSEC)

enum compare_outcome {
	COMPARE_ACCEPTED,
	COMPARE_REJECTED,
	COMPARE_EMPTY,
	COMPARE_FAILED,
};

static uint64_t compare_va(const struct sm_engine *e, uint64_t granule)
{
	return e->arena.start + (granule << SM_GRANULE_SHIFT);
}

static uint64_t compare_granules(const struct sm_engine *e)
{
	return (e->arena.end - e->arena.start) >> SM_GRANULE_SHIFT;
}

static void compare_accuse(struct sm_engine *e, const struct sm_mirror *m,
			   uint64_t va, uint64_t mirror, uint64_t cpu)
{
	struct sm_hit h = {
		.oracle = "pagemap",
		.mirror = m,
		.va = va,
		.mirror_entry = mirror,
		.cpu_entry = cpu,
		.compared = true,
	};

	if (cpu & SM_ENT_PRESENT)
		sm_oracle_hit(e, &h,
			      "mirror maps %llx to PFN %llx, the page table to %llx",
			      (unsigned long long)va,
			      (unsigned long long)(mirror & SM_ENT_PFN),
			      (unsigned long long)(cpu & SM_ENT_PFN));
	else
		sm_oracle_hit(e, &h,
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

/*
 * munmap() takes the mapping out of the mm, lets go of the exclusive mmap_lock,
 * and only then tells notifiers and clears page table entries:
 *
 *	comparer			munmap
 *	window opens
 *	copies the mirror
 *					removes the VMA, downgrades mmap_lock
 *	reads pagemap: no VMA, no entry
 *					start: the mirror drops its entry
 *
 * So before it is closed, a window with a difference waits for the exclusive
 * mmap_lock, here by mapping something: by then the start has been counted.
 */
static void compare_settle(void)
{
	void *p = mmap(NULL, SM_PAGE_SIZE, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED)
		munmap(p, SM_PAGE_SIZE);
}

static void compare_entries(struct sm_engine *e, const struct sm_mirror *m,
			    uint64_t va, const uint64_t *mirror,
			    const uint64_t *cpu)
{
	unsigned int i;

	for (i = 0; i < SM_GRANULE_PAGES; i++, va += SM_PAGE_SIZE)
		if (compare_differs(mirror[i], cpu[i]))
			compare_accuse(e, m, va, mirror[i], cpu[i]);
}

/* Where in the mirror: in which table, and how many there are. */
struct compare_place {
	const struct sm_mirror *m;
	uint64_t granule;
	uint32_t table;
	uint32_t tables;
};

static int compare_copy(struct sm_engine *e, struct compare_place *at,
			uint64_t *mirror, uint64_t *present)
{
	uint64_t va = compare_va(e, at->granule);

	if (!e->spec->backend->snapshot)
		return sm_peek_copy(e, at->table, va, mirror, present,
				    &at->tables);
	at->tables = 1;
	return e->spec->backend->snapshot(e, at->m, va, va + SM_GRANULE_SIZE,
					  mirror, present);
}

static enum compare_outcome compare_granule(struct sm_engine *e,
					    struct compare_place *at,
					    uint64_t *present)
{
	uint64_t mirror[SM_GRANULE_PAGES], cpu[SM_GRANULE_PAGES];
	uint64_t va = compare_va(e, at->granule);
	struct sm_window w;
	int err;

	if (!sm_window_open(&e->dev, at->granule, &w))
		return COMPARE_REJECTED;
	err = compare_copy(e, at, mirror, present);
	if (err == -EBUSY)
		return COMPARE_REJECTED;
	if (err) {
		sm_engine_break(e, "snapshot failed: %s", strerror(-err));
		return COMPARE_FAILED;
	}
	if (!*present)
		return COMPARE_EMPTY;
	err = sm_pagemap_read(e->pagemap, va, SM_GRANULE_PAGES, cpu);
	if (err) {
		sm_engine_break(e, "pagemap failed: %s", strerror(-err));
		return COMPARE_FAILED;
	}
	if (compare_differ(mirror, cpu))
		compare_settle();
	if (!sm_window_close(&e->dev, at->granule, &w))
		return COMPARE_REJECTED;
	sm_add(&sm_engine_seen(e, at->m)->pages_compared, *present);
	compare_entries(e, at->m, va, mirror, cpu);
	return COMPARE_ACCEPTED;
}

static enum compare_outcome compare_count(struct sm_engine *e,
					  struct compare_place *at,
					  uint64_t *present)
{
	struct sm_mirror_result *seen = sm_engine_seen(e, at->m);
	enum compare_outcome outcome = compare_granule(e, at, present);

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

static void compare_check(struct sm_engine *e, const struct sm_mirror *m,
			  uint64_t start, uint64_t end)
{
	struct sm_ioc_check c;
	int err = e->spec->backend->check(e, m, start, end, &c);

	if (err)
		sm_engine_break(e, "check failed: %s", strerror(-err));
	else
		sm_add(&sm_engine_seen(e, m)->perm_pages, c.pages);
}

/*
 * A mirror that storms keep empty proves nothing: make the device fault. Holes
 * and forbidden pages refuse it, which is no news; skip them.
 */
static void compare_fill(struct sm_engine *e, const struct sm_mirror *m,
			 uint64_t granule, bool write)
{
	uint64_t va = compare_va(e, granule);
	uint64_t end = va + SM_GRANULE_SIZE;
	unsigned int holes = 0;
	uint64_t done;

	while (va < end && !sm_engine_stopping(e)) {
		if (!e->spec->backend->fault(e, m, write ? SM_FAULT_WRITE : 0,
					     FILL_BATCH, va, end, &done))
			break;
		if (++holes > FILL_HOLES)
			break;
		va += (done & ~(SM_PAGE_SIZE - 1)) + SM_PAGE_SIZE;
	}
}

struct compare_sweep {
	struct sm_rng rng;
	uint64_t accepted;
	uint64_t next_pause;
	bool filled;
};

/* Every second visit at most, so that comparing stays the main thing. */
static void compare_refill(struct sm_engine *e, struct compare_sweep *s,
			   const struct sm_mirror *m, uint64_t granule,
			   uint64_t present)
{
	s->filled = !s->filled && present < FILL_BELOW;
	if (s->filled)
		compare_fill(e, m, granule, sm_rng_one_in(&s->rng, 4));
}

static void compare_visit(struct sm_engine *e, struct compare_sweep *s,
			  const struct sm_mirror *m, uint64_t granule)
{
	struct compare_place at = { .m = m, .granule = granule };
	uint64_t va = compare_va(e, granule);
	uint64_t present = 0;

	switch (compare_count(e, &at, &present)) {
	case COMPARE_ACCEPTED:
		if (!(++s->accepted % CHECK_EVERY))
			compare_check(e, m, va, va + SM_GRANULE_SIZE);
		break;
	case COMPARE_REJECTED:
		return;
	case COMPARE_EMPTY:
		break;
	case COMPARE_FAILED:
		return;
	}
	compare_refill(e, s, m, granule, present);
}

/* A mirror whose pages are pinned may differ: just see that it has some. */
static void compare_visit_pinned(struct sm_engine *e, struct compare_sweep *s,
				 const struct sm_mirror *m, uint64_t granule)
{
	uint64_t buf[SM_GRANULE_PAGES], va = compare_va(e, granule);
	uint64_t present;

	if (!e->spec->backend->snapshot(e, m, va, va + SM_GRANULE_SIZE, buf,
					&present))
		compare_refill(e, s, m, granule, present);
}

/* Mirrors that are flushed late: while no op is under way they must be right. */
static void compare_pause(struct sm_engine *e, struct compare_sweep *s)
{
	uint64_t g, granules = compare_granules(e);
	unsigned int i;

	if (!e->flushed || sm_util_now() < s->next_pause)
		return;
	if (sm_storm_pause(e))
		for (i = 0; i < e->nr_mirrors; i++)
			for (g = 0; g < granules; g++)
				if (e->mirrors[i].profile->flushed)
					compare_visit(e, s, &e->mirrors[i], g);
	sm_storm_resume(e);
	s->next_pause = sm_util_now() + PAUSE_EVERY_NS;
}

static void compare_sweep(struct sm_engine *e, struct compare_sweep *s,
			  const struct sm_mirror *m, uint64_t granule)
{
	if (m->profile->pinned)
		compare_visit_pinned(e, s, m, granule);
	else if (!m->profile->flushed)
		compare_visit(e, s, m, granule);
}

/* sm_compare_thread() - visit all granules of all mirrors, again and again. */
void *sm_compare_thread(void *engine)
{
	struct sm_engine *e = engine;
	struct compare_sweep s = { .accepted = 0 };
	uint64_t granules = compare_granules(e);
	uint64_t g;
	unsigned int m;

	sm_rng_seed(&s.rng, e->spec->seed, SM_STREAM_COMPARE, 0);
	if (!sm_engine_begun(e))
		return NULL;
	while (!sm_engine_stopping(e)) {
		compare_pause(e, &s);
		for (g = 0; g < granules && !sm_engine_stopping(e); g++)
			for (m = 0; m < e->nr_mirrors; m++)
				compare_sweep(e, &s, &e->mirrors[m], g);
		sm_util_nap(100 * SM_USEC);
	}
	return NULL;
}

/*
 * At rest nobody but the kernel's own daemons disturbs a window: try again
 * until they are done with the granule. One that is never left alone is counted,
 * for the result to say so. An arena of which nothing is left alone is not waited
 * for, granule by granule.
 */
static void compare_rest_granule(struct sm_engine *e, struct compare_place *at)
{
	struct sm_mirror_result *seen = sm_engine_seen(e, at->m);
	uint64_t present;
	unsigned int i;

	sm_add(&seen->rested, 1);
	for (i = 0; i < REST_TRIES && !sm_run_stopped(); i++) {
		if (compare_count(e, at, &present) != COMPARE_REJECTED)
			return;
		if (e->rest_tries >= REST_TRIES_ALL)
			break;
		e->rest_tries++;
		sm_util_nap(SM_MSEC);
	}
	sm_add(&seen->unsettled, 1);
}

/*
 * sm_compare_at_rest() - nobody changes memory and no agent runs: compare all
 * of it, permissions included.
 */
void sm_compare_at_rest(struct sm_engine *e)
{
	uint64_t g, granules = compare_granules(e);
	struct compare_place at;
	unsigned int i;

	for (i = 0; i < e->nr_mirrors; i++) {
		if (e->mirrors[i].profile->pinned)
			continue;
		at.m = &e->mirrors[i];
		for (g = 0; g < granules; g++) {
			if (e->broken || sm_run_stopped())
				return;
			at.granule = g;
			compare_rest_granule(e, &at);
		}
		compare_check(e, &e->mirrors[i], e->arena.start, e->arena.end);
	}
}

/*
 * sm_compare_tables() - compare all that a real driver has of a granule; if
 * @rest nobody changes memory, so a window can be waited for.
 */
void sm_compare_tables(struct sm_engine *e, uint64_t granule, bool rest)
{
	struct compare_place at = { .m = e->mirrors, .granule = granule };
	uint64_t present;

	do {
		if (rest)
			compare_rest_granule(e, &at);
		else
			compare_count(e, &at, &present);
	} while (++at.table < at.tables);
}
