// SPDX-License-Identifier: GPL-2.0-only
/*
 * The witness registers before any mirror. mmu_notifier_register() adds at the
 * head of the list, so hlist subscribers are called last-registered-first, and
 * interval subscribers come before all of them: at start and at end the
 * witness runs after every mirror of the context. Hence
 *
 *   mirror drops		witness: started++	page table changes
 *   ------------------------->	----------------------> ------------------->
 *
 * and whoever finds `started` unchanged knows that no page table entry of the
 * granule was removed, replaced or restricted meanwhile; some may have become
 * present or writable, which needs no notification. And once last_inval is
 * written here, an entry older than that should be gone from every mirror.
 */
#include <linux/ktime.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "compat/compat.h"
#include "counts.h"
#include "ctx.h"
#include "tlb.h"
#include "witness.h"

#define to_witness(p)	container_of(p, struct sm_witness, mn)

u32 sm_event_of(const struct mmu_notifier_range *range)
{
	if (range->event == SM_NOTIFY_EXCLUSIVE)
		return SM_EVENT_EXCLUSIVE;

	switch (range->event) {
	case MMU_NOTIFY_UNMAP:
		return SM_EVENT_UNMAP;
	case MMU_NOTIFY_CLEAR:
		return SM_EVENT_CLEAR;
	case MMU_NOTIFY_PROTECTION_VMA:
		return SM_EVENT_PROTECTION_VMA;
	case MMU_NOTIFY_PROTECTION_PAGE:
		return SM_EVENT_PROTECTION_PAGE;
	case MMU_NOTIFY_SOFT_DIRTY:
		return SM_EVENT_SOFT_DIRTY;
	case MMU_NOTIFY_RELEASE:
		return SM_EVENT_RELEASE;
	case MMU_NOTIFY_MIGRATE:
		return SM_EVENT_MIGRATE;
	default:
		return SM_EVENT_OTHER;
	}
}

u64 sm_witness_gen(const struct sm_witness *w)
{
	return atomic64_read((atomic64_t *)&w->hdr->gen);
}

u64 sm_witness_next_gen(struct sm_witness *w)
{
	return atomic64_inc_return((atomic64_t *)&w->hdr->gen);
}

/* ---- counters, generations, records ------------------------------------ */

static bool sm_witness_overlaps(const struct sm_witness *w,
				const struct mmu_notifier_range *range)
{
	return range->start < w->end && range->end > w->start &&
	       range->start < range->end;
}

/* The granules that a range touches; false if that counts as wide. */
static bool sm_witness_granules(const struct sm_witness *w,
				unsigned long start, unsigned long end,
				unsigned long *first, unsigned long *last)
{
	start = max(start, w->start);
	end = min(end, w->end);
	*first = (start - w->start) >> SM_GRANULE_SHIFT;
	*last = (end - 1 - w->start) >> SM_GRANULE_SHIFT;

	return *last - *first < SM_WIDE_GRANULES;
}

static void sm_witness_started(struct sm_witness *w,
			       const struct mmu_notifier_range *range)
{
	unsigned long i, last;

	if (!sm_witness_granules(w, range->start, range->end, &i, &last))
		sm_count(&w->hdr->wide.started);
	else
		for (; i <= last; i++)
			sm_count(&w->granule[i].started);
	/*
	 * Pairs with the reader's loads around its comparison: if it sees the
	 * page table after this event, it sees `started` incremented.
	 */
	smp_mb__after_atomic();
}

static void sm_witness_ended(struct sm_witness *w,
			     const struct mmu_notifier_range *range)
{
	unsigned long i, last;

	smp_mb__before_atomic();	/* page table changes before `ended` */
	if (!sm_witness_granules(w, range->start, range->end, &i, &last))
		sm_count(&w->hdr->wide.ended);
	else
		for (; i <= last; i++)
			sm_count(&w->granule[i].ended);
}

