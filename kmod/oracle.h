/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel-side oracles, and the queue that carries what they find. */
#ifndef SM_ORACLE_H
#define SM_ORACLE_H

#include "dev.h"
#include "mirror.h"

void sm_oracle_report(struct sm_ctx *ctx, struct sm_violation *v);
void sm_oracle_entry(struct sm_mirror *m, u32 oracle, unsigned long va,
		     u64 ent, u64 cpu, u32 detail);
void sm_oracle_pin(struct sm_mirror *m, unsigned long start, unsigned long end,
		   u32 flags);
int sm_oracle_take(struct sm_ctx *ctx, struct sm_ioc_violations *v);
int sm_oracle_check(struct sm_mirror *m, struct sm_ioc_check *c);

#endif /* SM_ORACLE_H */
