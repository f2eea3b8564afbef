/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of the arena, accessed in every way that the device has. */
#ifndef SM_VERBS_LANE_H
#define SM_VERBS_LANE_H
#ifdef HAVE_IBVERBS

#include <stdint.h>

#include "state.h"

int verbs_lane_create(struct verbs_state *v, struct verbs_lane *l,
		      uint64_t seed);
int verbs_lane_access(struct verbs_lane *l, struct sm_access *a,
		      unsigned int nr);

#endif /* HAVE_IBVERBS */
#endif /* SM_VERBS_LANE_H */
