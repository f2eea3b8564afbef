/* SPDX-License-Identifier: GPL-2.0-only */
/* Masks of profiles and of memory, for the rows of the defect table alone. */
#ifndef SM_FAMILIES_H
#define SM_FAMILIES_H

#include "uapi/stalemate.h"
#include "wire.h"

#define KVM	(1ULL << SM_PROFILE_KVM)
#define HMM	(1ULL << SM_PROFILE_HMM)
#define TWO	(1ULL << SM_PROFILE_TWO_PASS)
#define ODP	(1ULL << SM_PROFILE_UMEM_ODP)
#define AMDGPU	(1ULL << SM_PROFILE_AMDGPU)
#define HFI1	(1ULL << SM_PROFILE_HFI1)
#define TID	(1ULL << SM_PROFILE_HFI1_TID)
#define SCIF	(1ULL << SM_PROFILE_SCIF)
#define GRU	(1ULL << SM_PROFILE_GRU)
#define GNTDEV	(1ULL << SM_PROFILE_GNTDEV)
#define AMD	(1ULL << SM_PROFILE_AMD_IOMMU)
#define INTEL	(1ULL << SM_PROFILE_INTEL_SVM)
#define NPU	(1ULL << SM_PROFILE_NPU)
#define AMD_V2	(1ULL << SM_PROFILE_AMD_IOMMU_V2)
#define ANON	(1U << SM_MEM_ANON | 1U << SM_MEM_ANON_THP | \
		 1U << SM_MEM_ANON_MTHP)
#define THP	(1U << SM_MEM_ANON_THP | 1U << SM_MEM_SHMEM_THP)
#define SHARED	(1U << SM_MEM_SHMEM | 1U << SM_MEM_SHMEM_THP)

/* Families, by what they can get wrong. */
#define FLUSHED	(AMD | AMD_V2 | INTEL | NPU)
#define PINNED	(HFI1 | TID | SCIF)
#define EVENTS	(KVM | HMM | TWO | ODP | AMDGPU | GRU | GNTDEV) /* see the event */
#define HUGE	(KVM | HMM | TWO | ODP | GRU | FLUSHED)
#define WALKS	(EVENTS | FLUSHED)
/* Devices with TLBs behind the table. GRU's table is its TLB; others look it up anew. */
#define CACHED	(KVM | HMM | TWO | ODP | AMDGPU | FLUSHED)
#define ALL	(WALKS | PINNED)

#endif /* SM_FAMILIES_H */
