/* SPDX-License-Identifier: GPL-2.0-only */
/* Asking who mirrors an mm what their devices have used. */
#ifndef SM_AGE_H
#define SM_AGE_H

#include <linux/types.h>

struct sm_ctx;
struct sm_ioc_age;

u64 sm_age_features(void);
int sm_age(struct sm_ctx *ctx, struct sm_ioc_age *a);

#endif /* SM_AGE_H */
