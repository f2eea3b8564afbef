/* SPDX-License-Identifier: GPL-2.0-only */
/* What anybody may see of his files, and who looks into debugfs, of all. */
#ifndef SM_DRM_SHOW_H
#define SM_DRM_SHOW_H

#include "gpu.h"

struct drm_printer;

void sm_show_fdinfo(struct drm_printer *p, struct drm_file *file);
void sm_show_debugfs(struct drm_device *drm);

#endif /* SM_DRM_SHOW_H */
