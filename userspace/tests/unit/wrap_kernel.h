/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands in for functions of the library in test_oracle_kernel: the linker
 * takes these where the library calls those (--wrap, see Makefile.am).
 */
#ifndef WRAP_KERNEL_H
#define WRAP_KERNEL_H

#include "klog.h"

struct sm_klog *__wrap_sm_klog_open(const struct sm_allow *a, char *why,
				    size_t size);
uint64_t __wrap_sm_taint_read(void);

#endif /* WRAP_KERNEL_H */
