// SPDX-License-Identifier: GPL-2.0-only
/* The buffers of a lane: see state.h. */
#ifdef HAVE_DRM

#include <errno.h>

#include "buffer.h"

#define BUFFER_BLOCK	16U	/* pages that have one place */
#define BUFFER_SHAPES	8U	/* 1 to 128 pages */

static bool buffer_fits(const struct radeon_buffer *b, uint64_t va,
			struct radeon_bounds in)
{
	return va >= b->start && va < b->end && b->start >= in.low &&
	       b->end <= in.high;
}

/* The one that fits, or one that makes way for it: not one of this job. */
static struct radeon_buffer *buffer_place(struct radeon_lane *l, uint64_t va,
					  struct radeon_bounds in)
{
	uint64_t block = va / (BUFFER_BLOCK * SM_PAGE_SIZE);
	struct radeon_buffer *set, *spare = NULL;
	unsigned int i, first = sm_rng_below(&l->rng, RADEON_WAYS);

	set = l->buffers[sm_rng_mix(block) & (RADEON_SETS - 1)];
	for (i = 0; i < RADEON_WAYS; i++)
		if (buffer_fits(&set[i], va, in))
			return &set[i];
	for (i = 0; i < RADEON_WAYS && !spare; i++)
		if (set[(first + i) % RADEON_WAYS].job != l->jobs)
			spare = &set[(first + i) % RADEON_WAYS];
	return spare;
}

static void buffer_range(struct radeon_lane *l, uint64_t va,
			 struct radeon_bounds in, struct radeon_buffer *b)
{
	uint64_t pages = 1ULL << sm_rng_below(&l->rng, BUFFER_SHAPES);

	b->start = (va & ~(SM_PAGE_SIZE - 1)) -
		   sm_rng_below(&l->rng, pages) * SM_PAGE_SIZE;
	b->end = b->start + pages * SM_PAGE_SIZE;
	if (b->start < in.low)
		b->start = in.low;
	if (b->end > in.high)
		b->end = in.high;
}

int radeon_buffer_get(struct radeon_lane *l, uint64_t va,
		      struct radeon_bounds in, struct radeon_buffer **out)
{
	struct radeon_buffer *b = buffer_place(l, va, in);
	int err;

	*out = b;
	if (!b)
		return -EAGAIN;
	if (buffer_fits(b, va, in))
		return 0;
	if (b->end)
		radeon_dev_drop(&l->dev, b->handle);
	buffer_range(l, va, in, b);
	err = radeon_dev_userptr(&l->dev, b->start, b->end - b->start,
				 &b->handle);
	if (err)
		b->end = 0;
	else
		sm_count(&l->made, 1);
	return err;
}

#endif /* HAVE_DRM */
