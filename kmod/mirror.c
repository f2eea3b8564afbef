// SPDX-License-Identifier: GPL-2.0-only
/* A mirror's lifetime, and what every discipline does to its table. */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "access.h"
#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "interval.h"
#include "mirror.h"
#include "oracle.h"
#include "trace.h"
#include "witness.h"

#define SM_AMPLIFY_EVERY	16
#define SM_AMPLIFY_NAP_EVERY	4	/* of those */
#define SM_AMPLIFY_NAPS		6	/* lengths of them, each twice the last */

static const struct sm_discipline *const sm_disciplines[SM_PROFILE_NR] = {
	[SM_PROFILE_KVM] = &sm_discipline_kvm,
	[SM_PROFILE_HMM] = &sm_discipline_hmm,
#ifdef SM_HAVE_INTERVAL_TWO_PASS
	[SM_PROFILE_TWO_PASS] = &sm_discipline_two_pass,
#endif
	[SM_PROFILE_UMEM_ODP] = &sm_discipline_umem_odp,
	[SM_PROFILE_AMDGPU] = &sm_discipline_amdgpu,
	[SM_PROFILE_HFI1] = &sm_discipline_hfi1,
	[SM_PROFILE_HFI1_TID] = &sm_discipline_hfi1_tid,
	[SM_PROFILE_SCIF] = &sm_discipline_scif,
	[SM_PROFILE_GRU] = &sm_discipline_gru,
	[SM_PROFILE_GNTDEV] = &sm_discipline_gntdev,
	[SM_PROFILE_AMD_IOMMU] = &sm_discipline_amd_iommu,
	[SM_PROFILE_INTEL_SVM] = &sm_discipline_intel_svm,
	[SM_PROFILE_NPU] = &sm_discipline_npu,
};

/* The profiles that this kernel can do. */
u64 sm_mirror_profiles(void)
{
	unsigned int i;
	u64 mask = 0;

	for (i = 0; i < SM_PROFILE_NR; i++)
		if (sm_disciplines[i])
			mask |= BIT_ULL(i);

	return mask;
}

/* Does an event concern this mirror? */
bool sm_mirror_overlaps(const struct sm_mirror *m,
			const struct mmu_notifier_range *range)
{
	return range->start < m->end && range->end > m->start;
}

/* Sometimes just long enough for one who interferes, sometimes for more. */
static void sm_mirror_nap(u32 ns)
{
	unsigned long us = DIV_ROUND_UP(ns, NSEC_PER_USEC);

	us <<= get_random_u32() % SM_AMPLIFY_NAPS;
	usleep_range(us, us + us / 4);
}

static void sm_mirror_spin(u32 ns)
{
	u64 until = ktime_get_ns() + ns;

	while (ktime_get_ns() < until)
		cpu_relax();
}

/*
 * Widen a race window: wait on one event in SM_AMPLIFY_EVERY. Called with no lock
 * held and never where the caller must not block. Correct and broken mirrors wait
 * alike, but for the window that publish-after-unlock opens.
 *
 * Who waits busily is back in time, but lets only other processors interfere: none
 * if there is one alone, or if those of a virtual machine do not run just now. So
 * some of the waits are naps, and all of them on one processor.
 */
void sm_mirror_amplify(struct sm_mirror *m)
{
	/* At random: a count would favour one place over another. */
	if (!m->amplify_ns || get_random_u32() % SM_AMPLIFY_EVERY)
		return;
	atomic64_inc(&m->amplified);
	if (num_online_cpus() == 1 ||
	    !(get_random_u32() % SM_AMPLIFY_NAP_EVERY))
		sm_mirror_nap(m->amplify_ns);
	else
		sm_mirror_spin(m->amplify_ns);
}

/* Report a drop of what no event asked for. */
void sm_mirror_over(struct sm_mirror *m, unsigned long start,
		    unsigned long end, u64 pgno, u64 ent)
{
	struct sm_violation v = {
		.oracle = SM_ORACLE_OVER,
		.mirror = m->id,
		.va = pgno << PAGE_SHIFT,
		.entry = ent,
		.start = start,
		.end = end,
	};

	sm_oracle_report(m->ctx, &v);
}

/* Hand over what the device wrote; the page may be gone if there is a defect. */
static void sm_mirror_clean_entry(const struct sm_mirror *m, u64 pgno)
{
	u64 ent = sm_tlb_peek(&m->tlb, pgno);
	struct page *page = pfn_to_page(ent & SM_ENT_PFN);

	if (!(ent & SM_ENT_PRESENT) || !(ent & SM_ENT_WRITE))
		return;
	if (!m->defects) {
		sm_access_wrote(m, pgno << PAGE_SHIFT, page);
		return;
	}
	page = sm_page_hold(page);
	if (!page)
		return;
	sm_access_wrote(m, pgno << PAGE_SHIFT, page);
	sm_page_put(page);
}

