// SPDX-License-Identifier: GPL-2.0-only
/* The profiles, as the module numbers them. */
#include "profiles.h"

const struct sm_profile_info sm_profiles[SM_PROFILE_NR] = {
	[SM_PROFILE_KVM] = {
		.name = "kvm",
		.about = "start/end notifier, sequence and active count, as KVM does",
		.ages = true,
	},
	[SM_PROFILE_HMM] = {
		.name = "hmm",
		.about = "interval notifier and the plain hmm_range_fault() retry loop",
	},
	[SM_PROFILE_TWO_PASS] = {
		.name = "two-pass",
		.about = "GPU userptr that waits for its jobs in a second pass, as xe does",
		.coarse = true,
		.lazy = true,
		.needs = "two-pass interval notifiers (Linux 7.3 has them)",
	},
	[SM_PROFILE_UMEM_ODP] = {
		"umem-odp",
		"RDMA on demand: interval notifier, mutex, dirty when dropped",
	},
	[SM_PROFILE_AMDGPU] = {
		"amdgpu",
		"GPU userptr: a notifier per object, waits for its jobs",
		.coarse = true,
		.small = true,
		.lazy = true,
	},
	[SM_PROFILE_HFI1] = {
		"hfi1",
		"cache of pages pinned for reading, unpinned later",
		.pinned = true,
		.reads = true,
		.coarse = true,
		.small = true,
	},
	[SM_PROFILE_HFI1_TID] = {
		"hfi1-tid",
		"pinned pages that only an unmap invalidates",
		.pinned = true,
		.unmap_only = true,
		.small = true,
	},
	[SM_PROFILE_SCIF] = {
		"scif",
		"pinned windows that a start marks stale",
		.pinned = true,
		.coarse = true,
		.small = true,
		.window = 16,
	},
	[SM_PROFILE_GRU] = {
		"gru",
		"active count and wait queue; the device cancels drop-ins",
	},
	[SM_PROFILE_GNTDEV] = {
		"gntdev",
		"mappings that an invalidation ends for good",
		.coarse = true,
		.small = true,
	},
	[SM_PROFILE_AMD_IOMMU] = {
		"amd-iommu",
		"walks the page table; devices flushed by powers of two",
		.flushed = true,
		.coarse = true,
	},
	[SM_PROFILE_INTEL_SVM] = {
		"intel-svm",
		"walks the page table; flushed by aligned powers of two",
		.flushed = true,
		.coarse = true,
	},
	[SM_PROFILE_NPU] = {
		"npu",
		"walks the page table; several devices, each flushed",
		.flushed = true,
		.coarse = true,
	},
	[SM_PROFILE_AMD_IOMMU_V2] = {
		"amd-iommu-v2",
		"walks the page table; flushed from TLB flushes, page or all",
		.flushed = true,
		.coarse = true,
	},
};

_Static_assert(SM_PROFILE_NR <= 64,
	       "sets of profiles are masks of 64 bits: make them a struct sm_set");
