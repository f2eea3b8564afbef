/* SPDX-License-Identifier: GPL-2.0-only */
/* Rings: drm_sched in front, a thread as the hardware behind. */
#ifndef SM_DRM_RING_H
#define SM_DRM_RING_H

#include "gpu.h"

int sm_ring_init(struct sm_ring *ring, struct sm_gpu *gpu, u32 index);
void sm_ring_fini(struct sm_ring *ring);
int sm_ring_hold(struct sm_ring *ring, struct sm_vm *vm, bool hold);
void sm_ring_forget(void);

#endif /* SM_DRM_RING_H */
