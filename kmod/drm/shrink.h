/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages of objects go when memory is short. */
#ifndef SM_DRM_SHRINK_H
#define SM_DRM_SHRINK_H

#include "gpu.h"

int sm_shrink_init(struct sm_gpu *gpu);
void sm_shrink_fini(struct sm_gpu *gpu);

#endif /* SM_DRM_SHRINK_H */
