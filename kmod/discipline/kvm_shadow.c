// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline kvm: shadow pages, of which there may be so many.
 *
 * Stands for arch/x86/kvm/mmu/mmu.c, v6.1 to v7.3: make_mmu_pages_available(),
 * kvm_mmu_zap_oldest_mmu_pages(), direct_page_fault(). A guest that has guests of its
 * own needs shadow pages for them, beside what the TDP MMU has. A fault of such a
 * guest has mmu_lock for writing, and if there are too many of its pages it zaps and
 * frees the oldest. Other faults have the lock for reading, many at once, and so may
 * not:
 *
 *	fault				another fault
 *
 *	lock for reading
 *					lock for reading
 *	too many pages: the oldest
 *					too many pages: the oldest
 *	off the list; freed
 *			[Required: not by these; CVE-2022-45869]
 *					off the list; freed
 *
 * Simplified: a shadow page stands for some pages next to each other, and what it
 * maps is in the mirror's table with all the rest. And as nobody in userspace has a
 * guest with guests here, some faults of a storm come with one of theirs.
 */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/time64.h>

#include "ctx.h"
#include "defect.h"
#include "discipline/kvm_shadow.h"
#include "engine.h"

#define SM_KVM_NESTED_EVERY	32	/* faults */
#define SM_KVM_SHADOWS_MAX	8
#define SM_KVM_SHADOWS_KEPT	4	/* when there were too many */
#define SM_KVM_SHADOW_PAGES	16
#define SM_KVM_ZAP_MAX_US	200U

struct sm_kvm_shadow {
	struct list_head node;	/* in sm_kvm.shadows, the newest first */
	u64 first;		/* page */
};

/* What it maps goes with it. Nothing sleeps here; a defect is given time to be met. */
static void sm_kvm_shadow_zap(struct sm_mirror *m, const struct sm_kvm_shadow *s)
{
	const u64 first = s->first, last = first + SM_KVM_SHADOW_PAGES - 1;
	struct sm_drop drop = {};

	write_lock(&m->lock);
	sm_tlb_excuse(&m->tlb, first, last);
	sm_tlb_drop(&m->tlb, first, last, 0, ~0ULL, 0, &drop);
	if (drop.dropped)
		sm_engine_flush(&m->engines,
				(struct sm_span){ drop.first, drop.last });
	m->dropped += drop.dropped;
	write_unlock(&m->lock);
	if (sm_defect(m, RECLAIM_SHARED))
		udelay(min_t(u32, m->amplify_ns / NSEC_PER_USEC,
			     SM_KVM_ZAP_MAX_US));
}

static void sm_kvm_shadow_del(struct sm_kvm *k, struct sm_kvm_shadow *s)
{
	list_del(&s->node);
	k->nr_shadows--;
	kfree(s);
}

/* make_mmu_pages_available(). mmu_lock is held, for writing unless there is a defect. */
void sm_kvm_shadow_reclaim(struct sm_kvm *k)
{
	struct sm_kvm_shadow *s, *next;

	if (k->nr_shadows < SM_KVM_SHADOWS_MAX)
		return;
	list_for_each_entry_safe_reverse(s, next, &k->shadows, node) {
		sm_kvm_shadow_zap(k->n.m, s);
		sm_kvm_shadow_del(k, s);
		if (k->nr_shadows <= SM_KVM_SHADOWS_KEPT)
			break;
	}
}

/*
 * Now and then a guest's guest faults, and needs a page: one that is there by then, as
 * nothing sleeps under the lock. May sleep.
 */
void sm_kvm_shadow_nested(struct sm_kvm *k)
{
	const struct sm_mirror *m = k->n.m;
	struct sm_kvm_shadow *s;

	if (!m->amplify_ns || get_random_u32() % SM_KVM_NESTED_EVERY)
		return;
	s = kmalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s)
		return;
	s->first = m->tlb.first +
		   get_random_u32() % (m->tlb.last - m->tlb.first + 1);
	write_lock(&k->mmu_lock);
	sm_kvm_shadow_reclaim(k);
	list_add(&s->node, &k->shadows);
	k->nr_shadows++;
	write_unlock(&k->mmu_lock);
}

/* Nobody faults any more. */
void sm_kvm_shadow_free(struct sm_kvm *k)
{
	struct sm_kvm_shadow *s, *next;

	list_for_each_entry_safe(s, next, &k->shadows, node)
		sm_kvm_shadow_del(k, s);
}
