/* SPDX-License-Identifier: GPL-2.0-only */
/* The node that looks like amdgpu's: what it says of itself. */
#ifndef SM_DRM_FACE_INFO_H
#define SM_DRM_FACE_INFO_H

#include "face_state.h"

int sm_face_info(struct drm_device *drm, void *data, struct drm_file *file);
const struct sm_face_gen *sm_face_gen(void);

#endif /* SM_DRM_FACE_INFO_H */
