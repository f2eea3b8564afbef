/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of families of ops. */
#ifndef SM_GNTDEV_TABLE_H
#define SM_GNTDEV_TABLE_H

#include "base/ops.h"

struct gnt_thread;

/* All of them, in the order of their rows, each a struct gnt_op; NULL ends them. */
extern const struct sm_op *const gnt_table[];

int gnt_table_apply(struct gnt_thread *g, const char *name);

#endif /* SM_GNTDEV_TABLE_H */
