/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Real drivers that the module breaks on purpose (struct sm_ioc_sabotage), and
 * whether that came to anything: a storm that passes although its defect was never
 * there has not shown what it was run for.
 */
#ifndef SM_SABOTAGE_H
#define SM_SABOTAGE_H

struct sm_engine;
struct sm_ioc_query;

int sm_sabotage_arm(struct sm_engine *e);
const char *sm_sabotage_missed(struct sm_engine *e);
const char *sm_sabotage_unreached(const struct sm_ioc_query *old,
				  const struct sm_ioc_query *now);
const char *sm_sabotage_hooks(int err);

#endif /* SM_SABOTAGE_H */
