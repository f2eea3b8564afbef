/* SPDX-License-Identifier: GPL-2.0-only */
/* What goes on beside the storm. */
#ifndef SM_DRM_WORKER_H
#define SM_DRM_WORKER_H
#ifdef HAVE_DRM

struct sm_host;

void gpu_worker(struct sm_host *host);

#endif /* HAVE_DRM */
#endif /* SM_DRM_WORKER_H */
