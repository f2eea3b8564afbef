/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of the worker's own, and a user pointer over it. */
#ifndef SM_DRM_OWN_H
#define SM_DRM_OWN_H
#ifdef HAVE_DRM

#include <stddef.h>
#include <stdint.h>

struct gpu_job;
struct gpu_lane;

/**
 * struct gpu_own - some private pages
 * @l: whose
 * @words: the pages
 * @size: bytes of them
 * @va: where the device finds them
 * @handle: the user pointer; 0: none is needed
 */
struct gpu_own {
	struct gpu_lane *l;
	uint64_t *words;
	size_t size;
	uint64_t va;
	uint32_t handle;
};

int gpu_own_make(struct gpu_lane *l, struct gpu_own *own, size_t size,
		 uint32_t flags);
int gpu_own_drop(struct gpu_own *own);
void gpu_own_read(struct gpu_own *own, struct gpu_job *job, unsigned int word,
		  unsigned int nr);
const uint64_t *gpu_own_words(const struct gpu_own *own);

#endif /* HAVE_DRM */
#endif /* SM_DRM_OWN_H */
