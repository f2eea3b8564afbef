/* SPDX-License-Identifier: GPL-2.0-only */
/* Jobs: how long they live, and what came of them. */
#ifndef SM_DRM_JOB_H
#define SM_DRM_JOB_H

#include "gpu.h"

struct sm_job *sm_job_alloc(struct sm_vm *vm, u32 ring);
void sm_job_start(struct sm_job *job);
void sm_job_forgo(struct sm_job *job);
void sm_job_get(struct sm_job *job);
void sm_job_put(struct sm_job *job);
void sm_job_record(struct sm_job *job, int status);

#endif /* SM_DRM_JOB_H */
