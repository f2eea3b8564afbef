// SPDX-License-Identifier: GPL-2.0-only
/* The least that a run must have done to pass: see least.h. */
#include <stdio.h>

#include "engine.h"
#include "least.h"
#include "work.h"

/* A storm in an emulated guest does each within a second or two. */
#define LEAST_ACCESSES	16
#define LEAST_PAGES	64

/* Who tried so often in vain would try for ever. */
#define ENOUGH_ACCESSES	4096
#define ENOUGH_LOOKS	16	/* at each granule */

/* Who does not even get to try is waited for that long after the run's time. */
#define LIMIT_NS	(60 * SM_NSEC)

/**
 * struct least - one thing of which there has to be some
 * @what: its name, after a number
 * @done: how much there is
 * @wanted: how much there has to be
 * @over: there will be no more of it
 */
struct least {
	const char *what;
	uint64_t done;
	uint64_t wanted;
	bool over;
};

/*
 * Ops that have a storm of their own, such as "exit", leave this one without
 * any: then its mirrors are not what is tested.
 */
static bool least_idle(const struct sm_engine *e)
{
	/* Threads that were never started have not been idle. */
	return sm_gate_all_left(&e->gate) && sm_storm_idled(&e->storm);
}

/* Who gave a count said how many. For the others sm_work_over() has waited. */
static struct least least_ops(const struct sm_engine *e)
{
	return (struct least){
		.what = "ops were applied",
		.done = sm_scene_ops(&e->scene) + e->scene.result->exits +
			e->scene.result->execs +
			e->scene.result->reaped,
		.wanted = e->scene.spec->count || least_idle(e) ?
				  1 :
				  SM_RUN_LEAST_OPS,
	};
}

/* With agents the device goes on when the storm is over. */
static struct least least_accesses(const struct sm_engine *e,
				   const struct sm_mirror_result *m)
{
	struct least l = {
		.what = "accesses of its device succeeded",
		.done = sm_read(&m->accesses),
		.wanted = LEAST_ACCESSES,
	};

	l.over = l.done + sm_read(&m->refused) >= ENOUGH_ACCESSES ||
		 (!e->scene.nr_agents && sm_gate_all_left(&e->gate));
	return l;
}

static struct least least_pages(const struct sm_engine *e,
				const struct sm_mirror_result *m)
{
	const struct sm_backend *b = e->scene.spec->backend;
	uint64_t granules = (e->scene.arena.end - e->scene.arena.start) >>
			    SM_GRANULE_SHIFT;
	bool swept = !b->snapshot && !b->apply && !e->host.peek.on;
	struct least l = {
		.what = swept ? "of its pages could be read in a pause" :
				"of its pages were compared with pagemap",
		.done = sm_read(swept ? &m->pages_swept : &m->pages_compared),
		.wanted = LEAST_PAGES,
	};
	uint64_t looks = swept ? sm_read(&m->windows_accepted) +
				 sm_read(&m->windows_rejected) :
				 sm_read(&m->looks);

	l.over = b->apply ? sm_gate_all_left(&e->gate) :
			    looks >= ENOUGH_LOOKS * granules;
	return l;
}

/* The first thing that is missing; false if there is none. @who: its mirror. */
static bool least_find(const struct sm_engine *e, bool waiting,
		       struct least *l, const char **who)
{
	const struct sm_run_result *r = e->scene.result;
	unsigned int i, k;

	*who = NULL;
	if (e->scene.spec->absent)
		return false;
	*l = least_ops(e);
	if (!waiting && l->done < l->wanted)
		return true;
	if (least_idle(e))
		return false;
	for (i = 0; i < r->nr_mirrors; i++) {
		*who = r->mirrors[i].name;
		for (k = 0; k < 2; k++) {
			/* Those of pinned pages may be small, or not compared. */
			if (k && sm_mirror_pinned(&e->scene.mirrors[i]))
				continue;
			*l = k ? least_pages(e, &r->mirrors[i]) :
				 least_accesses(e, &r->mirrors[i]);
			if (l->done < l->wanted && !(waiting && l->over))
				return true;
		}
	}
	return false;
}

bool sm_least_settled(struct sm_engine *e)
{
	const char *who;
	struct least l;

	if (!least_find(e, true, &l, &who))
		return true;
	if (!e->overtime_ns)
		e->overtime_ns = sm_util_now() + LIMIT_NS;
	return sm_util_now() > e->overtime_ns;
}

static bool least_unsettled(const struct sm_engine *e, char *why, size_t size)
{
	const struct sm_run_result *r = e->scene.result;
	unsigned int i;

	for (i = 0; i < r->nr_mirrors; i++) {
		if (!r->mirrors[i].unsettled ||
		    r->mirrors[i].unsettled < r->mirrors[i].rested)
			continue;
		snprintf(why, size,
			 "mirror %s could not be compared in the end: something disturbed all of it all the time",
			 r->mirrors[i].name);
		return true;
	}
	return false;
}

/* In all of its time, or in twenty times that: see sm_work_over(). */
static bool least_slow(const struct sm_engine *e, char *why, size_t size)
{
	if (least_idle(e))
		return false;
	return sm_work_idled(e->scene.spec, e->scene.result->seconds,
			    sm_scene_ops(&e->scene), e->scene.result->accesses,
			    why, size);
}

static bool least_unused(const struct sm_engine *e, char *why, size_t size)
{
	if (e->scene.result->nr_mirrors || least_idle(e))
		return false;
	snprintf(why, size, "no mirror was attached");
	return true;
}

bool sm_least_lacks(struct sm_engine *e, char *why, size_t size)
{
	const char *who;
	struct least l;

	if (!least_find(e, false, &l, &who))
		return least_unused(e, why, size) ||
		       least_unsettled(e, why, size) ||
		       least_slow(e, why, size);
	snprintf(why, size, "%s%s%s%llu %s: fewer than %llu prove nothing",
		 who ? "mirror " : "", who ? who : "", who ? ": " : "",
		 (unsigned long long)l.done, l.what,
		 (unsigned long long)l.wanted);
	return true;
}
