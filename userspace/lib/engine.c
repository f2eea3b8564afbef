// SPDX-License-Identifier: GPL-2.0-only
/* A running storm: setting it up, watching it, and taking it down. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "chaser.h"
#include "churn.h"
#include "compare.h"
#include "engine.h"
#include "least.h"
#include "ops.h"
#include "oracle.h"
#include "pagemap.h"
#include "refs.h"
#include "release.h"
#include "rng.h"
#include "sabotage.h"
#include "span.h"
#include "sweep.h"
#include "verdict.h"
#include "watch.h"

#define RING_ORDER	15
#define TICK_NS		(20 * SM_MSEC)
#define WITNESS_NAP_NS	(5 * SM_MSEC)
#define BEGIN_NAP_NS	(10 * SM_MSEC)
#define JOIN_NS		(10 * SM_NSEC)
#define WORKER_STACK	(512 << 10)

/* sm_engine_ops() - ops applied so far, by all threads. */
uint64_t sm_engine_ops(const struct sm_engine *e)
{
	uint64_t sum = 0;
	unsigned int i, row;

	for (i = 0; i < e->storm.nr; i++)
		for (row = 0; row < SM_MAX_OPS; row++)
			sum += sm_read(&e->storm.threads[i].ops[row]);
	return sum;
}

/*
 * sm_engine_begun() - wait until the arena is filled and the storm begins; false
 * if it does not come to that. Who looks at the arena takes mmap_lock again and
 * again, and those who fill it would wait for that most of the time.
 */
bool sm_engine_begun(const struct sm_engine *e)
{
	while (!sm_read(&e->result->t_start_ns)) {
		if (sm_engine_stopping(e))
			return false;
		sm_util_nap(BEGIN_NAP_NS);
	}
	return true;
}

static bool engine_wants(const struct sm_engine *e, const char *op)
{
	unsigned int row;

	for (row = 0; e->spec->backend->profiled && sm_ops[row].name; row++)
		if ((e->ops >> row & 1) && !strcmp(sm_ops[row].name, op))
			return sm_ops[row].memory & ~e->lacks[row];
	return false;
}

/* ---- setting up --------------------------------------------------------- */

static int engine_profiles(struct sm_engine *e)
{
	struct sm_run_result *r = e->result;
	struct sm_ioc_query q;
	unsigned int i;

	if (!sm_device_query(&e->dev, &q)) {
		e->refused = q.refused;
		e->closed = q.closed;
	}
	for (i = 0; i < e->spec->nr_profiles; i++)
		if (!sm_device_has_profile(&e->dev, e->spec->profiles[i],
					   r->reason, sizeof(r->reason)))
			return -EOPNOTSUPP;
	return 0;
}

/*
 * A real driver needs no module: without it nobody counts and times what
 * happens, and the run says so. But it can be broken by the module alone.
 */
static int engine_open_device(struct sm_engine *e)
{
	struct sm_run_result *r = e->result;
	int err;

	err = sm_device_open(&e->dev, r->reason, sizeof(r->reason));
	if (!err)
		return engine_profiles(e);
	if (e->spec->backend->profiled || e->spec->defects)
		return err;
	snprintf(r->unwatched, sizeof(r->unwatched), "%s", r->reason);
	r->reason[0] = '\0';
	return 0;
}

static int engine_open(struct sm_engine *e)
{
	struct sm_run_result *r = e->result;
	bool watched;
	int err;

	err = engine_open_device(e);
	if (!err)
		err = sm_ops_choose(e);
	if (err)
		return err;
	watched = e->dev.fd >= 0;
	if (e->spec->backend->snapshot) {
		e->pagemap = sm_pagemap_open(r->reason, sizeof(r->reason));
		if (e->pagemap < 0)
			return e->pagemap;
	}
	err = watched ? sm_symbols_load(&e->symbols) : 0;
	if (err) {
		sm_engine_break(e, "cannot read /proc/kallsyms: %s",
				err == -EPERM ?
					"hidden by kernel.kptr_restrict=2, or no CAP_SYSLOG" :
					strerror(-err));
		return err;
	}
	return 0;
}

