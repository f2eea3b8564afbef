/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the pages of RDMA on-demand paging. */
#ifndef SM_PEEK_ODP_H
#define SM_PEEK_ODP_H

#include <linux/types.h>

struct mmu_interval_notifier;
struct sm_look;
struct sm_odp_region;

u64 sm_peek_odp_features(void);
int sm_peek_odp(struct sm_look *p);
void sm_peek_odp_exit(void);

/* For hook.c: an interval notifier comes, came, and goes. */
int sm_peek_odp_comes(struct mmu_interval_notifier *mni,
		      struct sm_odp_region **o);
void sm_peek_odp_came(struct sm_odp_region *o, int ret);
void sm_peek_odp_leaves(const struct mmu_interval_notifier *mni);

#endif /* SM_PEEK_ODP_H */
