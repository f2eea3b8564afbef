/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words of the arena, moved by a card.
 *
 * The processor touches each of them first. The card cannot ask for a page that is not
 * there; and QEMU's IOMMU, where it finds an entry of the page table that was not yet
 * used, writes all of it back, whatever it has become meanwhile: so such are not left
 * to it.
 */
#ifndef SM_INTEL_SVA_LANE_H
#define SM_INTEL_SVA_LANE_H

#include "state.h"

/** sva_lane_access() - see sm_backend.access; the card's nic.why says what failed */
int sva_lane_access(struct sva_state *s, unsigned int lane, struct sm_access *a,
		    unsigned int nr);

#endif /* SM_INTEL_SVA_LANE_H */
