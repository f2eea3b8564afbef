/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The storm: threads that apply random ops to random spans, each in a slice of its
 * own. Where they meet: see seam.h and meet.h.
 */
#ifndef SM_STORM_H
#define SM_STORM_H

#include <stdbool.h>

#include "backends/host.h"

#define SM_STORM_NUDGE	10	/* naps without a move before a thread is nudged */

struct sm_patience;
struct sm_storm_thread;

/**
 * struct sm_storm - all storm threads
 * @host: the device; how they end, and where they wait between two ops
 * @threads: the threads
 * @nr: how many
 * @vma_budget: mappings that a thread may make before it tidies up
 * @ready: threads that have filled their slice
 */
struct sm_storm {
	struct sm_host *host;
	struct sm_storm_thread *threads;
	unsigned int nr;
	unsigned int vma_budget;
	unsigned int ready;
};

/* For the main thread, in this order. */
int sm_storm_start(struct sm_storm *s, struct sm_host *host);
bool sm_storm_ready(struct sm_storm *s);
bool sm_storm_left(const struct sm_storm *s, unsigned int thread);
void sm_storm_nudge(struct sm_storm *s, unsigned int thread);
bool sm_storm_join(struct sm_storm *s, struct sm_patience *p);
bool sm_storm_idled(const struct sm_storm *s);
void sm_storm_look_again(struct sm_storm *s);
void sm_storm_count(const struct sm_storm *s, struct sm_run_result *r);
void sm_storm_free(struct sm_storm *s);

#endif /* SM_STORM_H */
