/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking over what a runner wrote. It may have scribbled on the memory that it
 * shares, and may do so still: all is copied first, and then made to be in range,
 * so that whoever reads the copy need not look out for anything.
 */
#ifndef SM_TAKE_H
#define SM_TAKE_H

#include "wire.h"

/**
 * sm_take_finding() - copy one finding
 * @to: gets it
 * @from: in shared memory
 */
void sm_take_finding(struct sm_finding *to, const struct sm_finding *from);

/**
 * sm_take_result() - copy a result, but for its findings
 * @to: gets it; its findings stay what they are
 * @from: in shared memory
 */
void sm_take_result(struct sm_run_result *to, const struct sm_run_result *from);

#endif /* SM_TAKE_H */