/* The module shares its tags with its agents; else they are ours alone. */
static int engine_tags(struct sm_engine *e, struct sm_tag **tags)
{
	size_t size = (e->spec->arena >> SM_PAGE_SHIFT) * sizeof(**tags);
	void *p;

	*tags = e->dev.tags;
	if (e->spec->backend->profiled)
		return 0;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	e->tags_size = size;
	*tags = p;
	return madvise(p, size, MADV_DONTFORK) < 0 ? -errno : 0;
}

static int engine_witness(struct sm_engine *e, uint64_t cookie)
{
	struct sm_tag *tags = NULL;
	int err = 0;

	if (e->dev.fd >= 0)
		err = sm_device_setup(&e->dev, e->arena.start, e->arena.end,
				      RING_ORDER, cookie);
	if (!err)
		err = engine_tags(e, &tags);
	if (!err)
		err = sm_model_init(&e->model, tags,
				    e->spec->arena >> SM_PAGE_SHIFT, cookie);
	if (err) {
		sm_engine_break(e, "cannot set up the witness: %s",
				strerror(-err));
		return err;
	}
	return sm_sabotage_arm(e);
}

static int engine_attach(struct sm_engine *e)
{
	struct sm_run_result *r = e->result;
	int err = e->spec->backend->attach(e);
	unsigned int i;

	for (i = 0; i < e->nr_mirrors; i++)
		r->mirrors[i].name = e->mirrors[i].name;
	r->nr_mirrors = e->nr_mirrors;
	return err;
}

/* The witness first, then the mirrors, then memory: nothing goes unseen. */
static int engine_memory(struct sm_engine *e)
{
	const struct sm_run_spec *spec = e->spec;
	uint64_t cookie = sm_rng_mix(spec->seed ^ sm_util_now()) | 1;
	int err;

	err = sm_arena_init(&e->arena, spec->arena, spec->threads, spec->memory,
			    e->result->reason, sizeof(e->result->reason));
	if (err)
		return err;
	err = engine_witness(e, cookie);
	if (err)
		return err;
	/* They are forked, so they come before there is anything to inherit. */
	err = spec->backend->snapshot ? 0 : sm_victim_start(e);
	if (err) {
		sm_engine_break(e, "cannot start a victim: %s", strerror(-err));
		return err;
	}
	e->arena.mapped = true;
	return engine_attach(e);
}

static void *engine_witness_thread(void *engine)
{
	struct sm_engine *e = engine;

	while (!sm_engine_stopping(e)) {
		sm_witness_drain(&e->witness);
		sm_util_nap(WITNESS_NAP_NS);
	}
	return NULL;
}

/*
 * sm_engine_thread() - start a thread of the engine or of a backend. Signals
 * are for the main thread: nobody else is woken from a nap.
 */
int sm_engine_thread(pthread_t *thread, const char *name,
		     void *(*fn)(void *arg), void *arg)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, WORKER_STACK);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	err = -pthread_create(thread, &attr, fn, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	if (!err)
		pthread_setname_np(*thread, name);
	return err;
}

static int engine_work(struct sm_engine *e, struct sm_worker *w,
		       const char *name, void *(*fn)(void *engine))
{
	int err = sm_engine_thread(&w->thread, name, fn, e);

	w->started = !err;
	return err;
}

static int engine_start_threads(struct sm_engine *e)
{
	const struct sm_backend *backend = e->spec->backend;
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	err = sm_storm_start(e);
	if (!err && e->dev.witness)
		err = engine_work(e, &e->witnessing, "witness",
				  engine_witness_thread);
	if (!err)
		err = engine_work(e, &e->sampling, "sampler",
				  sm_sampler_thread);
	if (!err && backend->fault)
		err = engine_work(e, &e->chaser, "chaser", sm_chaser_thread);
	if (!err && !backend->apply)
		err = engine_work(e, &e->comparer, "comparer",
				  backend->snapshot ? sm_compare_thread :
						      sm_sweep_thread);
	if (!err && e->peek.on)
		err = engine_work(e, &e->peeker, "peeker", sm_peek_thread);
	/* They have no defect, and only cost the time to catch one. */
	if (!err && backend->profiled && !e->spec->defects)
		err = engine_work(e, &e->churner, "churn", sm_churn_thread);
	if (!err && backend->worker)
		err = engine_work(e, &e->working, "backend", backend->worker);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err)
		sm_engine_break(e, "cannot start a thread: %s",
				strerror(-err));
	return err;
}

