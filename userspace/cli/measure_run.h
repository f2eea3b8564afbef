/* SPDX-License-Identifier: GPL-2.0-only */
/* What the row of the runner needs. */
#ifndef SM_MEASURE_RUN_H
#define SM_MEASURE_RUN_H

#include "measure.h"

int sm_measure_run_prepare(struct sm_measure_bed *b, bool cost);
int sm_measure_run(struct sm_measure_bed *b, bool cost, double *ns);

#endif /* SM_MEASURE_RUN_H */
