// SPDX-License-Identifier: GPL-2.0-only
/* Quiet windows: was a granule left alone while we looked? */
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
