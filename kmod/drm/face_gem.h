/* SPDX-License-Identifier: GPL-2.0-only */
/* The node that looks like amdgpu's: objects and where they are bound. */
#ifndef SM_DRM_FACE_GEM_H
#define SM_DRM_FACE_GEM_H

#include "gpu.h"

int sm_face_gem_create(struct drm_device *drm, void *data,
		       struct drm_file *file);
int sm_face_gem_mmap(struct drm_device *drm, void *data, struct drm_file *file);
int sm_face_gem_userptr(struct drm_device *drm, void *data,
			struct drm_file *file);
int sm_face_gem_metadata(struct drm_device *drm, void *data,
			 struct drm_file *file);
int sm_face_gem_op(struct drm_device *drm, void *data, struct drm_file *file);
int sm_face_gem_va(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* SM_DRM_FACE_GEM_H */
