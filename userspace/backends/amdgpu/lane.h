/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of the arena, moved by SDMA. */
#ifndef SM_AMDGPU_LANE_H
#define SM_AMDGPU_LANE_H
#ifdef HAVE_AMDGPU

#include "state.h"

/** amdgpu_lane_create() - make lane @number */
int amdgpu_lane_create(struct amdgpu_state *s, unsigned int number);
void amdgpu_lane_destroy(struct amdgpu_lane *l);

/** amdgpu_lane_access() - see sm_backend.access */
int amdgpu_lane_access(struct amdgpu_lane *l, struct sm_access *a,
		       unsigned int nr);

#endif /* HAVE_AMDGPU */
#endif /* SM_AMDGPU_LANE_H */
