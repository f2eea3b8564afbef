/* SPDX-License-Identifier: GPL-2.0-only */
/* Long-running jobs: those without a fence. */
#ifndef SM_DRM_LR_H
#define SM_DRM_LR_H

#include "gpu.h"

void sm_lr_push(struct sm_job *job, u64 passed);
void sm_lr_unpark(struct sm_job *job);

/* For the thread of a ring. */
bool sm_lr_ready(struct sm_ring *ring);
void sm_lr_turn(struct sm_ring *ring);

#endif /* SM_DRM_LR_H */
