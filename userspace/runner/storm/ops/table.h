/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of families of ops. */
#ifndef SM_TABLE_H
#define SM_TABLE_H

#include "base/ops.h"

/* All of them, in the order of their rows; NULL ends them. */
extern const struct sm_op *const sm_table[];

#endif /* SM_TABLE_H */
