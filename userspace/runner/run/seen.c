// SPDX-License-Identifier: GPL-2.0-only
/* What each oracle could see of a run: see seen.h. */
#include "engine.h"
#include "judge/oracles.h"
#include "judge/sight.h"
#include "seen.h"

static uint64_t seen_dirty(const struct sm_run_result *r)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < r->nr_mirrors; i++)
		sum += r->mirrors[i].dirty_pages;
	return sum;
}

static uint64_t seen_young(const struct sm_run_result *r)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < r->nr_mirrors; i++)
		sum += r->mirrors[i].young_pages;
	return sum;
}

static uint64_t seen_unsettled(const struct sm_run_result *r)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < r->nr_mirrors; i++)
		sum += r->mirrors[i].unsettled;
	return sum;
}

/* Was every mirror that was compared at all only so when the storm was over? */
static bool seen_late(const struct sm_run_result *r)
{
	unsigned int i;

	for (i = 0; i < r->nr_mirrors; i++)
		if (r->mirrors[i].pages_in_storm)
			return false;
	return r->pages_compared;
}

static uint64_t seen_events(const struct sm_run_result *r)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < SM_EVENT_NR; i++)
		sum += r->events[i];
	return sum;
}

/* Are all mirrors so? */
static bool seen_all(const struct sm_engine *e,
		     bool (*is)(const struct sm_mirror *m))
{
	unsigned int i;

	for (i = 0; i < e->scene.result->nr_mirrors; i++)
		if (!is(&e->scene.mirrors[i]))
			return false;
	return e->scene.result->nr_mirrors;
}

/* It heeds unmapping alone, and may differ from the page table. */
static bool seen_differs(const struct sm_mirror *m)
{
	return m->profile && m->profile->unmap_only;
}

static bool seen_is_muted(const struct sm_engine *e, unsigned int row)
{
	return e->scene.spec->muted >> row & 1;
}

/* ---- each oracle --------------------------------------------------------- */

static void seen_pagemap(struct sm_engine *e)
{
	const struct sm_backend *b = e->scene.spec->backend;
	struct sm_run_result *r = e->scene.result;

	if (seen_all(e, seen_differs))
		sm_sight_set(r, "pagemap", SM_SIGHT_BLIND,
			     SM_SIGHT_PINNED_PAGEMAP);
	else if (!b->snapshot && !b->apply && !e->host.peek.on)
		sm_sight_set(r, "pagemap", SM_SIGHT_BLIND,
			     "the driver's table cannot be read%s%s",
			     r->unread[0] ? ": " : "", r->unread);
	else if (!r->pages_compared && !e->scene.result->released)
		sm_sight_set(r, "pagemap", SM_SIGHT_IDLE,
			     "no page was compared");
	else if (seen_late(r))
		sm_sight_set(r, "pagemap", SM_SIGHT_ON,
			     "compared only when the storm was over");
	else if (seen_unsettled(r))
		sm_sight_set(r, "pagemap", SM_SIGHT_ON,
			     "%llu granules were disturbed each time they were looked at in the end",
			     (unsigned long long)seen_unsettled(r));
}

static void seen_content(struct sm_engine *e)
{
	if (seen_all(e, sm_mirror_pinned))
		sm_sight_set(e->scene.result, "content", SM_SIGHT_BLIND,
			     SM_SIGHT_PINNED_CONTENT);
	else if (!e->scene.result->accesses)
		sm_sight_set(e->scene.result, "content", SM_SIGHT_IDLE,
			     "no device access succeeded");
}

static void seen_perm(struct sm_engine *e)
{
	if (!e->scene.result->perm_pages && !seen_all(e, sm_mirror_pinned))
		sm_sight_set(e->scene.result, "perm", SM_SIGHT_IDLE,
			     e->scene.spec->backend->profiled ?
				     "no permission was compared" :
				     "no write was tried that is forbidden");
}

/* The module judges these, as it owns the mirrors. */
static void seen_module(struct sm_engine *e, const char *oracle)
{
	if (!e->scene.spec->backend->profiled)
		sm_sight_set(e->scene.result, oracle, SM_SIGHT_BLIND,
			     SM_SIGHT_NOT_OURS);
	else if (!seen_events(e->scene.result) && !e->scene.result->released)
		sm_sight_set(e->scene.result, oracle, SM_SIGHT_IDLE,
			     "nothing was invalidated");
}

static void seen_over(struct sm_engine *e)
{
	/* What an invalidation takes of a map of grants never comes back. */
	if (!e->scene.spec->backend->apply)
		seen_module(e, "over");
}

static uint64_t seen_refused(const struct sm_run_result *r)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < r->nr_mirrors; i++)
		sum += r->mirrors[i].refused;
	return sum;
}

