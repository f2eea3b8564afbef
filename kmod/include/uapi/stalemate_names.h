/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* What the module knows by number: profiles, defects, oracles. */
#ifndef _UAPI_STALEMATE_NAMES_H
#define _UAPI_STALEMATE_NAMES_H

/**
 * enum sm_profile - disciplines a mirror can follow
 * @SM_PROFILE_KVM: invalidate_range_start/end, sequence and active count
 *	(virt/kvm/kvm_main.c)
 * @SM_PROFILE_HMM: mmu_interval_notifier and the hmm_range_fault() retry loop
 *	(Documentation/mm/hmm.rst)
 * @SM_PROFILE_TWO_PASS: mmu_interval_notifier with invalidate_start() and
 *	invalidate_finish() (drivers/gpu/drm/xe/xe_userptr.c); not on kernels
 *	without the two, see sm_ioc_query.profiles
 * @SM_PROFILE_UMEM_ODP: interval notifier, mutex, pages that are marked dirty when
 *	they are dropped (drivers/infiniband: umem_odp.c, hw/mlx5/odp.c)
 * @SM_PROFILE_AMDGPU: an interval notifier for each object; waits for jobs
 *	(drivers/gpu/drm/amd/amdgpu/amdgpu_hmm.c, amdgpu_cs.c)
 * @SM_PROFILE_HFI1: pages pinned for reading, in a cache
 *	(drivers/infiniband/hw/hfi1/mmu_rb.c)
 * @SM_PROFILE_HFI1_TID: pinned pages, heeds MMU_NOTIFY_UNMAP alone
 *	(drivers/infiniband/hw/hfi1/user_exp_rcv.c)
 * @SM_PROFILE_SCIF: pinned windows of several pages, start marks them stale
 *	(drivers/misc/mic/scif, removed in 5.10)
 * @SM_PROFILE_GRU: start/end, active count and wait queue, no sequence
 *	(drivers/misc/sgi-gru/grutlbpurge.c)
 * @SM_PROFILE_GNTDEV: mappings that an invalidation ends for good
 *	(drivers/xen/gntdev.c)
 * @SM_PROFILE_AMD_IOMMU: devices that walk the page table and whose TLBs are
 *	flushed by powers of two of pages (drivers/iommu/amd/pasid.c)
 * @SM_PROFILE_INTEL_SVM: the same (drivers/iommu/intel: svm.c, cache.c)
 * @SM_PROFILE_NPU: the same, but by what was asked for
 *	(arch/powerpc/platforms/powernv/npu-dma.c, until 5.2)
 * @SM_PROFILE_AMD_IOMMU_V2: the same, page or whole
 *	(drivers/iommu/amd/iommu_v2.c, until 6.6)
 * @SM_PROFILE_NR: number of profiles, at most 64
 */
enum sm_profile {
	SM_PROFILE_KVM,
	SM_PROFILE_HMM,
	SM_PROFILE_TWO_PASS,
	SM_PROFILE_UMEM_ODP,
	SM_PROFILE_AMDGPU,
	SM_PROFILE_HFI1,
	SM_PROFILE_HFI1_TID,
	SM_PROFILE_SCIF,
	SM_PROFILE_GRU,
	SM_PROFILE_GNTDEV,
	SM_PROFILE_AMD_IOMMU,
	SM_PROFILE_INTEL_SVM,
	SM_PROFILE_NPU,
	SM_PROFILE_AMD_IOMMU_V2,
	SM_PROFILE_NR,
};

