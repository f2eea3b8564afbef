/* SPDX-License-Identifier: GPL-2.0-only */
/* User pointers over parts of the arena, made where they are wanted. */
#ifndef SM_DRM_SLOT_H
#define SM_DRM_SLOT_H
#ifdef HAVE_DRM

#include <stdbool.h>
#include <stdint.h>

struct gpu_lane;
struct gpu_slot;

uint64_t gpu_slot_pages(uint64_t draw, uint64_t share);
int gpu_slot_get(struct gpu_lane *l, uint64_t va, bool write,
		 struct gpu_slot **slot);
void gpu_slot_drop(struct gpu_lane *l, struct gpu_slot *slot);

#endif /* HAVE_DRM */
#endif /* SM_DRM_SLOT_H */
