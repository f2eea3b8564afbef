/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands in for functions of the library in test_oracle_kernel: the linker
 * takes these where the library calls those (--wrap, see Makefile.am).
 */
#ifndef WRAP_KERNEL_H
#define WRAP_KERNEL_H

#include "session/klog.h"

struct sm_device;

struct sm_klog *__wrap_sm_klog_open(const struct sm_allow *a, char *why,
				    size_t size);
uint64_t __wrap_sm_taint_read(void);
void __wrap_sm_util_nap(uint64_t ns);
void __real_sm_util_nap(uint64_t ns);
int __wrap_sm_device_open(struct sm_device *d, char *why, size_t size);

#endif /* WRAP_KERNEL_H */
