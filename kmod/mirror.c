// SPDX-License-Identifier: GPL-2.0-only
/* A mirror's lifetime, and what every discipline does to its table. */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "mirror.h"
#include "oracle.h"
#include "trace.h"
#include "witness.h"

#define SM_AMPLIFY_EVERY	16

static const struct sm_discipline *const sm_disciplines[SM_PROFILE_NR] = {
	[SM_PROFILE_KVM] = &sm_discipline_kvm,
	[SM_PROFILE_HMM] = &sm_discipline_hmm,
};

/* Does an event concern this mirror? */
bool sm_mirror_overlaps(const struct sm_mirror *m,
			const struct mmu_notifier_range *range)
{
	return range->start < m->end && range->end > m->start;
}

/*
 * Widen a race window: busy-wait on one event in SM_AMPLIFY_EVERY. Called with
 * no lock held and never where the caller must not block. Correct and broken
 * mirrors wait alike, but for the window that publish-after-unlock opens.
 */
void sm_mirror_amplify(struct sm_mirror *m)
{
	u64 until;

	/* At random: a count would favour one place over another. */
	if (!m->amplify_ns || get_random_u32() % SM_AMPLIFY_EVERY)
		return;
	atomic64_inc(&m->amplified);
	until = ktime_get_ns() + m->amplify_ns;
	while (ktime_get_ns() < until)
		cpu_relax();
}

static void sm_mirror_over(struct sm_mirror *m,
			   const struct mmu_notifier_range *range,
			   const struct sm_drop *drop)
{
	struct sm_violation v = {
		.oracle = SM_ORACLE_OVER,
		.mirror = m->id,
		.va = drop->over_pgno << PAGE_SHIFT,
		.entry = drop->over_ent,
		.start = range->start,
		.end = range->end,
	};

	sm_oracle_report(m->ctx, &v);
}

/*
 * Drop what an event touches; the table's lock is held for writing. Everything
 * that a driver can get wrong about the range alone is seeded here.
 */
void sm_mirror_invalidate(struct sm_mirror *m,
			  const struct mmu_notifier_range *range)
{
	unsigned long first = range->start >> PAGE_SHIFT;
	unsigned long last = (range->end - 1) >> PAGE_SHIFT;
	unsigned int flags = 0;
	struct sm_drop drop = {};
	unsigned long bounds_last = last;

	lockdep_assert_held_write(&m->lock);

	m->events++;
	m->epoch++;
	if (sm_defect(m, SPLAT) && !m->splatted) {
		m->splatted = true;
		WARN(1, "stalemate: seeded defect splat\n");
	}
	if (sm_defect(m, IGNORE_MPROTECT) &&
	    range->event == MMU_NOTIFY_PROTECTION_VMA)
		return;
	if (sm_defect(m, SHORT_RANGE)) {
		if (first == last)
			return;
		last--;
	}
	if (sm_defect(m, LONG_RANGE) && last < m->tlb.last)
		last++;
	if (sm_defect(m, THP_HEAD_ONLY))
		flags |= SM_DROP_HEAD_ONLY;

	sm_tlb_drop(&m->tlb, first, last, first, bounds_last, flags, &drop);
	m->dropped += drop.dropped;
	trace_sm_invalidate(m->id, sm_event_of(range), range->start, range->end,
			    drop.dropped);
	if (drop.over)
		sm_mirror_over(m, range, &drop);
}

/* The mm is gone: keep nothing, and install nothing any more. */
void sm_mirror_release(struct sm_mirror *m)
{
	struct sm_drop drop = {};

	write_lock(&m->lock);
	m->events++;
	m->epoch++;
	if (!sm_defect(m, NO_RELEASE)) {
		sm_tlb_drop(&m->tlb, m->tlb.first, m->tlb.last, 0, ~0ULL, 0,
			    &drop);
		m->dropped += drop.dropped;
		m->dead = true;
	}
	write_unlock(&m->lock);
	trace_sm_invalidate(m->id, SM_EVENT_RELEASE, 0, ULONG_MAX,
			    drop.dropped);
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
	st->present = m->tlb.present;
	read_unlock(&m->lock);
	st->faults = atomic64_read(&m->faults);
	st->retries = atomic64_read(&m->retries);
	st->reads = atomic64_read(&m->reads);
	st->writes = atomic64_read(&m->writes);
	st->amplified = atomic64_read(&m->amplified);
	st->leaves = atomic64_read(&m->leaves);
}

/* Called in the opener's own context with ctx->sem held for writing. */
struct sm_mirror *sm_mirror_create(struct sm_ctx *ctx, u32 id,
				   const struct sm_ioc_mirror_create *args)
{
	struct sm_mirror *m;
	int ret;

	if (args->profile >= SM_PROFILE_NR)
		return ERR_PTR(-EOPNOTSUPP);
	ret = sm_defect_arm(sm_disciplines[args->profile], args->defects);
	if (ret)
		return ERR_PTR(ret);

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
	rwlock_init(&m->lock);
	ret = sm_tlb_init(&m->tlb, m->start >> PAGE_SHIFT,
			  (m->end - 1) >> PAGE_SHIFT);
	if (ret)
		goto err_free;

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
err_free:
	kfree(m);
	return ERR_PTR(ret);
}

/* Called with ctx->sem held for writing and none of its agents running. */
void sm_mirror_destroy(struct sm_mirror *m)
{
	m->d->detach(m);
	list_del_rcu(&m->node);
	synchronize_rcu();	/* the witness may be stamping the table */
	atomic64_sub(sm_tlb_destroy(&m->tlb), &sm_counts.leaves);
	atomic64_dec(&sm_counts.mirrors);
	kfree(m);
}
