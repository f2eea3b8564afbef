// SPDX-License-Identifier: GPL-2.0-only
/* A device faults over a granule: see fill.h. */
#include "backends/call.h"
#include "fill.h"
#include "memory/scene.h"

#define FILL_BATCH	64
#define FILL_HOLES	4	/* refusals before a fill gives up */

void sm_fill(struct sm_host *host, const struct sm_mirror *m, uint64_t va,
	     bool write)
{
	uint64_t end = va + SM_GRANULE_SIZE;
	unsigned int holes = 0;
	uint64_t done;

	while (va < end && !sm_end_stopping(host->end)) {
		if (!sm_call_fault(host, m, write ? SM_FAULT_WRITE : 0,
				   FILL_BATCH, va, end, &done))
			break;
		if (++holes > FILL_HOLES)
			break;
		va += (done & ~(SM_PAGE_SIZE - 1)) + SM_PAGE_SIZE;
	}
}
