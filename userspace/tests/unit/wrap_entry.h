/* SPDX-License-Identifier: GPL-2.0-only */
/* What stands in for the module in test_cause: see wrap_kernel.h. */
#ifndef WRAP_ENTRY_H
#define WRAP_ENTRY_H

#include "module/device.h"

int __wrap_sm_device_entry(struct sm_device *d, uint32_t id, uint64_t va,
			   struct sm_ioc_entry *out);

#endif /* WRAP_ENTRY_H */
