/* SPDX-License-Identifier: GPL-2.0-only */
/* Submission of jobs. */
#ifndef SM_DRM_SUBMIT_H
#define SM_DRM_SUBMIT_H

#include "gpu.h"

struct drm_file;

int sm_submit_job(struct sm_job *job, struct drm_file *file,
		  struct drm_stalemate_submit *args);
int sm_submit_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* SM_DRM_SUBMIT_H */
