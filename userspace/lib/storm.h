/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Storm threads: each applies random ops to random spans of its own slice.
 *
 * Op n of thread t is a pure function of (seed, t, n): which span, which row
 * of the op table, and every choice made on the way.
 */
#ifndef SM_STORM_H
#define SM_STORM_H

#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "rng.h"
#include "run.h"
#include "victim.h"
#include "window.h"

#define SM_STORM_TOUCHED	3
#define SM_STORM_ALIGN		64	/* threads share no cache line */

struct sm_engine;
struct sm_mirror;

/**
 * struct sm_storm_thread - one storm thread
 * @e: the engine
 * @index: number of the thread, and of its slice
 * @thread: the thread
 * @started: it must be joined
 * @rng: numbers of the current op
 * @n: number of the current op
 * @regions: regions of the slice
 * @nr_regions: how many
 * @menu: by kind of memory, rows of the op table that work on it
 * @nr_menu: by kind of memory, how many
 * @scratch: address outside the arena where spans may go
 * @wake: eventfd that ends the child of a fork op
 * @vmas: estimate of the mappings in the slice
 * @recoveries: ops that ran out of mappings or memory
 * @counted: the current op did what its row promises
 * @touched: pages that the device was made to hold before the op
 * @nr_touched: how many
 * @wrote: what the device wrote to them, see sm_touch_write()
 * @quiet: no event was open there before that
 * @window: and how many had been
 * @mirror: by which mirror
 * @writes: words written by direct device access
 * @sink: takes what the ops free
 * @ops: ops applied, by row
 * @unnoted: writes that the kernel did not note, see touch_cpu_tracked()
 * @beats: signs of life
 * @busy_start: span at work, for the chaser and the watchdog
 * @busy_end: its end
 * @busy_row: row of the op at work plus one
 * @done: the thread has returned
 *
 * Others read the members from @ops on; only the thread writes them.
 */
struct sm_storm_thread {
	alignas(SM_STORM_ALIGN) struct sm_engine *e;
	unsigned int index;
	pthread_t thread;
	bool started;
	struct sm_rng rng;
	uint64_t n;
	const struct sm_region *regions;
	unsigned int nr_regions;
	uint8_t menu[SM_MEM_NR][SM_MAX_OPS];
	unsigned int nr_menu[SM_MEM_NR];
	uint64_t scratch;
	int wake;
	unsigned int vmas;
	unsigned int recoveries;
	bool counted;
	uint64_t touched[SM_STORM_TOUCHED];
	unsigned int nr_touched;
	uint64_t wrote[SM_STORM_TOUCHED];
	bool quiet[SM_STORM_TOUCHED];
	struct sm_window window[SM_STORM_TOUCHED];
	const struct sm_mirror *mirror;
	uint64_t writes;
	struct sm_sink sink;

	uint64_t ops[SM_MAX_OPS];
	uint64_t unnoted;
	uint64_t beats;
	uint64_t busy_start;
	uint64_t busy_end;
	unsigned int busy_row;
	bool done;
};

/**
 * struct sm_storm - all storm threads
 * @threads: the threads
 * @nr: how many
 * @vma_budget: mappings that a thread may make before it tidies up
 * @ready: threads that have filled their slice
 * @go: the storm has begun
 * @pausing: held by who wants them to
 * @pause: threads wait between two ops
 * @parked: threads that do
 */
struct sm_storm {
	struct sm_storm_thread *threads;
	unsigned int nr;
	unsigned int vma_budget;
	unsigned int ready;
	bool go;
	pthread_mutex_t pausing;
	bool pause;
	unsigned int parked;
};

int sm_storm_start(struct sm_engine *e);
bool sm_storm_ready(struct sm_engine *e);
void sm_storm_go(struct sm_engine *e);
bool sm_storm_pause(struct sm_engine *e);
void sm_storm_resume(struct sm_engine *e);
bool sm_storm_done(const struct sm_engine *e);
bool sm_storm_join(struct sm_engine *e, uint64_t deadline_ns);
void sm_storm_free(struct sm_engine *e);

void sm_storm_pick(struct sm_storm_thread *t, struct sm_span *s,
		   unsigned int *row);

static inline void sm_storm_beat(struct sm_storm_thread *t)
{
	sm_count(&t->beats, 1);
}

#endif /* SM_STORM_H */
