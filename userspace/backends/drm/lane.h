/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of the arena, accessed by jobs in flight. */
#ifndef SM_DRM_LANE_H
#define SM_DRM_LANE_H
#ifdef HAVE_DRM

#include "state.h"

int gpu_lane_create(struct gpu_state *s, struct gpu_lane *l,
		    struct gpu_file *file, uint64_t seed);
void gpu_lane_destroy(struct gpu_lane *l);
int gpu_lane_access(struct gpu_lane *l, struct sm_access *a, unsigned int nr);

#endif /* HAVE_DRM */
#endif /* SM_DRM_LANE_H */
