/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stalemate_drm.ko: what its parts share.
 *
 * Locks, the outer one first:
 *
 *	sm_vm.lock		mutex: bindings, submissions, evictions of a file
 *	mmap_lock		of the process, around a walk
 *	dma_resv of objects	pages of shmem objects, fences
 *	sm_vm.notifier_lock	what is valid. An invalidation writes, a submission
 *				reads from its last look at the sequences until its
 *				fence is in every dma_resv
 *	sm_vm.table_lock	the table. A ring reads it for one access
 *
 * In a long-running address space the dma_resv of the latter has its fence, and is
 * taken alone; sm_ring.lock and sm_lr.lock are taken last, in this order.
 *
 * An invalidation takes the last two alone, and waits for fences with none. It does
 * so until a deadline (patience.h); jobs that are not over then are ended (hw.h), and
 * what they use is taken off the table before they are.
 */
#ifndef SM_DRM_GPU_H
#define SM_DRM_GPU_H

#include <linux/bitops.h>
#include <linux/dma-fence.h>
#include <linux/hashtable.h>
#include <linux/kref.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <drm/drm_device.h>
#include <drm/drm_gem.h>
#include <drm/drm_gpuvm.h>
#include <drm/gpu_scheduler.h>

#include "compat/compat.h"
#include "tlb.h"
#include "uapi/drm/stalemate_drm.h"

#define SM_DRM_CACHE	16	/* translations that a ring remembers */
#define SM_DRM_MAX_VAS	65536
#define SM_DRM_TRIES	100
#define SM_DRM_FAILURES	16	/* of a queue that are not forgotten */

struct sm_bo;
struct sm_face_bo;
struct sm_face_file;
struct sm_job;
struct sm_patience;
struct sm_sdma;
struct sm_svm;
struct sm_vm;

/* Counters, by the names of struct drm_stalemate_stats. */
struct sm_stats {
	atomic64_t files, objects, userptrs, bindings, jobs, pages;
	atomic64_t submitted, ended, failed, raced, timeouts;
	atomic64_t events, waited, refused, retries, faulted;
	atomic64_t evicted, restored, preempted, rebound;
	atomic64_t tlb_hits, tlb_misses;
	atomic64_t svm_faults, svm_ranges, svm_collected;
};

struct sm_cached {
	u64 pgno;
	u64 ent;
};

/*
 * A ring: a scheduler, and a thread that is its hardware. The translation cache and
 * what it is of are the thread's own, and used under the table's lock.
 */
struct sm_ring {
	struct drm_gpu_scheduler *sched;
	struct workqueue_struct *tdr;	/* time-outs */
	struct sm_gpu *gpu;
	u32 index;
	bool ready;
	struct task_struct *thread;
	spinlock_t lock;		/* jobs, held_by, lr_*, nr_lr */
	struct list_head jobs;
	struct list_head lr_queues;	/* that have jobs without a fence */
	u32 nr_lr;			/* of those */
	struct sm_job *lr_now;		/* ... the one that is executed */
	struct sm_vm *held_by;
	wait_queue_head_t wq;
	u64 fence_context;
	u64 fence_seqno;		/* of run_job() alone */
	void *bounce;
	unsigned int owed_us;		/* of steps that took no time; the thread's */
	u64 since_ns;			/* when it last slept; likewise */
	u64 cache_vm;
	u64 cache_gen;
	struct sm_cached cache[SM_DRM_CACHE];
};

struct sm_gpu {
	struct drm_device drm;
	struct sm_stats stats;
	struct sm_ring rings[DRM_STALEMATE_MAX_RINGS];
	atomic64_t vm_ids;
	bool gone;			/* unplugged */
	struct shrinker *shrinker;
	spinlock_t held_lock;		/* held */
	struct list_head held;		/* objects of shmem that have pages */
	spinlock_t patience_lock;	/* patience */
	DECLARE_HASHTABLE(patience, 6);	/* struct sm_patience by mm */
	struct mutex leak_lock;		/* leaked; an outer one than a dma_resv */
	struct list_head leaked;	/* defect leak */
};

#define to_sm_gpu(d)	container_of(d, struct sm_gpu, drm)

/* What came of a job. */
struct sm_result {
	u64 seqno;
	bool ended;
	s32 status;
	u32 raced;
	u32 miscompares;
	u64 miscompare_va;
	u64 miscompare_value;
	u64 started_ns;
	u64 ended_ns;
	u64 fault_va;
};

/* A job that failed, whose result may be forgotten. */
struct sm_failure {
	u64 seqno;
	s32 status;
};

/* A file's queue on a ring. */
struct sm_queue {
	struct drm_sched_entity entity;
	bool ready;
	struct list_head lr_jobs;	/* under the ring's lock */
	struct list_head lr_link;	/* likewise: to the ring, if there are any */
	u64 seqno;			/* under sm_vm.lock */
	u64 pushed;			/* likewise: the last that has a fence */
	u64 cancelled;			/* so far: see sm_ring_cancel() */
	u64 given_up;			/* likewise: see sm_hw_give_up() */
	struct sm_result *results;	/* under sm_vm.result_lock */
	struct sm_failure failures[SM_DRM_FAILURES];	/* likewise: the last of them */
	u32 nr_failures;		/* likewise: ever */
	u64 busy_ns;			/* likewise: jobs that have ended took so long */
};

/*
 * What a long-running address space has besides: see preempt.h and rebind.h. @passed
 * counts when all that is bound was made valid.
 */
