/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One spelling for what differs of DRM between kernels 6.12 and 7.3, as compat.h:
 * before 6.7 there is no drm_gpuvm, and nothing of this is compiled.
 */
#ifndef SM_COMPAT_DRM_H
#define SM_COMPAT_DRM_H

#include <drm/amdgpu_drm.h>
#include <drm/drm_drv.h>
#include <drm/drm_gpuvm.h>
#include <drm/gpu_scheduler.h>

#include <have.h>

/* 6.14: drm_driver.date went away. Nobody reads it, but 6.12 warns if it is NULL. */
#ifdef SM_HAVE_DRM_DATE
#define SM_DRM_DATE(when)	.date = when,
#else
#define SM_DRM_DATE(when)
#endif

/* 7.x: that a driver uses drm_gpuvm is no feature of it any more: objects always can. */
#ifdef SM_HAVE_DRM_FEATURE_GPUVA
#define SM_DRM_FEATURE_GPUVA	DRIVER_GEM_GPUVA
#else
#define SM_DRM_FEATURE_GPUVA	0
#endif

/*
 * 7.x: drm_gpuvm_bo_obtain() tells in its name that the caller has the lock of the
 * object's list, which it has always asked for.
 */
static inline struct drm_gpuvm_bo *
sm_drm_gpuvm_bo_obtain(struct drm_gpuvm *gpuvm, struct drm_gem_object *obj)
{
#ifdef SM_HAVE_DRM_OBTAIN_LOCKED
	return drm_gpuvm_bo_obtain_locked(gpuvm, obj);
#else
	return drm_gpuvm_bo_obtain(gpuvm, obj);
#endif
}

/* 6.17: DRM_GPU_SCHED_STAT_NOMINAL was renamed: the device is all right again. */
#ifdef SM_HAVE_DRM_SCHED_RESET
#define SM_DRM_SCHED_WAS_RESET	DRM_GPU_SCHED_STAT_RESET
#else
#define SM_DRM_SCHED_WAS_RESET	DRM_GPU_SCHED_STAT_NOMINAL
#endif

/*
 * 6.16: drm_gpusvm. 7.x: pages are not a part of its ranges any more, but the driver's;
 * before that there is no svm mode, svm.c.
 */
#ifdef SM_HAVE_GPUSVM
#include <drm/drm_gpusvm.h>
#include <drm/drm_pagemap.h>
#endif

/* 6.16: GEM_VA may wait for fences, and tell of its end by one. */
static inline bool sm_amdgpu_va_fences(const struct drm_amdgpu_gem_va *args)
{
#ifdef SM_HAVE_AMDGPU_VA_FENCES
	return args->vm_timeline_syncobj_out || args->vm_timeline_point ||
	       args->num_syncobj_handles || args->input_fence_syncobj_handles;
#else
	return false;
#endif
}

#endif /* SM_COMPAT_DRM_H */
