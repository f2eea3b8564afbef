/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the verbs backend share: the arena on an RDMA device, and those
 * who use it: lanes, agents, a worker. No functions.
 *
 * It is registered on demand, as a whole. Whoever uses that region holds
 * @mr_lock for reading, so that the worker can put a new one in its place; a
 * region that is gone would refuse what must not be refused.
 */
#ifndef SM_VERBS_STATE_H
#define SM_VERBS_STATE_H
#ifdef HAVE_IBVERBS

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "backends/host.h"
#include "base/rng.h"
#include "dev.h"
#include "memory/agent_feed.h"
#include "pair.h"

struct verbs_state;

/**
 * struct verbs_lane - a pair that accesses words, for one thread
 * @v: whose it is
 * @pair: the pair
 * @rng: which kind of operation comes next
 * @data: ours, a page for each operation in flight
 * @swapped: ours, what atomics found
 * @held: by access under way, its page is held
 * @shared: by access under way, another is to the same page
 */
struct verbs_lane {
	struct verbs_state *v;
	struct verbs_pair pair;
	struct sm_rng rng;
	char *data;
	uint64_t *swapped;
	bool held[VERBS_DEPTH];
	bool shared[VERBS_DEPTH];
};

/**
 * struct verbs_agent - a lane that is used flat out
 * @feed: who uses it
 * @lane: the lane
 */
struct verbs_agent {
	struct sm_agent_feed feed;
	struct verbs_lane lane;
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
 * struct verbs_state - what the backend keeps in sm_host.state
 * @host: the run, and what the backend has of it
 * @dev: the device
 * @mr: the arena
 * @mr_lock: protects @mr
 * @lanes: by who uses them
 * @agents: agents
 * @nr_agents: how many
 * @shapes: a pair for the worker's own memory
 * @counts: what the worker did
 * @reaped: nobody destroys what is spent any more until the end
 */
struct verbs_state {
	struct sm_host *host;
	struct verbs_dev dev;
	struct ibv_mr *mr;
	pthread_rwlock_t mr_lock;
	struct verbs_lane lanes[SM_LANES];
	struct verbs_agent agents[SM_MAX_AGENTS];
	unsigned int nr_agents;
	struct verbs_pair shapes;
	struct verbs_counts counts;
	bool reaped;
};

/* All that a region on demand may allow. */
#define VERBS_ACCESS (IBV_ACCESS_ON_DEMAND | IBV_ACCESS_LOCAL_WRITE | \
		      IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE)

#endif /* HAVE_IBVERBS */
#endif /* SM_VERBS_STATE_H */