struct sm_lr {
	bool on;
	spinlock_t lock;		/* running, busy, passed, closed */
	bool running;			/* rings may execute its jobs */
	u32 busy;			/* rings that do */
	u64 passed;
	bool closed;
	bool oom;			/* memory was missing for that */
	struct dma_fence *fence;	/* also under sm_vm.lock */
	u64 context;
	u64 seqno;			/* of fences, under sm_vm.lock */
	u64 tries;			/* likewise */
	atomic_t jobs;			/* that have not ended */
	u32 again;			/* passes in a row that were in vain */
	struct delayed_work rebind;
};

/* What svm mode does where others have no word of it: see svm.c. */
struct sm_svm_ops {
	void (*fault)(struct sm_job *job);	/* until sm_lr_unpark() */
	void (*close)(struct sm_vm *vm);
	void (*destroy)(struct sm_vm *vm);	/* no job is left */
};

/*
 * An open file and its address space; jobs and objects keep it. @defects says what
 * is broken of it, @defective that something was.
 */
struct sm_vm {
	struct kref kref;
	struct sm_gpu *gpu;
	u64 id;
	unsigned long defects;
	bool defective;
	bool closing;
	struct mutex lock;		/* see above */
	struct rw_semaphore notifier_lock;
	rwlock_t table_lock;
	struct drm_gpuvm gpuvm;
	bool ready;			/* VM_INIT was called */
	u32 nr_vas;
	u64 start, end;
	struct sm_tlb tlb;		/* under table_lock */
	u64 tlb_gen;			/* likewise: counts what was dropped */
	spinlock_t result_lock;
	wait_queue_head_t result_wq;
	struct sm_queue queues[DRM_STALEMATE_MAX_RINGS];
	struct sm_lr lr;
	struct sm_svm *svm;		/* of one in svm mode */
	const struct sm_svm_ops *svm_ops;	/* likewise */
	struct sm_face_file *face;	/* of a file that is amdgpu's */
	void (*unbind)(struct sm_bo *bo);	/* likewise: its last handle is gone */
	atomic64_t raced;		/* jobs whose objects met an event */
	struct work_struct free_work;
};

#define sm_drm_defect(vm, name) \
	test_bit(DRM_STALEMATE_DEFECT_##name, &(vm)->defects)

/*
 * An object. It belongs to the file that made it.
 *
 * @valid: its pages are in the table, at every binding unless @partial. Under
 * sm_vm.lock, and notifier_lock, for reading at least to set it.
 * @partial: it was bound since: the other bindings are there, jobs may use them, and
 * an event has to drop them. Under the same locks.
 */
struct sm_bo {
	struct drm_gem_object base;
	struct sm_vm *vm;
	struct list_head vas;		/* written under lock and notifier_lock */
	struct list_head leak;
	atomic_t handles;		/* of its file, if that is amdgpu's */
	struct sm_face_bo *face;	/* likewise */
	bool userptr;
	bool readonly;
	bool valid;
	bool partial;
	bool dirty;			/* a job may have written to it */
	bool known;			/* pfns were of sequence seq */
	/* And not walked since. Under sm_vm.lock; of shmem: notifier_lock, dma_resv. */
	bool evicted;
	u64 tried;			/* sm_lr.tries then; likewise */
	int error;			/* what came of that; likewise */
	struct page **pages;		/* of shmem, under its dma_resv */
	struct list_head held;		/* likewise: to the device */

	struct mmu_interval_notifier notifier;
	struct sm_patience *patience;	/* of its process; of shmem: none */
#ifdef SM_HAVE_INTERVAL_TWO_PASS
	struct mmu_interval_notifier_finish finish;
#endif
	unsigned long finishing;	/* bit 0: an event has the above */
	u32 flags;			/* DRM_STALEMATE_USERPTR_* */
	unsigned long seq;
	unsigned long *pfns;		/* under sm_vm.lock */
	atomic64_t events;
	u64 *asked;			/* defect free-running: by its notifier */
};

#define to_sm_bo(o)	container_of(o, struct sm_bo, base)

struct sm_va {
	struct drm_gpuva base;
	struct list_head link;		/* of sm_bo.vas */
};

/* An object of a job. */
struct sm_use {
	struct sm_bo *bo;
	u32 flags;
	u64 events;			/* it had seen at submission */
};

/* Addresses that a job may use. */
struct sm_span {
	u64 first, last;
	bool write;
};

struct sm_fence {
	struct dma_fence base;
	spinlock_t lock;		/* of the fence: its ring may be gone */
};

struct sm_job {
	struct drm_sched_job base;
	struct kref kref;		/* the scheduler's, and the ring's */
	struct sm_vm *vm;
	struct sm_ring *ring;
	struct sm_fence *hw;
	struct list_head link;
	int abort;
	bool queued;			/* a ring has it */
	bool recorded;
	u32 nr_cmds, nr_uses, nr_spans;
	u32 cmd;
	u64 done;			/* bytes of the command */
	u64 passed;			/* sm_lr.passed that it waits for */
	u32 preempted;			/* or met by an event, in svm mode */
	bool fault_write;
	u64 asked_ns;			/* when it was submitted */
	struct work_struct fault;
	struct drm_stalemate_cmd *cmds;
	struct sm_use *uses;
	struct sm_span *spans;
	struct sm_sdma *sdma;		/* instead of cmds */
	struct sm_result result;
	struct work_struct reap;
};

#define to_sm_job(j)	container_of(j, struct sm_job, base)

static inline bool sm_vm_contains(const struct sm_vm *vm, u64 va, u64 size)
{
	return vm->ready && size && !((va | size) & ~PAGE_MASK) &&
	       va >= vm->start && va < vm->end && size <= vm->end - va;
}

static inline void sm_stat_inc(atomic64_t *n)
{
	atomic64_inc(n);
}

#endif /* SM_DRM_GPU_H */
