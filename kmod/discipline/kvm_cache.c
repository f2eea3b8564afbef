// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline kvm: what the kernel itself keeps of a guest's pages.
 *
 * Stands for virt/kvm/pfncache.c, v6.1 to v6.12: gfn_to_pfn_cache_invalidate_start(),
 * hva_to_pfn_retry(), mmu_notifier_retry_cache(), __kvm_gpc_activate(). One page in
 * SM_KVM_CACHE_EVERY is such a cache's.
 *
 * An event invalidates caches before it takes mmu_lock and says to faults that it is
 * there. So a refresh asks for a count that goes up before that, and down last; and
 * it asks for events anywhere:
 *
 *	event				refresh
 *
 *	active++
 *					seq
 *					walk: finds the old page
 *	drop caches: not there yet
 *					lock
 *					retry?
 *			[Required: true, for active: in_progress is still 0]
 *	lock
 *	  in_progress++, the range
 *	  drop what vCPUs have
 *	unlock
 *	the page table changes
 *	end: seq++, in_progress--
 *	active--
 *
 * And it is on the list, where events find it, before it looks at anything.
 *
 * Simplified: caches have no locks of their own, and once active remain so; all of
 * them are of memory in slots (of other memory the sequence says nothing: v7.3 has
 * one that does). What an event drops later may be a cache's again, unless there is a
 * defect, so that a mirror that is right stays so.
 */
#include "amplify.h"
#include "defect.h"
#include "discipline/kvm_cache.h"
#include "engine.h"

#define SM_KVM_CACHE_WAITS	8

/* The first page from @pgno on that may be a cache's. */
static u64 sm_kvm_cache_next(u64 pgno)
{
	return ALIGN(pgno - SM_KVM_CACHE_AT, SM_KVM_CACHE_EVERY) +
	       SM_KVM_CACHE_AT;
}

/* A cache has one page. */
static bool sm_kvm_cache_of(unsigned long start, unsigned long end)
{
	return end - start == PAGE_SIZE &&
	       (start >> PAGE_SHIFT) % SM_KVM_CACHE_EVERY == SM_KVM_CACHE_AT;
}

static bool sm_kvm_cache_valid(const struct sm_mirror *m, u64 pgno)
{
	u64 ent = sm_tlb_peek(&m->tlb, pgno);

	return ent && sm_kvm_cache_is(pgno, ent);
}

static bool sm_kvm_cache_any(const struct sm_mirror *m, u64 first, u64 last)
{
	u64 pgno;

	for (pgno = sm_kvm_cache_next(first); pgno <= last;
	     pgno += SM_KVM_CACHE_EVERY)
		if (sm_kvm_cache_valid(m, pgno))
			return true;

	return false;
}

static void sm_kvm_cache_drop(struct sm_mirror *m, u64 first, u64 last)
{
	struct sm_drop drop = {};
	u64 pgno;

	lockdep_assert_held_write(&m->lock);

	for (pgno = sm_kvm_cache_next(first); pgno <= last;
	     pgno += SM_KVM_CACHE_EVERY) {
		if (!sm_kvm_cache_valid(m, pgno))
			continue;
		sm_tlb_excuse(&m->tlb, pgno, pgno);
		sm_tlb_drop(&m->tlb, pgno, pgno, pgno, pgno, 0, &drop);
		sm_engine_flush(&m->engines, (struct sm_span){ pgno, pgno });
	}
	m->dropped += drop.dropped;
}

/* gfn_to_pfn_cache_invalidate_start() */
void sm_kvm_cache_start(struct sm_kvm *k,
			const struct mmu_notifier_range *range)
{
	struct sm_mirror *m = k->n.m;
	u64 first = max(range->start, m->start) >> PAGE_SHIFT;
	u64 last = (min(range->end, m->end) - 1) >> PAGE_SHIFT;
	unsigned int i;
	bool any;

	if (!READ_ONCE(k->listed) || sm_kvm_cache_next(first) > last)
		return;
	read_lock(&m->lock);
	any = sm_kvm_cache_any(m, first, last);
	read_unlock(&m->lock);
	if (any) {
		write_lock(&m->lock);
		sm_kvm_cache_drop(m, first, last);
		write_unlock(&m->lock);
	}
	if (!mmu_notifier_range_blockable(range))
		return;
	/* Each cache has a lock of its own, for which an event may have to wait. */
	for (i = 0; i < SM_KVM_CACHE_WAITS; i++)
		sm_mirror_amplify(m);
}

/* __kvm_gpc_activate(): before a refresh reads anything. */
void sm_kvm_cache_activate(struct sm_kvm *k, unsigned long start,
			   unsigned long end)
{
	if (READ_ONCE(k->listed) || !sm_kvm_cache_of(start, end))
		return;
	/* As CVE-2022-49882: refreshed though it is not active. */
	if (sm_defect(k->n.m, CACHE_UNLISTED))
		return;
	WRITE_ONCE(k->listed, true);
	/* Pairs with the full barrier after active++: one sees the other. */
	smp_mb();
}

/* What mmu_notifier_retry_cache() asks besides the sequence, and before it. */
bool sm_kvm_cache_retry(const struct sm_kvm *k, unsigned long start,
			unsigned long end)
{
	bool active;

	/* As before 58cd407ca4c6: asked as a vCPU's fault would. */
	if (!sm_kvm_cache_of(start, end) || sm_defect(k->n.m, CACHE_IN_PROGRESS))
		return false;
	active = atomic_long_read(&k->active);
	smp_rmb();	/* the count before the sequence; pairs with sm_kvm_end() */

	return active;
}
