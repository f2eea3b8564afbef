/* SPDX-License-Identifier: GPL-2.0-only */
/* The node that looks like amdgpu's: open files, their contexts and lists. */
#ifndef SM_DRM_FACE_FILE_H
#define SM_DRM_FACE_FILE_H

#include "face_state.h"

struct drm_amdgpu_bo_list_in;

int sm_face_open(struct drm_device *drm, struct drm_file *file);
void sm_face_close(struct drm_device *drm, struct drm_file *file);
int sm_face_ctx(struct drm_device *drm, void *data, struct drm_file *file);
int sm_face_vm(struct drm_device *drm, void *data, struct drm_file *file);
int sm_face_bo_list(struct drm_device *drm, void *data, struct drm_file *file);

bool sm_face_has_ctx(struct sm_vm *vm, u32 id);
struct sm_face_list *sm_face_list_make(struct drm_file *file,
				       const struct drm_amdgpu_bo_list_in *in);
struct sm_face_list *sm_face_list_get(struct sm_vm *vm, u32 handle);
void sm_face_list_put(struct sm_face_list *list);

#endif /* SM_DRM_FACE_FILE_H */
