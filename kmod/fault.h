/* SPDX-License-Identifier: GPL-2.0-only */
/* Filling the table: the device's page fault. */
#ifndef SM_FAULT_H
#define SM_FAULT_H

#include <linux/types.h>

struct sm_ioc_fault;
struct sm_mirror;

#define SM_FAULT_BATCH_MAX	512

int sm_fault(struct sm_mirror *m, unsigned long start, unsigned int npages,
	     u32 flags, unsigned long *pfns);
bool sm_fault_cancelled(void);
int sm_fault_prepare(struct sm_mirror *m, unsigned long start,
		     unsigned long end);
int sm_fault_range(struct sm_mirror *m, struct sm_ioc_fault *f);

#endif /* SM_FAULT_H */