/*
 * Before entries are dropped: pages they could be written through are dirty.
 * Entries of one huge block share a page's flag, so a part of it is enough.
 */
void sm_mirror_clean(struct sm_mirror *m, u64 first, u64 last)
{
	u64 pgno;

	if (!(m->d->flags & SM_D_DIRTY_AT_DROP) || sm_defect(m, DROP_DIRTY))
		return;
	first = max(first, m->tlb.first);
	last = min(last, m->tlb.last);
	for (pgno = first; pgno <= last; pgno++) {
		if (!sm_tlb_leaf(&m->tlb, pgno)) {
			pgno |= SM_LEAF_ENTRIES - 1;
			continue;
		}
		sm_mirror_clean_entry(m, pgno);
	}
}

/* Does a defect make the driver deaf to this event? */
static bool sm_mirror_deaf(const struct sm_mirror *m, u32 event)
{
	switch (event) {
	case SM_EVENT_PROTECTION_VMA:
		return sm_defect(m, IGNORE_MPROTECT);
	case SM_EVENT_PROTECTION_PAGE:
		return sm_defect(m, IGNORE_FORK);
	case SM_EVENT_CLEAR:
		return sm_defect(m, IGNORE_CLEAR);
	case SM_EVENT_MIGRATE:
	case SM_EVENT_EXCLUSIVE:
		return sm_defect(m, IGNORE_MIGRATE);
	case SM_EVENT_SOFT_DIRTY:
		return sm_defect(m, IGNORE_SOFT_DIRTY);
	default:
		return false;
	}
}

/*
 * Count an event that touches pages @first to @last, and make of it what a
 * driver with a defect would. False: it would drop nothing at all.
 */
bool sm_mirror_misjudge(struct sm_mirror *m, u32 event, unsigned long *first,
			unsigned long *last)
{
	lockdep_assert_held_write(&m->lock);

	m->events++;
	m->epoch++;
	if (sm_defect(m, SPLAT) && !m->splatted) {
		m->splatted = true;
		WARN(1, "stalemate: seeded defect splat\n");
	}
	if (sm_mirror_deaf(m, event))
		return false;
	if (sm_defect(m, SHORT_RANGE) && (*last)-- == *first)
		return false;
	if (sm_defect(m, FIRST_PAGE_ONLY))
		*last = *first;
	if (sm_defect(m, LONG_RANGE) && *last < m->tlb.last)
		++*last;

	return true;
}

/*
 * Drop what an event touches, [@start, @end) rounded to whatever the driver
 * rounds to; the table's lock is held for writing.
 */
void sm_mirror_drop(struct sm_mirror *m, u32 event, unsigned long start,
		    unsigned long end)
{
	unsigned long first = start >> PAGE_SHIFT;
	unsigned long last = (end - 1) >> PAGE_SHIFT;
	unsigned long bounds_last = last;
	struct sm_drop drop = {};

	if (!sm_mirror_misjudge(m, event, &first, &last))
		return;
	sm_mirror_clean(m, first, last);
	sm_tlb_drop(&m->tlb, first, last, first, bounds_last,
		    sm_defect(m, THP_HEAD_ONLY) ? SM_DROP_HEAD_ONLY : 0, &drop);
	m->dropped += drop.dropped;
	trace_sm_invalidate(m->id, event, start, end, drop.dropped);
	if (drop.over)
		sm_mirror_over(m, start, end, drop.over_pgno, drop.over_ent);
}

/* As above, of an event that the driver does not round. */
void sm_mirror_invalidate(struct sm_mirror *m,
			  const struct mmu_notifier_range *range)
{
	sm_mirror_drop(m, sm_event_of(range), range->start, range->end);
}

/* Everything, because the driver wants to: detach, release. Lock held. */
void sm_mirror_drop_all(struct sm_mirror *m)
{
	struct sm_drop drop = {};

	lockdep_assert_held_write(&m->lock);

	m->epoch++;
	sm_mirror_clean(m, m->tlb.first, m->tlb.last);
	sm_tlb_drop(&m->tlb, m->tlb.first, m->tlb.last, 0, ~0ULL, 0, &drop);
	m->dropped += drop.dropped;
}

/*
 * SM_D_OWN_STAMP: the callback takes a generation before it drops anything and
 * notes it in every entry's place afterwards. What was installed before that
 * is older and must be gone; what is installed later is not older. (Noted by
 * the witness, after the mirror, it would accuse entries that were rightly
 * installed between the two.)
 */
