/* SPDX-License-Identifier: GPL-2.0-only */
/* Discipline kvm: what the kernel itself keeps of a guest's pages, see kvm_cache.c. */
#ifndef SM_KVM_CACHE_H
#define SM_KVM_CACHE_H

#include "discipline/kvm_state.h"

/* One page in so many is the kernel's, if it is faulted in alone. */
#define SM_KVM_CACHE_EVERY	4U
#define SM_KVM_CACHE_AT		3U

void sm_kvm_cache_start(struct sm_kvm *k,
			const struct mmu_notifier_range *range);
void sm_kvm_cache_activate(struct sm_kvm *k, unsigned long start,
			   unsigned long end);
bool sm_kvm_cache_retry(const struct sm_kvm *k, unsigned long start,
			unsigned long end);

/* Is this entry a cache's? A vCPU may have the page in a huge one. */
static inline bool sm_kvm_cache_is(u64 pgno, u64 ent)
{
	return pgno % SM_KVM_CACHE_EVERY == SM_KVM_CACHE_AT &&
	       !sm_ent_order(ent);
}

#endif /* SM_KVM_CACHE_H */