/**
 * enum sm_defect - known bugs that can be seeded into a mirror
 * @SM_DEFECT_NO_RETRY: installs a translation without asking whether an
 *	invalidation ran meanwhile (start only)
 * @SM_DEFECT_IGNORE_MPROTECT: ignores MMU_NOTIFY_PROTECTION_VMA
 * @SM_DEFECT_SHORT_RANGE: leaves the last page of an invalidated range
 * @SM_DEFECT_THP_HEAD_ONLY: drops only the head page of a huge entry
 * @SM_DEFECT_PUBLISH_AFTER_UNLOCK: checks for a racing invalidation under the
 *	lock, but publishes the entry after dropping it
 * @SM_DEFECT_LIVE_ARRAY: has its findings where the device uses them before it asks
 *	whether an invalidation ran meanwhile
 * @SM_DEFECT_LONG_RANGE: drops one page too many
 * @SM_DEFECT_DROP_WIDE: drops 64 pages too many on each side
 * @SM_DEFECT_DROP_ALL: drops everything at every event
 * @SM_DEFECT_FORGET: drops every entry after its use
 * @SM_DEFECT_STICKY_REFUSAL: a page at which a fault was refused once is refused
 *	for ever
 * @SM_DEFECT_STICKY_READ_ONLY: a page that was installed read-only once can never
 *	be written to
 * @SM_DEFECT_SPLAT: one WARN in the first invalidation
 * @SM_DEFECT_NO_RELEASE: keeps everything when the mm is torn down
 * @SM_DEFECT_NO_FINISH: puts the wait for jobs off to the second pass, and forgets
 *	it there
 * @SM_DEFECT_START_ONLY: lets faults in again between start and end
 * @SM_DEFECT_NEWEST_RANGE_ONLY: refuses faults in the range of the newest of several
 *	invalidations that are under way, and forgets those of the older ones
 * @SM_DEFECT_LATE_SEQ: reads the sequence again after the walk, and checks that
 * @SM_DEFECT_IGNORE_FORK: keeps what is writable when a fork makes it shared, or
 *	write-back makes it clean (MMU_NOTIFY_PROTECTION_PAGE)
 * @SM_DEFECT_IGNORE_CLEAR: ignores MMU_NOTIFY_CLEAR
 * @SM_DEFECT_FIRST_PAGE_ONLY: drops only the first page of an invalidated range
 * @SM_DEFECT_FLAG_NOT_COUNT: remembers that an invalidation is under way, not how
 *	many: the first end ends them all
 * @SM_DEFECT_YIELD_SKIPS: an invalidation that lets others in half way goes on
 *	one page too far
 * @SM_DEFECT_SKIP_INVALID_ROOT: drops nothing of a root that is being torn down
 * @SM_DEFECT_OBSOLETE_ROOT: installs in a root that is gone, where nobody looks
 * @SM_DEFECT_CACHE_UNLISTED: fills a cache that invalidations do not know of
 * @SM_DEFECT_CACHE_IN_PROGRESS: fills a cache when it was invalidated, and faults are
 *	not yet kept out
 * @SM_DEFECT_FLUSH_AFTER_END: drops in the end, when the page may have a new owner
 * @SM_DEFECT_NO_FLUSH: drops from its table, and flushes no TLB of the device
 * @SM_DEFECT_FLUSH_SHORT: drops a range, and flushes all but its last page
 * @SM_DEFECT_FLUSH_NOT_AWAITED: has TLBs flushed, and returns before they are
 * @SM_DEFECT_FLUSH_BY_ANOTHER: has TLBs flushed, and returns before they are if
 *	another processor waits for that
 * @SM_DEFECT_DROP_DIRTY: never tells a page that the device wrote to it
 * @SM_DEFECT_DIRTY_HUGE: the same, but only of a page that is part of a larger one
 * @SM_DEFECT_DIRTY_SHARED: the same, but only of a page of shared memory or a file
 * @SM_DEFECT_NEVER_YOUNG: tells who ages pages that the device has used none
 * @SM_DEFECT_NONBLOCK_LIE: claims to have dropped what it could not without sleeping
 * @SM_DEFECT_NONBLOCK_SLEEP: sleeps where it must not
 * @SM_DEFECT_REFUSE_WITH_END: refuses a start although it has an end
 * @SM_DEFECT_NO_FENCE_WAIT: does not wait for jobs that use what it drops
 * @SM_DEFECT_FENCE_FIRST: waits for jobs only at the first object that they use
 * @SM_DEFECT_UNCHECKED_OBJECT: starts a job without asking whether the last object
 *	that it uses is still valid
 * @SM_DEFECT_PART_RENEWED: takes an object for valid when one page of it is new
 * @SM_DEFECT_FAULTED_KEPT: binds an object again whose pages are not to be had any
 *	more, with those it had
 * @SM_DEFECT_PREFETCH_STALE: binds other objects that a job uses without asking for
 *	their pages
 * @SM_DEFECT_LIST_LOST: forgets which objects are to be bound again when one of them
 *	cannot be
 * @SM_DEFECT_REMOVE_LOCKED: removes its notifier under the lock that callbacks take
 * @SM_DEFECT_NO_DRAIN: goes before its worker has done
 * @SM_DEFECT_USE_FREED: looks at a window that it has freed
 * @SM_DEFECT_NO_NOTIFIER: registers no notifier for every second object
 * @SM_DEFECT_SPLIT_IGNORED: ignores events that cover a mapping in part
 * @SM_DEFECT_BUSY_KEPT: keeps an entry that is in use
 * @SM_DEFECT_LEAK_PIN: never lets go of a pinned page
 * @SM_DEFECT_UNWIND_PINS: forgets the pins it got when it did not get them all
 * @SM_DEFECT_PIN_NO_RETRY: does not ask whether an invalidation came between pinning
 *	pages and putting them into the cache
 * @SM_DEFECT_FORCE: pins what the process itself may not write to
 * @SM_DEFECT_NO_CANCEL: does not cancel a drop-in that raced with a start
 * @SM_DEFECT_POW2_UNALIGNED: rounds the length to a power of two, but not the start
 * @SM_DEFECT_FULL_RANGE_ZERO: computes no pages from the range [0, -1)
 * @SM_DEFECT_ATTACH_UNTAGGED: lets a device use the table before it is on the list of
 *	those whose TLBs are flushed
 * @SM_DEFECT_DETACH_UNTAGGED: takes a device off that list that still uses the table
 * @SM_DEFECT_DETACH_UNFLUSHED: does not flush the TLB of a device that is detached
 * @SM_DEFECT_ONE_DEVICE: flushes the TLBs of the first device only
 * @SM_DEFECT_RECLAIM_LOCK: allocates under the lock that invalidations take
 * @SM_DEFECT_FREE_EARLY: frees what its notifier is in before it unregisters it
 * @SM_DEFECT_DOUBLE_QUEUE: queues a window to be let go of twice
 * @SM_DEFECT_MMPUT: gives back a reference to the mm in a callback
 * @SM_DEFECT_REFUSE_NONBLOCK: refuses a start that it might not sleep in; legal
 *	without an end, but see SM_CONTRACT_LEFT_OPEN
 * @SM_DEFECT_IGNORE_MIGRATE: ignores MMU_NOTIFY_MIGRATE and MMU_NOTIFY_EXCLUSIVE,
 *	whoever their owner is
 * @SM_DEFECT_OWNER_UNCHECKED: compares the owner of events that have none
 * @SM_DEFECT_IGNORE_SOFT_DIRTY: ignores MMU_NOTIFY_SOFT_DIRTY
 * @SM_DEFECT_LEAVE_CLEAN: when it is destroyed, tells no page that the device wrote
 *	to it
 * @SM_DEFECT_WAIT_INTERRUPTED: a signal ends its wait for jobs
 * @SM_DEFECT_EXIT_NO_WAIT: does not wait for jobs when the mm is torn down
 * @SM_DEFECT_EXIT_NO_FLUSH: drops everything when the mm is torn down, and flushes no
 *	TLB of the device
 * @SM_DEFECT_WRITE_IN_PLACE: writes to what it has pinned for reading
 * @SM_DEFECT_FOREIGN_IGNORED: ignores events that the process did not cause itself
 * @SM_DEFECT_ALWAYS_YOUNG: tells who ages pages that the device has used any
 * @SM_DEFECT_COMPLETION_OVERTAKEN: has TLBs flushed, and takes another's completion for
 *	that of its own flush
 * @SM_DEFECT_RECLAIM_SHARED: frees what is on a list that it holds the lock of for
 *	reading only
 * @SM_DEFECT_NR: number of defects, at most SM_DEFECT_ROOM
 *
 * Only a debug kernel sees @SM_DEFECT_RECLAIM_LOCK, @SM_DEFECT_FREE_EARLY,
 * @SM_DEFECT_DOUBLE_QUEUE, @SM_DEFECT_MMPUT, @SM_DEFECT_REMOVE_LOCKED,
 * @SM_DEFECT_NO_DRAIN, @SM_DEFECT_USE_FREED and @SM_DEFECT_RECLAIM_SHARED; on another
 * they go unnoticed, or crash it.
 *
 * Defects write into memory that may by then belong to others, so they, and those
 * of enum sm_sabotage, arm only in a virtual machine or with the module parameter
 * allow_defects=1.
 */
