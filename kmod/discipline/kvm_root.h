/* SPDX-License-Identifier: GPL-2.0-only */
/* Discipline kvm: several roots, of which one is being torn down, see kvm_root.c. */
#ifndef SM_KVM_ROOT_H
#define SM_KVM_ROOT_H

#include "discipline/kvm_state.h"

void sm_kvm_root_slots(struct sm_kvm *k);
void sm_kvm_root_drop(struct sm_mirror *m, struct sm_span span,
		      struct sm_span bounds, struct sm_drop *out);

#endif /* SM_KVM_ROOT_H */
