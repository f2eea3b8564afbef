/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Quiet windows: was a granule left alone while we looked?
 *
 *	comparer			emitter
 *	ended, then started: equal?
 *	copies the mirror
 *					start: the mirror drops its entry,
 *					       started++, full barrier
 *					changes page table entries
 *	reads pagemap
 *	started unchanged?		end: ended++
 *
 * Ended is read first: an event that comes and goes between the two loads
 * makes started the larger. An event in flight when the window opens shows as
 * a difference, one that begins later shows as a change. So in an accepted
 * window no entry was removed, replaced or restricted between the copy and the
 * reading of pagemap; new entries may have come, and they are legal.
 *
 * Events wider than SM_WIDE_GRANULES count in the wide pair alone.
 */
#ifndef SM_WINDOW_H
#define SM_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

/**
 * struct sm_window - an open window
 * @started: events of the granule when it opened
 * @wide: wide events when it opened
 */
struct sm_window {
	uint64_t started;
	uint64_t wide;
};

bool sm_window_open(const struct sm_device *d, uint64_t granule,
		    struct sm_window *w);
bool sm_window_close(const struct sm_device *d, uint64_t granule,
		     const struct sm_window *w);
void sm_window_settle(void);

#endif /* SM_WINDOW_H */
