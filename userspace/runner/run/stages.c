// SPDX-License-Identifier: GPL-2.0-only
/* Setting a run up, watching its storm, and taking it down. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backends/call.h"
#include "base/crash.h"
#include "base/ops.h"
#include "base/pagemap.h"
#include "base/rng.h"
#include "base/taint.h"
#include "choose.h"
#include "engine.h"
#include "judge/oracle.h"
#include "least.h"
#include "module/sabotage.h"
#include "stages.h"
#include "verdict.h"
#include "watch.h"
#include "work.h"

#define RING_ORDER	15
#define TICK_NS		(20 * SM_MSEC)
#define JOIN_SHARE	6 /* of sm_await_naps */

/* ---- setting up --------------------------------------------------------- */

static int stages_profiles(struct sm_engine *e)
{
	struct sm_run_result *r = e->scene.result;
	struct sm_ioc_query q;
	unsigned int i;

	if (!sm_device_query(&e->scene.dev, &q)) {
		e->refused = q.refused;
		e->closed = q.closed;
	}
	for (i = 0; i < e->scene.spec->nr_profiles; i++)
		if (!sm_device_has_profile(&e->scene.dev,
					   e->scene.spec->profiles[i],
					   r->reason, sizeof(r->reason)))
			return -EOPNOTSUPP;
	return 0;
}

/*
 * A real driver needs no module: without it nobody counts and times what
 * happens, and the run says so. But it can be broken by the module alone.
 */
static int stages_open_device(struct sm_engine *e)
{
	struct sm_run_result *r = e->scene.result;
	int err;

	if ((e->scene.spec->absent & SM_ABSENT_WITNESS) &&
	    !e->scene.spec->backend->profiled)
		return 0;
	err = sm_device_open(&e->scene.dev, r->reason, sizeof(r->reason));
	if (!err)
		return stages_profiles(e);
	if (e->scene.spec->backend->profiled ||
	    !sm_set_empty(&e->scene.spec->defects))
		return err;
	snprintf(r->unwatched, sizeof(r->unwatched), "%.255s", r->reason);
	r->reason[0] = '\0';
	return 0;
}

static int stages_open(struct sm_engine *e)
{
	struct sm_run_result *r = e->scene.result;
	bool watched;
	int err;

	err = stages_open_device(e);
	if (!err)
		err = sm_choose_ops(&e->scene);
	if (err)
		return err;
	watched = e->scene.dev.fd >= 0;
	if (e->scene.spec->backend->snapshot) {
		e->scene.pagemap =
			sm_pagemap_open(r->reason, sizeof(r->reason));
		if (e->scene.pagemap < 0)
			return e->scene.pagemap;
	}
	err = watched ? sm_symbols_load(&e->scene.symbols) : 0;
	if (err) {
		sm_end_break(&e->end, "cannot read /proc/kallsyms: %s",
			     err == -EPERM ?
				     "hidden by kernel.kptr_restrict=2, or no CAP_SYSLOG" :
				     strerror(-err));
		return err;
	}
	return 0;
}

/* The module shares its tags with its agents; else they are ours alone. */
static int stages_tags(struct sm_engine *e, struct sm_tag **tags)
{
	size_t size = (e->scene.spec->arena >> SM_PAGE_SHIFT) * sizeof(**tags);
	void *p;

	*tags = e->scene.dev.tags;
	if (e->scene.spec->backend->profiled)
		return 0;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	e->scene.tags_size = size;
	*tags = p;
	return madvise(p, size, MADV_DONTFORK) < 0 ? -errno : 0;
}

static int stages_break_driver(struct sm_engine *e)
{
	char why[160];
	int err = sm_sabotage_arm(&e->scene.dev, &e->broken, &e->unbroken, why,
				  sizeof(why));

	if (err)
		sm_end_break(&e->end, "%s", why);
	return err;
}

static int stages_witness(struct sm_engine *e)
{
	struct sm_tag *tags = NULL;
	int err = 0;

	if (e->scene.dev.fd >= 0)
		err = sm_device_setup(&e->scene.dev, e->scene.arena.start,
				      e->scene.arena.end, RING_ORDER,
				      e->scene.cookie);
	if (!err)
		err = stages_tags(e, &tags);
	if (!err)
		err = sm_model_init(&e->scene.model, tags,
				    e->scene.spec->arena >> SM_PAGE_SHIFT,
				    e->scene.cookie);
	if (err) {
		sm_end_break(&e->end, "cannot set up the witness: %s",
			     strerror(-err));
		return err;
	}
	return sm_set_empty(&e->broken) ? 0 : stages_break_driver(e);
}

static int stages_attach(struct sm_engine *e)
{
	struct sm_run_result *r = e->scene.result;
	int err = sm_call_attach(&e->host);
	unsigned int i;

	for (i = 0; i < e->scene.nr_mirrors; i++)
		snprintf(r->mirrors[i].name, sizeof(r->mirrors[i].name), "%s",
			 e->scene.mirrors[i].name);
	r->nr_mirrors = e->scene.nr_mirrors;
	return err;
}

