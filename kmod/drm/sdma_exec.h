/* SPDX-License-Identifier: GPL-2.0-only */
/* The engine of a ring that runs packets of AMD's SDMA engines. */
#ifndef SM_DRM_SDMA_EXEC_H
#define SM_DRM_SDMA_EXEC_H

#include "gpu.h"
#include "sdma_decode.h"

#define SM_SDMA_MAX_IBS	49	/* amdgpu_ring_max_ibs(): amdgpu_ring.c:69 */

struct sm_sdma_ib {
	u64 va;
	u32 words;
};

/*
 * What a job runs: packets in @nr_ibs pieces of the file's address space, read as the
 * device reads them; @pm4: those of the graphics engine. @ib and @at are where the
 * packet under way begins, @done bytes of it are done. Of the ring's thread alone once
 * the job is submitted.
 */
struct sm_sdma {
	enum sm_sdma_gen gen;
	bool pm4;
	u32 nr_ibs;
	u32 ib;
	u32 at;
	bool busy;
	u64 done;
	struct sm_sdma_packet packet;
	struct sm_sdma_ib ibs[SM_SDMA_MAX_IBS];
};

int sm_sdma_step(struct sm_ring *ring, struct sm_job *job);

#endif /* SM_DRM_SDMA_EXEC_H */
