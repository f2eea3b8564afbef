/* SPDX-License-Identifier: GPL-2.0-only */
/* What of a backend was called so far, for call.h alone. */
#ifndef SM_CALLS_H
#define SM_CALLS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "memory/model.h"
#include "wire.h"

/*
 * Who calls sm_backend.access(): storm thread n is lane n. No two threads use
 * one lane at a time, so that a backend can give each a queue of its own.
 */
#define SM_LANE_SWEEP	16	/* the thread that sweeps; the main one at rest */
#define SM_LANE_BACKEND	17	/* sm_backend.worker */
#define SM_LANE_AGENT	18	/* agents that are threads, see actors/agent.h */
#define SM_LANES	(SM_LANE_AGENT + SM_MAX_AGENTS)

/**
 * enum sm_call_phase - how far it is
 * @SM_CALL_NEW: attach() comes first
 * @SM_CALL_FAILED: it failed, so nothing but detach() may follow
 * @SM_CALL_ATTACHED: the other operations
 * @SM_CALL_DETACHED: nothing any more
 */
enum sm_call_phase {
	SM_CALL_NEW,
	SM_CALL_FAILED,
	SM_CALL_ATTACHED,
	SM_CALL_DETACHED,
};

/**
 * enum sm_call_agent - what an agent does
 * @SM_CALL_NO_AGENT: there is none of that number
 * @SM_CALL_RUNS: it was started
 * @SM_CALL_STOPPED: ... and stopped: its samples are still to be had
 */
enum sm_call_agent {
	SM_CALL_NO_AGENT,
	SM_CALL_RUNS,
	SM_CALL_STOPPED,
};

/**
 * struct sm_call_lane - a lane, or a storm thread's own ops
 * @busy: somebody is in there
 * @apart: from the next: threads share no cache line
 */
struct sm_call_lane {
	bool busy;
	char apart[63];
};

/**
 * struct sm_calls - what was called so far; begins as zeroes
 * @phase: enum sm_call_phase
 * @owner: who attached
 * @lanes: by lane, accesses under way
 * @turns: by storm thread, ops of the backend's own under way
 * @calls: other operations under way
 * @works: the worker runs
 * @agents: by number, enum sm_call_agent; the main thread's alone
 * @heads: where the ring of an agent that was stopped ends
 */
struct sm_calls {
	unsigned int phase;
	pthread_t owner;
	struct sm_call_lane lanes[SM_LANES];
	struct sm_call_lane turns[SM_WIRE_THREADS];
	unsigned int calls;
	bool works;
	unsigned int agents[SM_MAX_AGENTS];
	uint64_t heads[SM_MAX_AGENTS];
};

#endif /* SM_CALLS_H */
