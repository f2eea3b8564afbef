// SPDX-License-Identifier: GPL-2.0-only
/*
 * Profiles, defects, oracles and the words that go with the module's enums.
 * The op table is in ops.c, the backend table in backends/backend.c.
 */
#include <string.h>

#include "ops.h"
#include "tables.h"

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
#define ANON	(1U << SM_MEM_ANON | 1U << SM_MEM_ANON_THP)
#define THP	(1U << SM_MEM_ANON_THP | 1U << SM_MEM_SHMEM_THP)

/* Families, by what they can get wrong. */
#define FLUSHED	(AMD | INTEL | NPU)
#define PINNED	(HFI1 | TID | SCIF)
#define EVENTS	(KVM | HMM | TWO | ODP | AMDGPU | GRU | GNTDEV) /* see the event */
#define HUGE	(KVM | HMM | TWO | ODP | GRU | FLUSHED)
#define WALKS	(EVENTS | FLUSHED)
#define ALL	(WALKS | PINNED)

const struct sm_profile_info sm_profiles[SM_PROFILE_NR] = {
	[SM_PROFILE_KVM] = {
		.name = "kvm",
		.about = "start/end notifier, sequence and active count, as KVM does",
	},
	[SM_PROFILE_HMM] = {
		.name = "hmm",
		.about = "interval notifier and the plain hmm_range_fault() retry loop",
	},
	[SM_PROFILE_TWO_PASS] = {
		.name = "two-pass",
		.about = "interval notifier that flushes in a second pass, as xe does",
		.needs = "two-pass interval notifiers (Linux 7.3 has them)",
	},
	[SM_PROFILE_UMEM_ODP] = {
		"umem-odp",
		"RDMA on demand: interval notifier, mutex, large device pages",
	},
	[SM_PROFILE_AMDGPU] = {
		"amdgpu",
		"GPU userptr: a notifier per object, waits for its jobs",
	},
	[SM_PROFILE_HFI1] = {
		"hfi1",
		"cache of pinned pages, start only, unpinned later",
		.pinned = true,
	},
	[SM_PROFILE_HFI1_TID] = {
		"hfi1-tid",
		"pinned pages that only an unmap invalidates",
		.pinned = true,
	},
	[SM_PROFILE_SCIF] = {
		"scif",
		"pinned windows that a start marks stale",
		.pinned = true,
	},
	[SM_PROFILE_GRU] = {
		"gru",
		"active count and wait queue; the device cancels drop-ins",
	},
	[SM_PROFILE_GNTDEV] = {
		"gntdev",
		"mappings that an invalidation ends for good",
	},
	[SM_PROFILE_AMD_IOMMU] = {
		"amd-iommu",
		"walks the page table; flushed from TLB flushes, page or all",
		.flushed = true,
	},
	[SM_PROFILE_INTEL_SVM] = {
		"intel-svm",
		"walks the page table; flushed by aligned powers of two",
		.flushed = true,
	},
	[SM_PROFILE_NPU] = {
		"npu",
		"walks the page table; several devices, each flushed",
		.flushed = true,
	},
};

