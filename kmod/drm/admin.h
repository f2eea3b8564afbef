/* SPDX-License-Identifier: GPL-2.0-only */
/* Ioctls for which the caller needs CAP_SYS_ADMIN, whoever opened the file. */
#ifndef SM_DRM_ADMIN_H
#define SM_DRM_ADMIN_H

#include <linux/types.h>

struct drm_device;
struct drm_file;
struct sm_vm;

u64 sm_admin_defects(void);
void sm_admin_arm(struct sm_vm *vm, unsigned long defects);
int sm_admin_snapshot(struct drm_device *drm, void *data, struct drm_file *file);
int sm_admin_set_defects(struct drm_device *drm, void *data,
			 struct drm_file *file);
int sm_admin_hold(struct drm_device *drm, void *data, struct drm_file *file);
int sm_admin_stats(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* SM_DRM_ADMIN_H */
