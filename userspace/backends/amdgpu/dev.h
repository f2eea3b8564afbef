/* SPDX-License-Identifier: GPL-2.0-only */
/* The card, through libdrm_amdgpu: user pointers, and jobs of SDMA packets. */
#ifndef SM_AMDGPU_DEV_H
#define SM_AMDGPU_DEV_H
#ifdef HAVE_AMDGPU

#include <amdgpu.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/await.h"
#include "sdma.h"

#define AMDGPU_WORDS	64U	/* of one job */
#define AMDGPU_USES	(AMDGPU_WORDS + 2)

/**
 * struct amdgpu_dev - a render node that was opened
 * @fd: what it was opened with; -1: none
 * @dev: the library's
 * @gen: its SDMA engines
 * @rings: how many of those there are
 * @swap: its atomics reach our memory: see amdgpu_proof()
 * @why: what failed last; lanes have a copy of all this, with a @why of their own
 */
struct amdgpu_dev {
	int fd;
	amdgpu_device_handle dev;
	const struct amdgpu_sdma *gen;
	unsigned int rings;
	bool swap;
	char why[160];
};

/**
 * struct amdgpu_room - part of the engine's address space
 * @handle: the library's; NULL: none
 * @va: where it begins
 */
struct amdgpu_room {
	amdgpu_va_handle handle;
	uint64_t va;
};

/**
 * struct amdgpu_memory - a buffer of the driver's
 * @handle: name of it
 * @va: where the engine has it
 * @size: bytes
 * @map: where we have it
 */
struct amdgpu_memory {
	uint32_t handle;
	uint64_t va;
	uint64_t size;
	void *map;
};

/**
 * struct amdgpu_queue - jobs that are done one after the other
 * @ctx: number of a context; 0: none
 * @ring: engine
 */
struct amdgpu_queue {
	uint32_t ctx;
	unsigned int ring;
};

/**
 * amdgpu_dev_open() - open the first render node that is amdgpu's
 * @d: zeroed; amdgpu_dev_close() must follow in any case
 *
 * Return: 0, or a negative errno and @d->why.
 */
int amdgpu_dev_open(struct amdgpu_dev *d);
void amdgpu_dev_close(struct amdgpu_dev *d);

/** amdgpu_dev_fail() - note that @what failed with @err, negative; that is returned */
int amdgpu_dev_fail(struct amdgpu_dev *d, const char *what, int err);

/** amdgpu_dev_room() - @size bytes of the address space, until amdgpu_dev_leave() */
int amdgpu_dev_room(struct amdgpu_dev *d, uint64_t size,
		    struct amdgpu_room *room);
void amdgpu_dev_leave(struct amdgpu_room *room);

/** amdgpu_dev_memory() - make a buffer, bind it at @va, and map it */
int amdgpu_dev_memory(struct amdgpu_dev *d, uint64_t va, uint64_t size,
		      struct amdgpu_memory *m);
void amdgpu_dev_forget(struct amdgpu_dev *d, struct amdgpu_memory *m);

/**
 * amdgpu_dev_userptr() - make a buffer of memory of ours, and bind it
 * @d: the card
 * @addr: the memory, whole pages
 * @size: bytes
 * @va: where the engine is to have it
 * @handle: out
 *
 * Files may be mapped there: the library's own call forbids them.
 *
 * Return: 0 or a negative errno.
 */
int amdgpu_dev_userptr(struct amdgpu_dev *d, uint64_t addr, uint64_t size,
		       uint64_t va, uint32_t *handle);

/** amdgpu_dev_drop() - unbind a buffer, and give it back */
void amdgpu_dev_drop(struct amdgpu_dev *d, uint32_t handle, uint64_t va,
		     uint64_t size);

int amdgpu_queue_open(struct amdgpu_dev *d, struct amdgpu_queue *q,
		      unsigned int ring);
void amdgpu_queue_close(struct amdgpu_dev *d, struct amdgpu_queue *q);

/**
 * amdgpu_queue_submit() - have packets run
 * @d: the card
 * @q: where
 * @ib: where the engine finds them
 * @words: of them
 * @uses: buffers that they use, each once
 * @nr: how many
 * @seq: out: for amdgpu_queue_wait()
 *
 * Return: 0, or the negative errno with which it was refused: none of it is done.
 * -EAGAIN: memory of its buffers changed again and again meanwhile.
 */
int amdgpu_queue_submit(struct amdgpu_dev *d, struct amdgpu_queue *q, uint64_t ib,
			uint32_t words, const uint32_t *uses, uint32_t nr,
			uint64_t *seq);

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
#endif /* SM_AMDGPU_DEV_H */
