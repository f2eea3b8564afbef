/* SPDX-License-Identifier: GPL-2.0-only */
/* From a finished storm to its result. */
#ifndef SM_VERDICT_H
#define SM_VERDICT_H

struct sm_engine;

void sm_verdict_mirrors(struct sm_engine *e);
void sm_verdict_count(struct sm_engine *e);
void sm_verdict_decide(struct sm_engine *e);

#endif /* SM_VERDICT_H */
