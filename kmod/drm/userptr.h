/* SPDX-License-Identifier: GPL-2.0-only */
/* Objects of user pointers. */
#ifndef SM_DRM_USERPTR_H
#define SM_DRM_USERPTR_H

#include "gpu.h"

struct sm_bo *sm_userptr_create(struct sm_vm *vm, u64 addr, u64 size, u32 flags);
int sm_userptr_revalidate(struct sm_bo *bo);
bool sm_userptr_stale(struct sm_bo *bo);
void sm_userptr_linger(void);
bool sm_userptr_two_pass(void);
int sm_userptr_check_vmas(struct mm_struct *mm, unsigned long start,
			  unsigned long end, bool anon_only, bool *files);

#endif /* SM_DRM_USERPTR_H */