/* A profile that pins its pages is refused those that nobody may hold for long. */
static unsigned int stages_kinds(struct sm_engine *e)
{
	struct sm_run_result *r = e->scene.result;
	unsigned int memory = e->scene.spec->memory;

	if (!(memory & SM_MEM_NOT_PINNED) || !sm_choose_pins(e->scene.spec))
		return memory;
	snprintf(r->reason, sizeof(r->reason),
		 "no dax memory: a profile pins its pages");
	return memory & ~SM_MEM_NOT_PINNED;
}

/* The witness first, then the mirrors, then memory: nothing goes unseen. */
static int stages_memory(struct sm_engine *e)
{
	const struct sm_run_spec *spec = e->scene.spec;
	int err;

	err = sm_arena_init(&e->scene.arena, spec->arena, spec->threads,
			    stages_kinds(e), e->scene.result->reason,
			    sizeof(e->scene.result->reason));
	if (err)
		return err;
	sm_choose_skip(&e->scene);
	sm_write(&e->scene.wire->arena_start, e->scene.arena.start);
	sm_write(&e->scene.wire->arena_end, e->scene.arena.end);
	err = stages_witness(e);
	if (err)
		return err;
	e->scene.arena.mapped = true;
	return stages_attach(e);
}

static int stages_start_threads(struct sm_engine *e)
{
	int err = sm_storm_start(&e->storm, &e->host);

	if (!err)
		err = sm_cast_threads(&e->cast);
	if (err)
		sm_end_break(&e->end, "cannot start a thread: %s",
			     strerror(-err));
	return err;
}

/* ---- watching ----------------------------------------------------------- */

/* Returns false when the storm has to end. */
static bool stages_tick(struct sm_engine *e, struct sm_watch *w)
{
	uint64_t now;

	sm_util_nap(TICK_NS);
	sm_end_beat(&e->end);
	now = sm_util_now();
	sm_oracle_take(&e->docket, &e->scene.dev, &e->taken);
	sm_cast_tick(&e->cast);
	sm_watch_look(e, w, now);
	return !sm_end_stopping(&e->end) &&
	       sm_read(&e->scene.wire->stop) == SM_STOP_NOT;
}

static bool stages_expired(const struct sm_engine *e)
{
	return sm_work_over(e->scene.spec,
			   sm_util_now() - e->scene.result->t_start_ns,
			   sm_scene_ops(&e->scene), sm_watch_accesses(e));
}

static void stages_storm(struct sm_engine *e, struct sm_watch *w)
{
	int err;

	while (!sm_storm_ready(&e->storm))
		if (!stages_tick(e, w))
			return;
	err = sm_cast_start(&e->cast);
	if (err) {
		sm_end_break(&e->end, "cannot start an agent: %s",
			     strerror(-err));
		return;
	}
	sm_write(&e->scene.result->t_start_ns, sm_util_now());
	sm_write(&e->scene.wire->stage, SM_STAGE_STORM);
	sm_gate_begin(&e->gate);
	while (stages_tick(e, w))
		if ((stages_expired(e) || sm_gate_all_left(&e->gate)) &&
		    sm_least_settled(e))
			break;
	e->scene.result->seconds =
		(sm_util_now() - e->scene.result->t_start_ns) / (double)SM_NSEC;
}

/* ---- taking down -------------------------------------------------------- */

/*
 * End all threads. One that does not come back hangs in the kernel: what it
 * uses cannot be freed then.
 */
static bool stages_join_all(struct sm_engine *e)
{
	struct sm_patience p = sm_end_patience(&e->end, JOIN_SHARE);
	bool storm;

	sm_write(&e->end.stop, true);
	sm_write(&e->scene.wire->stage, SM_STAGE_JOIN);
	storm = sm_storm_join(&e->storm, &p);
	if (!storm)
		sm_end_stick(&e->end, "a storm thread did not end");
	return sm_cast_join(&e->cast, &p, storm);
}

/* What was compared so far met the storm. */
static void stages_note_storm(struct sm_run_result *r)
{
	struct sm_mirror_result *m;

	for (m = r->mirrors; m < r->mirrors + r->nr_mirrors; m++)
		m->pages_in_storm = sm_read(&m->pages_compared);
}

/* Nothing was found that would make looking on pointless. */
static bool stages_looks_on(struct sm_engine *e)
{
	return e->scene.result->t_start_ns && !e->end.stuck &&
	       (e->scene.spec->keep_going || !sm_docket_found(&e->docket));
}

static void stages_look_again(struct sm_engine *e)
{
	sm_cast_at_rest(&e->cast);
	if (!e->scene.spec->backend->apply)
		sm_storm_look_again(&e->storm);
}

/*
 * The storm is over. Agents go next; what they saw last is still to judge.
 * Returns false if one of them hangs.
 */
