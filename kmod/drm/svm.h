/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared virtual memory: the GPU has the addresses of the process, and faults. The
 * kernel's drm_gpusvm keeps ranges of them, and is what is tested here.
 */
#ifndef SM_DRM_SVM_H
#define SM_DRM_SVM_H

#include "compat/drm.h"
#include "gpu.h"

#ifdef SM_HAVE_GPUSVM

bool sm_svm_offered(void);
s64 sm_svm_notifiers(void);
int sm_svm_create(struct sm_vm *vm, u64 start, u64 size);
void sm_svm_undo(struct sm_vm *vm);
bool sm_svm_may_submit(const struct sm_vm *vm);

#else

static inline bool sm_svm_offered(void)
{
	return false;
}

static inline s64 sm_svm_notifiers(void)
{
	return 0;
}

static inline int sm_svm_create(struct sm_vm *vm, u64 start, u64 size)
{
	return -EOPNOTSUPP;
}

static inline void sm_svm_undo(struct sm_vm *vm)
{
}

static inline bool sm_svm_may_submit(const struct sm_vm *vm)
{
	return true;
}

#endif /* SM_HAVE_GPUSVM */
#endif /* SM_DRM_SVM_H */
