// SPDX-License-Identifier: GPL-2.0-only
/*
 * Profiles, defects, oracles and the words that go with the module's enums.
 * The op table is in ops.c, the backend table in backends/backend.c.
 */
#include "tables.h"

#define KVM	(1ULL << SM_PROFILE_KVM)
#define HMM	(1ULL << SM_PROFILE_HMM)
#define THP	(1U << SM_MEM_ANON_THP | 1U << SM_MEM_SHMEM_THP)

const struct sm_profile_info sm_profiles[SM_PROFILE_NR] = {
	[SM_PROFILE_KVM] = {
		"kvm",
		"start/end notifier, sequence and active count, as KVM does",
	},
	[SM_PROFILE_HMM] = {
		"hmm",
		"interval notifier and the plain hmm_range_fault() retry loop",
	},
};

const struct sm_defect_info sm_defects[SM_DEFECT_NR] = {
	[SM_DEFECT_NO_RETRY] = {
		.name = "no-retry",
		.about = "installs without asking whether an invalidation ran",
		.profiles = KVM | HMM,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "e649b3f0188f (KVM x86, APIC page); hfi1 TID programming race",
	},
	[SM_DEFECT_IGNORE_MPROTECT] = {
		.name = "ignore-mprotect",
		.about = "ignores invalidations that change a protection",
		.profiles = KVM | HMM,
		.oracles = { "perm", "late", "content", NULL },
		.models = "CVE-2026-53155 (write access kept); hfi1 TID heeds unmap only",
	},
	[SM_DEFECT_SHORT_RANGE] = {
		.name = "short-range",
		.about = "leaves the last page of an invalidated range",
		.profiles = KVM | HMM,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "xe: range-based invalidates; gntdev: off by one at holes",
	},
	[SM_DEFECT_THP_HEAD_ONLY] = {
		.name = "thp-head-only",
		.about = "drops only the head page of a huge entry",
		.profiles = KVM | HMM,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.memory = THP,
		.models = "invalidate_page(), removed in 4.14: 511 of 512 pages left",
	},
	[SM_DEFECT_PUBLISH_AFTER_UNLOCK] = {
		.name = "publish-after-unlock",
		.about = "checks under the lock, publishes after dropping it",
		.profiles = KVM | HMM,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "CVE-2025-21939 (xe); CVE-2022-45869 (KVM); 58cd407ca4c6 (KVM)",
	},
	[SM_DEFECT_LONG_RANGE] = {
		.name = "long-range",
		.about = "drops one page too many",
		.profiles = KVM | HMM,
		.oracles = { "over", "coverage", NULL },
		.models = "arm-smmu-v3 SVA: size = end - start + 1; CVE-2023-52474 (hfi1)",
	},
	[SM_DEFECT_FORGET] = {
		.name = "forget",
		.about = "drops every entry after its use",
		.profiles = KVM | HMM,
		.oracles = { "coverage", NULL },
		.models = "CVE-2026-43096 (mshv: the same fault is taken for ever)",
	},
	[SM_DEFECT_SPLAT] = {
		.name = "splat",
		.about = "one WARN in the first invalidation",
		.profiles = KVM | HMM,
		.oracles = { "kernel", NULL },
		.models = "CVE-2025-37761 (xe: UBSAN in release); CVE-2022-49077 (mremap)",
	},
	[SM_DEFECT_NO_RELEASE] = {
		.name = "no-release",
		.about = "keeps everything when the mm is torn down",
		.profiles = KVM,
		.oracles = { "pagemap", "late", NULL },
		.models = "CVE-2021-47639 (KVM: roots skipped at teardown)",
	},
};

const struct sm_oracle_info sm_oracles[] = {
	{ "pagemap", "user", "wrong or left-over PFN" },
	{ "content", "user", "stale data read, lost or misplaced write" },
	{ "perm", "kernel", "a mirror more permissive than the page table" },
	{ "late", "kernel",
	  "the device touches a page after its invalidation returned" },
	{ "over", "kernel", "entries dropped that nobody asked to drop" },
	{ "coverage", "user", "a mirror that forgets" },
	{ "contract", "kernel",
	  "an emitter that breaks the start/end contract" },
	{ "kernel", "user", "WARN, BUG, KASAN, lockdep, hung task, new taint" },
	{ NULL, NULL, NULL }
};

const char *const sm_memory_names[SM_MEM_NR] = {
	[SM_MEM_ANON] = "anon",
	[SM_MEM_ANON_THP] = "anon-thp",
	[SM_MEM_SHMEM] = "shmem",
	[SM_MEM_SHMEM_THP] = "shmem-thp",
};

const char *const sm_event_names[SM_EVENT_NR] = {
	[SM_EVENT_UNMAP] = "unmap",
	[SM_EVENT_CLEAR] = "clear",
	[SM_EVENT_PROTECTION_VMA] = "protection-vma",
	[SM_EVENT_PROTECTION_PAGE] = "protection-page",
	[SM_EVENT_SOFT_DIRTY] = "soft-dirty",
	[SM_EVENT_RELEASE] = "release",
	[SM_EVENT_MIGRATE] = "migrate",
	[SM_EVENT_EXCLUSIVE] = "exclusive",
	[SM_EVENT_OTHER] = "other",
};

const char *const sm_verdict_names[] = {
	[SM_PASS] = "pass",
	[SM_FAIL] = "fail",
	[SM_BROKEN] = "broken",
	[SM_SKIP] = "skip",
	[SM_INCOMPLETE] = "incomplete",
	[SM_TIMEOUT] = "timeout",
};
