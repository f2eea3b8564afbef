/* SPDX-License-Identifier: GPL-2.0-only */
/* What the row of KVM needs. */
#ifndef SM_MEASURE_KVM_H
#define SM_MEASURE_KVM_H

#include "measure.h"

enum sm_verdict sm_measure_kvm_probe(char *why, size_t size);
int sm_measure_kvm_set_up(struct sm_measure_bed *b);
int sm_measure_kvm_prepare(struct sm_measure_bed *b, bool cost);
int sm_measure_kvm_run(struct sm_measure_bed *b, bool cost, double *ns);
void sm_measure_kvm_tear_down(struct sm_measure_bed *b);

#endif /* SM_MEASURE_KVM_H */
