/* SPDX-License-Identifier: GPL-2.0-only */
/* The buffers of a lane. */
#ifndef SM_RADEON_BUFFER_H
#define SM_RADEON_BUFFER_H
#ifdef HAVE_DRM

#include "state.h"

/**
 * struct radeon_bounds - where a buffer may be
 * @low: first byte
 * @high: end, exclusive
 */
struct radeon_bounds {
	uint64_t low;
	uint64_t high;
};

/**
 * radeon_buffer_get() - a buffer with a page in it, which takes the place of another
 * @l: the lane
 * @va: an address in that page
 * @in: what the buffer may have in it
 * @out: the buffer
 *
 * Return: 0; -EAGAIN if the job that is put together uses all others; or the negative
 * errno of the driver, and why in the lane's radeon_dev.
 */
int radeon_buffer_get(struct radeon_lane *l, uint64_t va,
		      struct radeon_bounds in, struct sm_userptr **out);

#endif /* HAVE_DRM */
#endif /* SM_RADEON_BUFFER_H */