/* Every mirror must by now have dropped the range: note the generation. */
static void sm_witness_stamp(struct sm_witness *w,
			     const struct mmu_notifier_range *range, u64 gen)
{
	bool refusable = !mmu_notifier_range_blockable(range);
	struct sm_witness_table *t;

	rcu_read_lock();
	list_for_each_entry_rcu(t, &w->tables, node)
		if (!refusable || !t->may_refuse)
			sm_tlb_stamp(t->tlb, range->start >> PAGE_SHIFT,
				     (range->end - 1) >> PAGE_SHIFT, gen);
	rcu_read_unlock();
}

static void sm_witness_record(struct sm_witness *w, unsigned int phase,
			      const struct mmu_notifier_range *range,
			      u32 event, u64 gen)
{
	u64 n = atomic64_fetch_inc((atomic64_t *)&w->hdr->head);
	struct sm_record *r = &w->record[n & (w->hdr->record_slots - 1)];
	u64 old = READ_ONCE(r->seq);
	unsigned long ips[SM_RECORD_IPS];
	unsigned int i, nr = 0;

	if (phase == SM_PHASE_START)
		nr = sm_stack_save(ips, SM_RECORD_IPS, 1);

	/*
	 * Claim the slot, unless a writer that the ring lapped still has it,
	 * or a later one was faster. A full barrier: a reader that sees the
	 * new body sees the odd seq.
	 */
	if ((old & 1) || old > 2 * n || cmpxchg(&r->seq, old, 2 * n + 1) != old) {
		sm_count(&w->hdr->dropped);
		return;
	}
	r->t_ns = ktime_get_ns();
	r->start = range->start;
	r->end = range->end;
	r->pair = (unsigned long)range;
	r->tid = task_pid_nr(current);
	r->gen = gen;
	r->phase = phase;
	r->event = event;
	r->flags = mmu_notifier_range_blockable(range) ? SM_RECORD_BLOCKABLE
						       : 0;
	r->nr_ips = nr;
	for (i = 0; i < nr; i++)
		r->ips[i] = ips[i];
	/* Whoever sees the even seq sees the body. */
	smp_store_release(&r->seq, 2 * n + 2);
}

static int sm_witness_start(struct mmu_notifier *mn,
			    const struct mmu_notifier_range *range)
{
	struct sm_witness *w = to_witness(mn);
	u32 event = sm_event_of(range);
	u64 gen;

	sm_contract_start(&w->contract, range);
	sm_interval_came(&w->interval, range);	/* now that it is open here */
	if (!sm_witness_overlaps(w, range)) {
		sm_count(&w->hdr->foreign);
		return 0;
	}

	sm_count(&w->hdr->events[event]);
	if (!mmu_notifier_range_blockable(range))
		sm_count(&w->hdr->nonblock);
	gen = sm_witness_next_gen(w);
	sm_witness_stamp(w, range, gen);
	sm_witness_started(w, range);
	sm_witness_record(w, SM_PHASE_START, range, event, gen);

	return 0;
}

static void sm_witness_end(struct mmu_notifier *mn,
			   const struct mmu_notifier_range *range)
{
	struct sm_witness *w = to_witness(mn);

	sm_contract_end(&w->contract, range);
	sm_interval_ended(&w->interval, range);
	if (!sm_witness_overlaps(w, range))
		return;
	sm_witness_ended(w, range);
	sm_witness_record(w, SM_PHASE_END, range, sm_event_of(range),
			  sm_witness_gen(w));
}

/*
 * The mm is being torn down, or the witness is unregistered. No callback
 * follows, so the page table can no longer be judged: from here on only the
 * generations speak.
 */
