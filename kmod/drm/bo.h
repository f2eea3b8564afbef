/* SPDX-License-Identifier: GPL-2.0-only */
/* Objects: of shmem, and of user pointers. */
#ifndef SM_DRM_BO_H
#define SM_DRM_BO_H

#include "gpu.h"

extern const struct vm_operations_struct sm_bo_vm_ops;

struct sm_bo *sm_bo_create(struct sm_vm *vm, u64 size);
struct sm_bo *sm_bo_alloc(struct sm_vm *vm,
			  const struct drm_gem_object_funcs *funcs);
enum drm_gem_object_status sm_bo_status(struct drm_gem_object *obj);
int sm_bo_open(struct drm_gem_object *obj, struct drm_file *file);
void sm_bo_close(struct drm_gem_object *obj, struct drm_file *file);
void sm_bo_free(struct sm_bo *bo);
int sm_bo_give(struct drm_file *file, struct sm_bo *bo, u32 *handle);
int sm_bo_get_pages(struct sm_bo *bo);
void sm_bo_put_pages(struct sm_bo *bo);
struct page *sm_bo_hold(struct page *page);
void sm_bo_mark_dirty(const struct sm_vm *vm, struct page *page);
void sm_bo_settle(struct sm_bo *bo);
unsigned long sm_bo_entry(const struct sm_bo *bo, u64 page);

#endif /* SM_DRM_BO_H */
