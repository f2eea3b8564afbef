/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page references that are not returned (oracle refs): by the module's own
 * count, and by pages that never become free.
 */
#ifndef SM_REFS_H
#define SM_REFS_H

/* Pages are judged only where this can be written to: see refs_drain(). */
#define SM_REFS_DRAIN	"/proc/sys/vm/compact_memory"

struct sm_engine;

void sm_refs_check(struct sm_engine *e);

#endif /* SM_REFS_H */
