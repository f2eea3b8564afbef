// SPDX-License-Identifier: GPL-2.0-only
/* The disciplines by their profiles' numbers. */
#include <linux/kernel.h>

#include "compat/compat.h"
#include "discipline.h"
#include "uapi/stalemate.h"

static const struct sm_discipline *const sm_disciplines[SM_PROFILE_NR] = {
	[SM_PROFILE_KVM] = &sm_discipline_kvm,
	[SM_PROFILE_HMM] = &sm_discipline_hmm,
#ifdef SM_HAVE_INTERVAL_TWO_PASS
	[SM_PROFILE_TWO_PASS] = &sm_discipline_two_pass,
#endif
	[SM_PROFILE_UMEM_ODP] = &sm_discipline_umem_odp,
	[SM_PROFILE_AMDGPU] = &sm_discipline_amdgpu,
	[SM_PROFILE_HFI1] = &sm_discipline_hfi1,
	[SM_PROFILE_HFI1_TID] = &sm_discipline_hfi1_tid,
	[SM_PROFILE_SCIF] = &sm_discipline_scif,
	[SM_PROFILE_GRU] = &sm_discipline_gru,
	[SM_PROFILE_GNTDEV] = &sm_discipline_gntdev,
	[SM_PROFILE_AMD_IOMMU] = &sm_discipline_amd_iommu,
	[SM_PROFILE_INTEL_SVM] = &sm_discipline_intel_svm,
	[SM_PROFILE_NPU] = &sm_discipline_npu,
	[SM_PROFILE_AMD_IOMMU_V2] = &sm_discipline_amd_iommu_v2,
};

/* NULL: there is no such profile, or this kernel cannot do it. */
const struct sm_discipline *sm_discipline_of(unsigned int profile)
{
	return profile < SM_PROFILE_NR ? sm_disciplines[profile] : NULL;
}

/* The profiles that this kernel can do. */
u64 sm_discipline_profiles(void)
{
	unsigned int i;
	u64 mask = 0;

	BUILD_BUG_ON(SM_PROFILE_NR > 64);

	for (i = 0; i < SM_PROFILE_NR; i++)
		if (sm_disciplines[i])
			mask |= BIT_ULL(i);

	return mask;
}
