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
#include "memory/model.h"
#include "module/device.h"
#include "module/profiles.h"

#define HEAP_ROUNDS	24
#define HEAP_STEP	13	/* of so many pages one is looked at, and the last */

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

static uint64_t heap_stamp(unsigned int round, uint64_t page)
{
	return 1ULL << 63 | (uint64_t)round << 32 | page;
}

static uint64_t *heap_word(const struct sm_own *r, uint64_t page)
{
	return (uint64_t *)(r->start + page * SM_PAGE_SIZE) + SM_WORD_STAMP;
}

/* Refused it may be at any time. What a device got must be right. */
static bool heap_read(struct sm_device *d, const struct sm_own *r,
		      struct sm_heap *h, uint64_t page)
{
	uint64_t value;

	h->va = (uint64_t)heap_word(r, page);
	if (sm_device_access(d, r->ids[h->mirror], false, h->va, &value,
			     sizeof(value), NULL) ||
	    (h->mapped && value == h->wanted)) {
		h->va = 0;
		return true;
	}
	h->value = value;
	return false;
}

/* Pages @from and up to @to; returns false if one is not as it should be. */
static bool heap_look(struct sm_device *d, const struct sm_own *r,
		      struct sm_heap *h, uint64_t from, uint64_t to,
		      unsigned int round)
{
	uint64_t page;

	for (page = from; h->judged && page < to; page++) {
		if (page % HEAP_STEP && page != from && page != to - 1)
			continue;
		h->wanted = round ? heap_stamp(round, page) : 0;
		if (!heap_read(d, r, h, page))
			return false;
	}
	return true;
}

/* The upper part goes, and comes again; returns false if there is no more room. */
static bool heap_round(struct sm_device *d, const struct sm_own *r,
		       struct sm_heap *h, unsigned int round)
{
	const uint64_t nr = SM_OWN_PAGES;
	const uint64_t keep = nr - 1 - round * (nr / 2) / HEAP_ROUNDS;
	uint64_t page, unmaps = sm_read(&d->witness->events[SM_EVENT_UNMAP]);
	bool fine;

	for (page = 0; page < nr; page++)
		sm_write(heap_word(r, page), heap_stamp(round, page));
	h->mapped = true;
	fine = heap_look(d, r, h, 0, nr, round);
	if (heap_break(r->start + keep * SM_PAGE_SIZE) !=
	    r->start + keep * SM_PAGE_SIZE)
		return false;
	h->moved += sm_read(&d->witness->events[SM_EVENT_UNMAP]) != unmaps;
	if (fine) {
		h->mapped = false;
		fine = heap_look(d, r, h, keep, nr, 0);
	}
	if (heap_break(r->start + SM_OWN_BYTES) != r->start + SM_OWN_BYTES)
		return false;
	if (!fine)
		return true;
	h->mapped = true;
	if (heap_look(d, r, h, 0, keep, round))
		heap_look(d, r, h, keep, nr, 0);
	return true;
}

/*
 * sm_heap_churn() - through one mirror after the other, until something is wrong. Those
 * that pin their pages may use pages that have gone.
 */
int sm_heap_churn(const struct sm_run_spec *spec, struct sm_device *d,
		  const struct sm_own *r, struct sm_heap *h)
{
	unsigned int round;

	for (round = 1; round <= HEAP_ROUNDS && !h->va; round++) {
		h->mirror = round % r->nr;
		h->judged = !sm_profiles[spec->profiles[h->mirror]].pinned;
		if (!heap_round(d, r, h, round))
			return -ENOMEM;
	}
	return 0;
}
