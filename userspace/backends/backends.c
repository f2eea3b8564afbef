// SPDX-License-Identifier: GPL-2.0-only
/* The backends. A new one is a file beside this one and a row here. */
#include "backends.h"
#include "base/util.h"

const struct sm_backend *const sm_backends[] = {
	&sm_mock_backend,
	&sm_kvm_backend,
	&sm_verbs_backend,
	&sm_gntdev_backend,
	&sm_drm_backend,
	&sm_drm_lr_backend,
	&sm_drm_svm_backend,
	&sm_radeon_backend,
	&sm_intel_sva_backend,
	&sm_amdgpu_backend,
	&sm_kfd_backend,
	&sm_xe_backend,
	&sm_i915_backend,
	&sm_hfi1_backend,
	&sm_idxd_backend,
	&sm_template_backend,
	NULL
};

_Static_assert(SM_ARRAY_SIZE(sm_backends) - 1 <= 64,
	       "sm_options.backends is a mask of 64 bits: make it a struct sm_set");
