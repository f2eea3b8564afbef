/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of our own is pulled away under jobs. */
#ifndef SM_AMDGPU_PULL_H
#define SM_AMDGPU_PULL_H
#ifdef HAVE_AMDGPU

#include "state.h"

/** amdgpu_pull_once() - 0, also if it was refused; -ETIMEDOUT: a job does not end; or an errno */
int amdgpu_pull_once(struct amdgpu_lane *l);

/** amdgpu_pull() - see sm_backend.worker */
void amdgpu_pull(struct sm_host *host);

#endif /* HAVE_AMDGPU */
#endif /* SM_AMDGPU_PULL_H */
