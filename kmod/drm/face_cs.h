/* SPDX-License-Identifier: GPL-2.0-only */
/* The node that looks like amdgpu's: submission, and waiting for it. */
#ifndef SM_DRM_FACE_CS_H
#define SM_DRM_FACE_CS_H

#include "gpu.h"

int sm_face_cs(struct drm_device *drm, void *data, struct drm_file *file);
int sm_face_wait_cs(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* SM_DRM_FACE_CS_H */
