// SPDX-License-Identifier: GPL-2.0-only
/*
 * A heap that a device mirrors: see heap.h. In a process of its own, as a process has one
 * heap, and other threads' malloc() has it.
 *
 * Each time all pages are written to, and a device reads some; then the upper part goes,
 * and no device may find anything there; then it comes again, and is empty.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"
#include "heap.h"
#include "module/device.h"
#include "module/profiles.h"

#define HEAP_ROUNDS	24

static uint64_t heap_break(uint64_t to)
{
	return syscall(SYS_brk, to);
}

/* sm_heap_make() - room for the mirrors, from a granule on; 0: there is none. */
uint64_t sm_heap_make(void)
{
	uint64_t start = (heap_break(0) + SM_GRANULE_SIZE - 1) &
			 ~(SM_GRANULE_SIZE - 1);

	return heap_break(start + SM_OWN_BYTES) == start + SM_OWN_BYTES ?
		       start : 0;
}

/* The upper part goes, and comes again; returns false if there is no more room. */
static bool heap_round(struct sm_device *d, const struct sm_own *r,
		       struct sm_look *l, unsigned int round)
{
	const uint64_t nr = SM_OWN_PAGES;
	const uint64_t keep = nr - 1 - round * (nr / 2) / HEAP_ROUNDS;
	uint64_t unmaps = sm_read(&d->witness->events[SM_EVENT_UNMAP]);
	bool fine;

	sm_look_stamp(r, 0, round);
	l->mapped = true;
	fine = sm_look_at(d, r, l, 0, nr, round);
	if (heap_break(r->start + keep * SM_PAGE_SIZE) !=
	    r->start + keep * SM_PAGE_SIZE)
		return false;
	l->changed += sm_read(&d->witness->events[SM_EVENT_UNMAP]) != unmaps;
	if (fine) {
		l->mapped = false;
		fine = sm_look_at(d, r, l, keep, nr, 0);
	}
	if (heap_break(r->start + SM_OWN_BYTES) != r->start + SM_OWN_BYTES)
		return false;
	if (!fine)
		return true;
	l->mapped = true;
	if (sm_look_at(d, r, l, 0, keep, round))
		sm_look_at(d, r, l, keep, nr, 0);
	return true;
}

/*
 * sm_heap_churn() - through one mirror after the other, until something is wrong. Those
 * that pin their pages may use pages that have gone.
 */
int sm_heap_churn(const struct sm_run_spec *spec, struct sm_device *d,
		  const struct sm_own *r, struct sm_look *l)
{
	unsigned int round;

	for (round = 1; round <= HEAP_ROUNDS && !l->va; round++) {
		l->mirror = round % r->nr;
		l->judged = !sm_profiles[spec->profiles[l->mirror]].pinned;
		if (!heap_round(d, r, l, round))
			return -ENOMEM;
	}
	return 0;
}
