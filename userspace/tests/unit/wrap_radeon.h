/* SPDX-License-Identifier: GPL-2.0-only */
/* What is linked in the place of the driver: see test_radeon.c. */
#ifndef SM_WRAP_RADEON_H
#define SM_WRAP_RADEON_H

#include <stdint.h>

struct radeon_dev;
struct radeon_job;

int __wrap_radeon_dev_userptr(struct radeon_dev *dev, uint64_t va,
			      uint64_t size, uint32_t *handle);
void __wrap_radeon_dev_drop(struct radeon_dev *dev, uint32_t handle);
int __wrap_radeon_dev_submit(struct radeon_dev *dev, struct radeon_job *job);
int __wrap_radeon_dev_wait(struct radeon_dev *dev, uint32_t handle);

#endif /* SM_WRAP_RADEON_H */