static bool stages_rest(struct sm_engine *e)
{
	bool all;

	sm_write(&e->scene.wire->stage, SM_STAGE_REST);
	all = sm_cast_stop(&e->cast);
	if (!e->end.broken && stages_looks_on(e))
		stages_look_again(e);
	sm_oracle_take(&e->docket, &e->scene.dev, &e->taken);
	sm_verdict_mirrors(e);
	if (stages_looks_on(e))
		sm_cast_bury(&e->cast);
	return all;
}

/*
 * A driver may have taken one of our threads down with it, its locks held: then
 * who unmaps what it mirrors waits for ever.
 */
static bool stages_may_free(const struct sm_engine *e)
{
	return !sm_read(&e->scene.wire->oopsed) &&
	       !(sm_taint_read() & ~e->taint & SM_TAINT_DIE);
}

/*
 * All that the kernel knows of goes, so that its last words can be heard. Returns
 * false if the backend still uses it.
 */
static bool stages_let_go(struct sm_engine *e)
{
	sm_write(&e->scene.wire->stage, SM_STAGE_LET_GO);
	sm_cast_free(&e->cast);
	if (sm_call_begun(&e->host.calls) && !sm_call_detach(&e->host))
		return false;
	sm_arena_free(&e->scene.arena);
	if (e->scene.tags_size)
		munmap(e->scene.model.tags, e->scene.tags_size);
	sm_model_free(&e->scene.model);
	if (e->scene.dev.fd >= 0)
		sm_device_close(&e->scene.dev);
	if (e->scene.pagemap >= 0)
		close(e->scene.pagemap);
	return true;
}

static void stages_free(struct sm_engine *e)
{
	sm_storm_free(&e->storm);
	sm_cast_destroy(&e->cast);
	sm_gate_destroy(&e->gate);
	sm_docket_destroy(&e->docket);
	sm_end_destroy(&e->end);
	free(e);
}

static void stages_set_scene(struct sm_scene *scene,
			     const struct sm_run_spec *spec,
			     struct sm_wire *wire)
{
	scene->spec = spec;
	scene->wire = wire;
	scene->result = &wire->result;
	scene->dev.fd = -1;
	scene->pagemap = -1;
	scene->profiled = spec->backend->profiled;
	scene->cookie = sm_rng_mix(spec->seed ^ sm_util_now()) | 1;
	scene->ops = spec->ops;
	sm_witness_init(&scene->witness, &scene->dev, NULL);
}

static struct sm_engine *stages_new(const struct sm_run_spec *spec,
				    struct sm_wire *wire)
{
	struct sm_set seeded = spec->backend->defects;
	struct sm_engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	stages_set_scene(&e->scene, spec, wire);
	sm_end_init(&e->end, wire);
	sm_docket_init(&e->docket, &e->scene, &e->end);
	sm_gate_init(&e->gate, &e->end, spec->threads);
	e->host.scene = &e->scene;
	e->host.end = &e->end;
	e->host.docket = &e->docket;
	e->host.gate = &e->gate;
	e->taint = sm_taint_read();
	sm_set_and(&seeded, &spec->defects);
	e->broken = sm_sabotage_numbers(&seeded);
	if (!sm_cast_init(&e->cast, &e->host))
		return e;
	stages_free(e);
	return NULL;
}

/* Returns false if what was found rules out the storm. */
static bool stages_prepare(struct sm_engine *e)
{
	int err = stages_open(e);

	if (!err) {
		sm_witness_init(&e->scene.witness, &e->scene.dev,
				e->scene.symbols);
		if (!sm_cast_prepare(&e->cast))
			return false;
		err = stages_memory(e);
	}
	if (err && !e->end.broken)
		e->scene.result->verdict = sm_wire_verdict(err);
	return !err;
}

/*
 * sm_stages_run() - run one storm on the mirrors of a backend
 *
 * Everything that was started is ended and everything that was taken is freed
 * on every path, except what a thread that hangs in the kernel still uses.
 */
enum sm_verdict sm_stages_run(const struct sm_run_spec *spec,
			      struct sm_wire *wire)
{
	struct sm_run_result *result = &wire->result;
	struct sm_engine *e = stages_new(spec, wire);
	struct sm_watch w = { .same = { 0 } };
	bool all = true;

	if (!e) {
		snprintf(result->reason, sizeof(result->reason),
			 "out of memory");
		result->verdict = SM_BROKEN;
		return result->verdict;
	}
	if (stages_prepare(e)) {
		if (!stages_start_threads(e))
			stages_storm(e, &w);
		all = stages_join_all(e);
		stages_note_storm(e->scene.result);
		if (all)
			all = stages_rest(e);
	}
	sm_cast_count(&e->cast);
	sm_verdict_count(e);
	sm_verdict_decide(e);
	all = all && !e->end.hung && stages_may_free(e);
	if (all)
		all = stages_let_go(e);
	/* What comes up last breaks a run, too. */
	sm_verdict_decide(e);
	sm_store_release(&wire->stage, SM_STAGE_DONE);
	if (all)
		stages_free(e);
	return result->verdict;
}
