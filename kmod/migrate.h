/* SPDX-License-Identifier: GPL-2.0-only */
/* Migrating memory as drivers do: MMU_NOTIFY_MIGRATE and _EXCLUSIVE. */
#ifndef SM_MIGRATE_H
#define SM_MIGRATE_H

#include <linux/types.h>

struct mm_struct;
struct sm_ctx;
struct sm_ioc_migrate;

u64 sm_migrate_features(void);
int sm_migrate(struct sm_ctx *ctx, struct sm_ioc_migrate *g);
int sm_migrate_nothing(struct mm_struct *mm, unsigned long start,
		       unsigned long end, bool patient);

#endif /* SM_MIGRATE_H */
