/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of the arena, moved by jobs. */
#ifndef SM_RADEON_LANE_H
#define SM_RADEON_LANE_H
#ifdef HAVE_DRM

#include "state.h"

/** radeon_lane_create() - make lane @number; an @agent's goes anywhere */
int radeon_lane_create(struct radeon_state *s, unsigned int number, bool agent);
void radeon_lane_destroy(struct radeon_lane *l);

/** radeon_lane_access() - see sm_backend.access */
int radeon_lane_access(struct radeon_lane *l, struct sm_access *a,
		       unsigned int nr);

#endif /* HAVE_DRM */
#endif /* SM_RADEON_LANE_H */
