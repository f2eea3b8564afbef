/* SPDX-License-Identifier: GPL-2.0-only */
/* The address space of a file: bindings, and the table. */
#ifndef SM_DRM_VM_H
#define SM_DRM_VM_H

#include "gpu.h"

void sm_vm_close(struct sm_vm *vm);
int sm_vm_init(struct sm_vm *vm, const struct drm_stalemate_vm_init *args);
int sm_vm_map(struct sm_vm *vm, struct sm_bo *bo,
	      const struct drm_stalemate_vm_bind *args);
int sm_vm_unmap(struct sm_vm *vm, u64 va, u64 size);
void sm_vm_unbind(struct sm_bo *bo);
void sm_vm_drop(struct sm_bo *bo);
void sm_vm_evict(struct sm_bo *bo);
void sm_vm_flush(struct sm_vm *vm);
int sm_vm_prepare_table(struct sm_vm *vm, u64 va, u64 size);

/* Was VM_INIT called? Without sm_vm.lock: what it made can be used then. */
static inline bool sm_vm_is_ready(const struct sm_vm *vm)
{
	/* Pairs with the release in sm_vm_init(). */
	return smp_load_acquire(&vm->ready);
}

#endif /* SM_DRM_VM_H */
