/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hand of the storm: one of its threads, as its ops see it.
 *
 * Op n of thread t is a pure function of (seed, t, n): which span, which row
 * of the op table, and every choice made on the way.
 */
#ifndef SM_HAND_H
#define SM_HAND_H

#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include "backends/host.h"
#include "base/rng.h"
#include "clock.h"
#include "judge/sink.h"
#include "memory/arena.h"
#include "module/window.h"
#include "wire.h"

#define SM_STORM_TOUCHED	3
#define SM_STORM_ALIGN		64	/* threads share no cache line */
#define SM_MENU_OWN_SHARE	4
#define SM_MENU_OFTEN_SHARE	3

struct sm_storm;

/**
 * struct sm_menu - ops that a thread chooses from, as rows of the op table
 * @row: by kind of memory, those that work on it; what is done often is there more
 *	than once
 * @nr: by kind of memory, how many
 * @nr_small: of those, the first so many need no whole granule
 * @own: those that are a backend's own; what is cheap is there more than once
 * @nr_own: how many
 */
struct sm_menu {
	uint8_t row[SM_MEM_NR][SM_MAX_OPS * SM_MENU_OFTEN_SHARE];
	unsigned int nr[SM_MEM_NR];
	unsigned int nr_small[SM_MEM_NR];
	uint8_t own[SM_MAX_OPS * SM_MENU_OWN_SHARE];
	unsigned int nr_own;
};

#define SM_MEET_CALLS	5

/**
 * struct sm_meet - what a thread does to memory that another owns, see meet.h
 * @memory: by call, mask of enum sm_memory to which it may be made
 * @node: the first two NUMA nodes that have memory
 * @rng: numbers of its own, so that meeting nobody changes no op
 */
struct sm_meet {
	unsigned int memory[SM_MEET_CALLS];
	int node[2];
	struct sm_rng rng;
};

/**
 * struct sm_storm_thread - one storm thread
 * @storm: all of them
 * @all: the first of them
 * @host: the device
 * @scene: what it storms
 * @end: when to stop
 * @index: number of the thread, and of its slice
 * @thread: the thread
 * @started: it must be joined
 * @rng: numbers of the current op
 * @n: number of the current op
 * @regions: where it applies ops, see seam.h
 * @nr_regions: how many
 * @menu: ops to choose from
 * @meet: what it does where another is at work
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
 * @blocks: and blocks of the file system that the arena's file on DAX is in
 * @turn: an op of the backend's own
 * @ops: ops applied, by row
 * @met: calls tried where another is at work
 * @clock: what its time was spent on
 * @taken: pages that were taken out of use for good, see ops/machine.c
 * @unnoted: writes that the kernel did not note, see touch_cpu_tracked()
 * @flight: what it is at, for the chaser, the watchdog and the session
 * @done: the thread has returned
 *
 * Others read the members from @ops on; only the thread writes them.
 */
struct sm_storm_thread {
	alignas(SM_STORM_ALIGN) struct sm_storm *storm;
	const struct sm_storm_thread *all;
	struct sm_host *host;
	struct sm_scene *scene;
	struct sm_end *end;
	unsigned int index;
	pthread_t thread;
	bool started;
	struct sm_rng rng;
	uint64_t n;
	struct sm_region *regions;
	unsigned int nr_regions;
	struct sm_menu menu;
	struct sm_meet meet;
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
	struct sm_sink blocks;
	struct sm_turn turn;

	uint64_t ops[SM_MAX_OPS];
	uint64_t met;
	struct sm_clock clock;
	unsigned int taken;
	uint64_t unnoted;
	struct sm_flight *flight;
	bool done;
};

static inline void sm_storm_beat(struct sm_storm_thread *t)
{
	sm_count(&t->flight->beats, 1);
}

#endif /* SM_HAND_H */