static void sm_witness_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct sm_witness *w = to_witness(mn);
	const struct mmu_notifier_range range = {
		.mm = mm,
		.start = 0,
		.end = ULONG_MAX,
		.flags = MMU_NOTIFIER_RANGE_BLOCKABLE,
		.event = MMU_NOTIFY_RELEASE,
	};
	u64 gen = sm_witness_next_gen(w);

	sm_witness_stamp(w, &range, gen);
	sm_count(&w->hdr->events[SM_EVENT_RELEASE]);
	sm_count(&w->hdr->wide.started);
	sm_count(&w->hdr->wide.ended);
	sm_witness_record(w, SM_PHASE_RELEASE, &range, SM_EVENT_RELEASE, gen);
	/*
	 * The last chance: soon there is nothing left to send events of. It may take
	 * a second or two, for which mmu_notifier_unregister() waits, everybody's.
	 */
	sm_interval_judge(&w->interval);
	WRITE_ONCE(w->ctx->dead, true);
}

/*
 * A flush of the CPU's TLB, passed on to devices that walk the page table. It
 * may come under the page table's lock and after the end of its event, and the
 * range may be anything up to [0, -1).
 */
static void sm_witness_flush(struct mmu_notifier *mn, struct mm_struct *mm,
			     unsigned long start, unsigned long end)
{
	struct sm_witness *w = container_of(mn, struct sm_witness, flush);
	const struct mmu_notifier_range range = {
		.mm = mm,
		.start = start,
		.end = end,
	};

	if (!sm_witness_overlaps(w, &range))
		return;
	sm_count(&w->hdr->events[SM_EVENT_FLUSH]);
	sm_witness_record(w, SM_PHASE_FLUSH, &range, SM_EVENT_FLUSH,
			  sm_witness_gen(w));
}

static const struct mmu_notifier_ops sm_witness_flush_ops = {
	.SM_OPS_SECONDARY_TLBS = sm_witness_flush,
};

/* Only counts. */
static SM_YOUNG_RET sm_witness_young(struct mmu_notifier *mn,
				     struct mm_struct *mm, unsigned long start,
				     unsigned long end)
{
	const struct sm_witness *w = to_witness(mn);

	if (start < w->end && end > w->start)
		atomic64_inc(&w->ctx->aged);

	return false;
}

static const struct mmu_notifier_ops sm_witness_ops = {
	.release = sm_witness_release,
	.invalidate_range_start = sm_witness_start,
	.invalidate_range_end = sm_witness_end,
	.clear_flush_young = sm_witness_young,
	.clear_young = sm_witness_young,
};

/*
 * Was the granule of @va quiet, and is it still? The first call of a window
 * fills @started and returns whether no event is open; the caller compares a
 * second call's @started with the first's. See struct sm_granule.
 */
bool sm_witness_quiet(const struct sm_witness *w, unsigned long va,
		      u64 started[2])
{
	const struct sm_granule *g;
	u64 ended[2];

	if (WARN_ON_ONCE(va < w->start || va >= w->end))
		return false;
	g = &w->granule[(va - w->start) >> SM_GRANULE_SHIFT];
	smp_rmb();	/* after what the caller read in its window */
	ended[0] = READ_ONCE(g->ended);
	ended[1] = READ_ONCE(w->hdr->wide.ended);
	smp_rmb();	/* ended before started: equal means none was open */
	started[0] = READ_ONCE(g->started);
	started[1] = READ_ONCE(w->hdr->wide.started);
	smp_rmb();	/* before what the caller reads in its window */

	return started[0] == ended[0] && started[1] == ended[1];
}

/* ---- lifetime ---------------------------------------------------------- */

static int sm_witness_alloc_area(struct sm_witness *w, unsigned int ring_order)
{
	u32 nr = (w->end - w->start) >> SM_GRANULE_SHIFT;
	size_t granule_off, record_off;
	struct sm_witness_header *h;

	granule_off = ALIGN(sizeof(*h), 64);
	record_off = ALIGN(granule_off + nr * sizeof(*w->granule), 64);
	w->area_size = PAGE_ALIGN(record_off +
				  (sizeof(*w->record) << ring_order));
	w->area = vmalloc_user(w->area_size);
	if (!w->area)
		return -ENOMEM;

	h = w->area;
	h->magic = SM_WITNESS_MAGIC;
	h->version = SM_WITNESS_VERSION;
	h->header_size = sizeof(*h);
	h->arena_start = w->start;
	h->arena_end = w->end;
	h->granule_off = granule_off;
	h->granule_nr = nr;
	h->record_off = record_off;
	h->record_size = sizeof(*w->record);
	h->record_slots = 1ULL << ring_order;
	h->granule_size = sizeof(*w->granule);
	h->tag_size = sizeof(*w->tags);
	w->hdr = h;
	w->granule = w->area + granule_off;
	w->record = w->area + record_off;

	return 0;
}

