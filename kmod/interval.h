/* SPDX-License-Identifier: GPL-2.0-only */
/* Interval notifiers that cannot be waited for, as a start was left open. */
#ifndef SM_INTERVAL_H
#define SM_INTERVAL_H

#include <linux/mmu_notifier.h>

struct sm_witness;

int sm_interval_insert(struct sm_witness *w);
void sm_interval_came(struct sm_witness *w,
		      const struct mmu_notifier_range *range);
void sm_interval_ended(struct sm_witness *w,
		       const struct mmu_notifier_range *range);
bool sm_interval_suspect(const struct sm_witness *w);
void sm_interval_judge(struct sm_witness *w);
bool sm_interval_ready(struct sm_witness *w);
bool sm_interval_safe(struct sm_witness *w);
void sm_interval_give_up(struct sm_witness *w);

#endif /* SM_INTERVAL_H */
