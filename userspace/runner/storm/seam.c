// SPDX-License-Identifier: GPL-2.0-only
/* Granules that two storm threads share: see seam.h. */
#include "seam.h"

#define LENT	(SM_GRANULE_SIZE / 2)

static bool seam_lends(const struct sm_region *r, unsigned int slices)
{
	return slices > 1 && r->end - r->start > SM_GRANULE_SIZE &&
	       !sm_arena_is(r->kind, SM_MEM_ANY_BLOCK);
}

static void seam_add(struct sm_region *regions, unsigned int *nr,
		     uint64_t start, uint64_t end, enum sm_memory kind)
{
	if (regions)
		regions[*nr] = (struct sm_region){
			.start = start,
			.end = end,
			.kind = kind,
		};
	(*nr)++;
}

unsigned int sm_seam_regions(const struct sm_arena *a, unsigned int slices,
			     unsigned int slice, struct sm_region *regions)
{
	unsigned int lender = (slice + slices - 1) % slices;
	const struct sm_region *r;
	unsigned int i, nr = 0;

	for (i = a->first[slice]; i < a->first[slice + 1]; i++) {
		r = &a->regions[i];
		seam_add(regions, &nr, r->start,
			 seam_lends(r, slices) ? r->end - LENT : r->end,
			 r->kind);
	}
	for (i = a->first[lender]; i < a->first[lender + 1]; i++) {
		r = &a->regions[i];
		if (seam_lends(r, slices))
			seam_add(regions, &nr, r->end - LENT, r->end, r->kind);
	}
	return nr;
}
