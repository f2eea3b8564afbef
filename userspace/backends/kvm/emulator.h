/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM on a processor that QEMU emulates. */
#ifndef SM_KVM_EMULATOR_H
#define SM_KVM_EMULATOR_H

#include <stdbool.h>

bool kvm_emulated(void);
void kvm_emulator_spare(void);

#endif /* SM_KVM_EMULATOR_H */