enum sm_defect {
	SM_DEFECT_NO_RETRY,
	SM_DEFECT_IGNORE_MPROTECT,
	SM_DEFECT_SHORT_RANGE,
	SM_DEFECT_THP_HEAD_ONLY,
	SM_DEFECT_PUBLISH_AFTER_UNLOCK,
	SM_DEFECT_LIVE_ARRAY,
	SM_DEFECT_LONG_RANGE,
	SM_DEFECT_DROP_WIDE,
	SM_DEFECT_DROP_ALL,
	SM_DEFECT_FORGET,
	SM_DEFECT_STICKY_REFUSAL,
	SM_DEFECT_STICKY_READ_ONLY,
	SM_DEFECT_SPLAT,
	SM_DEFECT_NO_RELEASE,
	SM_DEFECT_NO_FINISH,
	SM_DEFECT_START_ONLY,
	SM_DEFECT_NEWEST_RANGE_ONLY,
	SM_DEFECT_LATE_SEQ,
	SM_DEFECT_IGNORE_FORK,
	SM_DEFECT_IGNORE_CLEAR,
	SM_DEFECT_FIRST_PAGE_ONLY,
	SM_DEFECT_FLAG_NOT_COUNT,
	SM_DEFECT_YIELD_SKIPS,
	SM_DEFECT_SKIP_INVALID_ROOT,
	SM_DEFECT_OBSOLETE_ROOT,
	SM_DEFECT_CACHE_UNLISTED,
	SM_DEFECT_CACHE_IN_PROGRESS,
	SM_DEFECT_FLUSH_AFTER_END,
	SM_DEFECT_NO_FLUSH,
	SM_DEFECT_FLUSH_SHORT,
	SM_DEFECT_FLUSH_NOT_AWAITED,
	SM_DEFECT_FLUSH_BY_ANOTHER,
	SM_DEFECT_DROP_DIRTY,
	SM_DEFECT_DIRTY_HUGE,
	SM_DEFECT_DIRTY_SHARED,
	SM_DEFECT_NEVER_YOUNG,
	SM_DEFECT_NONBLOCK_LIE,
	SM_DEFECT_NONBLOCK_SLEEP,
	SM_DEFECT_REFUSE_WITH_END,
	SM_DEFECT_NO_FENCE_WAIT,
	SM_DEFECT_FENCE_FIRST,
	SM_DEFECT_UNCHECKED_OBJECT,
	SM_DEFECT_PART_RENEWED,
	SM_DEFECT_FAULTED_KEPT,
	SM_DEFECT_PREFETCH_STALE,
	SM_DEFECT_LIST_LOST,
	SM_DEFECT_REMOVE_LOCKED,
	SM_DEFECT_NO_DRAIN,
	SM_DEFECT_USE_FREED,
	SM_DEFECT_NO_NOTIFIER,
	SM_DEFECT_SPLIT_IGNORED,
	SM_DEFECT_BUSY_KEPT,
	SM_DEFECT_LEAK_PIN,
	SM_DEFECT_UNWIND_PINS,
	SM_DEFECT_PIN_NO_RETRY,
	SM_DEFECT_FORCE,
	SM_DEFECT_NO_CANCEL,
	SM_DEFECT_POW2_UNALIGNED,
	SM_DEFECT_FULL_RANGE_ZERO,
	SM_DEFECT_ATTACH_UNTAGGED,
	SM_DEFECT_DETACH_UNTAGGED,
	SM_DEFECT_DETACH_UNFLUSHED,
	SM_DEFECT_ONE_DEVICE,
	SM_DEFECT_RECLAIM_LOCK,
	SM_DEFECT_FREE_EARLY,
	SM_DEFECT_DOUBLE_QUEUE,
	SM_DEFECT_MMPUT,
	SM_DEFECT_REFUSE_NONBLOCK,
	SM_DEFECT_IGNORE_MIGRATE,
	SM_DEFECT_OWNER_UNCHECKED,
	SM_DEFECT_IGNORE_SOFT_DIRTY,
	SM_DEFECT_LEAVE_CLEAN,
	SM_DEFECT_WAIT_INTERRUPTED,
	SM_DEFECT_EXIT_NO_WAIT,
	SM_DEFECT_EXIT_NO_FLUSH,
	SM_DEFECT_WRITE_IN_PLACE,
	SM_DEFECT_FOREIGN_IGNORED,
	SM_DEFECT_ALWAYS_YOUNG,
	SM_DEFECT_COMPLETION_OVERTAKEN,
	SM_DEFECT_RECLAIM_SHARED,
	SM_DEFECT_NR,
};

