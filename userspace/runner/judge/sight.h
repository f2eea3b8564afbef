/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each oracle could see of a run. One that saw nothing is no proof of
 * anything: the result says which, and why.
 */
#ifndef SM_SIGHT_H
#define SM_SIGHT_H

#include "wire.h"

/* Why one cannot judge: said of a run, and beforehand by `list oracles`. */
#define SM_SIGHT_NOT_OURS	"seen in the mirrors of the module alone"
#define SM_SIGHT_PINNED_PAGEMAP	"what only unmapping ends may differ from the page table"
#define SM_SIGHT_PINNED_CONTENT	"a pinned page may be no longer the process's"
#define SM_SIGHT_PINNED_DIRTY	"a pinned page is written to without notice"
#define SM_SIGHT_GRANTED_DIRTY	"granted pages are neither reclaimed nor logged"
#define SM_SIGHT_TOUCHED_DIRTY	"the processor has used each page before the device does"
#define SM_SIGHT_GRANTED_DENIED	"what is mapped is used through the page table"
#define SM_SIGHT_UNAGED		"no callbacks that could tell what was used"
#define SM_SIGHT_UNFENCED	"no fences that could say when a job has ended"
#define SM_SIGHT_NO_QUEUE	"no queue of descriptors for an IOMMU"
#define SM_SIGHT_HELD_UNKNOWN	"which pages the driver holds is not known"

/**
 * sm_sight_set() - say what an oracle cannot see, or what it missed
 * @r: the result; no other thread sets anything of the same oracle
 * @oracle: its name
 * @sight: what it could see, see sm_wire_see()
 * @fmt: why, in a few words
 */
void sm_sight_set(struct sm_run_result *r, const char *oracle,
		  enum sm_sight sight, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif /* SM_SIGHT_H */
