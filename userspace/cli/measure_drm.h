/* SPDX-License-Identifier: GPL-2.0-only */
/* What objects and jobs of a GPU cost, by stalemate_drm.ko. */
#ifndef SM_MEASURE_DRM_H
#define SM_MEASURE_DRM_H

#include "measure.h"

enum sm_verdict sm_measure_drm_probe(char *why, size_t size);
int sm_measure_drm_objects(struct sm_measure_bed *b, bool cost);
int sm_measure_drm_make(struct sm_measure_bed *b, bool cost, double *ns);
int sm_measure_drm_live(struct sm_measure_bed *b, bool cost);
int sm_measure_drm_again(struct sm_measure_bed *b, bool cost, double *ns);
int sm_measure_drm_storm(struct sm_measure_bed *b, bool cost);
int sm_measure_drm_jobs(struct sm_measure_bed *b, bool cost, double *ns);
void sm_measure_drm_tear_down(struct sm_measure_bed *b);

#endif /* SM_MEASURE_DRM_H */
