/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Defect leak: objects that nobody can give back. They are counted as live until the
 * device goes, which has the last reference of each.
 */
#ifndef SM_DRM_LEAK_H
#define SM_DRM_LEAK_H

#include "gpu.h"

void sm_leak_init(struct sm_gpu *gpu);
void sm_leak_add(struct sm_bo *bo);
void sm_leak_close(struct sm_vm *vm);
void sm_leak_give_back(struct sm_gpu *gpu);

#endif /* SM_DRM_LEAK_H */
