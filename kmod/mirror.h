/* SPDX-License-Identifier: GPL-2.0-only */
/* A mirror: one table over a range of one mm, kept true by one discipline. */
#ifndef SM_MIRROR_H
#define SM_MIRROR_H

#include <linux/hmm.h>
#include <linux/mmu_notifier.h>
#include <linux/spinlock.h>

#include "compat/compat.h"
#include "tlb.h"
#include "uapi/stalemate.h"

struct sm_ctx;
struct sm_mirror;

/*
 * A discipline: the rule by which a driver keeps its mirror true.
 *
 * A fault calls @read_begin, which also says whose sequence hmm_range_fault()
 * shall watch, walks the page table, takes the table's lock for writing and
 * calls @read_retry on what it is about to install; true means an invalidation
 * ran meanwhile, and the walk is thrown away.
 */
struct sm_discipline {
	const char *name;
	u64 defects;		/* enum sm_defect that make sense for it */
	unsigned int flags;	/* SM_D_ */
	size_t state_size;	/* of what m->state points to */
	int (*attach)(struct sm_mirror *m);
	void (*detach)(struct sm_mirror *m);
	/* Optional: it cannot be detached, but what it holds can be let go. */
	void (*abandon)(struct sm_mirror *m);
	unsigned long (*read_begin)(struct sm_mirror *m,
				    struct hmm_range *range);
	bool (*read_retry)(struct sm_mirror *m, unsigned long seq,
			   unsigned long start, unsigned long end);

	/* Optional: the driver's own lock, outside the table's. May sleep. */
	void (*lock)(struct sm_mirror *m);
	void (*unlock)(struct sm_mirror *m);
	/* Optional: where the object ends that @va is in; one fault stays in it. */
	unsigned long (*extent)(struct sm_mirror *m, unsigned long va);
	/* Optional, instead of the walk and all the above: fault in one page. */
	int (*fill)(struct sm_mirror *m, unsigned long va, u32 flags);

	/*
	 * Optional: a job brackets an access that does not keep the table's
	 * lock. @job_begin may sleep and returns 1 on a miss.
	 */
	int (*job_begin)(struct sm_mirror *m, unsigned long va);
	void (*job_end)(struct sm_mirror *m, unsigned long va);
	/* Optional: the same by a reference, taken under the table's lock. */
	void *(*hold)(struct sm_mirror *m, unsigned long va);
	void (*put)(struct sm_mirror *m, void *held);
};

/*
 * The discipline notes last_inval itself, see sm_mirror_begin(): it has no end
 * that would keep a fault from starting between its callback and the witness's.
 */
#define SM_D_OWN_STAMP		BIT(0)
/* Pages are pinned: their entries may differ from the CPU's page table. */
#define SM_D_PINNED		BIT(1)
/* The page learns that it is dirty when its entry is dropped, not before. */
#define SM_D_DIRTY_AT_DROP	BIT(2)
/* Objects are smaller than huge pages: single entries only. */
#define SM_D_SMALL		BIT(3)
/* Has interval notifiers: sm_mirror_destroy() may have to leave them behind. */
#define SM_D_INTERVAL		BIT(4)
/* Entries have an accessed bit. */
#define SM_D_AGES		BIT(5)
/* The device walks the page table: only flushes count, no start, no end. */
#define SM_D_WALKS		BIT(6)

extern const struct sm_discipline sm_discipline_kvm;
extern const struct sm_discipline sm_discipline_hmm;
extern const struct sm_discipline sm_discipline_two_pass;
extern const struct sm_discipline sm_discipline_umem_odp;
extern const struct sm_discipline sm_discipline_amdgpu;
extern const struct sm_discipline sm_discipline_hfi1;
extern const struct sm_discipline sm_discipline_hfi1_tid;
extern const struct sm_discipline sm_discipline_scif;
extern const struct sm_discipline sm_discipline_gru;
extern const struct sm_discipline sm_discipline_gntdev;
extern const struct sm_discipline sm_discipline_amd_iommu;
extern const struct sm_discipline sm_discipline_intel_svm;
extern const struct sm_discipline sm_discipline_npu;

