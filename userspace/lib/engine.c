// SPDX-License-Identifier: GPL-2.0-only
/* A running storm: setting it up, watching it, and taking it down. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chaser.h"
#include "churn.h"
#include "compare.h"
#include "engine.h"
#include "ops.h"
#include "oracle.h"
#include "pagemap.h"
#include "refs.h"
#include "release.h"
#include "rng.h"
#include "verdict.h"

#define RING_ORDER	15
#define TICK_NS		(20 * SM_MSEC)
#define WITNESS_NAP_NS	(5 * SM_MSEC)
#define PROGRESS_NS	(250 * SM_MSEC)
#define STUCK_NS	(30 * SM_NSEC)
#define JOIN_NS		(10 * SM_NSEC)
#define WORKER_STACK	(512 << 10)

/* What the main thread remembers from tick to tick. */
struct engine_watch {
	void (*progress)(const struct sm_progress *p, void *arg);
	void *arg;
	uint64_t next_progress;
	uint64_t beats[16];
	uint64_t since[16];
};

/* sm_engine_break() - the run cannot be judged; the first reason stays. */
void sm_engine_break(struct sm_engine *e, const char *fmt, ...)
{
	va_list args;

	pthread_mutex_lock(&e->lock);
	if (!e->broken) {
		va_start(args, fmt);
		vsnprintf(e->why, sizeof(e->why), fmt, args);
		va_end(args);
	}
	sm_write(&e->broken, true);
	pthread_mutex_unlock(&e->lock);
	sm_write(&e->stop, true);
}

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

static uint64_t engine_accesses(const struct sm_engine *e)
{
	uint64_t sum = sm_read(&e->sampler.accesses);
	unsigned int i;

	for (i = 0; i < e->storm.nr; i++)
		sum += sm_read(&e->storm.threads[i].accesses);
	return sum;
}

static bool engine_wants(const struct sm_engine *e, const char *op)
{
	unsigned int row;

	for (row = 0; sm_ops[row].name; row++)
		if ((e->ops >> row & 1) && !strcmp(sm_ops[row].name, op))
			return sm_ops[row].memory & ~e->lacks[row];
	return false;
}

/* ---- setting up --------------------------------------------------------- */

/* Is there an op left that this kernel can do on this memory? */
static int engine_ops(struct sm_engine *e)
{
	struct sm_run_result *r = e->result;
	const char *why = "none";
	unsigned int row;
	bool any = false;

	for (row = 0; sm_ops[row].name; row++) {
		if (!(e->ops >> row & 1))
			continue;
		e->lacks[row] = sm_ops_lacks(&sm_ops[row], &why);
		any |= sm_ops[row].memory & ~e->lacks[row] & e->spec->memory;
	}
	if (any)
		return 0;
	snprintf(r->reason, sizeof(r->reason),
		 "this kernel has none of the ops: %s", why);
	return -EOPNOTSUPP;
}

static int engine_profiles(struct sm_engine *e)
{
	struct sm_run_result *r = e->result;
	unsigned int i;

	for (i = 0; i < e->spec->nr_profiles; i++)
		if (!sm_device_has_profile(&e->dev, e->spec->profiles[i],
					   r->reason, sizeof(r->reason)))
			return -EOPNOTSUPP;
	return 0;
}

static int engine_open(struct sm_engine *e)
{
	struct sm_run_result *r = e->result;
	int err;

	err = sm_device_open(&e->dev, r->reason, sizeof(r->reason));
	if (!err)
		err = engine_profiles(e);
	if (!err)
		err = engine_ops(e);
	if (err)
		return err;
	e->pagemap = sm_pagemap_open(r->reason, sizeof(r->reason));
	if (e->pagemap < 0)
		return e->pagemap;
	err = sm_symbols_load(&e->symbols);
	if (err) {
		sm_engine_break(e, "cannot read /proc/kallsyms: %s",
				strerror(-err));
		return err;
	}
	e->klog = sm_klog_open();
	if (!e->klog) {
		err = -errno;
		sm_engine_break(e, "cannot follow /dev/kmsg: %s",
				strerror(-err));
	}
	return err;
}

