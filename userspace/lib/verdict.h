/* SPDX-License-Identifier: GPL-2.0-only */
/* From a finished storm to its result. */
#ifndef SM_VERDICT_H
#define SM_VERDICT_H

#include "run.h"

struct sm_engine;

enum sm_verdict sm_verdict_of_errno(int err);
void sm_verdict_mirrors(struct sm_engine *e);
void sm_verdict_count(struct sm_engine *e);
void sm_verdict_decide(struct sm_engine *e);

#endif /* SM_VERDICT_H */
