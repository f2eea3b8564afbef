/* SPDX-License-Identifier: GPL-2.0-only */
/* Walking the CPU's page table, for a device's page fault. */
#ifndef SM_WALK_H
#define SM_WALK_H

#include <linux/types.h>

struct hmm_range;
struct sm_mirror;

int sm_walk(struct sm_mirror *m, struct hmm_range *range, bool *direct);
bool sm_walk_convert(struct sm_mirror *m, struct hmm_range *range,
		     bool direct);

#endif /* SM_WALK_H */