static int engine_mirrors(struct sm_engine *e)
{
	const struct sm_run_spec *spec = e->spec;
	struct sm_mirror *m;
	unsigned int i;
	int err;

	for (i = 0; i < spec->nr_profiles; i++) {
		m = &e->mirrors[i];
		m->name = sm_profiles[spec->profiles[i]].name;
		m->defects = sm_engine_defects(spec->defects,
					       spec->profiles[i]);
		m->profile = &sm_profiles[spec->profiles[i]];
		e->pinned |= m->profile->pinned;
		e->flushed |= m->profile->flushed;
		err = sm_device_mirror(&e->dev, spec->profiles[i], m->defects,
				       e->arena.start, e->arena.end,
				       spec->amplify_ns, &m->id);
		if (err) {
			sm_engine_break(e, "cannot create a %s mirror%s: %s",
					m->name,
					m->defects ? " with its defect" : "",
					strerror(-err));
			return err;
		}
		e->nr_mirrors++;
	}
	return 0;
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
	err = sm_device_setup(&e->dev, e->arena.start, e->arena.end,
			      RING_ORDER, cookie);
	if (!err)
		err = sm_model_init(&e->model, e->dev.tags,
				    spec->arena >> SM_PAGE_SHIFT, cookie);
	if (err) {
		sm_engine_break(e, "cannot set up the witness: %s",
				strerror(-err));
		return err;
	}
	e->arena.mapped = true;
	return engine_mirrors(e);
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

static int engine_work(struct sm_engine *e, struct sm_worker *w,
		       const char *name, void *(*fn)(void *engine))
{
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, WORKER_STACK);
	err = -pthread_create(&w->thread, &attr, fn, e);
	pthread_attr_destroy(&attr);
	w->started = !err;
	if (!err)
		pthread_setname_np(w->thread, name);
	return err;
}

/* Signals are for the main thread: nobody else is woken from a nap. */
static int engine_start_threads(struct sm_engine *e)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	err = sm_storm_start(e);
	if (!err)
		err = engine_work(e, &e->witnessing, "witness",
				  engine_witness_thread);
	if (!err)
		err = engine_work(e, &e->sampling, "sampler",
				  sm_sampler_thread);
	if (!err)
		err = engine_work(e, &e->chaser, "chaser", sm_chaser_thread);
	if (!err)
		err = engine_work(e, &e->comparer, "comparer",
				  sm_compare_thread);
	/* They have no defect, and only cost the time to catch one. */
	if (!err && !e->spec->defects)
		err = engine_work(e, &e->churner, "churn", sm_churn_thread);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err)
		sm_engine_break(e, "cannot start a thread: %s",
				strerror(-err));
	return err;
}

/* ---- watching ----------------------------------------------------------- */

static void engine_progress(struct sm_engine *e, struct engine_watch *w,
			    uint64_t now)
{
	struct sm_progress p = { .seconds = 0 };

	if (!w->progress || now < w->next_progress)
		return;
	w->next_progress = now + PROGRESS_NS;
	if (e->result->t_start_ns)
		p.seconds = (now - e->result->t_start_ns) / (double)SM_NSEC;
	p.ops = sm_engine_ops(e);
	p.pages_compared = sm_read(&e->result->pages_compared);
	p.accesses = engine_accesses(e);
	p.violations = sm_read(&e->result->violations_total);
	w->progress(&p, w->arg);
}

static void engine_stuck(struct sm_engine *e, const struct sm_storm_thread *t)
{
	unsigned int row = sm_read(&t->busy_row);

	snprintf(e->why, sizeof(e->why),
		 "thread %u made no progress for %llu s, in %s on [%llx, %llx)",
		 t->index, (unsigned long long)(STUCK_NS / SM_NSEC),
		 row ? sm_ops[row - 1].name : "populate",
		 (unsigned long long)sm_read(&t->busy_start),
		 (unsigned long long)sm_read(&t->busy_end));
	e->stuck = true;
	sm_write(&e->stop, true);
}