/**
 * enum sm_sabotage - known bugs that can be seeded into a real driver, see struct
 *	sm_ioc_sabotage
 * @SM_SABOTAGE_NO_INVALIDATE: it hears of no invalidation inside the arena
 * @SM_SABOTAGE_NR: number of these, at most SM_DEFECT_ROOM
 */
enum sm_sabotage {
	SM_SABOTAGE_NO_INVALIDATE,
	SM_SABOTAGE_NR,
};

/*
 * A set of either is a bitmap of this many __u64: number n is bit n % 64 of word
 * n / 64. A bit that has no number is refused.
 */
#define SM_DEFECT_WORDS		4
#define SM_DEFECT_ROOM		(64 * SM_DEFECT_WORDS)

/**
 * enum sm_driver - real drivers whose tables can be read, see struct sm_ioc_peek
 * @SM_DRIVER_KVM: KVM's nested page tables on x86
 * @SM_DRIVER_UMEM_ODP: RDMA on-demand paging
 * @SM_DRIVER_RADEON: radeon's GART, on a card that a module of ours plays
 * @SM_DRIVER_NR: number of drivers
 */
enum sm_driver {
	SM_DRIVER_KVM,
	SM_DRIVER_UMEM_ODP,
	SM_DRIVER_RADEON,
	SM_DRIVER_NR,
};

