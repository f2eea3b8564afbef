/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Actors: who is at work beside the storm. Each has a row in the table of them,
 * and owns its state. Memory is changed by storm threads alone, each in its own
 * slice of the arena; actors only look, through the device.
 *
 * The run goes through the table in its order, at each of these steps:
 *
 *	prepare		one thread, no arena yet: who forks does so now
 *	(the backend attaches, storm threads fill the arena)
 *	thread		from here on to the end of the storm
 *	start		the arena is filled; the storm begins after the last one
 *	tick		every few milliseconds, until the storm is over
 *	(threads are joined)
 *	stop		what still uses the device, without a thread of ours, ends
 *	at_rest		nobody changes anything any more: everything once more;
 *			not if something was found, or the run is not judged
 *	bury		the mirrors have told what they did, and may be destroyed
 *	count		always, also after one of them hangs
 *	free		unless something hangs, and may use it for ever
 */
#ifndef SM_ACTOR_H
#define SM_ACTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ops.h"

struct sm_host;

/**
 * struct sm_actor - a row of the table of actors
 * @name: of its thread, for messages
 * @size: bytes of its state, which begins as zeroes; 0: it has none
 * @lane: where its thread uses the device, for the report on one that hangs;
 *	0: it does not (lane 0 is a storm thread's)
 * @user: who that is, if @lane
 * @absent: mask of SM_ABSENT_*: not in a run without one of these
 * @wanted: has it work in this run? Asked when the backend is attached; NULL:
 *	always
 * @prepare: returns false if the run cannot go on, of which it has told
 * @thread: returns when the run is stopping
 * @start: returns 0, or a negative errno that breaks the run
 * @tick: in the main thread
 * @stop: returns false if something hangs
 * @at_rest: in the main thread, from here on
 * @bury: see above
 * @count: see above
 * @free: see above
 *
 * All but @name are optional. @prepare and @count are called unasked: they see by
 * themselves whether there is anything to do.
 */
struct sm_actor {
	const char *name;
	size_t size;
	unsigned int lane;
	const char *user;
	unsigned int absent;
	bool (*wanted)(const struct sm_host *host);
	bool (*prepare)(struct sm_host *host, void *state);
	void (*thread)(struct sm_host *host, void *state);
	int (*start)(struct sm_host *host, void *state);
	void (*tick)(struct sm_host *host, void *state);
	bool (*stop)(struct sm_host *host, void *state);
	void (*at_rest)(struct sm_host *host, void *state);
	void (*bury)(struct sm_host *host, void *state);
	void (*count)(struct sm_host *host, void *state);
	void (*free)(struct sm_host *host, void *state);
};

extern const struct sm_actor sm_actor_release;
extern const struct sm_actor sm_actor_victims;
extern const struct sm_actor sm_actor_comparer;
extern const struct sm_actor sm_actor_sweeper;
extern const struct sm_actor sm_actor_backend;
extern const struct sm_actor sm_actor_peeker;
extern const struct sm_actor sm_actor_chaser;
extern const struct sm_actor sm_actor_churn;
extern const struct sm_actor sm_actor_sampler;
extern const struct sm_actor sm_actor_witness;
extern const struct sm_actor sm_actor_refs;

/* release_ops.c: rows of the op table that release.c applies, once in a run. */
extern const struct sm_op sm_release_ops[];

/* All of them, ending with NULL. */
extern const struct sm_actor *const sm_actors[];

#endif /* SM_ACTOR_H */