static void engine_watchdog(struct sm_engine *e, struct engine_watch *w,
			    uint64_t now)
{
	unsigned int i;

	for (i = 0; i < e->storm.nr; i++) {
		const struct sm_storm_thread *t = &e->storm.threads[i];
		uint64_t beats = sm_read(&t->beats);

		if (sm_load_acquire(&t->done) || beats != w->beats[i] ||
		    !w->since[i]) {
			w->beats[i] = beats;
			w->since[i] = now;
		} else if (now - w->since[i] > STUCK_NS) {
			engine_stuck(e, t);
			return;
		}
	}
}

/* Returns false when the storm has to end. */
static bool engine_tick(struct sm_engine *e, struct engine_watch *w)
{
	uint64_t now;

	sm_util_nap(TICK_NS);
	now = sm_util_now();
	sm_klog_poll(e->klog, sm_oracle_splat, e);
	sm_oracle_take(e, &e->dev, &e->taken);
	engine_watchdog(e, w, now);
	engine_progress(e, w, now);
	return !sm_engine_stopping(e) && !sm_run_stopped();
}

static bool engine_expired(const struct sm_engine *e)
{
	return e->spec->duration_ns &&
	       sm_util_now() - e->result->t_start_ns >= e->spec->duration_ns;
}

static void engine_storm(struct sm_engine *e, struct engine_watch *w)
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
		if (engine_expired(e) || sm_storm_done(e))
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
	bool all;

	sm_write(&e->stop, true);
	all = sm_storm_join(e, deadline);
	all &= engine_join(&e->comparer, deadline);
	all &= engine_join(&e->chaser, deadline);
	all &= engine_join(&e->churner, deadline);
	all &= engine_join(&e->sampling, deadline);
	all &= engine_join(&e->witnessing, deadline);
	if (!all && !e->stuck) {
		e->stuck = true;
		snprintf(e->why, sizeof(e->why),
			 "a thread did not end within %llu s",
			 (unsigned long long)(JOIN_NS / SM_NSEC));
	}
	return all;
}

/* The storm is over. Agents go next; what they saw last is still to judge. */
static void engine_rest(struct sm_engine *e)
{
	sm_sampler_stop(&e->sampler);
	sm_sampler_drain(&e->sampler);
	if (e->result->t_start_ns && !e->broken && !e->stuck &&
	    !sm_run_stopped() &&
	    (e->spec->keep_going || !sm_oracle_found(e)))
		sm_compare_at_rest(e);
	sm_oracle_take(e, &e->dev, &e->taken);
	sm_verdict_mirrors(e);
	if (e->result->t_start_ns &&
	    (e->spec->keep_going || !sm_oracle_found(e)))
		sm_refs_check(e);
	sm_klog_poll(e->klog, sm_oracle_splat, e);
}

static void engine_free(struct sm_engine *e)
{
	sm_sampler_free(&e->sampler);
	sm_storm_free(e);
	sm_arena_free(&e->arena);
	sm_model_free(&e->model);
	if (e->dev.fd >= 0)
		sm_device_close(&e->dev);
	if (e->pagemap >= 0)
		close(e->pagemap);
	sm_klog_close(e->klog);
	sm_symbols_free(e->symbols);
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
	int err = engine_open(e);

	if (!err) {
		sm_witness_init(&e->witness, &e->dev, e->symbols);
		if (engine_wants(e, SM_OPS_EXIT))
			sm_release_check(e, false);
		if (engine_wants(e, SM_OPS_REAP) && !sm_engine_stopping(e))
			sm_release_check(e, true);
		sm_klog_poll(e->klog, sm_oracle_splat, e);
		if (sm_engine_stopping(e))
			return false;
		err = engine_memory(e);
	}
	if (err && !e->broken)
		e->result->verdict = sm_verdict_of_errno(err);
	return !err;
}

/*
 * sm_engine_run() - run one storm on the mirrors of the module
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
	struct engine_watch w = { .progress = progress, .arg = arg };
	struct sm_engine *e;
	bool all = true;

	memset(result, 0, sizeof(*result));
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
		if (all)
			engine_rest(e);
	}
	sm_verdict_fill(e);
	if (all)
		engine_free(e);
	return result->verdict;
}
