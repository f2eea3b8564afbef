/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Ioctls of stalemate_drm.ko that ask for CAP_SYS_ADMIN, of whoever calls and on each
 * call: to look into the engine, to break it, to stop it. See stalemate_drm.h.
 */
#ifndef _UAPI_DRM_STALEMATE_DRM_ADMIN_H
#define _UAPI_DRM_STALEMATE_DRM_ADMIN_H

#include <linux/types.h>

#if defined(__cplusplus)
extern "C" {
#endif

/**
 * struct drm_stalemate_snapshot - copy what the engine uses
 * @start: first address, page aligned, inside of the address space
 * @end: end, page aligned, likewise, at most DRM_STALEMATE_MAX_OBJECT after @start
 * @buf: user pointer to one __u64 a page, in the layout of SM_IOC_SNAPSHOT: PFN in
 *	bits 0 to 54, writable in 55, present in 63. Absent pages are 0
 * @present: out: present entries among them
 *
 * Errors: -EPERM.
 */
struct drm_stalemate_snapshot {
	__u64 start;
	__u64 end;
	__u64 buf;
	__u64 present;
};

/**
 * enum drm_stalemate_defect - bugs to seed, each one that real drivers had
 * @DRM_STALEMATE_DEFECT_NO_FENCE_WAIT: invalidation does not wait for fences
 * @DRM_STALEMATE_DEFECT_WRONG_USAGE: it waits for those of writers only
 * @DRM_STALEMATE_DEFECT_STALE_SEQ: revalidation takes the sequence after the walk
 * @DRM_STALEMATE_DEFECT_ONE_UNCHECKED: the last object of a list is not checked
 * @DRM_STALEMATE_DEFECT_READONLY_WRITTEN: entries of READONLY are writable
 * @DRM_STALEMATE_DEFECT_PARTIAL_HUGE: of a huge page only the first entry goes
 * @DRM_STALEMATE_DEFECT_FREE_RUNNING: freed although its notifier may run
 * @DRM_STALEMATE_DEFECT_SEQ_UNLOCKED: set_seq before the notifier lock is taken
 * @DRM_STALEMATE_DEFECT_REFUSE: refuses an event although it may block
 * @DRM_STALEMATE_DEFECT_EARLY_START: a job starts before its objects are revalidated
 * @DRM_STALEMATE_DEFECT_EARLY_SIGNAL: a fence signals before the job has run
 * @DRM_STALEMATE_DEFECT_BLIND_RESTORE: an evicted object comes back unchecked
 * @DRM_STALEMATE_DEFECT_NO_PREEMPT_WAIT: preemption is asked for, not awaited
 * @DRM_STALEMATE_DEFECT_NO_TLB_FLUSH: the ring's translation cache is not flushed
 * @DRM_STALEMATE_DEFECT_LEAK: a submission that fails half-way keeps its ranges
 * @DRM_STALEMATE_DEFECT_SVM_EARLY_REMOVE: svm: a range is off the tree before its
 *	pages are unmapped
 * @DRM_STALEMATE_DEFECT_NR: number of defects
 */
enum drm_stalemate_defect {
	DRM_STALEMATE_DEFECT_NO_FENCE_WAIT,
	DRM_STALEMATE_DEFECT_WRONG_USAGE,
	DRM_STALEMATE_DEFECT_STALE_SEQ,
	DRM_STALEMATE_DEFECT_ONE_UNCHECKED,
	DRM_STALEMATE_DEFECT_READONLY_WRITTEN,
	DRM_STALEMATE_DEFECT_PARTIAL_HUGE,
	DRM_STALEMATE_DEFECT_FREE_RUNNING,
	DRM_STALEMATE_DEFECT_SEQ_UNLOCKED,
	DRM_STALEMATE_DEFECT_REFUSE,
	DRM_STALEMATE_DEFECT_EARLY_START,
	DRM_STALEMATE_DEFECT_EARLY_SIGNAL,
	DRM_STALEMATE_DEFECT_BLIND_RESTORE,
	DRM_STALEMATE_DEFECT_NO_PREEMPT_WAIT,
	DRM_STALEMATE_DEFECT_NO_TLB_FLUSH,
	DRM_STALEMATE_DEFECT_LEAK,
	DRM_STALEMATE_DEFECT_SVM_EARLY_REMOVE,
	DRM_STALEMATE_DEFECT_NR,
};

/**
 * struct drm_stalemate_defects - break what this file's objects are mirrored with
 * @defects: bitmap of enum drm_stalemate_defect; replaces what was set before
 *
 * They stay with the file. Errors: -EPERM also where defects cannot be armed; -EINVAL
 * a bit that is no defect; -EOPNOTSUPP one that QUERY does not have.
 */
struct drm_stalemate_defects {
	__u64 defects;
};

/**
 * struct drm_stalemate_hold - hold a ring before its next step, or let it go on
 * @ring: the ring
 * @hold: 1 hold, 0 let go
 *
 * What is held may time out; a long-running job, if an invalidation has to wait for it
 * as long. Closing the file that held it lets it go. Errors: -EPERM; -EBUSY held by another file.
 */
struct drm_stalemate_hold {
	__u32 ring;
	__u32 hold;
};

/**
 * struct drm_stalemate_stats - counters of the device, over all files
 * @files: open files with an address space, which may outlive the file
 * @objects: live objects
 * @userptrs: live user pointers among them
 * @bindings: live bindings
 * @jobs: jobs that were submitted and are not freed yet
 * @pages: shmem pages held
 * @submitted: jobs that were submitted
 * @ended: jobs that ended
 * @failed: jobs that ended with an error
 * @raced: jobs that ended with raced set, see struct drm_stalemate_wait
 * @timeouts: jobs that took too long, and files whose jobs did so all together while
 *	an invalidation waited
 * @events: invalidations that user pointers were told of
 * @waited: those that found an unsignalled fence and waited
 * @refused: those that were refused as they may not block
 * @retries: submissions that began again as a sequence had changed
 * @faulted: user pointers that were walked
 * @evicted: evictions
 * @restored: user pointers that came back without a walk
 * @preempted: address spaces that were preempted
 * @rebound: those that a worker let go on
 * @tlb_hits: pages that a ring found in its translation cache
 * @tlb_misses: those that it looked up in the table
 * @svm_faults: svm: faults that were handled
 * @svm_ranges: svm: live ranges
 * @svm_notifiers: svm: live notifiers
 * @svm_collected: svm: ranges that were collected after an unmap
 * @reserved: zero
 *
 * The first six and live ranges and notifiers are 0 when all files are closed.
 * Errors: -EPERM.
 */
struct drm_stalemate_stats {
	__u64 files;
	__u64 objects;
	__u64 userptrs;
	__u64 bindings;
	__u64 jobs;
	__u64 pages;
	__u64 submitted;
	__u64 ended;
	__u64 failed;
	__u64 raced;
	__u64 timeouts;
	__u64 events;
	__u64 waited;
	__u64 refused;
	__u64 retries;
	__u64 faulted;
	__u64 evicted;
	__u64 restored;
	__u64 preempted;
	__u64 rebound;
	__u64 tlb_hits;
	__u64 tlb_misses;
	__u64 svm_faults;
	__u64 svm_ranges;
	__u64 svm_notifiers;
	__u64 svm_collected;
	__u64 reserved[6];
};

#if defined(__cplusplus)
}
#endif

#endif /* _UAPI_DRM_STALEMATE_DRM_ADMIN_H */
