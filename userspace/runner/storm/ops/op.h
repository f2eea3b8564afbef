/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the files of ops: each holds the rows of a family, and their functions.
 *
 * When apply() is called the span is mapped, and, except for the classes map,
 * unmap and protect, also writable and stamped throughout. The caller checks
 * the span with the device before and after. An op
 *
 *   - announces the new state, makes the change, and commits (model.h); an op
 *     that promises to change nothing announces nothing,
 *   - leaves the span in any state that the model describes,
 *   - clears t->counted if the kernel refused for a passing reason, so that
 *     what could not happen is not counted.
 */
#ifndef SM_OP_H
#define SM_OP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "base/ops.h"
#include "storm/hand.h"
#include "storm/span.h"

/* Younger than the oldest C library that this is built with. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE		25
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#define MADV_GUARD_REMOVE	103
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP	4
#endif

/*
 * The families, each in the file of its name, which ends with a row without one. A
 * new op is a row in its family; a new family is a line here and in table.c.
 */
extern const struct sm_op sm_ops_advise[];
extern const struct sm_op sm_ops_age[];
extern const struct sm_op sm_ops_cgroup[];
extern const struct sm_op sm_ops_damon[];
extern const struct sm_op sm_ops_device[];
extern const struct sm_op sm_ops_dirty[];
extern const struct sm_op sm_ops_file[];
extern const struct sm_op sm_ops_flags[];
extern const struct sm_op sm_ops_fork[];
extern const struct sm_op sm_ops_ksm[];
extern const struct sm_op sm_ops_machine[];
extern const struct sm_op sm_ops_map[];
extern const struct sm_op sm_ops_move[];
extern const struct sm_op sm_ops_node[];
extern const struct sm_op sm_ops_outside[];
extern const struct sm_op sm_ops_size[];
extern const struct sm_op sm_ops_soft_dirty[];
extern const struct sm_op sm_ops_text[];
extern const struct sm_op sm_ops_thp[];
extern const struct sm_op sm_ops_uffd[];
extern const struct sm_op sm_ops_uffd_serve[];
extern const struct sm_op sm_ops_unplug[];

#endif /* SM_OP_H */
