/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the radeon backend share: lanes, each with a render node, buffers
 * of the arena and a page of the driver's memory of its own. No functions.
 *
 * A lane has room for some buffers. Where an access finds one that is of another
 * place, that makes way for a new one, of some pages around: so buffers of all sizes
 * come and go, and lie over each other, and their jobs may still run when they go.
 */
#ifndef SM_RADEON_STATE_H
#define SM_RADEON_STATE_H
#ifdef HAVE_DRM

#include <stdbool.h>
#include <stdint.h>

#include "backends/host.h"
#include "base/rng.h"
#include "dev.h"
#include "memory/userptr.h"

#define RADEON_SETS	64U	/* a power of two */

/**
 * struct radeon_lane - words of the arena, accessed for one thread
 * @s: whose it is
 * @dev: its render node
 * @rng: which buffers it makes
 * @agent: it may go anywhere: the storm has to pause for it to be careful
 * @buffers: by a hash of the place
 * @stage: memory of the driver's, RADEON_BLITS words
 * @words: it, mapped
 * @job: what is submitted next
 * @jobs: number of that
 * @flight: see sm_backend.flight
 * @done: words moved
 * @refused: words that the driver would not
 * @made: buffers made
 */
struct radeon_lane {
	struct radeon_state *s;
	struct radeon_dev dev;
	struct sm_rng rng;
	bool agent;
	struct sm_userptr buffers[RADEON_SETS * SM_USERPTR_WAYS];
	uint32_t stage;
	uint64_t *words;
	struct radeon_job job;
	uint64_t jobs;
	uint64_t flight;
	uint64_t done;
	uint64_t refused;
	uint64_t made;
};

/**
 * struct radeon_state - what the backend keeps in sm_host.state
 * @host: the run, and what the backend has of it
 * @lanes: by who uses them; NULL: nobody
 * @maps: /proc/self/maps, where what is known is avoided; else -1
 * @why: what failed
 */
struct radeon_state {
	struct sm_host *host;
	struct radeon_lane *lanes[SM_LANES];
	int maps;
	char why[160];
};

#endif /* HAVE_DRM */
#endif /* SM_RADEON_STATE_H */
