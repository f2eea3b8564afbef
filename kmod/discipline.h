/* SPDX-License-Identifier: GPL-2.0-only */
/* What a discipline is, and which there are. */
#ifndef SM_DISCIPLINE_H
#define SM_DISCIPLINE_H

#include <linux/bits.h>
#include <linux/types.h>

#include "round.h"

#define SM_JOB_PAGES	4

struct hmm_range;
struct mmu_interval_notifier_ops;
struct mmu_notifier_ops;
struct sm_drop;
struct sm_mirror;

/*
 * What a device is to do at once: one access, and looks at other pages, for which
 * it has to have what they belong to. @miss: the page that is to be faulted in.
 */
struct sm_job {
	unsigned int nr;
	unsigned int miss;
	unsigned long va[SM_JOB_PAGES];	/* pages; that of the access first */
	u64 ent[SM_JOB_PAGES];		/* of the others, when they were looked up */
	u64 gen[SM_JOB_PAGES];		/* the same; see struct sm_line */
};

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
	const u8 *defects[6];	/* that make sense for it: lists, see defect.h */
	unsigned int flags;	/* SM_D_ */
	enum sm_round round;	/* that the driver rounds to: see oracle over */
	size_t object_size;	/* bytes, of SM_ROUND_OBJECT; a power of two */
	size_t state_size;	/* of what m->state points to, all zero at first */
	/* Which of the core's two lists it is on: one of them is set. */
	const struct mmu_notifier_ops *hlist;
	const struct mmu_interval_notifier_ops *interval;
	int (*attach)(struct sm_mirror *m);
	void (*detach)(struct sm_mirror *m);
	/* Optional: it cannot be detached, but what it holds can be let go. */
	void (*abandon)(struct sm_mirror *m);
	unsigned long (*read_begin)(struct sm_mirror *m,
				    struct hmm_range *range);
	bool (*read_retry)(struct sm_mirror *m, unsigned long seq,
			   unsigned long start, unsigned long end);
	/*
	 * Optional, under the table's lock: is an event open that did not keep
	 * @read_begin waiting?
	 */
	bool (*busy)(const struct sm_mirror *m);

	/* Optional: the driver's own lock, outside the table's. May sleep. */
	void (*lock)(struct sm_mirror *m);
	void (*unlock)(struct sm_mirror *m);
	/* Optional: where the object ends that @va is in; one fault stays in it. */
	unsigned long (*extent)(struct sm_mirror *m, unsigned long va);
	/*
	 * Optional, with @extent, without a lock: may a device use what the table
	 * has of this object? What it may not use counts as absent. The entries
	 * are to be looked at after this, and not before.
	 */
	bool (*valid)(struct sm_mirror *m, unsigned long va);
	/*
	 * Optional: drop not only the entries in a span of pages, but what they
	 * belong to, under the table's lock. @out counts; what has no page in
	 * @bounds is over, and of the rest it says so, see sm_tlb_excuse().
	 */
	void (*drop)(struct sm_mirror *m, struct sm_span span,
		     struct sm_span bounds, struct sm_drop *out);
	/*
	 * Optional, under the table's lock: have what was dropped flushed from
	 * the device's TLBs. Without it that is done at once.
	 */
	void (*flush)(struct sm_mirror *m, struct sm_span span);
	/*
	 * Optional, instead of the walk and all the above: fault in the page of
	 * @va, and up to @end what may come with it. -EBUSY: not now, come again.
	 */
	int (*fill)(struct sm_mirror *m, unsigned long va, unsigned long end,
		    u32 flags);

	/*
	 * Optional: a job brackets an access that does not keep the table's
	 * lock. @job_plan adds other pages to it. @job_begin may sleep and
	 * returns 1 on a miss.
	 */
	void (*job_plan)(struct sm_mirror *m, struct sm_job *job);
	int (*job_begin)(struct sm_mirror *m, struct sm_job *job);
	void (*job_end)(struct sm_mirror *m, const struct sm_job *job);
	/* Optional: the page that was a miss could not be faulted in; @err is why. */
	void (*job_failed)(struct sm_mirror *m, const struct sm_job *job,
			   int err);
	/* Optional: the same by a reference, taken under the table's lock. */
	void *(*hold)(struct sm_mirror *m, unsigned long va);
	void (*put)(struct sm_mirror *m, void *held);
};

/*
 * The discipline notes last_inval itself, see sm_mirror_begin(): it has no end
 * that would keep a fault from starting between its callback and the witness's, or may
 * do without. See also sm_mirror_watch().
 */
#define SM_D_OWN_STAMP		BIT(0)
/* Pages are pinned: their entries may differ from the CPU's page table. */
#define SM_D_PINNED		BIT(1)
/* The page learns that it is dirty when its entry is dropped, not before. */
#define SM_D_DIRTY_AT_DROP	BIT(2)
/* Objects are smaller than huge pages: single entries only. */
#define SM_D_SMALL		BIT(3)
/* Entries have an accessed bit. */
#define SM_D_AGES		BIT(4)
/* The device walks the page table: only flushes count, no start, no end. */
#define SM_D_WALKS		BIT(5)
/* Engines keep what they found in the table, until that is flushed. */
#define SM_D_DEVICE_TLB		BIT(6)
/* The walk takes mmap_lock itself, and may let go of it: since Linux 7.3. */
#define SM_D_UNLOCKED		BIT(7)
/* The device only reads: no page is asked for to be written to. */
#define SM_D_READS		BIT(8)

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
extern const struct sm_discipline sm_discipline_amd_iommu_v2;

const struct sm_discipline *sm_discipline_of(unsigned int profile);
u64 sm_discipline_profiles(void);

#endif /* SM_DISCIPLINE_H */
