// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline kvm: several roots, of which one is being torn down.
 *
 * Stands for arch/x86/kvm/mmu/tdp_mmu.c, v6.12 and v7.3:
 * kvm_tdp_mmu_invalidate_all_roots(), kvm_tdp_mmu_zap_invalidated_roots(),
 * kvm_tdp_mmu_unmap_gfn_range(); in mmu.c kvm_mmu_zap_all_fast() and
 * is_page_fault_stale().
 *
 * When memory slots change, all roots become invalid, under mmu_lock for writing.
 * vCPUs get new ones. What is in the old ones is zapped afterwards, bit by bit, under
 * mmu_lock for reading; until then events look there as well. A fault that began in
 * an old root installs nothing in it any more:
 *
 *	ioctl				fault
 *
 *					read_begin(): its root
 *					walk
 *	lock for writing
 *	  the root is invalid
 *	unlock
 *	zap it: nobody looks there again
 *					lock for reading
 *					read_retry()
 *			[Required: true: the entry would never be found]
 *
 * Simplified: the roots share one table, and an entry is in the root that was in use
 * when its fault began, which the entry's generation tells. For the root that it
 * began in a fault has the sequence, which goes up with the root. Devices go on using
 * what is left in an old root, where it is the zap that touches pages in KVM. And as
 * nobody in userspace changes slots here, some faults of a storm do, in the middle: so
 * there is always one that spans the change.
 */
#include <linux/random.h>
#include <linux/sched.h>

#include "amplify.h"
#include "ctx.h"
#include "defect.h"
#include "discipline/kvm_cache.h"
#include "discipline/kvm_root.h"
#include "engine.h"
#include "witness.h"

#define SM_KVM_SLOTS_EVERY	256	/* faults */

/* Is it in the root that is torn down, while there is one? */
static bool sm_kvm_root_old(const struct sm_kvm *k, u64 pgno)
{
	u64 gen = sm_tlb_gen(&k->n.m->tlb, pgno);

	return gen < k->root && gen >= k->oldest;
}

/* Is it in one that was torn down before? */
static bool sm_kvm_root_gone(const struct sm_kvm *k, u64 pgno)
{
	return sm_tlb_gen(&k->n.m->tlb, pgno) <
	       (k->invalid ? k->oldest : k->root);
}

static void sm_kvm_root_zap_leaf(struct sm_kvm *k, u64 first, u64 last)
{
	struct sm_mirror *m = k->n.m;
	struct sm_drop drop = {};
	u64 pgno;

	lockdep_assert_held_write(&m->lock);

	sm_tlb_excuse(&m->tlb, first, last);
	for (pgno = first; pgno <= last; pgno++)
		if (sm_tlb_peek(&m->tlb, pgno) && sm_kvm_root_old(k, pgno))
			sm_tlb_drop(&m->tlb, pgno, pgno, 0, ~0ULL, 0, &drop);
	if (drop.dropped)
		sm_engine_flush(&m->engines, (struct sm_span){ first, last });
	m->dropped += drop.dropped;
}

/* Bit by bit; others may do so much between the bits. */
static void sm_kvm_root_zap(struct sm_kvm *k)
{
	struct sm_mirror *m = k->n.m;
	u64 pgno, end;

	for (pgno = m->start >> PAGE_SHIFT; pgno < m->end >> PAGE_SHIFT;
	     pgno = end + 1) {
		end = min(pgno | (SM_LEAF_ENTRIES - 1),
			  (u64)(m->end >> PAGE_SHIFT) - 1);
		read_lock(&k->mmu_lock);
		write_lock(&m->lock);
		if (!m->dead && sm_tlb_leaf(&m->tlb, pgno))
			sm_kvm_root_zap_leaf(k, pgno, end);
		write_unlock(&m->lock);
		read_unlock(&k->mmu_lock);
		cond_resched();
	}
	write_lock(&k->mmu_lock);
	k->invalid = false;
	write_unlock(&k->mmu_lock);
}

/* All that faults have found so far is in a root that goes. */
static void sm_kvm_root_invalidate(struct sm_kvm *k)
{
	struct sm_mirror *m = k->n.m;

	write_lock(&k->mmu_lock);
	write_lock(&m->lock);
	k->oldest = k->root;
	k->root = sm_witness_next_gen(m->ctx->witness);
	k->invalid = true;
	/* As before a955cad84cda: a fault does not ask what became of its root. */
	if (!sm_defect(m, OBSOLETE_ROOT))
		WRITE_ONCE(k->seq, k->seq + 1);
	write_unlock(&m->lock);
	write_unlock(&k->mmu_lock);
}

/*
 * A fault has walked the page table, and is about to ask whether that holds: sometimes
 * memory slots have changed meanwhile. Half of the time whoever changed them is kept
 * from tearing the old root down, until the next time. May sleep.
 */
void sm_kvm_root_slots(struct sm_kvm *k)
{
	struct sm_mirror *m = k->n.m;
	bool left;

	if (!m->amplify_ns || get_random_u32() % SM_KVM_SLOTS_EVERY ||
	    !mutex_trylock(&k->slots_lock))
		return;
	left = k->invalid;
	if (!left)
		sm_kvm_root_invalidate(k);
	if (left || get_random_u32() % 2) {
		sm_mirror_amplify(m);
		sm_kvm_root_zap(k);
	}
	mutex_unlock(&k->slots_lock);
}

/* Is there a defect with which an event does not find all? */
static bool sm_kvm_root_blind(const struct sm_mirror *m)
{
	return sm_defect(m, SKIP_INVALID_ROOT) || sm_defect(m, OBSOLETE_ROOT) ||
	       sm_defect(m, CACHE_UNLISTED) || sm_defect(m, CACHE_IN_PROGRESS);
}

static bool sm_kvm_root_misses(const struct sm_kvm *k, u64 pgno, u64 ent)
{
	const struct sm_mirror *m = k->n.m;

	if (sm_defect(m, SKIP_INVALID_ROOT))
		return k->invalid && sm_kvm_root_old(k, pgno);
	if (sm_defect(m, OBSOLETE_ROOT))
		return sm_kvm_root_gone(k, pgno);

	return sm_kvm_cache_is(pgno, ent);
}

/* See sm_discipline.drop. */
void sm_kvm_root_drop(struct sm_mirror *m, struct sm_span span,
		      struct sm_span bounds, struct sm_drop *out)
{
	unsigned int flags = sm_defect(m, THP_HEAD_ONLY) ? SM_DROP_HEAD_ONLY : 0;
	u64 pgno, last = min(span.last, m->tlb.last);

	if (likely(!m->defective || !sm_kvm_root_blind(m))) {
		sm_tlb_drop(&m->tlb, span.first, span.last, bounds.first,
			    bounds.last, flags, out);
		return;
	}
	for (pgno = max(span.first, m->tlb.first); pgno <= last; pgno++) {
		u64 ent = sm_tlb_peek(&m->tlb, pgno);

		if (ent && !sm_kvm_root_misses(m->state, pgno, ent))
			sm_tlb_drop(&m->tlb, pgno, pgno, bounds.first,
				    bounds.last, flags, out);
	}
}
