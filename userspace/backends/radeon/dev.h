/* SPDX-License-Identifier: GPL-2.0-only */
/* The card, through libdrm: user pointers, and jobs of blits. */
#ifndef SM_RADEON_DEV_H
#define SM_RADEON_DEV_H
#ifdef HAVE_DRM

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RADEON_BLITS	64U	/* of one job */
#define RADEON_BUFFERS	(RADEON_BLITS + 1)

/**
 * struct radeon_dev - a render node that was opened
 * @fd: it; -1: none
 * @why: what failed
 */
struct radeon_dev {
	int fd;
	char why[160];
};

/**
 * struct radeon_job - blits that are submitted together, and done in order
 * @ib: what the engine runs
 * @words: of it
 * @relocs: buffers that it uses, four words each
 * @nr: how many
 */
struct radeon_job {
	uint32_t ib[16 + RADEON_BLITS * 16];
	uint32_t words;
	uint32_t relocs[RADEON_BUFFERS * 4];
	uint32_t nr;
};

/**
 * struct radeon_place - a part of a buffer
 * @handle: the buffer
 * @offset: byte in it, of which the last 12 bits and @bytes stay in one page
 */
struct radeon_place {
	uint32_t handle;
	uint32_t offset;
};

/**
 * radeon_dev_open() - open the first render node that is radeon's
 * @dev: zeroed; radeon_dev_close() must follow in any case
 *
 * Return: 0, or a negative errno and @dev->why.
 */
int radeon_dev_open(struct radeon_dev *dev);
void radeon_dev_close(struct radeon_dev *dev);

/** radeon_dev_fail() - note that @what failed with errno; its negative is returned */
int radeon_dev_fail(struct radeon_dev *dev, const char *what);

/**
 * radeon_dev_userptr() - make a buffer of memory of ours
 * @dev: the card
 * @va: where, a page
 * @size: bytes, whole pages
 * @handle: out
 *
 * Nothing is looked up before the buffer is used.
 *
 * Return: 0 or a negative errno.
 */
int radeon_dev_userptr(struct radeon_dev *dev, uint64_t va, uint64_t size,
		       uint32_t *handle);

/** radeon_dev_memory() - make a buffer of the driver's, and map it, or NULL */
void *radeon_dev_memory(struct radeon_dev *dev, size_t size, uint32_t *handle);

/** radeon_dev_drop() - give a buffer back; jobs that use it are not waited for */
void radeon_dev_drop(struct radeon_dev *dev, uint32_t handle);

/** radeon_dev_bound() - is a user pointer in the card's table, or about to be? */
bool radeon_dev_bound(struct radeon_dev *dev, uint32_t handle);

void radeon_job_begin(struct radeon_job *job);

/** radeon_job_blit() - add a copy of @bytes, a multiple of 4, at most a page */
void radeon_job_blit(struct radeon_job *job, struct radeon_place from,
		     struct radeon_place to, uint32_t bytes);

/**
 * radeon_dev_submit() - have a job done
 * @dev: the card
 * @job: with a blit at least; it may be used again when this returns
 *
 * Return: 0, or the negative errno with which it was refused: none of it is done.
 */
int radeon_dev_submit(struct radeon_dev *dev, struct radeon_job *job);

/** radeon_dev_wait() - until no job uses a buffer; -ETIMEDOUT: the card is stuck */
int radeon_dev_wait(struct radeon_dev *dev, uint32_t handle);

#endif /* HAVE_DRM */
#endif /* SM_RADEON_DEV_H */
