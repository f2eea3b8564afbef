/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading KVM's nested page tables. */
#ifndef SM_PEEK_KVM_H
#define SM_PEEK_KVM_H

#include <linux/types.h>

struct sm_look;

u64 sm_peek_kvm_features(void);
int sm_peek_kvm(struct sm_look *p);

#endif /* SM_PEEK_KVM_H */
