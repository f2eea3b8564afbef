/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of one running storm share.
 *
 *   storm     changes memory, and checks its own pages (storm, ops, span, touch)
 *   chaser    makes the device fault where an op is at work
 *   churn     makes mirrors on parts of the arena, uses and destroys them
 *   comparer  compares mirrors with pagemap in quiet windows, or, where the
 *             table cannot be read, sweeps over them while the storm pauses
 *   peeker    compares the tables of a real driver, where they can be read
 *   sampler   judges what the agents (kernel threads, vCPUs) saw
 *   witness   counts emitters from the record ring
 *   main      calls progress, reads the kernel log, takes the violations of the
 *             module, and watches that all of them move
 *
 * All of them run between sm_engine_start() and sm_engine_stop() and stop when
 * @stop is set. Memory is changed by storm threads alone, each in its own
 * slice of the arena; everyone else only looks, through the device.
 */
#ifndef SM_ENGINE_H
#define SM_ENGINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "device.h"
#include "klog.h"
#include "model.h"
#include "peek.h"
#include "run.h"
#include "sampler.h"
#include "storm.h"
#include "symbols.h"
#include "tables.h"
#include "util.h"
#include "victim.h"
#include "witness.h"

/**
 * struct sm_mirror - a mirror under test
 * @id: its name in the module
 * @name: name of its profile
 * @defects: what is armed in it
 * @profile: row of the profile table
 */
struct sm_mirror {
	uint32_t id;
	const char *name;
	uint64_t defects;
	const struct sm_profile_info *profile;
};

/**
 * struct sm_worker - a thread of the engine other than the storm's
 * @thread: the thread
 * @started: it must be joined
 */
struct sm_worker {
	pthread_t thread;
	bool started;
};

/**
 * struct sm_engine - a running storm
 * @spec: what to run
 * @result: filled in as it goes; findings under @lock
 * @dev: the module; sm_device.witness is NULL if it is not there
 * @symbols: names of kernel functions
 * @klog: the kernel log, NULL if it cannot be read
 * @taint: the kernel's taint mask when the run began
 * @pagemap: /proc/self/pagemap, -1 if nothing is compared with it
 * @arena: memory
 * @model: what it holds
 * @tags_size: bytes of the model's tags, if they are not the module's
 * @state: the backend's own
 * @peek: tables of a real driver
 * @unbroken: what the module had broken of real drivers before this run's was
 * @mirrors: mirrors under test
 * @nr_mirrors: how many
 * @pinned: one of them pins pages, which the kernel then does not move
 * @flushed: one of them can be compared only while the storm pauses
 * @ops: rows of the op table to apply
 * @lacks: by row, the kinds of memory on which this kernel cannot do it
 * @storm: storm threads
 * @sampler: agents and their rings
 * @witness: reader of the record ring
 * @victims: processes that get the pages that the storm frees
 * @comparer: thread that compares, or sweeps
 * @peeker: thread that compares the tables of a real driver
 * @chaser: thread that faults where ops are at work
 * @churner: thread that makes and destroys mirrors
 * @sampling: thread that drains the rings of the agents
 * @witnessing: thread that drains the record ring
 * @working: the backend's own thread
 * @lock: findings and @why
 * @stop: everybody returns
 * @broken: the run cannot be judged, @why says what happened
 * @why: one line
 * @rest_tries: times that something was in the way of comparing, in the end
 * @taken: violations taken from the module
 * @vacuous: it has passed without having looked, and this says at what; or ""
 * @stuck: it takes too long, @why says who made no progress and where
 * @hung: the device did not answer, and may still use what it was given
 * @overtime_ns: when waiting for the least work ends; 0: not begun
 * @exits: processes that died before the mirrors' eyes, times mirrors
 * @released: process deaths that the mirrors were seen to follow
 * @reaped: mirrors whose process was reaped before it died
 * @refused: starts that were refused before this run, as SM_IOC_QUERY has it
 * @closed: those of them that were closed
 * @nonblock: somebody tried, so starts were made that must not sleep
 */
struct sm_engine {
	const struct sm_run_spec *spec;
	struct sm_run_result *result;
	struct sm_device dev;
	const struct sm_symbols *symbols;
	struct sm_klog *klog;
	uint64_t taint;
	int pagemap;
	struct sm_arena arena;
	struct sm_model model;
	size_t tags_size;
	void *state;
	struct sm_peek peek;
	struct sm_ioc_query unbroken;
	struct sm_mirror mirrors[SM_MAX_PROFILES];
	unsigned int nr_mirrors;
	bool pinned;
	bool flushed;
	uint64_t ops;
	unsigned int lacks[SM_MAX_OPS];
	struct sm_storm storm;
	struct sm_sampler sampler;
	struct sm_witness witness;
	struct sm_victims victims;
	struct sm_worker comparer;
	struct sm_worker peeker;
	struct sm_worker chaser;
	struct sm_worker churner;
	struct sm_worker sampling;
	struct sm_worker witnessing;
	struct sm_worker working;
	pthread_mutex_t lock;
	bool stop;
	bool broken;
	char why[192];
	char vacuous[256];
	unsigned int rest_tries;
	uint64_t taken;
	bool stuck;
	bool hung;
	uint64_t overtime_ns;
	uint64_t exits;
	uint64_t released;
	uint64_t reaped;
	uint64_t refused;
	uint64_t closed;
	bool nonblock;
};

enum sm_verdict sm_engine_run(const struct sm_run_spec *spec,
			      struct sm_run_result *result,
			      void (*progress)(const struct sm_progress *p,
					       void *arg),
			      void *arg);
bool sm_engine_begun(const struct sm_engine *e);
void sm_engine_stick(struct sm_engine *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
#define SM_FLIGHT_TEXT	64
const char *sm_engine_flight(struct sm_engine *e,
			     const struct sm_device_agent *agent,
			     unsigned int lane, char *buf, size_t size);
void sm_engine_hang(struct sm_engine *e, const char *who,
		    const struct sm_device_agent *agent, unsigned int lane);
void sm_engine_break(struct sm_engine *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
uint64_t sm_engine_ops(const struct sm_engine *e);
int sm_engine_thread(pthread_t *thread, const char *name,
		     void *(*fn)(void *arg), void *arg);

static inline bool sm_engine_stopping(const struct sm_engine *e)
{
	return sm_read(&e->stop);
}

/* What was seen of a mirror so far. */
static inline struct sm_mirror_result *
sm_engine_seen(const struct sm_engine *e, const struct sm_mirror *m)
{
	return &e->result->mirrors[m - e->mirrors];
}

/*
 * A device that pins its pages may use one that has left the process, or now is
 * at another address: what it reads, or where its writes go, proves nothing.
 */
static inline bool sm_mirror_pinned(const struct sm_mirror *m)
{
	return m && m->profile && m->profile->pinned;
}

/* Defects of @defects that a profile can have. */
static inline uint64_t sm_engine_defects(uint64_t defects,
					 enum sm_profile profile)
{
	uint64_t mask = 0;
	unsigned int d;

	for (d = 0; d < SM_DEFECT_NR; d++)
		if ((defects >> d & 1) && (sm_defects[d].profiles >> profile & 1))
			mask |= SM_BIT(d);
	return mask;
}

#endif /* SM_ENGINE_H */