/* The state of discipline kvm, named after struct kvm's; under the lock. */
struct sm_kvm {
	struct mmu_notifier mn;
	struct mmu_interval_notifier never;	/* see discipline/kvm.c */
	long in_progress;
	unsigned long seq;
	unsigned long range_start;
	unsigned long range_end;
};

/*
 * @lock is the device's: an access holds it for reading while it touches a
 * page, an invalidation takes it for writing, and that wait is the device's
 * TLB flush. Nothing sleeps under it.
 */
struct sm_mirror {
	struct sm_ctx *ctx;
	struct list_head node;		/* on ctx->mirrors */
	u32 id;
	const struct sm_discipline *d;
	unsigned long start;
	unsigned long end;
	u64 defects;
	u32 amplify_ns;

	rwlock_t lock;
	struct sm_tlb tlb;		/* under @lock */
	bool dead;			/* the mm is gone; under @lock */
	bool splatted;			/* defect splat fired; under @lock */
	bool unproven;			/* see sm_fault_publish(); under @lock */
	u64 events;			/* callbacks in range; under @lock */
	u64 epoch;			/* those and evictions; under @lock */
	u64 dropped;			/* under @lock */
	u64 installed;			/* under @lock */
	u64 huge;			/* under @lock */
	u64 change_pte;			/* under @lock */
	u64 clear_flush_young;		/* under @lock */
	u64 clear_young;		/* under @lock */
	u64 aged;			/* under @lock */
	atomic64_t test_young;
	atomic64_t faults;
	atomic64_t retries;
	atomic64_t reads;
	atomic64_t writes;
	atomic64_t amplified;
	atomic64_t leaves;

	union {
		struct sm_kvm kvm;
		struct mmu_interval_notifier hmm;
		void *state;	/* d->state_size bytes */
	};
};

struct sm_mirror *sm_mirror_create(struct sm_ctx *ctx, u32 id,
				   const struct sm_ioc_mirror_create *args);
u64 sm_mirror_profiles(void);
void sm_mirror_destroy(struct sm_mirror *m);
bool sm_mirror_overlaps(const struct sm_mirror *m,
			const struct mmu_notifier_range *range);
void sm_mirror_invalidate(struct sm_mirror *m,
			  const struct mmu_notifier_range *range);
bool sm_mirror_misjudge(struct sm_mirror *m, u32 event, unsigned long *first,
			unsigned long *last);
void sm_mirror_drop(struct sm_mirror *m, u32 event, unsigned long start,
		    unsigned long end);
void sm_mirror_drop_all(struct sm_mirror *m);
void sm_mirror_clean(struct sm_mirror *m, u64 first, u64 last);
void sm_mirror_over(struct sm_mirror *m, unsigned long start,
		    unsigned long end, u64 pgno, u64 ent);
u64 sm_mirror_begin(struct sm_mirror *m);
void sm_mirror_end(struct sm_mirror *m, unsigned long start, unsigned long end,
		   u64 gen);
void sm_mirror_enter(const struct mmu_notifier_range *range);
void sm_mirror_leave(const struct mmu_notifier_range *range);
void sm_mirror_sleeps(struct sm_mirror *m,
		      const struct mmu_notifier_range *range, unsigned long va);
void sm_mirror_refuses(struct sm_mirror *m,
		       const struct mmu_notifier_range *range);
void sm_mirror_release(struct sm_mirror *m);
void sm_mirror_amplify(struct sm_mirror *m);
int sm_mirror_snapshot(const struct sm_mirror *m, struct sm_ioc_snapshot *s);
void sm_mirror_stats(struct sm_mirror *m, struct sm_ioc_stats *st);

static inline bool sm_mirror_contains(const struct sm_mirror *m, u64 start,
				      u64 end)
{
	return start >= m->start && end <= m->end && start < end;
}

#endif /* SM_MIRROR_H */
