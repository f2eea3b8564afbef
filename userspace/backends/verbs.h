/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arena on an RDMA device, and those who use it: lanes, agents, a worker.
 *
 * It is registered on demand, as a whole. Whoever uses that region holds
 * @mr_lock for reading, so that the worker can put a new one in its place; a
 * region that is gone would refuse what must not be refused.
 */
#ifndef SM_VERBS_H
#define SM_VERBS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine.h"
#include "rng.h"
#include "verbs_dev.h"

struct verbs_state;

/**
 * struct verbs_lane - a pair that accesses words, for one thread
 * @v: whose it is
 * @pair: the pair
 * @rng: which kind of operation comes next
 * @data: ours, a page for each operation in flight
 * @swapped: ours, what atomics found
 */
struct verbs_lane {
	struct verbs_state *v;
	struct verbs_pair pair;
	struct sm_rng rng;
	char *data;
	uint64_t *swapped;
};

/**
 * struct verbs_agent - a lane that is used flat out
 * @lane: the lane
 * @ring: where it leaves its samples
 * @how: what it was told
 * @count: its writes
 * @stop: it ends
 * @thread: who uses it
 */
struct verbs_agent {
	struct verbs_lane lane;
	struct sm_agent_ring *ring;
	struct sm_ioc_agent_start how;
	uint64_t count;
	bool stop;
	pthread_t thread;
};

/**
 * struct verbs_counts - what the worker did
 * @rounds: times it did anything
 * @prefetched: pages asked for by ibv_advise_mr(), and waited for
 * @queued: pages asked for without waiting
 * @replaced: times the arena was registered anew
 * @parts: regions made of parts of the arena, used and undone
 * @shapes: operations of all shapes, their content checked
 * @denied: those that had to be refused, and were
 * @bytes: bytes of them
 */
struct verbs_counts {
	uint64_t rounds;
	uint64_t prefetched;
	uint64_t queued;
	uint64_t replaced;
	uint64_t parts;
	uint64_t shapes;
	uint64_t denied;
	uint64_t bytes;
};

/**
 * struct verbs_state - what the backend keeps in sm_engine.state
 * @e: the engine
 * @dev: the device
 * @mr: the arena
 * @mr_lock: protects @mr
 * @lanes: by who uses them
 * @agents: agents
 * @nr_agents: how many
 * @shapes: a pair for the worker's own memory
 * @counts: what the worker did
 */
struct verbs_state {
	struct sm_engine *e;
	struct verbs_dev dev;
	struct ibv_mr *mr;
	pthread_rwlock_t mr_lock;
	struct verbs_lane lanes[SM_LANES];
	struct verbs_agent agents[SM_MAX_AGENTS];
	unsigned int nr_agents;
	struct verbs_pair shapes;
	struct verbs_counts counts;
};

/* All that a region on demand may allow. */
#define VERBS_ACCESS (IBV_ACCESS_ON_DEMAND | IBV_ACCESS_LOCAL_WRITE | \
		      IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE)

int verbs_arena(struct verbs_state *v, struct ibv_mr **mr);
int verbs_lane_create(struct verbs_state *v, struct verbs_lane *l,
		      uint64_t seed);
int verbs_lane_access(struct verbs_lane *l, struct sm_access *a,
		      unsigned int nr);
void *verbs_agent_thread(void *agent);
void *verbs_worker(void *engine);
int verbs_known_check(struct verbs_state *v);

#endif /* SM_VERBS_H */
