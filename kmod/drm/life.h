/* SPDX-License-Identifier: GPL-2.0-only */
/* GPUs come and go, whoever's node it is that they are seen by. */
#ifndef SM_DRM_LIFE_H
#define SM_DRM_LIFE_H

#include "gpu.h"

int sm_life_make(struct device *parent, const struct drm_driver *driver);
void sm_life_unmake(struct device *parent);
void sm_life_wait(void);

#endif /* SM_DRM_LIFE_H */
