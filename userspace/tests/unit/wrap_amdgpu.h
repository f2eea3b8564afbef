/* SPDX-License-Identifier: GPL-2.0-only */
/* What is linked in the place of the card: see test_amdgpu.c. */
#ifndef SM_WRAP_AMDGPU_H
#define SM_WRAP_AMDGPU_H

#include <stdbool.h>
#include <stdint.h>

struct amdgpu_dev;
struct amdgpu_part;
struct amdgpu_queue;
struct sm_patience;

int __wrap_amdgpu_dev_userptr(struct amdgpu_dev *d, uint64_t addr, uint64_t size,
			      uint64_t va, bool readonly, uint32_t *handle);
void __wrap_amdgpu_dev_drop(struct amdgpu_dev *d, uint32_t handle, uint64_t va,
			    uint64_t size);
int __wrap_amdgpu_queue_submit(struct amdgpu_dev *d, struct amdgpu_queue *q,
			       const struct amdgpu_part *parts, uint32_t nr_parts,
			       const uint32_t *uses, uint32_t nr, uint64_t *seq);
int __wrap_amdgpu_queue_wait(struct amdgpu_dev *d, struct amdgpu_queue *q,
			     uint64_t seq, struct sm_patience *wait);

#endif /* SM_WRAP_AMDGPU_H */