u64 sm_mirror_begin(struct sm_mirror *m)
{
	return sm_witness_next_gen(m->ctx->witness);
}

void sm_mirror_end(struct sm_mirror *m, unsigned long start, unsigned long end,
		   u64 gen)
{
	sm_tlb_stamp(&m->tlb, start >> PAGE_SHIFT, (end - 1) >> PAGE_SHIFT,
		     gen);
}

/*
 * The core wraps only hlist callbacks in non_block_start(), and only debug
 * kernels look. So an interval discipline says when it enters a callback, which
 * lets a debug kernel see whatever sleeps in it, and when it is about to sleep
 * itself, for those that do not look. It says so of its own event: any number of
 * them may be under way in a mirror, so the mirror cannot know which one forbids.
 */
void sm_mirror_enter(const struct mmu_notifier_range *range)
{
	if (!mmu_notifier_range_blockable(range))
		non_block_start();
}

void sm_mirror_leave(const struct mmu_notifier_range *range)
{
	if (!mmu_notifier_range_blockable(range))
		non_block_end();
}

static void sm_mirror_blocking(struct sm_mirror *m, unsigned long va,
			       unsigned int what)
{
	struct sm_violation v = {
		.oracle = SM_ORACLE_BLOCKING,
		.mirror = m->id,
		.va = va & PAGE_MASK,
		.detail = what,
	};

	sm_oracle_report(m->ctx, &v);
}

/* About to sleep: report it if the event forbids that (oracle blocking). */
void sm_mirror_sleeps(struct sm_mirror *m,
		      const struct mmu_notifier_range *range, unsigned long va)
{
	if (!mmu_notifier_range_blockable(range))
		sm_mirror_blocking(m, va, SM_BLOCKING_SLEPT);
}

/* About to refuse a start that may not be refused. */
void sm_mirror_refuses(struct sm_mirror *m,
		       const struct mmu_notifier_range *range)
{
	sm_mirror_blocking(m, range->start, SM_BLOCKING_REFUSED);
}

/* The mm is gone: keep nothing, and install nothing any more. */
void sm_mirror_release(struct sm_mirror *m)
{
	write_lock(&m->lock);
	m->events++;
	if (!sm_defect(m, NO_RELEASE)) {
		sm_mirror_drop_all(m);
		m->dead = true;
	}
	write_unlock(&m->lock);
	trace_sm_invalidate(m->id, SM_EVENT_RELEASE, 0, ULONG_MAX, 0);
}

/*
 * Copy entries to userspace, each read once, without the table's lock: leaves
 * live as long as the mirror, which the caller's hold on ctx->sem keeps.
 */
static int sm_snapshot_leaf(const struct sm_leaf *leaf, unsigned int slot,
			    unsigned int nr, u64 __user *buf, u64 *present)
{
	const u64 *from;
	unsigned int i;

	if (!leaf)
		return clear_user(buf, nr * sizeof(*buf)) ? -EFAULT : 0;
	from = leaf->ent + slot;	/* no bounds check under user access */
	if (!user_write_access_begin(buf, nr * sizeof(*buf)))
		return -EFAULT;
	for (i = 0; i < nr; i++) {
		u64 ent = READ_ONCE(from[i]);

		*present += ent >> 63;
		unsafe_put_user(ent, &buf[i], fault);
	}
	user_write_access_end();

	return 0;

fault:
	user_write_access_end();
	return -EFAULT;
}

int sm_mirror_snapshot(const struct sm_mirror *m, struct sm_ioc_snapshot *s)
{
	u64 __user *buf = u64_to_user_ptr(s->buf);
	u64 pgno = s->start >> PAGE_SHIFT;
	u64 end = s->end >> PAGE_SHIFT;

	s->present = 0;
	while (pgno < end) {
		unsigned int slot = sm_tlb_slot(pgno);
		unsigned int nr = min_t(u64, end - pgno,
					SM_LEAF_ENTRIES - slot);
		int ret = sm_snapshot_leaf(sm_tlb_leaf(&m->tlb, pgno), slot,
					   nr, buf, &s->present);

		if (ret)
			return ret;
		pgno += nr;
		buf += nr;
		/* An arena has up to 32768 leaves: whoever asked may be killed. */
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}

	return 0;
}

