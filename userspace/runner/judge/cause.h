/* SPDX-License-Identifier: GPL-2.0-only */
/* Which event should have dropped a stale entry, and why it may not have. */
#ifndef SM_CAUSE_H
#define SM_CAUSE_H

#include <stdint.h>

struct sm_device;
struct sm_finding;
struct sm_witness;

void sm_cause_find(const struct sm_witness *w, struct sm_device *dev,
		   uint32_t mirror, struct sm_finding *f);

#endif /* SM_CAUSE_H */
