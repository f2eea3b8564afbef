/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of amdgpu's face share.
 *
 * Whatever says "as" and a line of amdgpu's is of Linux 7.3.4, below
 * drivers/gpu/drm/amd/amdgpu/.
 */
#ifndef SM_DRM_FACE_STATE_H
#define SM_DRM_FACE_STATE_H

#include <linux/kref.h>
#include <linux/xarray.h>

#include "gpu.h"
#include "sdma_decode.h"

#define SM_FACE_RINGS		2		/* for DMA: amdgpu_ctx.c:38 */
#define SM_FACE_GFX		SM_FACE_RINGS	/* the ring after those */
#define SM_FACE_BOTTOM		BIT_ULL(16)	/* amdgpu_vm.h:179 */

/* A list of objects, which it holds. */
struct sm_face_list {
	struct kref kref;
	u32 nr;
	struct sm_bo *bos[];
};

/* An open file: contexts by number, with nothing in them, and lists of objects. */
struct sm_face_file {
	struct xarray ctxs;
	struct xarray lists;
};

/* What an object was made with, and what its users have noted of it. */
struct sm_face_bo {
	u64 alignment, domains, flags;
	u64 tiling, noted;
	u32 bytes;
	u32 data[64];		/* as struct drm_amdgpu_gem_metadata has it */
};

/* An engine's generation, as it is told to userspace. */
struct sm_face_gen {
	const char *name;
	u32 family;		/* AMDGPU_FAMILY_* */
	u32 major, minor;	/* of sdma_v*_ip_block */
	u32 gfx_major, gfx_minor;	/* of gfx_v*_ip_block */
	enum sm_sdma_gen sdma;
};

#endif /* SM_DRM_FACE_STATE_H */
