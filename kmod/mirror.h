/* SPDX-License-Identifier: GPL-2.0-only */
/* A mirror: one table over a range of one mm, kept true by one discipline. */
#ifndef SM_MIRROR_H
#define SM_MIRROR_H

#include <linux/hmm.h>
#include <linux/mmu_notifier.h>
#include <linux/spinlock.h>

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
	int (*attach)(struct sm_mirror *m);
	void (*detach)(struct sm_mirror *m);
	unsigned long (*read_begin)(struct sm_mirror *m,
				    struct hmm_range *range);
	bool (*read_retry)(struct sm_mirror *m, unsigned long seq,
			   unsigned long start, unsigned long end);
};

extern const struct sm_discipline sm_discipline_kvm;
extern const struct sm_discipline sm_discipline_hmm;

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
	atomic64_t faults;
	atomic64_t retries;
	atomic64_t reads;
	atomic64_t writes;
	atomic64_t amplified;
	atomic64_t leaves;

	union {
		struct sm_kvm kvm;
		struct mmu_interval_notifier hmm;
	};
};

struct sm_mirror *sm_mirror_create(struct sm_ctx *ctx, u32 id,
				   const struct sm_ioc_mirror_create *args);
void sm_mirror_destroy(struct sm_mirror *m);
bool sm_mirror_overlaps(const struct sm_mirror *m,
			const struct mmu_notifier_range *range);
void sm_mirror_invalidate(struct sm_mirror *m,
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
