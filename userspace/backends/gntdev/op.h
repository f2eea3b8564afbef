/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the files of ops: each holds the rows of a family, and their functions, and
 * ends with a row without a name. A new family is a line here and in table.c.
 */
#ifndef SM_GNTDEV_OP_H
#define SM_GNTDEV_OP_H

#include "base/ops.h"

struct gnt_map;
struct gnt_thread;

/**
 * struct gnt_op - a row of the op table, and what is done for it
 * @op: the row; first, as others step over the rest
 * @apply: does it to a map; returns 0 or a negative errno
 */
struct gnt_op {
	struct sm_op op;
	int (*apply)(struct gnt_thread *g, struct gnt_map *m);
};

extern const struct gnt_op gnt_child[];
extern const struct gnt_op gnt_grants[];
extern const struct gnt_op gnt_known[];
extern const struct gnt_op gnt_ops[];

#endif /* SM_GNTDEV_OP_H */
