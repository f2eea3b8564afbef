/* SPDX-License-Identifier: GPL-2.0-only */
/* From what the kernel says of a page to an entry of the table. */
#ifndef SM_ENTRY_H
#define SM_ENTRY_H

#include <linux/hmm.h>

#include "uapi/stalemate.h"

/* A result of hmm_range_fault() in entry layout, 0 if it is not valid. */
static inline u64 sm_entry_of(unsigned long hmm_pfn)
{
	if (!(hmm_pfn & HMM_PFN_VALID))
		return 0;

	return SM_ENT_PRESENT | (hmm_pfn & ~HMM_PFN_FLAGS) |
	       (hmm_pfn & HMM_PFN_WRITE ? SM_ENT_WRITE : 0);
}

#endif /* SM_ENTRY_H */
