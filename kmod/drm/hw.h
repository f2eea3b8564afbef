/* SPDX-License-Identifier: GPL-2.0-only */
/* What threads that are the hardware of rings have to heed, whatever they execute. */
#ifndef SM_DRM_HW_H
#define SM_DRM_HW_H

#include "gpu.h"

#define SM_HW_POLL	1	/* jiffies between looks at a word that is awaited */

u32 sm_hw_timeout_ms(void);
void sm_hw_kick(struct sm_ring *ring);
void sm_hw_kick_all(struct sm_gpu *gpu);
int sm_hw_why_stop(const struct sm_job *job);
void sm_hw_take_time(struct sm_ring *ring);
void sm_hw_rested(struct sm_ring *ring);
void sm_hw_kill(struct sm_vm *vm, int why);
void sm_hw_raise(u64 *mark, u64 to);
void sm_hw_give_up(struct sm_vm *vm);

#endif /* SM_DRM_HW_H */
