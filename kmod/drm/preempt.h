/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preemption of long-running address spaces, as xe and KFD do it. What rings execute
 * of one has no fence. There is one fence instead, in the dma_resv of the address
 * space, which signals when they have stopped; who waits for it makes them stop.
 */
#ifndef SM_DRM_PREEMPT_H
#define SM_DRM_PREEMPT_H

#include "gpu.h"

/* Of the worker that lets an address space go on. */
extern struct workqueue_struct *sm_preempt_queue;

void sm_preempt_init(struct sm_vm *vm);
void sm_preempt_fini(struct sm_vm *vm);
void sm_preempt_close(struct sm_vm *vm);

/* Whoever invalidates, or takes entries off the table. */
bool sm_preempt_event(struct sm_vm *vm);
void sm_preempt_ask(struct dma_resv *resv);
void sm_preempt_stop(struct sm_vm *vm);
void sm_preempt_finish(struct sm_vm *vm);
void sm_preempt_kick(struct sm_vm *vm);

/* Whoever lets it go on. */
struct dma_fence *sm_preempt_alloc(struct sm_vm *vm);
void sm_preempt_free(struct dma_fence *fence);
bool sm_preempt_resume(struct sm_vm *vm, struct dma_fence *fence);

/* Rings. */
bool sm_preempt_may_enter(struct sm_vm *vm, u64 passed);
bool sm_preempt_enter(struct sm_vm *vm, u64 passed);
void sm_preempt_leave(struct sm_vm *vm);
bool sm_preempt_asked(struct sm_vm *vm);

#endif /* SM_DRM_PREEMPT_H */
