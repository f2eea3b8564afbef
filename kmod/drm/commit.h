/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a submission: objects valid, job on its way. */
#ifndef SM_DRM_COMMIT_H
#define SM_DRM_COMMIT_H

#include "gpu.h"

void sm_commit_install(struct sm_bo *bo);
int sm_commit(struct sm_job *job, struct dma_fence **finished);

#endif /* SM_DRM_COMMIT_H */
