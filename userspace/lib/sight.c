// SPDX-License-Identifier: GPL-2.0-only
/* What each oracle could see of a run: see sight.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "sight.h"

#define NOT_OURS	"seen in the mirrors of the module alone"

static struct sm_oracle_result *sight_of(struct sm_run_result *r,
					 const char *oracle)
{
	unsigned int i;

	for (i = 0; sm_oracles[i].name && i < SM_MAX_ORACLES; i++)
		if (!strcmp(sm_oracles[i].name, oracle))
			return &r->oracles[i];
	return NULL;
}

void sm_sight_set(struct sm_run_result *r, const char *oracle,
		  enum sm_sight sight, const char *fmt, ...)
{
	struct sm_oracle_result *o = sight_of(r, oracle);
	va_list args;

	if (!o || o->sight != SM_SIGHT_ON)
		return;
	o->sight = sight;
	va_start(args, fmt);
	vsnprintf(o->reason, sizeof(o->reason), fmt, args);
	va_end(args);
}

/* ---- what decides -------------------------------------------------------- */

static uint64_t sight_dirty(const struct sm_run_result *r)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < r->nr_mirrors; i++)
		sum += r->mirrors[i].dirty_pages;
	return sum;
}

static uint64_t sight_unsettled(const struct sm_run_result *r)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < r->nr_mirrors; i++)
		sum += r->mirrors[i].unsettled;
	return sum;
}

/* Was every mirror that was compared at all only so when the storm was over? */
static bool sight_late(const struct sm_run_result *r)
{
	unsigned int i;

	for (i = 0; i < r->nr_mirrors; i++)
		if (r->mirrors[i].pages_in_storm)
			return false;
	return r->pages_compared;
}

static uint64_t sight_events(const struct sm_run_result *r)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < SM_EVENT_NR; i++)
		sum += r->events[i];
	return sum;
}

/* None of the mirrors has to agree with the page table. */
static bool sight_all_pinned(const struct sm_engine *e)
{
	unsigned int i;

	for (i = 0; i < e->result->nr_mirrors; i++)
		if (!sm_mirror_pinned(&e->mirrors[i]))
			return false;
	return e->result->nr_mirrors;
}

static bool sight_is_muted(const struct sm_engine *e, unsigned int row)
{
	return e->spec->muted >> row & 1;
}

/* ---- each oracle --------------------------------------------------------- */

static void sight_pagemap(struct sm_engine *e)
{
	const struct sm_backend *b = e->spec->backend;
	struct sm_run_result *r = e->result;

	if (sight_all_pinned(e))
		sm_sight_set(r, "pagemap", SM_SIGHT_BLIND,
			     "pinned pages may differ from the page table");
	else if (!b->snapshot && !b->apply && !e->peek.on)
		sm_sight_set(r, "pagemap", SM_SIGHT_BLIND,
			     "the driver's table cannot be read%s%s",
			     r->unread[0] ? ": " : "", r->unread);
	else if (!r->pages_compared && !e->released)
		sm_sight_set(r, "pagemap", SM_SIGHT_IDLE,
			     "no page was compared");
	else if (sight_late(r))
		sm_sight_set(r, "pagemap", SM_SIGHT_ON,
			     "compared only when the storm was over");
	else if (sight_unsettled(r))
		sm_sight_set(r, "pagemap", SM_SIGHT_ON,
			     "%llu granules were disturbed each time they were looked at in the end",
			     (unsigned long long)sight_unsettled(r));
}

static void sight_content(struct sm_engine *e)
{
	if (sight_all_pinned(e))
		sm_sight_set(e->result, "content", SM_SIGHT_BLIND,
			     "a pinned page may be no longer the process's");
	else if (!e->result->accesses)
		sm_sight_set(e->result, "content", SM_SIGHT_IDLE,
			     "no device access succeeded");
}

static void sight_perm(struct sm_engine *e)
{
	if (!e->result->perm_pages && !sight_all_pinned(e))
		sm_sight_set(e->result, "perm", SM_SIGHT_IDLE,
			     e->spec->backend->profiled ?
				     "no permission was compared" :
				     "no write was tried that is forbidden");
}

/* The module judges these, as it owns the mirrors. */
static void sight_module(struct sm_engine *e, const char *oracle)
{
	if (!e->spec->backend->profiled)
		sm_sight_set(e->result, oracle, SM_SIGHT_BLIND, NOT_OURS);
	else if (!sight_events(e->result) && !e->released)
		sm_sight_set(e->result, oracle, SM_SIGHT_IDLE,
			     "nothing was invalidated");
}

static void sight_over(struct sm_engine *e)
{
	/* What an invalidation takes of a map of grants never comes back. */
	if (!e->spec->backend->apply)
		sight_module(e, "over");
}

static void sight_blocking(struct sm_engine *e)
{
	sight_module(e, "blocking");
	if (!e->nonblock)
		sm_sight_set(e->result, "blocking", SM_SIGHT_IDLE,
			     "no process was to be reaped");
}

static void sight_contract(struct sm_engine *e)
{
	if (!e->dev.witness)
		sm_sight_set(e->result, "contract", SM_SIGHT_BLIND,
			     "no witness");
	else if (!sight_events(e->result))
		sm_sight_set(e->result, "contract", SM_SIGHT_IDLE,
			     "nothing was invalidated");
}

static void sight_dirtied(struct sm_engine *e)
{
	if (e->spec->backend->apply)
		sm_sight_set(e->result, "dirty", SM_SIGHT_BLIND,
			     "granted pages are neither reclaimed nor logged");
	else if (sight_all_pinned(e))
		sm_sight_set(e->result, "dirty", SM_SIGHT_BLIND,
			     "a pinned page is written to without notice");
	else if (!sight_dirty(e->result))
		sm_sight_set(e->result, "dirty", SM_SIGHT_IDLE,
			     "no written page was cleaned and looked at");
}

static void sight_refs(struct sm_engine *e)
{
	const struct sm_backend *b = e->spec->backend;

	if (!b->snapshot && !b->apply)
		sm_sight_set(e->result, "refs", SM_SIGHT_BLIND,
			     "which pages the driver holds is not known");
}

static void sight_kernel(struct sm_engine *e)
{
	if (!e->klog)
		sm_sight_set(e->result, "kernel", SM_SIGHT_OFF,
			     "%s: new taint alone is seen", e->result->log_off);
}

void sm_sight_fill(struct sm_engine *e)
{
	unsigned int i;

	for (i = 0; sm_oracles[i].name; i++)
		if (sight_is_muted(e, i))
			sm_sight_set(e->result, sm_oracles[i].name,
				     SM_SIGHT_OFF, "left out by --oracles");
	sight_pagemap(e);
	sight_content(e);
	sight_perm(e);
	sight_module(e, "late");
	sight_over(e);
	sight_module(e, "coverage");
	sight_blocking(e);
	sight_contract(e);
	sight_dirtied(e);
	sight_refs(e);
	sight_kernel(e);
}
