/* SPDX-License-Identifier: GPL-2.0-only */
/* The render node of stalemate_drm.ko, and what can be asked of it. */
#ifndef SM_DRM_DEV_H
#define SM_DRM_DEV_H
#ifdef HAVE_DRM

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uapi/drm/stalemate_drm.h"

/*
 * All of these return 0 or a negative errno. They go through drmIoctl(), which calls
 * again on EINTR and EAGAIN, as every driver of Mesa does.
 */
int gpu_dev_open(char *why, size_t size);
int gpu_dev_query(int fd, struct drm_stalemate_query *q);
int gpu_dev_init(int fd, uint32_t flags, uint64_t start, uint64_t size);
int gpu_dev_arm(int fd, uint64_t defects);
int gpu_dev_create(int fd, uint64_t size, uint32_t *handle);
int gpu_dev_userptr(int fd, uint64_t addr, uint64_t size, uint32_t flags,
		    uint32_t *handle);
int gpu_dev_info(int fd, struct drm_stalemate_gem_info *info);
int gpu_dev_map(int fd, uint32_t handle, uint64_t size, void **map);
int gpu_dev_close(int fd, uint32_t handle);
int gpu_dev_evict(int fd, uint32_t handle);
int gpu_dev_bind(int fd, uint32_t handle, uint64_t va, uint64_t size);
int gpu_dev_unbind(int fd, uint64_t va, uint64_t size);
int gpu_dev_submit(int fd, struct drm_stalemate_submit *submit);
int gpu_dev_wait(int fd, struct drm_stalemate_wait *wait);
int gpu_dev_snapshot(int fd, uint64_t start, uint64_t end, uint64_t *buf,
		     uint64_t *present);
int gpu_dev_stats(int fd, struct drm_stalemate_stats *stats);

#endif /* HAVE_DRM */
#endif /* SM_DRM_DEV_H */
