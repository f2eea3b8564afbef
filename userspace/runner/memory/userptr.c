// SPDX-License-Identifier: GPL-2.0-only
/* Which user pointer, and over what: see userptr.h. */
#include <stddef.h>

#include "base/util.h"
#include "userptr.h"

#define USERPTR_BLOCK	16U	/* pages that have one set */
#define USERPTR_SHAPES	8U	/* 1 to SM_USERPTR_PAGES */

_Static_assert(1U << (USERPTR_SHAPES - 1) == SM_USERPTR_PAGES, "the largest");

bool sm_userptr_fits(const struct sm_userptr *u,
		     const struct sm_userptr_ask *ask)
{
	if (ask->va < u->start || ask->va >= u->end || u->start < ask->low ||
	    u->end > ask->high || (ask->write && u->readonly))
		return false;
	return !ask->alone || (u->end - u->start == SM_PAGE_SIZE &&
			       u->readonly == !ask->write);
}

struct sm_userptr *sm_userptr_place(struct sm_userptr *table,
				    unsigned int nr_sets,
				    const struct sm_userptr_ask *ask,
				    struct sm_rng *rng)
{
	uint64_t block = ask->va / (USERPTR_BLOCK * SM_PAGE_SIZE);
	uint64_t nr = sm_rng_mix(block) & (nr_sets - 1);
	unsigned int i, first = sm_rng_below(rng, SM_USERPTR_WAYS);
	struct sm_userptr *set = table + nr * SM_USERPTR_WAYS, *spare = NULL;

	for (i = 0; i < SM_USERPTR_WAYS; i++)
		if (sm_userptr_fits(&set[i], ask))
			return &set[i];
	for (i = 0; i < SM_USERPTR_WAYS && !spare; i++)
		if (set[(first + i) % SM_USERPTR_WAYS].job != ask->job)
			spare = &set[(first + i) % SM_USERPTR_WAYS];
	return spare;
}

void sm_userptr_range(struct sm_userptr *u, const struct sm_userptr_ask *ask,
		      struct sm_rng *rng)
{
	uint64_t pages = 1;

	if (!ask->alone)
		pages <<= sm_rng_below(rng, USERPTR_SHAPES);
	u->start = (ask->va & ~(SM_PAGE_SIZE - 1)) -
		   sm_rng_below(rng, pages) * SM_PAGE_SIZE;
	u->end = u->start + pages * SM_PAGE_SIZE;
	if (u->start < ask->low)
		u->start = ask->low;
	if (u->end > ask->high)
		u->end = ask->high;
}
