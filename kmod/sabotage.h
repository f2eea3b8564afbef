/* SPDX-License-Identifier: GPL-2.0-only */
/* Breaking a real driver on purpose. */
#ifndef SM_SABOTAGE_H
#define SM_SABOTAGE_H

#include <linux/types.h>

struct mm_struct;
struct mmu_interval_notifier;
struct mmu_interval_notifier_ops;
struct mmu_notifier;
struct sm_broken;
struct sm_ctx;

void sm_sabotage_tell(u64 *set, bool hooks);
int sm_sabotage_may(const struct sm_ctx *ctx, const u64 *set);
int sm_sabotage_arm(struct sm_ctx *ctx);
void sm_sabotage_disarm(struct sm_ctx *ctx);

/* For hook.c: a subscription comes, and what came of it goes. */
struct sm_broken *sm_sabotage_registers(struct mmu_notifier *mn,
					const struct mm_struct *mm);
struct sm_broken *
sm_sabotage_inserts(struct mmu_interval_notifier *mni,
		    const struct mm_struct *mm, unsigned long start,
		    unsigned long length,
		    const struct mmu_interval_notifier_ops **ops);
struct sm_broken *sm_sabotage_of(const void *sub);
void sm_sabotage_forget(struct sm_broken *b);

#endif /* SM_SABOTAGE_H */
