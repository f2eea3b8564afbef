// SPDX-License-Identifier: GPL-2.0-only
/* The backends. A new one is a file beside this one and a row here. */
#include "backends.h"

const struct sm_backend *const sm_backends[] = {
	&sm_mock_backend,
	&sm_kvm_backend,
	&sm_verbs_backend,
	&sm_gntdev_backend,
	&sm_amdgpu_backend,
	&sm_hfi1_backend,
	&sm_idxd_backend,
	&sm_template_backend,
	NULL
};
