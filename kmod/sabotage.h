/* SPDX-License-Identifier: GPL-2.0-only */
/* Breaking a real driver on purpose. */
#ifndef SM_SABOTAGE_H
#define SM_SABOTAGE_H

#include <linux/types.h>

struct sm_ctx;

u64 sm_sabotage_features(void);
int sm_sabotage_arm(struct sm_ctx *ctx, u64 defects);
void sm_sabotage_disarm(struct sm_ctx *ctx);
void sm_sabotage_exit(void);

#endif /* SM_SABOTAGE_H */
