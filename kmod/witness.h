/* SPDX-License-Identifier: GPL-2.0-only */
/* The witness: our own, always correct notifier, shared with userspace. */
#ifndef SM_WITNESS_H
#define SM_WITNESS_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

#include "uapi/stalemate.h"

#define SM_OPEN_BUCKETS		64
#define SM_OPEN_MAX		512	/* events under way in one mm */

struct sm_ctx;

/* A start that has not seen its end yet. */
struct sm_open {
	struct hlist_node node;
	const struct task_struct *task;
	const struct mmu_notifier_range *range;
	unsigned long start;
	unsigned long end;
};

/* Those that hash alike; and how many there are that no struct was left for. */
struct sm_open_bucket {
	struct hlist_head list;
	unsigned int untracked;
};

struct sm_witness {
	struct mmu_notifier mn;
	struct mmu_notifier flush;	/* secondary TLBs: an ops of its own */
	struct sm_ctx *ctx;
	unsigned long start;
	unsigned long end;
	void *area;			/* vmalloc_user: header, granules, ring */
	size_t area_size;
	struct sm_witness_header *hdr;
	struct sm_granule *granule;
	struct sm_record *record;
	struct sm_tag *tags;		/* vmalloc_user */
	size_t tags_size;

	struct mmu_interval_notifier mni;	/* see interval.c */
	bool inserted;			/* @mni is; under ctx->sem */
	struct mutex judge_lock;	/* one judge at a time */
	spinlock_t interval_lock;	/* protects those below */
	u64 refused;			/* starts */
	u64 closed;			/* so many of them, the first, are */
	unsigned long refused_start;	/* the last of them */
	unsigned long refused_end;
	u64 told;			/* events */
	u64 told_after;			/* @refused when the last of them was */
	unsigned long seq;		/* the last of them */
	int on_way;			/* told with @seq, not come to @mn yet */
	bool unsure;			/* one told with @seq may be refused */

	spinlock_t open_lock;		/* protects those below */
	u64 moves;			/* starts and ends in the mm */
	unsigned int nr_open;
	struct sm_open_bucket open[SM_OPEN_BUCKETS];
	struct hlist_head open_free;
	struct sm_open *open_pool;
};

struct sm_witness *sm_witness_create(struct sm_ctx *ctx,
				     const struct sm_ioc_setup *setup);
void sm_witness_blame(struct sm_witness *w,
		      const struct mmu_notifier_range *range,
		      unsigned int what);
void sm_witness_destroy(struct sm_witness *w);
bool sm_witness_quiet(const struct sm_witness *w, unsigned long va,
		      u64 started[2]);
u64 sm_witness_gen(const struct sm_witness *w);
u64 sm_witness_next_gen(struct sm_witness *w);
u32 sm_event_of(const struct mmu_notifier_range *range);

#endif /* SM_WITNESS_H */
