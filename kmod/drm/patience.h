/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long an invalidation waits for jobs, all in all.
 *
 * A time-out is one job's. But as many may be queued on an object as a queue holds, a
 * page may be in any number of objects of any number of files, and jobs may wait for
 * those of others: who unmaps, or reclaims memory, would wait for all of that. So there
 * is one deadline for what the notifiers of a process are told until none of it is
 * under way any more, for which the kernel has a sequence number. Until that changes
 * no object that was marked is made valid again, so that each is waited for once; and
 * one that is not valid is not waited for at all. Processes that share a page have a
 * deadline each. Long-running address spaces have no fences of jobs, and wait for their
 * preemption (preempt.h).
 */
#ifndef SM_DRM_PATIENCE_H
#define SM_DRM_PATIENCE_H

#include "gpu.h"

void sm_patience_init(struct sm_gpu *gpu);
struct sm_patience *sm_patience_get(struct sm_gpu *gpu, struct mm_struct *mm);
void sm_patience_put(struct sm_gpu *gpu, struct sm_patience *p);
unsigned long sm_patience_left(struct sm_gpu *gpu, struct sm_patience *p,
			       unsigned long seq);

#endif /* SM_DRM_PATIENCE_H */
