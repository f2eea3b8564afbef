/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM on a processor that QEMU emulates. */
#ifndef SM_KVM_EMULATOR_H
#define SM_KVM_EMULATOR_H

#include <sched.h>
#include <stdbool.h>

/*
 * kvm_emulator_spare() - the caller, and all threads that it makes from then on, leave the
 * first processor alone, if that is emulated and they have two others. Returns true if so;
 * @before is for sched_setaffinity() then.
 */
bool kvm_emulator_spare(cpu_set_t *before);

/* kvm_emulator_harms() - may the caller run on a processor that loses vCPUs? */
bool kvm_emulator_harms(void);

#endif /* SM_KVM_EMULATOR_H */
