/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process with mirrors of its own: a child, forked before there is an arena, that puts
 * the same mirrors as the run's, with the same defects, on memory that is its alone, has
 * them filled, and agents use them. What would take the run along happens to it instead.
 *
 * It does not allocate, as no child does.
 */
#ifndef SM_OWN_H
#define SM_OWN_H

#include <stdint.h>

#include "uapi/stalemate.h"
#include "wire.h"

struct sm_device;

#define SM_OWN_PAGES	(2 * SM_GRANULE_PAGES)
#define SM_OWN_BYTES	(SM_OWN_PAGES * SM_PAGE_SIZE)

/**
 * struct sm_own - what the child has, and tells its parent
 * @start: first byte of its memory, SM_OWN_BYTES from a granule on
 * @nr: mirrors
 * @ids: their names in the module
 * @agents: how many use them, numbered from 0 on
 * @present: pages that all of them hold together
 */
struct sm_own {
	uint64_t start;
	unsigned int nr;
	uint32_t ids[SM_MAX_PROFILES];
	unsigned int agents;
	uint64_t present;
};

int sm_own_begin(const struct sm_run_spec *spec, struct sm_device *d,
		 struct sm_own *r);
void sm_own_end(struct sm_device *d, const struct sm_own *r);

#endif /* SM_OWN_H */
