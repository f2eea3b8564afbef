/* SPDX-License-Identifier: GPL-2.0-only */
/* Discipline kvm: shadow pages, of which there may be so many, see kvm_shadow.c. */
#ifndef SM_KVM_SHADOW_H
#define SM_KVM_SHADOW_H

#include "discipline/kvm_state.h"

void sm_kvm_shadow_nested(struct sm_kvm *k);
void sm_kvm_shadow_reclaim(struct sm_kvm *k);
void sm_kvm_shadow_free(struct sm_kvm *k);

#endif /* SM_KVM_SHADOW_H */