const struct sm_defect_info sm_defects[SM_DEFECT_NR] = {
	[SM_DEFECT_NO_RETRY] = {
		.name = "no-retry",
		.about = "installs without asking whether an invalidation ran",
		.profiles = KVM | HMM | TWO | ODP | AMDGPU | GNTDEV | FLUSHED,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "e649b3f0188f (KVM x86, APIC page); hfi1 TID programming race",
	},
	[SM_DEFECT_IGNORE_MPROTECT] = {
		.name = "ignore-mprotect",
		.about = "ignores invalidations that change a protection",
		.profiles = EVENTS | HFI1 | SCIF,
		.oracles = { "perm", "late", "content", "dirty", NULL },
		.models = "CVE-2026-53155 (write access kept); hfi1 TID heeds unmap only",
	},
	[SM_DEFECT_SHORT_RANGE] = {
		.name = "short-range",
		.about = "leaves the last page of an invalidated range",
		.profiles = ALL,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "xe: range-based invalidates; gntdev: off by one at holes",
	},
	[SM_DEFECT_THP_HEAD_ONLY] = {
		.name = "thp-head-only",
		.about = "drops only the head page of a huge entry",
		.profiles = HUGE,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.memory = THP,
		.models = "invalidate_page(), removed in 4.14: 511 of 512 pages left",
	},
	[SM_DEFECT_PUBLISH_AFTER_UNLOCK] = {
		.name = "publish-after-unlock",
		.about = "checks under the lock, publishes after dropping it",
		.profiles = WALKS,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "CVE-2025-21939 (xe); CVE-2022-45869 (KVM); 58cd407ca4c6 (KVM)",
	},
	[SM_DEFECT_LONG_RANGE] = {
		.name = "long-range",
		.about = "drops one page too many",
		.profiles = ALL,
		.oracles = { "over", "coverage", NULL },
		.models = "arm-smmu-v3 SVA: size = end - start + 1; CVE-2023-52474 (hfi1)",
	},
	[SM_DEFECT_FORGET] = {
		.name = "forget",
		.about = "drops every entry after its use",
		.profiles = ALL,
		.oracles = { "coverage", NULL },
		.models = "CVE-2026-43096 (mshv: the same fault is taken for ever)",
	},
	[SM_DEFECT_SPLAT] = {
		.name = "splat",
		.about = "one WARN in the first invalidation",
		.profiles = ALL,
		.oracles = { "kernel", NULL },
		.models = "CVE-2025-37761 (xe: UBSAN in release); CVE-2022-49077 (mremap)",
	},
	[SM_DEFECT_NO_RELEASE] = {
		.name = "no-release",
		.about = "keeps everything when the mm is torn down",
		.profiles = KVM | GRU | FLUSHED,
		.oracles = { "pagemap", "late", NULL },
		.models = "CVE-2021-47639 (KVM: roots skipped at teardown)",
	},
	[SM_DEFECT_NO_FINISH] = {
		.name = "no-finish",
		.about = "promises a second pass and forgets to flush in it",
		.profiles = TWO,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "333b89063361 (xe: pages stay mapped after the notifier returned)",
	},
	[SM_DEFECT_START_ONLY] = {
		.name = "start-only",
		.about = "lets faults in again between start and end",
		.profiles = KVM | GRU,
		.oracles = { "pagemap", "content", "perm", "late", NULL },
		.models = "40fde70d0df4 (KVM e500: mapped without mmu_notifier_retry)",
	},
	[SM_DEFECT_LATE_SEQ] = {
		.name = "late-seq",
		.about = "checks a sequence that it read after the walk",
		.profiles = WALKS,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "CVE-2026-63879 (amdgpu: sequence read again inside the loop)",
	},
	[SM_DEFECT_IGNORE_FORK] = {
		.name = "ignore-fork",
		.about = "stays writable when a fork shares or msync cleans pages",
		.profiles = EVENTS | HFI1 | SCIF,
		.oracles = { "perm", "late", "content", "dirty", NULL },
		.models = "CVE-2026-53155 (copy-on-write page mapped writable)",
	},
	[SM_DEFECT_IGNORE_CLEAR] = {
		.name = "ignore-clear",
		.about = "ignores invalidations of kind CLEAR",
		.profiles = EVENTS | HFI1 | SCIF,
		.oracles = { "pagemap", "late", "content", "perm", "dirty", NULL },
		.models = "hfi1 TID: invalidated page left in hardware (167328548663)",
	},
	[SM_DEFECT_FIRST_PAGE_ONLY] = {
		.name = "first-page-only",
		.about = "drops only the first page of an invalidated range",
		.profiles = ALL & ~AMDGPU,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "invalidate_page() carried one address, removed in 4.14",
	},
	[SM_DEFECT_FLAG_NOT_COUNT] = {
		.name = "flag-not-count",
		.about = "one flag for all invalidations: the first end clears it",
		.profiles = KVM | GRU,
		.oracles = { "pagemap", "content", "perm", "late", NULL },
		.models = "KVM and GRU count for this reason; nested events of a THP split",
	},
	[SM_DEFECT_FLUSH_AFTER_END] = {
		.name = "flush-after-end",
		.about = "drops when the invalidation ends, not when it starts",
		.profiles = KVM,
		.oracles = { "late", "pagemap", "content", "perm", NULL },
		.models = "CVE-2018-18281 (mremap: page freed before the flush)",
	},
	[SM_DEFECT_DROP_DIRTY] = {
		.name = "drop-dirty",
		.about = "never tells a page that the device wrote to it",
		.profiles = WALKS,
		.oracles = { "dirty", "content", NULL },
		.models = "gntdev: pages not marked dirty (5.9.6); d41caf941 (soft-dirty)",
	},
	[SM_DEFECT_NONBLOCK_LIE] = {
		.name = "nonblock-lie",
		.about = "claims to have dropped what it could not without sleeping",
		.profiles = TWO | ODP | AMDGPU | GNTDEV,
		.oracles = { "late", "pagemap", NULL },
		.op = SM_OPS_REAP,
		.models = "amdxdna pull 1540: returns without waiting for the job",
	},
	[SM_DEFECT_NONBLOCK_SLEEP] = {
		.name = "nonblock-sleep",
		.about = "sleeps in an invalidation that must not",
		.profiles = ODP | AMDGPU | GNTDEV,
		.oracles = { "blocking", "kernel", NULL },
		.op = SM_OPS_REAP,
		.models = "gntdev: 1401c00e59ea; amdkfd: takes mutexes in the OOM reaper",
	},
	[SM_DEFECT_REFUSE_WITH_END] = {
		.name = "refuse-with-end",
		.about = "refuses a start although it has an end",
		.profiles = KVM,
		.oracles = { "blocking", "kernel", NULL },
		.op = SM_OPS_REAP,
		.models = "c2655835fd8c (range_end without range_start); vhost, fixed in 5.3",
	},
	[SM_DEFECT_NO_FENCE_WAIT] = {
		.name = "no-fence-wait",
		.about = "does not wait for jobs that use what it drops",
		.profiles = AMDGPU,
		.oracles = { "late", "content", NULL },
		.models = "amdxdna pull 1540; CVE-2026-43220 (amd iommu: completion order)",
	},
	[SM_DEFECT_NO_NOTIFIER] = {
		.name = "no-notifier",
		.about = "has no notifier for every second object",
		.profiles = AMDGPU,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "b39df63b16b6 (amdgpu: always register an MMU notifier)",
	},
	[SM_DEFECT_SPLIT_IGNORED] = {
		.name = "split-ignored",
		.about = "ignores events that cover a mapping in part",
		.profiles = GNTDEV,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "CVE-2022-50471 (gntdev: VMA splitting)",
	},
	[SM_DEFECT_BUSY_KEPT] = {
		.name = "busy-kept",
		.about = "keeps an entry that is in use",
		.profiles = PINNED,
		.oracles = { "late", NULL },
		.models = "hfi1 SDMA: packets built from old pages (168451393605)",
	},
	[SM_DEFECT_LEAK_PIN] = {
		.name = "leak-pin",
		.about = "never lets go of some pinned pages",
		.profiles = PINNED,
		.oracles = { "refs", NULL },
		.at_end = true,
		.drained = true,
		.models = "CVE-2026-43045 (mshv: short pin); CVE-2022-50257 (gntdev)",
	},
	[SM_DEFECT_UNWIND_PINS] = {
		.name = "unwind-pins",
		.about = "forgets its pins when it did not get them all",
		.profiles = SCIF,
		.oracles = { "refs", NULL },
		.at_end = true,
		.models = "CVE-2023-52474 (hfi1); CVE-2022-50257 (gntdev: partial map)",
	},
	[SM_DEFECT_FORCE] = {
		.name = "force",
		.about = "pins what the process itself may not write to",
		.profiles = PINNED,
		.oracles = { "perm", NULL },
		.models = "amdkfd SVM: pages without read permission mapped (6.12.63)",
	},
	[SM_DEFECT_NO_CANCEL] = {
		.name = "no-cancel",
		.about = "does not cancel a drop-in that raced with a start",
		.profiles = GRU,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "the comment in gru_try_dropin(); KVM e500, 40fde70d0df4",
	},
	[SM_DEFECT_POW2_UNALIGNED] = {
		.name = "pow2-unaligned",
		.about = "rounds the length to a power of two, not the start",
		.profiles = INTEL,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "vt-d SVM, 20201231005323 (part of the range not flushed)",
	},
	[SM_DEFECT_FULL_RANGE_ZERO] = {
		.name = "full-range-zero",
		.about = "computes no pages from the range [0, -1)",
		.profiles = INTEL,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "intel_invalidate_range() of 5.10 and 6.1, read in the source",
	},
	[SM_DEFECT_ONE_DEVICE] = {
		.name = "one-device",
		.about = "flushes the first device only",
		.profiles = NPU,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "CVE-2021-47639 (KVM: some roots skipped)",
	},
	[SM_DEFECT_RECLAIM_LOCK] = {
		.name = "reclaim-lock",
		.about = "allocates under the lock that invalidations take",
		.profiles = ODP,
		.oracles = { "kernel", NULL },
		.debug = true,
		.models = "CVE-2025-38373 (mlx5: kzalloc under umem_mutex)",
	},
	[SM_DEFECT_FREE_EARLY] = {
		.name = "free-early",
		.about = "frees its state before it unregisters its notifier",
		.profiles = GRU,
		.oracles = { "kernel", NULL },
		.at_end = true,
		.debug = true,
		.models = "CVE-2026-23432 (mshv: freed with its notifier registered)",
	},
	[SM_DEFECT_DOUBLE_QUEUE] = {
		.name = "double-queue",
		.about = "queues a window to be let go of twice",
		.profiles = PINNED,
		.oracles = { "kernel", NULL },
		.debug = true,
		.models = "CVE-2025-21714 (mlx5: destroy work queued twice)",
	},
	[SM_DEFECT_MMPUT] = {
		.name = "mmput",
		.about = "gives back a reference to the mm in a callback",
		.profiles = KVM,
		.oracles = { "kernel", NULL },
		.debug = true,
		.models = "CVE-2025-38520 (amdkfd); CVE-2022-48675 (umem_odp)",
	},
	[SM_DEFECT_REFUSE_NONBLOCK] = {
		.name = "refuse-nonblock",
		.about = "legally refuses to be reaped, beside an interval notifier",
		.profiles = SCIF,
		.oracles = { "contract", NULL },
		.beside = HMM,
		.op = SM_OPS_REAP,
		.at_end = true,	/* and before it begins: not with time */
		.callers = true,
		.models = "the notifier core, 5.10 to 7.3: docs/found/refused-start.md",
	},
	[SM_DEFECT_IGNORE_MIGRATE] = {
		.name = "ignore-migrate",
		.about = "ignores what drivers migrate, even if another one does",
		.profiles = EVENTS | HFI1 | SCIF,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.memory = ANON,
		.op = "migrate-device",
		.models = "mm/hmm: non-owner entries (5.18.16); CVE-2020-27835 (hfi1: whose mm)",
	},
	[SM_DEFECT_OWNER_UNCHECKED] = {
		.name = "owner-unchecked",
		.about = "compares the owner of events that have none",
		.profiles = HMM,
		.oracles = { "pagemap", "late", "content", "perm", NULL },
		.models = "mmu_notifier_range_init() leaves it unset; mm/hmm, 5.18.16 (owner)",
	},
	[SM_DEFECT_IGNORE_SOFT_DIRTY] = {
		.name = "ignore-soft-dirty",
		.about = "stays writable when soft-dirty bits are cleared",
		.profiles = EVENTS | HFI1 | SCIF,
		.oracles = { "dirty", "late", "perm", NULL },
		.op = "soft-dirty",
		.models = "mm: proc: Invalidate TLB after clearing soft-dirty (5.10.24)",
	},
	[SM_DEFECT_NO_INVALIDATE] = {
		.name = "no-invalidate",
		.about = "a real driver never hears of what happens to the arena",
		.oracles = { "content", "perm", "pagemap", "refs", "kernel",
			     NULL },
		.models = "b39df63b16b6 (amdgpu: userptrs without a notifier)",
	},
};