/* ---- watching ----------------------------------------------------------- */

/* Returns false when the storm has to end. */
static bool engine_tick(struct sm_engine *e, struct sm_watch *w)
{
	uint64_t now;

	sm_util_nap(TICK_NS);
	now = sm_util_now();
	sm_oracle_kernel_look(e);
	sm_oracle_take(e, &e->dev, &e->taken);
	sm_victim_poll(e);
	sm_watch_look(e, w, now);
	return !sm_engine_stopping(e) && !sm_run_stopped();
}

static bool engine_expired(const struct sm_engine *e)
{
	return sm_run_over(e->spec, sm_util_now() - e->result->t_start_ns,
			   sm_engine_ops(e), sm_watch_accesses(e));
}

static void engine_storm(struct sm_engine *e, struct sm_watch *w)
{
	int err;

	while (!sm_storm_ready(e))
		if (!engine_tick(e, w))
			return;
	err = sm_sampler_start(e);
	if (err) {
		sm_engine_break(e, "cannot start an agent: %s", strerror(-err));
		return;
	}
	sm_write(&e->result->t_start_ns, sm_util_now());
	sm_storm_go(e);
	while (engine_tick(e, w))
		if ((engine_expired(e) || sm_storm_done(e)) &&
		    sm_least_settled(e))
			break;
	e->result->seconds = (sm_util_now() - e->result->t_start_ns) /
			     (double)SM_NSEC;
}

/* ---- taking down -------------------------------------------------------- */

static bool engine_join(struct sm_worker *w, uint64_t deadline_ns)
{
	struct timespec until = {
		.tv_sec = deadline_ns / SM_NSEC,
		.tv_nsec = deadline_ns % SM_NSEC,
	};

	if (!w->started)
		return true;
	if (pthread_clockjoin_np(w->thread, NULL, CLOCK_MONOTONIC, &until))
		return false;
	w->started = false;
	return true;
}

/*
 * End all threads. One that does not come back hangs in the kernel: what it
 * uses cannot be freed then.
 */
static bool engine_join_all(struct sm_engine *e)
{
	uint64_t deadline = sm_util_now() + JOIN_NS;
	bool all, storm, compared, worked;

	sm_write(&e->stop, true);
	storm = sm_storm_join(e, deadline);
	compared = engine_join(&e->comparer, deadline);
	worked = engine_join(&e->working, deadline);
	/* A storm thread that hangs may hold what the others wait for. */
	if (storm && !compared)
		sm_engine_hang(e, "who compares", NULL, SM_LANE_SWEEP);
	if (storm && compared && !worked)
		sm_engine_hang(e, "the backend's thread", NULL,
			       SM_LANE_BACKEND);
	all = storm && compared && worked;
	all &= engine_join(&e->peeker, deadline);
	all &= engine_join(&e->chaser, deadline);
	all &= engine_join(&e->churner, deadline);
	all &= engine_join(&e->sampling, deadline);
	all &= engine_join(&e->witnessing, deadline);
	if (!all)
		sm_engine_stick(e, "a thread did not end within %llu s",
				(unsigned long long)(JOIN_NS / SM_NSEC));
	return all;
}

/* What was compared so far met the storm. */
static void engine_note_storm(struct sm_run_result *r)
{
	struct sm_mirror_result *m;

	for (m = r->mirrors; m < r->mirrors + r->nr_mirrors; m++)
		m->pages_in_storm = sm_read(&m->pages_compared);
}

static void engine_look_again(struct sm_engine *e)
{
	unsigned int i;
	uint64_t page;

	if (e->spec->backend->apply) {
		e->spec->backend->rest(e);
		return;
	}
	if (e->spec->backend->snapshot)
		sm_compare_at_rest(e);
	else
		sm_sweep_at_rest(e);
	sm_peek_at_rest(e);
	for (i = 0; i < e->storm.nr; i++)
		sm_sink_free(&e->storm.threads[i].sink);
	for (page = 0; page < e->model.pages; page++)
		sm_span_verify_page(e, page);
	sm_sampler_at_rest(&e->sampler);
}

/*
 * The storm is over. Agents go next; what they saw last is still to judge.
 * Returns false if one of them hangs.
 */
