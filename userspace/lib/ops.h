/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ops, one function each; the table that names them is in ops.c.
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
#ifndef SM_OPS_H
#define SM_OPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#include "span.h"
#include "storm.h"

/* Names of the rows that are not applied by storm threads, see release.h. */
#define SM_OPS_EXIT	"exit"
#define SM_OPS_REAP	"reap"

/* That of the row that is not for pages which somebody has pinned. */
#define SM_OPS_UFFD_MOVE	"uffd-move"

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

struct sm_engine;
struct sm_op;

/* ops_lacks.c */
unsigned int sm_ops_lacks(const struct sm_op *op, const char **why);
int sm_ops_choose(struct sm_engine *e);

/* ops_map.c */
int sm_ops_map_over(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_map_unmap(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_map_forbid(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_map_read_only(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_map_allow(struct sm_storm_thread *t, const struct sm_span *s);

/* ops_advise.c */
int sm_ops_advise_dontneed(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_advise_free(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_advise_pageout(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_advise_remove(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_advise_read(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_advise_write(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_advise_dirty(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_advise_guard(struct sm_storm_thread *t, const struct sm_span *s);

/* ops_move.c */
int sm_ops_move_out(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_move_over(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_move_away(struct sm_storm_thread *t, const struct sm_span *s);

/* ops_node.c */
int sm_ops_node_move(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_node_try(void);

/* ops_soft_dirty.c */
int sm_ops_soft_dirty(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_soft_dirty_try(void);

/* ops_uffd.c */
int sm_ops_uffd_protect(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_uffd_scan(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_uffd_move(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_uffd_try_protect(void);
int sm_ops_uffd_try_scan(void);
int sm_ops_uffd_try_move(void);

/* ops_device.c */
int sm_ops_device_migrate(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_device_exclude(struct sm_storm_thread *t, const struct sm_span *s);

/* ops_file.c */
int sm_ops_file_sync(struct sm_storm_thread *t, const struct sm_span *s);

/* ops_fork.c */
int sm_ops_fork_cow(struct sm_storm_thread *t, const struct sm_span *s);

/* ops_thp.c */
int sm_ops_thp_fault(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_thp_collapse(struct sm_storm_thread *t, const struct sm_span *s);
int sm_ops_thp_split(struct sm_storm_thread *t, const struct sm_span *s);

#endif /* SM_OPS_H */
