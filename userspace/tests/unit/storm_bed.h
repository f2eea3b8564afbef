/* SPDX-License-Identifier: GPL-2.0-only */
/* Storm threads over an arena of private and of shared memory that is not mapped. */
#ifndef SM_STORM_BED_H
#define SM_STORM_BED_H

#include <stdlib.h>
#include <string.h>

#include "host_bed.h"
#include "storm/hand.h"
#include "storm/storm.h"

struct storm_bed {
	struct host_bed h;
	struct sm_storm storm;
	struct sm_storm_thread t[2];
	struct sm_wire wire;
};

/* Those of slice 1 belong to @t. */
static inline void storm_bed_lend(struct storm_bed *b,
				  struct sm_storm_thread *t)
{
	const struct sm_arena *a = &b->h.scene.arena;

	t->regions = &a->regions[a->first[1]];
	t->nr_regions = a->first[2] - a->first[1];
}

/* The first thread is ready; NULL: there is no memory. */
static inline struct storm_bed *storm_bed_new(const struct sm_run_spec *spec,
					      uint64_t size,
					      unsigned int slices)
{
	struct storm_bed *b = aligned_alloc(SM_STORM_ALIGN, sizeof(*b));
	char why[128] = "";

	if (!b)
		return NULL;
	memset(b, 0, sizeof(*b));
	host_bed_init(&b->h, spec, &b->wire, &b->wire.result);
	if (sm_arena_init(&b->h.scene.arena, size, slices,
			  SM_BIT(SM_MEM_ANON) | SM_BIT(SM_MEM_SHMEM), why,
			  sizeof(why)))
		return NULL;
	b->t[0].host = &b->h.host;
	b->t[0].scene = &b->h.scene;
	b->t[0].end = &b->h.end;
	b->t[0].storm = &b->storm;
	b->t[0].flight = b->wire.flight;
	return b;
}

static inline void storm_bed_free(struct storm_bed *b)
{
	sm_arena_free(&b->h.scene.arena);
	host_bed_destroy(&b->h);
	free(b);
}

#endif /* SM_STORM_BED_H */