/* A driver that has jobs takes memory away under one, and looks. */
static void seen_late_use(struct sm_engine *e)
{
	if (!e->scene.jobs)
		seen_module(e, "late");
	else if (!e->scene.result->accesses)
		sm_sight_set(e->scene.result, "late", SM_SIGHT_IDLE,
			     "no device access succeeded");
}

static void seen_fence(struct sm_engine *e)
{
	if (!e->scene.fenced)
		sm_sight_set(e->scene.result, "fence", SM_SIGHT_BLIND,
			     SM_SIGHT_UNFENCED);
	else if (!e->scene.result->accesses)
		sm_sight_set(e->scene.result, "fence", SM_SIGHT_IDLE,
			     "no device access succeeded");
}

static void seen_flush(struct sm_engine *e)
{
	if (!e->scene.queued)
		sm_sight_set(e->scene.result, "flush", SM_SIGHT_BLIND,
			     SM_SIGHT_NO_QUEUE);
	else if (!sm_read(&e->scene.flushes))
		sm_sight_set(e->scene.result, "flush", SM_SIGHT_IDLE,
			     "nothing was flushed");
}

/* What is refused is asked for again by the module, or while the storm pauses. */
static void seen_denied(struct sm_engine *e)
{
	const struct sm_backend *b = e->scene.spec->backend;

	if (b->apply)
		sm_sight_set(e->scene.result, "denied", SM_SIGHT_BLIND,
			     SM_SIGHT_GRANTED_DENIED);
	else if (!e->scene.dev.witness)
		sm_sight_set(e->scene.result, "denied", SM_SIGHT_BLIND,
			     "no witness: what was in the way is not known");
	else if (!seen_refused(e->scene.result))
		sm_sight_set(e->scene.result, "denied", SM_SIGHT_IDLE,
			     "no device access was refused");
}

static void seen_blocking(struct sm_engine *e)
{
	seen_module(e, "blocking");
	if (!e->scene.result->nonblock)
		sm_sight_set(e->scene.result, "blocking", SM_SIGHT_IDLE,
			     "no process was to be reaped");
}

static void seen_contract(struct sm_engine *e)
{
	if (!e->scene.dev.witness)
		sm_sight_set(e->scene.result, "contract", SM_SIGHT_BLIND,
			     "no witness");
	else if (!seen_events(e->scene.result))
		sm_sight_set(e->scene.result, "contract", SM_SIGHT_IDLE,
			     "nothing was invalidated");
}

static void seen_dirtied(struct sm_engine *e)
{
	if (e->scene.spec->backend->apply)
		sm_sight_set(e->scene.result, "dirty", SM_SIGHT_BLIND,
			     SM_SIGHT_GRANTED_DIRTY);
	else if (seen_all(e, sm_mirror_pinned))
		sm_sight_set(e->scene.result, "dirty", SM_SIGHT_BLIND,
			     SM_SIGHT_PINNED_DIRTY);
	else if (e->scene.spec->backend->touched)
		sm_sight_set(e->scene.result, "dirty", SM_SIGHT_BLIND,
			     SM_SIGHT_TOUCHED_DIRTY);
	else if (!seen_dirty(e->scene.result))
		sm_sight_set(e->scene.result, "dirty", SM_SIGHT_IDLE,
			     "no written page was cleaned and looked at");
}

/* Is there a mirror that tells who ages pages what it has used? */
static bool seen_ages(const struct sm_engine *e)
{
	unsigned int i;

	for (i = 0; i < e->scene.result->nr_mirrors; i++)
		if (e->scene.mirrors[i].ages)
			return true;
	return false;
}

static void seen_used(struct sm_engine *e)
{
	if (!seen_ages(e))
		sm_sight_set(e->scene.result, "young", SM_SIGHT_BLIND,
			     SM_SIGHT_UNAGED);
	else if (!seen_young(e->scene.result))
		sm_sight_set(e->scene.result, "young", SM_SIGHT_IDLE,
			     "no use of a page was looked for");
}

static void seen_refs(struct sm_engine *e)
{
	const struct sm_backend *b = e->scene.spec->backend;

	if (!b->snapshot && !b->apply && !e->scene.jobs)
		sm_sight_set(e->scene.result, "refs", SM_SIGHT_BLIND,
			     SM_SIGHT_HELD_UNKNOWN);
}

void sm_seen_fill(struct sm_engine *e)
{
	unsigned int i;

	for (i = 0; sm_oracles[i].name; i++)
		if (seen_is_muted(e, i))
			sm_sight_set(e->scene.result, sm_oracles[i].name,
				     SM_SIGHT_OFF, "left out by --oracles");
	seen_pagemap(e);
	seen_content(e);
	seen_perm(e);
	seen_late_use(e);
	seen_over(e);
	seen_module(e, "coverage");
	seen_denied(e);
	seen_blocking(e);
	seen_contract(e);
	seen_dirtied(e);
	seen_used(e);
	seen_refs(e);
	seen_fence(e);
	seen_flush(e);
}
