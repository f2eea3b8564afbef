/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the amdgpu backend share: one render node, as the library has one
 * of a card in a process, and lanes, each with a context, user pointers of the arena
 * and memory of the driver's of its own. No functions.
 *
 * A lane has room for some user pointers. Where an access finds one that is of another
 * place, that makes way for a new one, of some pages around: so they come and go in all
 * sizes, lie over each other, and go while other lanes' jobs run.
 */
#ifndef SM_AMDGPU_STATE_H
#define SM_AMDGPU_STATE_H
#ifdef HAVE_AMDGPU

#include <stdbool.h>
#include <stdint.h>

#include "backends/host.h"
#include "base/rng.h"
#include "memory/userptr.h"
#include "queue.h"

#define AMDGPU_SETS	32U	/* a power of two */

/**
 * struct amdgpu_counts - what a lane did
 * @jobs: jobs that are over
 * @ibs: IBs that they had
 * @done: words moved
 * @refused: words that the driver would not
 * @made: user pointers made
 * @readonly: those of them that are for reading alone
 * @pulled: times that memory was pulled away under a job that had not ended
 */
struct amdgpu_counts {
	uint64_t jobs;
	uint64_t ibs;
	uint64_t done;
	uint64_t refused;
	uint64_t made;
	uint64_t readonly;
	uint64_t pulled;
};

/**
 * struct amdgpu_lane - words of the arena, accessed for one thread
 * @s: whose it is
 * @dev: the card, and what failed of it here
 * @patience: naps that a job of it has
 * @lingers: its jobs take a while
 * @queue: its context
 * @rng: which user pointers it makes, and by which packets it moves words
 * @own: where the engine has @stage and @ib
 * @users: ... and the user pointers
 * @buffers: by a hash of the place
 * @stage: AMDGPU_WORDS words, a page, and one that nobody looks at
 * @ib: packets, some pages
 * @packets: what is put together there
 * @parts: IBs that are put together already
 * @nr_parts: how many
 * @begun: where in @packets the next one begins
 * @uses: buffers that those use
 * @nr: how many
 * @job: number of the job that is put together
 * @flight: see sm_backend.flight
 * @counts: for people
 */
struct amdgpu_lane {
	struct amdgpu_state *s;
	struct amdgpu_dev dev;
	unsigned int patience;
	bool lingers;
	struct amdgpu_queue queue;
	struct sm_rng rng;
	struct amdgpu_room own;
	struct amdgpu_room users;
	struct sm_userptr buffers[AMDGPU_SETS * SM_USERPTR_WAYS];
	struct amdgpu_memory stage;
	struct amdgpu_memory ib;
	struct amdgpu_ib packets;
	struct amdgpu_part parts[AMDGPU_PARTS];
	uint32_t nr_parts;
	uint32_t begun;
	uint32_t uses[AMDGPU_USES];
	uint32_t nr;
	uint64_t job;
	uint64_t flight;
	struct amdgpu_counts counts;
};

/**
 * struct amdgpu_state - what the backend keeps in sm_host.state
 * @host: the run, and what the backend has of it
 * @dev: the card
 * @lanes: by who uses them; NULL: nobody
 */
struct amdgpu_state {
	struct sm_host *host;
	struct amdgpu_dev dev;
	struct amdgpu_lane *lanes[SM_LANES];
};

#endif /* HAVE_AMDGPU */
#endif /* SM_AMDGPU_STATE_H */
