// SPDX-License-Identifier: GPL-2.0-only
/* Quiet windows: was a granule left alone while we looked? */
#include <sys/mman.h>

#include "base/util.h"
#include "window.h"

static bool window_idle(const struct sm_granule *g, uint64_t *started)
{
	uint64_t ended = sm_load_acquire(&g->ended);

	*started = sm_load_acquire(&g->started);
	return *started == ended;
}

/* sm_window_open() - returns false if an event is in flight. */
bool sm_window_open(const struct sm_device *d, uint64_t granule,
		    struct sm_window *w)
{
	bool idle = window_idle(&d->granules[granule], &w->started) &&
		    window_idle(&d->witness->wide, &w->wide);

	/* Pairs with the full barrier after the increment of started. */
	sm_fence();
	return idle;
}

/* sm_window_close() - returns true if nothing happened since it was opened. */
bool sm_window_close(const struct sm_device *d, uint64_t granule,
		     const struct sm_window *w)
{
	/* Everything that was looked at is older than these two loads. */
	sm_fence();
	return sm_load_acquire(&d->granules[granule].started) == w->started &&
	       sm_load_acquire(&d->witness->wide.started) == w->wide;
}

/*
 * sm_window_settle() - whoever changes mappings is done
 *
 * munmap() takes the mapping out of the mm, lets go of the exclusive mmap_lock,
 * and only then tells notifiers and clears page table entries:
 *
 *	comparer			munmap
 *	window opens
 *	copies the mirror
 *					removes the VMA, downgrades mmap_lock
 *	reads pagemap: no VMA, no entry
 *					start: the mirror drops its entry
 *
 * So before it is closed, a window with a difference waits for the exclusive
 * mmap_lock, here by mapping something: by then the start has been counted.
 */
void sm_window_settle(void)
{
	void *p = mmap(NULL, SM_PAGE_SIZE, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED)
		munmap(p, SM_PAGE_SIZE);
}