/**
 * enum sm_oracle - kernel-side checks that can report a violation
 * @SM_ORACLE_PERM: a mirror entry allows more than the CPU's page table
 * @SM_ORACLE_LATE: the device used an entry whose invalidation had returned
 * @SM_ORACLE_OVER: an invalidation dropped entries outside its range
 * @SM_ORACLE_COVERAGE: an entry vanished without an invalidation
 * @SM_ORACLE_CONTRACT: an emitter broke the start/end contract
 * @SM_ORACLE_BLOCKING: a callback slept, or refused, where it must not
 * @SM_ORACLE_DENIED: an access was refused, and refused again, although the CPU's
 *	page table allows it
 * @SM_ORACLE_NR: number of kernel-side oracles
 */
enum sm_oracle {
	SM_ORACLE_PERM,
	SM_ORACLE_LATE,
	SM_ORACLE_OVER,
	SM_ORACLE_COVERAGE,
	SM_ORACLE_CONTRACT,
	SM_ORACLE_BLOCKING,
	SM_ORACLE_DENIED,
	SM_ORACLE_NR,
};

/**
 * enum sm_contract - what SM_ORACLE_CONTRACT found, in sm_violation.detail
 * @SM_CONTRACT_UNPAIRED: an end without its start
 * @SM_CONTRACT_UNENDED: a start whose thread went on without an end
 * @SM_CONTRACT_CHANGED: an end whose range differs from its start's
 * @SM_CONTRACT_EMPTY: an empty or inverted range
 * @SM_CONTRACT_UNALIGNED: bounds not page aligned (end may be ULONG_MAX)
 * @SM_CONTRACT_LEFT_OPEN: a start failed after interval notifiers had been
 *	told, and they are never told its end: whoever waits for the sequence of
 *	this mm waits for ever. From then on the module does not touch the
 *	interval notifiers of the mm any more, and cannot be unloaded
 */
enum sm_contract {
	SM_CONTRACT_UNPAIRED,
	SM_CONTRACT_UNENDED,
	SM_CONTRACT_CHANGED,
	SM_CONTRACT_EMPTY,
	SM_CONTRACT_UNALIGNED,
	SM_CONTRACT_LEFT_OPEN,
};

/**
 * enum sm_blocking - what SM_ORACLE_BLOCKING found, in sm_violation.detail
 * @SM_BLOCKING_SLEPT: slept in a start that is not blockable
 * @SM_BLOCKING_REFUSED: refused a start that is blockable, or one it has an
 *	end for
 */
enum sm_blocking {
	SM_BLOCKING_SLEPT,
	SM_BLOCKING_REFUSED,
};

#endif /* _UAPI_STALEMATE_NAMES_H */
