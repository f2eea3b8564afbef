/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests of stalemate_drm.ko. */
#ifndef KSM_GPU_H
#define KSM_GPU_H
#ifdef HAVE_DRM

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "ksm.h"
#include "uapi/drm/stalemate_drm.h"

#define KSM_GPU_START	(1ULL << 32)
#define KSM_GPU_SIZE	(1ULL << 30)

int ksm_gpu_open(uint32_t mode);
bool ksm_gpu_idle(void *fd);
uint64_t ksm_gpu_number(const char *name, uint64_t otherwise);
void ksm_gpu_disturb(struct sm_rng *rng, char *area, unsigned int pages);

#endif /* HAVE_DRM */
#endif /* KSM_GPU_H */
