/* SPDX-License-Identifier: GPL-2.0-only */
/* What the linker puts in the place of a function, see tests.mk. */
#ifndef SM_PRETEND_GPU_H
#define SM_PRETEND_GPU_H

struct gpu_lane;

int __wrap_gpu_peer_pass(struct gpu_lane *l);

#endif /* SM_PRETEND_GPU_H */
