/* SPDX-License-Identifier: GPL-2.0-only */
/* Jobs of SDMA packets, and when they are over. */
#ifndef SM_AMDGPU_QUEUE_H
#define SM_AMDGPU_QUEUE_H
#ifdef HAVE_AMDGPU

#include <stdint.h>

#include "base/await.h"
#include "dev.h"

#define AMDGPU_WORDS	64U	/* of one job */
#define AMDGPU_USES	(AMDGPU_WORDS + 2)
#define AMDGPU_PARTS	4U	/* IBs of one job */

/**
 * enum amdgpu_how - what tells that a job is over
 * @AMDGPU_BY_FENCE: its number
 * @AMDGPU_BY_SYNCOBJ: a syncobj, and its number
 * @AMDGPU_BY_POINT: a point of a timeline, and its number; the point before that is
 *	waited for by the job
 * @AMDGPU_HOWS: number of these
 */
enum amdgpu_how {
	AMDGPU_BY_FENCE,
	AMDGPU_BY_SYNCOBJ,
	AMDGPU_BY_POINT,
	AMDGPU_HOWS
};

/**
 * struct amdgpu_queue - jobs that are done one after the other
 * @ctx: number of a context; 0: none
 * @ring: engine
 * @how: of the next job, until it is over
 * @sync: a syncobj
 * @timeline: another one
 * @point: the last of it that a job has
 */
struct amdgpu_queue {
	uint32_t ctx;
	unsigned int ring;
	enum amdgpu_how how;
	uint32_t sync;
	uint32_t timeline;
	uint64_t point;
};

/**
 * struct amdgpu_part - an IB of a job
 * @va: where the engine finds its packets
 * @words: of them
 */
struct amdgpu_part {
	uint64_t va;
	uint32_t words;
};

/** amdgpu_queue_open() - amdgpu_queue_close() must follow in any case */
int amdgpu_queue_open(struct amdgpu_dev *d, struct amdgpu_queue *q,
		      unsigned int ring);
void amdgpu_queue_close(struct amdgpu_dev *d, struct amdgpu_queue *q);

/**
 * amdgpu_queue_submit() - have packets run
 * @d: the card
 * @q: where
 * @parts: IBs, which are run one after the other
 * @nr_parts: how many; 1 to AMDGPU_PARTS
 * @uses: buffers that they use, each once
 * @nr: how many
 * @seq: out: for amdgpu_queue_wait()
 *
 * Return: 0, or the negative errno with which it was refused: none of it is done.
 * -EAGAIN: memory of its buffers changed again and again meanwhile.
 */
int amdgpu_queue_submit(struct amdgpu_dev *d, struct amdgpu_queue *q,
			const struct amdgpu_part *parts, uint32_t nr_parts,
			const uint32_t *uses, uint32_t nr, uint64_t *seq);

/**
 * amdgpu_queue_wait() - until a job is over
 * @d: the card
 * @q: where it is
 * @seq: of amdgpu_queue_submit()
 * @wait: how long
 *
 * Return: 0; -ETIMEDOUT: the engine is stuck; or what the job failed with.
 */
int amdgpu_queue_wait(struct amdgpu_dev *d, struct amdgpu_queue *q, uint64_t seq,
		      struct sm_patience *wait);

#endif /* HAVE_AMDGPU */
#endif /* SM_AMDGPU_QUEUE_H */
