/* SPDX-License-Identifier: GPL-2.0-only */
/* What each backend is known by; they do not know each other. */
#ifndef SM_EACH_H
#define SM_EACH_H

#include "host.h"

extern const struct sm_backend sm_amdgpu_backend;
extern const struct sm_backend sm_drm_backend;
extern const struct sm_backend sm_drm_lr_backend;
extern const struct sm_backend sm_drm_svm_backend;
extern const struct sm_backend sm_hfi1_backend;
extern const struct sm_backend sm_i915_backend;
extern const struct sm_backend sm_idxd_backend;
extern const struct sm_backend sm_gntdev_backend;
extern const struct sm_backend sm_intel_sva_backend;
extern const struct sm_backend sm_kfd_backend;
extern const struct sm_backend sm_kvm_backend;
extern const struct sm_backend sm_mock_backend;
extern const struct sm_backend sm_radeon_backend;
extern const struct sm_backend sm_template_backend;
extern const struct sm_backend sm_verbs_backend;
extern const struct sm_backend sm_xe_backend;

#endif /* SM_EACH_H */