static bool engine_rest(struct sm_engine *e)
{
	bool all = sm_sampler_stop(&e->sampler);

	sm_sampler_drain(&e->sampler);
	if (e->result->t_start_ns && !e->broken && !e->stuck &&
	    !sm_run_stopped() &&
	    (e->spec->keep_going || !sm_oracle_found(e)))
		engine_look_again(e);
	sm_oracle_take(e, &e->dev, &e->taken);
	sm_verdict_mirrors(e);
	if (e->spec->backend->profiled && e->result->t_start_ns &&
	    !e->stuck && (e->spec->keep_going || !sm_oracle_found(e)))
		sm_refs_check(e);
	sm_oracle_kernel_look(e);
	return all;
}

/*
 * A driver that was broken on purpose may have taken one of our threads down with
 * it, its locks held: then who unmaps what it mirrors waits for ever.
 */
static bool engine_may_free(const struct sm_engine *e)
{
	return !e->spec->defects || !sm_oracle_kernel_died(e);
}

/* All that the kernel knows of goes, so that its last words can be heard. */
static void engine_let_go(struct sm_engine *e)
{
	sm_sampler_free(&e->sampler);
	e->spec->backend->detach(e);
	sm_arena_free(&e->arena);
	if (e->tags_size)
		munmap(e->model.tags, e->tags_size);
	sm_model_free(&e->model);
	if (e->dev.fd >= 0)
		sm_device_close(&e->dev);
	if (e->pagemap >= 0)
		close(e->pagemap);
}

static void engine_free(struct sm_engine *e)
{
	sm_storm_free(e);
	sm_klog_close(e->klog);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

static struct sm_engine *engine_new(const struct sm_run_spec *spec,
				    struct sm_run_result *result)
{
	struct sm_engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->spec = spec;
	e->result = result;
	e->dev.fd = -1;
	e->pagemap = -1;
	e->ops = spec->ops;
	pthread_mutex_init(&e->lock, NULL);
	sm_witness_init(&e->witness, &e->dev, NULL);
	return e;
}

/* Returns false if what was found rules out the storm. */
static bool engine_prepare(struct sm_engine *e)
{
	int err;

	sm_oracle_kernel_begin(e);
	err = engine_open(e);
	if (!err) {
		sm_witness_init(&e->witness, &e->dev, e->symbols);
		if (engine_wants(e, SM_OPS_EXIT))
			sm_release_check(e, false);
		if (engine_wants(e, SM_OPS_REAP) && !sm_engine_stopping(e))
			sm_release_check(e, true);
		sm_oracle_kernel_look(e);
		if (sm_engine_stopping(e))
			return false;
		err = engine_memory(e);
	}
	if (err && !e->broken)
		e->result->verdict = sm_verdict_of_errno(err);
	return !err;
}

/*
 * sm_engine_run() - run one storm on the mirrors of a backend
 *
 * Everything that was started is ended and everything that was taken is freed
 * on every path, except what a thread that hangs in the kernel still uses.
 */
enum sm_verdict sm_engine_run(const struct sm_run_spec *spec,
			      struct sm_run_result *result,
			      void (*progress)(const struct sm_progress *p,
					       void *arg),
			      void *arg)
{
	static bool left_over;
	struct sm_watch w = { .progress = progress, .arg = arg };
	struct sm_engine *e;
	bool all = true;

	memset(result, 0, sizeof(*result));
	if (left_over) {
		snprintf(result->reason, sizeof(result->reason),
			 "not run: an earlier run hangs, and keeps what this one needs");
		result->verdict = SM_INCOMPLETE;
		return result->verdict;
	}
	e = engine_new(spec, result);
	if (!e) {
		snprintf(result->reason, sizeof(result->reason),
			 "out of memory");
		result->verdict = SM_BROKEN;
		return result->verdict;
	}
	if (engine_prepare(e)) {
		if (!engine_start_threads(e))
			engine_storm(e, &w);
		all = engine_join_all(e);
		engine_note_storm(e->result);
		if (all)
			all = engine_rest(e);
	}
	e->result->recycled = sm_victim_stop(e);
	sm_verdict_count(e);
	all = all && !e->hung && engine_may_free(e);
	if (all)
		engine_let_go(e);
	sm_oracle_kernel_end(e);
	sm_verdict_decide(e);
	if (all)
		engine_free(e);
	else
		left_over = true;
	return result->verdict;
}
