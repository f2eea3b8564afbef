/* SPDX-License-Identifier: GPL-2.0-only */
/* A device faults over a granule. */
#ifndef SM_FILL_H
#define SM_FILL_H

#include <stdbool.h>
#include <stdint.h>

#include "backends/host.h"

/**
 * sm_fill() - have a mirror filled: one that storms keep empty proves nothing
 * @host: the run, which may end meanwhile
 * @m: the mirror, of a backend that faults
 * @va: first address of the granule
 * @write: the device asks for writable pages
 *
 * Holes and forbidden pages refuse it, which is no news. After a few of those it
 * gives up.
 */
void sm_fill(struct sm_host *host, const struct sm_mirror *m, uint64_t va,
	     bool write);

#endif /* SM_FILL_H */
