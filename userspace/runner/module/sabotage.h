/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Real drivers that the module breaks on purpose (struct sm_ioc_sabotage), and
 * whether that came to anything: a storm that passes although its defect was never
 * there has not shown what it was run for.
 */
#ifndef SM_SABOTAGE_H
#define SM_SABOTAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/set.h"
#include "uapi/stalemate.h"

struct sm_device;

struct sm_set sm_sabotage_numbers(const struct sm_set *rows);
int sm_sabotage_arm(struct sm_device *dev, const struct sm_set *defects,
		    struct sm_ioc_query *old, char *why, size_t size);
const char *sm_sabotage_missed(struct sm_device *dev,
			       const struct sm_ioc_query *old);
const char *sm_sabotage_unreached(const struct sm_ioc_query *old,
				  const struct sm_ioc_query *now);
const char *sm_sabotage_hooks(int err);

#endif /* SM_SABOTAGE_H */
