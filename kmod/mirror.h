/* SPDX-License-Identifier: GPL-2.0-only */
/* A mirror: one table over a range of one mm, kept true by one discipline. */
#ifndef SM_MIRROR_H
#define SM_MIRROR_H

#include <linux/bitmap.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mmu_notifier.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#include "compat/compat.h"
#include "discipline.h"
#include "engine.h"
#include "granted.h"
#include "tlb.h"
#include "uapi/stalemate.h"
#include "witness.h"

struct sm_ctx;

/* Of one mirror: more would cost an event too much. */
#define SM_OBJECTS_MAX	512

/* That are told apart: a power of two. */
#define SM_WALKED_LEAVES	16

/*
 * What the core asks of a driver, as it came: enum sm_event, and the range of the
 * event or of the flush, which may reach far beyond a mirror.
 */
struct sm_asked {
	u32 event;
	unsigned long start;
	unsigned long end;
};

/*
 * @lock is the device's: an access holds it for reading while it touches a
 * page, and an invalidation takes it for writing, so that whoever has it waits
 * for accesses under way. Nothing sleeps under it.
 */
struct sm_mirror {
	struct sm_ctx *ctx;
	struct sm_witness_table table;	/* see sm_mirror_watch() */
	u32 id;
	const struct sm_discipline *d;
	unsigned long start;
	unsigned long end;
	DECLARE_BITMAP(defects, SM_DEFECT_ROOM);
	bool defective;		/* one of them is set */
	u32 amplify_ns;

	rwlock_t lock;
	struct sm_tlb tlb;		/* under @lock */
	struct list_head engines;	/* under @lock */
	unsigned int engines_ever;	/* under @lock */
	unsigned long detached;		/* bitmap of devices; under @lock */
	struct sm_engine own;		/* of SM_IOC_ACCESS */
	unsigned long claimed;		/* bit 0: @own is in use; 1: sm_check_dead() */
	bool dead;			/* the mm is gone; under @lock */
	bool splatted;			/* defect splat fired; under @lock */
	/* Entries may outlive write-back and not look it; set under @lock. */
	bool unproven;
	u64 events;			/* callbacks in range; under @lock */
	struct sm_recent recent[SM_RECENT];	/* the last; under @lock */
	u64 dropped;			/* under @lock */
	u64 installed;			/* under @lock */
	u64 huge;			/* under @lock */
	u64 change_pte;			/* under @lock */
	u64 clear_flush_young;		/* under @lock */
	u64 clear_young;		/* under @lock */
	u64 aged;			/* under @lock */
	/* Of SM_D_AGES: how often an accessed bit was set, by leaf; see sm_do_age(). */
	atomic_t walks[SM_WALKED_LEAVES];
	atomic64_t test_young;
	atomic64_t faults;
	atomic64_t retries;
	atomic64_t reads;
	atomic64_t writes;
	atomic64_t amplified;
	atomic64_t leaves;

	/* Bitmaps of pages, if such a defect is armed: see sticky.c. */
	unsigned long *refused;
	unsigned long *read_only;
	/* Pages that were pinned for writing, of SM_D_PINNED: see granted.c. */
	struct xarray granted;

	void *state;			/* the discipline's, d->state_size bytes */
};

struct sm_asked sm_mirror_asked(const struct mmu_notifier_range *range);
void sm_mirror_invalidate(struct sm_mirror *m,
			  const struct mmu_notifier_range *range);
void sm_mirror_drop(struct sm_mirror *m, const struct sm_asked *asked,
		    unsigned long start, unsigned long end);
void sm_mirror_drop_all(struct sm_mirror *m);
void sm_mirror_flush(struct sm_mirror *m, struct sm_span span,
		     const struct sm_drop *drop);
void sm_mirror_clean(struct sm_mirror *m, u64 first, u64 last);
void sm_mirror_report(struct sm_mirror *m, u32 oracle, unsigned long va,
		      u64 ent, u64 cpu, u32 detail);
void sm_mirror_report_use(struct sm_mirror *m, u32 oracle,
			  const struct sm_line *use, u32 detail);
void sm_mirror_wrote(const struct sm_mirror *m, const struct sm_line *use,
		     struct page *page);
bool sm_mirror_late(const struct sm_mirror *m, const struct sm_line *use);
u64 sm_mirror_begin(struct sm_mirror *m);
void sm_mirror_end(struct sm_mirror *m, unsigned long start, unsigned long end,
		   u64 gen);
void sm_mirror_blocking(struct sm_mirror *m, unsigned long va,
			unsigned int what);
void sm_mirror_release(struct sm_mirror *m);

static inline bool sm_mirror_contains(const struct sm_mirror *m, u64 start,
				      u64 end)
{
	return start >= m->start && end <= m->end && start < end;
}

/* Bytes of an object: larger than @size if there would be too many. */
static inline unsigned long sm_mirror_object_size(const struct sm_mirror *m,
						  unsigned long size)
{
	return max(size, roundup_pow_of_two(m->end - m->start) /
			 SM_OBJECTS_MAX);
}

/* The entry of a page that a device may use, 0 if there is none. Needs no lock. */
static inline u64 sm_mirror_peek(struct sm_mirror *m, u64 pgno)
{
	if (m->d->valid && !m->d->valid(m, pgno << PAGE_SHIFT))
		return 0;

	return sm_tlb_peek(&m->tlb, pgno);
}

static inline atomic_t *sm_mirror_walks(struct sm_mirror *m, u64 pgno)
{
	return &m->walks[(pgno >> SM_LEAF_SHIFT) % SM_WALKED_LEAVES];
}

/*
 * The core wraps only hlist callbacks in non_block_start(), and only debug
 * kernels look. So an interval discipline says when it enters a callback, which
 * lets a debug kernel see whatever sleeps in it, and when it is about to sleep
 * itself, for those that do not look. It says so of its own event: any number of
 * them may be under way in a mirror, so the mirror cannot know which one forbids.
 */
static inline void sm_mirror_enter(const struct mmu_notifier_range *range)
{
	if (!mmu_notifier_range_blockable(range))
		non_block_start();
}

static inline void sm_mirror_leave(const struct mmu_notifier_range *range)
{
	if (!mmu_notifier_range_blockable(range))
		non_block_end();
}

/* About to sleep: report it if the event forbids that. */
static inline void sm_mirror_sleeps(struct sm_mirror *m,
				    const struct mmu_notifier_range *range,
				    unsigned long va)
{
	if (!mmu_notifier_range_blockable(range))
		sm_mirror_blocking(m, va, SM_BLOCKING_SLEPT);
}

/* About to refuse a start that may not be refused. */
static inline void sm_mirror_refuses(struct sm_mirror *m,
				     const struct mmu_notifier_range *range)
{
	sm_mirror_blocking(m, range->start, SM_BLOCKING_REFUSED);
}

/* Does an event concern this mirror? */
static inline bool sm_mirror_overlaps(const struct sm_mirror *m,
				      const struct mmu_notifier_range *range)
{
	return range->start < m->end && range->end > m->start;
}

/* The device is about to write. Under @lock, under which entries came: see granted.c. */
static inline void sm_mirror_ask_granted(struct sm_mirror *m,
					 const struct sm_line *use)
{
	if ((m->d->flags & SM_D_PINNED) &&
	    !sm_granted_has(&m->granted, use->pgno))
		sm_mirror_report(m, SM_ORACLE_PERM, use->pgno << PAGE_SHIFT,
				 use->ent, use->ent & ~SM_ENT_WRITE,
				 SM_ACCESS_WRITE);
}

#endif /* SM_MIRROR_H */
