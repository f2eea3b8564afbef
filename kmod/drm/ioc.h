/* SPDX-License-Identifier: GPL-2.0-only */
/* Ioctls, but for submission. */
#ifndef SM_DRM_IOC_H
#define SM_DRM_IOC_H

struct drm_device;
struct drm_file;

int sm_ioc_query(struct drm_device *drm, void *data, struct drm_file *file);
int sm_ioc_vm_init(struct drm_device *drm, void *data, struct drm_file *file);
int sm_ioc_vm_bind(struct drm_device *drm, void *data, struct drm_file *file);
int sm_ioc_gem_create(struct drm_device *drm, void *data, struct drm_file *file);
int sm_ioc_gem_userptr(struct drm_device *drm, void *data,
		       struct drm_file *file);
int sm_ioc_gem_info(struct drm_device *drm, void *data, struct drm_file *file);
int sm_ioc_gem_evict(struct drm_device *drm, void *data, struct drm_file *file);
int sm_ioc_await(struct sm_vm *vm, u32 ring, u64 seqno, long left,
		 struct sm_result *result);
int sm_ioc_wait(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* SM_DRM_IOC_H */