static int sm_witness_alloc(struct sm_witness *w, unsigned int ring_order)
{
	if (sm_witness_alloc_area(w, ring_order))
		return -ENOMEM;

	w->tags_size = PAGE_ALIGN(((w->end - w->start) >> PAGE_SHIFT) *
				  sizeof(*w->tags));
	w->tags = vmalloc_user(w->tags_size);
	if (!w->tags)
		return -ENOMEM;

	return sm_contract_init(&w->contract, &w->ctx->report, w->hdr);
}

static void sm_witness_free(struct sm_witness *w)
{
	sm_contract_destroy(&w->contract);
	vfree(w->tags);
	vfree(w->area);
	kfree(w);
}

/* Called in the opener's own context, so the mm is alive. */
struct sm_witness *sm_witness_create(struct sm_ctx *ctx,
				     const struct sm_ioc_setup *setup)
{
	struct sm_witness *w;
	int ret;

	BUILD_BUG_ON(sizeof(struct sm_record) != 128);
	BUILD_BUG_ON(SM_EVENT_NR > SM_EVENT_ROOM);

	w = kzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);
	if (!w)
		return ERR_PTR(-ENOMEM);
	w->ctx = ctx;
	w->start = setup->start;
	w->end = setup->end;
	w->mn.ops = &sm_witness_ops;
	w->flush.ops = &sm_witness_flush_ops;
	INIT_LIST_HEAD(&w->tables);
	sm_interval_init(&w->interval, ctx, &w->contract, w->start, w->end);

	ret = sm_witness_alloc(w, setup->ring_order);
	if (ret)
		goto err_free;
	ret = mmu_notifier_register(&w->flush, ctx->mm);
	if (ret)
		goto err_free;
	ret = mmu_notifier_register(&w->mn, ctx->mm);
	if (ret)
		goto err_flush;

	return w;

err_flush:
	mmu_notifier_unregister(&w->flush, ctx->mm);
err_free:
	sm_witness_free(w);
	return ERR_PTR(ret);
}

/* From here on events are noted in @t. Called with ctx->sem held for writing. */
void sm_witness_add_table(struct sm_witness *w, struct sm_witness_table *t)
{
	lockdep_assert_held_write(&w->ctx->sem);

	list_add_rcu(&t->node, &w->tables);
}

/*
 * Called likewise, or when the file's last user is gone; also of one that was never
 * added. Nobody touches it when it returns. (Storms make mirrors for an op or two, and
 * of the time of such an op two thirds went by waiting for a grace period.)
 */
void sm_witness_del_table(struct sm_witness_table *t)
{
	list_del_rcu(&t->node);
	synchronize_rcu_expedited();
}

/*
 * After the last mirror. Who may still hold it:
 *
 *  1. Mirrors, for generations and their tables. None is left.
 *  2. Device faults and agents, in whatever they ask it. They ended before.
 *  3. Callbacks of its interval notifier, and of
 *  4. its two other notifiers. The core waits for them before it lets go of the
 *     notifiers.
 *  5. Mappings of its counters, ring and tags. They hold the pages.
 *
 * Where the interval notifier cannot be waited for, all of it stays for ever.
 */
void sm_witness_destroy(struct sm_witness *w)
{
	bool leave = !sm_interval_remove(&w->interval);

	WARN_ON_ONCE(!list_empty(&w->tables));
	mmu_notifier_unregister(&w->mn, w->ctx->mm);
	mmu_notifier_unregister(&w->flush, w->ctx->mm);
	if (!leave)
		sm_witness_free(w);
}
