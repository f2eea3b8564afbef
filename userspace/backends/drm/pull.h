/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that is pulled away under a job, and what the next one finds. */
#ifndef SM_DRM_PULL_H
#define SM_DRM_PULL_H
#ifdef HAVE_DRM

struct gpu_lane;

int gpu_pull_once(struct gpu_lane *l);
int gpu_pull_readonly(struct gpu_lane *l);

#endif /* HAVE_DRM */
#endif /* SM_DRM_PULL_H */
