/* SPDX-License-Identifier: GPL-2.0-only */
/* The worker that makes a long-running address space valid, and lets it go on. */
#ifndef SM_DRM_REBIND_H
#define SM_DRM_REBIND_H

#include "gpu.h"

void sm_rebind_init(struct sm_vm *vm);
u64 sm_rebind_needed(struct sm_vm *vm);

#endif /* SM_DRM_REBIND_H */