const struct sm_oracle_info sm_oracles[] = {
	{ "pagemap", "user", "wrong or left-over PFN" },
	{ "content", "user", "stale data read, lost or misplaced write" },
	{ "perm", "kernel", "a mirror more permissive than the page table" },
	{ "late", "kernel",
	  "the device touches a page after its invalidation returned" },
	{ "over", "kernel", "entries dropped that nobody asked to drop" },
	{ "coverage", "kernel", "a mirror that forgets" },
	{ "blocking", "kernel", "sleep or refusal in the wrong context" },
	{ "dirty", "user", "a device write that reclaim or a dirty log misses" },
	{ "refs", "user", "page references that are not returned" },
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
	[SM_MEM_FILE] = "file",
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
	[SM_EVENT_FLUSH] = "flush",
};

const char *const sm_phase_names[SM_PHASE_NR] = {
	[SM_PHASE_START] = "start",
	[SM_PHASE_END] = "end",
	[SM_PHASE_RELEASE] = "release",
	[SM_PHASE_FLUSH] = "flush",
};

const char *const sm_verdict_names[] = {
	[SM_PASS] = "pass",
	[SM_FAIL] = "fail",
	[SM_BROKEN] = "broken",
	[SM_SKIP] = "skip",
	[SM_INCOMPLETE] = "incomplete",
	[SM_TIMEOUT] = "timeout",
};

const char *const sm_sight_names[SM_SIGHT_NR] = {
	[SM_SIGHT_ON] = "on",
	[SM_SIGHT_IDLE] = "idle",
	[SM_SIGHT_BLIND] = "blind",
	[SM_SIGHT_OFF] = "off",
};

/* sm_tables_op_of() - does an op apply to the memory of this backend? */
bool sm_tables_op_of(const struct sm_op *op, const struct sm_backend *backend)
{
	if (!op->backend || !backend->apply)
		return !op->backend && !backend->apply;
	return !strcmp(op->backend, backend->name);
}
