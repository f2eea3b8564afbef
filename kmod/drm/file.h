/* SPDX-License-Identifier: GPL-2.0-only */
/* Open files: how long they live, which is longer than they are open. */
#ifndef SM_DRM_FILE_H
#define SM_DRM_FILE_H

#include "gpu.h"

/* Frees what must not be freed where it is let go. */
extern struct workqueue_struct *sm_file_reaper;

struct sm_vm *sm_file_create(struct sm_gpu *gpu);
void sm_file_get(struct sm_vm *vm);
void sm_file_put(struct sm_vm *vm);

#endif /* SM_DRM_FILE_H */
