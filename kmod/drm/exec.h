/* SPDX-License-Identifier: GPL-2.0-only */
/* The engine of a ring: commands, one page at a time. */
#ifndef SM_DRM_EXEC_H
#define SM_DRM_EXEC_H

#include <linux/mm.h>

#include "gpu.h"

/* What is done to the bytes of a page. Called under the table's lock. */
struct sm_access {
	void *buf;
	u32 len;
	bool write;
	u32 op;			/* ADD, XCHG, SM_EXEC_SWAP: on @len bytes, 4 or 8 */
	u64 value, mask;
};

#define SM_EXEC_SWAP	0x100	/* beside DRM_STALEMATE_OP_*: of packets alone */

/* Bytes from @va on, @left at most, that are in its page. */
static inline u32 sm_exec_room(u64 va, u64 left)
{
	return min_t(u64, PAGE_SIZE - offset_in_page(va), left);
}

int sm_exec_access(struct sm_ring *ring, struct sm_job *job, u64 va,
		   const struct sm_access *a);
int sm_exec_step(struct sm_ring *ring, struct sm_job *job);

/* sm_exec_step(): the job is over; it has to be asked again later. */
#define SM_EXEC_DONE	1
#define SM_EXEC_WAIT	2

/* In svm mode: result.fault_va has to be made valid, and the step is taken again. */
#define SM_EXEC_FAULT	3

#endif /* SM_DRM_EXEC_H */