void sm_mirror_stats(struct sm_mirror *m, struct sm_ioc_stats *st)
{
	read_lock(&m->lock);
	st->installed = m->installed;
	st->huge = m->huge;
	st->events = m->events;
	st->dropped = m->dropped;
	st->change_pte = m->change_pte;
	st->clear_flush_young = m->clear_flush_young;
	st->clear_young = m->clear_young;
	st->aged = m->aged;
	st->present = m->tlb.present;
	read_unlock(&m->lock);
	st->faults = atomic64_read(&m->faults);
	st->retries = atomic64_read(&m->retries);
	st->reads = atomic64_read(&m->reads);
	st->writes = atomic64_read(&m->writes);
	st->amplified = atomic64_read(&m->amplified);
	st->leaves = atomic64_read(&m->leaves);
	st->test_young = atomic64_read(&m->test_young);
}

/* Called in the opener's own context with ctx->sem held for writing. */
struct sm_mirror *sm_mirror_create(struct sm_ctx *ctx, u32 id,
				   const struct sm_ioc_mirror_create *args)
{
	struct sm_mirror *m;
	int ret;

	if (args->profile >= SM_PROFILE_NR || !sm_disciplines[args->profile])
		return ERR_PTR(-EOPNOTSUPP);
	ret = sm_defect_arm(sm_disciplines[args->profile], args->defects);
	if (ret)
		return ERR_PTR(ret);
	if (sm_disciplines[args->profile]->flags & SM_D_INTERVAL) {
		ret = sm_interval_insert(ctx->witness);
		if (ret)
			return ERR_PTR(ret);
		/* What it inserted now might wait for a start of before. */
		if (!sm_interval_safe(ctx->witness))
			return ERR_PTR(-EIO);
	}

	m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (!m)
		return ERR_PTR(-ENOMEM);
	m->ctx = ctx;
	m->id = id;
	m->d = sm_disciplines[args->profile];
	m->start = args->start;
	m->end = args->end;
	m->defects = args->defects;
	m->amplify_ns = args->amplify_ns;
	m->unproven = m->defects & SM_DEFECTS_UNPROVEN;
	rwlock_init(&m->lock);
	ret = -ENOMEM;
	if (m->d->state_size) {
		m->state = kzalloc(m->d->state_size, GFP_KERNEL_ACCOUNT);
		if (!m->state)
			goto err_free;
	}
	ret = sm_tlb_init(&m->tlb, m->start >> PAGE_SHIFT,
			  (m->end - 1) >> PAGE_SHIFT);
	if (ret)
		goto err_state;

	/* On the list first: the witness then stamps from the first event. */
	list_add_rcu(&m->node, &ctx->mirrors);
	ret = m->d->attach(m);
	if (ret)
		goto err_unlist;
	atomic64_inc(&sm_counts.mirrors);

	return m;

err_unlist:
	list_del_rcu(&m->node);
	synchronize_rcu();
	sm_tlb_destroy(&m->tlb);
err_state:
	if (m->d->state_size)
		kfree(m->state);
err_free:
	kfree(m);
	return ERR_PTR(ret);
}

/*
 * Removing its notifiers would wait for ever: leave them where they are, and what
 * they lead to: the mirror and the discipline's state. The module stays loaded for
 * them (sm_interval_give_up()), and the mm, which they hold.
 *
 * The core may go on calling. Callbacks touch the table under the lock only, so
 * from here on they find it empty, and nothing fills it any more.
 */
static void sm_mirror_abandon(struct sm_mirror *m)
{
	struct sm_tlb table;

	list_del_rcu(&m->node);
	synchronize_rcu();	/* the witness may be stamping the table */
	write_lock(&m->lock);
	m->dead = true;
	sm_tlb_take(&m->tlb, &table);
	write_unlock(&m->lock);
	atomic64_sub(sm_tlb_destroy(&table), &sm_counts.leaves);
	if (m->d->abandon)
		m->d->abandon(m);
	atomic64_dec(&sm_counts.mirrors);
}

/* Called with ctx->sem held for writing and none of its agents running. */
void sm_mirror_destroy(struct sm_mirror *m)
{
	write_lock(&m->lock);
	sm_mirror_drop_all(m);	/* while its pages are still watched */
	write_unlock(&m->lock);
	if ((m->d->flags & SM_D_INTERVAL) &&
	    !sm_interval_safe(m->ctx->witness)) {
		sm_interval_give_up(m->ctx->witness);
		sm_mirror_abandon(m);
		return;
	}
	m->d->detach(m);
	list_del_rcu(&m->node);
	synchronize_rcu();	/* the witness may be stamping the table */
	atomic64_sub(sm_tlb_destroy(&m->tlb), &sm_counts.leaves);
	atomic64_dec(&sm_counts.mirrors);
	if (m->d->state_size)
		kfree(m->state);
	kfree(m);
}
