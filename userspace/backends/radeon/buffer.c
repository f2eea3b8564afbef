// SPDX-License-Identifier: GPL-2.0-only
/* The buffers of a lane: see state.h. */
#ifdef HAVE_DRM

#include <errno.h>

#include "buffer.h"

int radeon_buffer_get(struct radeon_lane *l, uint64_t va,
		      struct radeon_bounds in, struct sm_userptr **out)
{
	const struct sm_userptr_ask ask = {
		.va = va,
		.low = in.low,
		.high = in.high,
		.job = l->jobs,
	};
	struct sm_userptr *b = sm_userptr_place(l->buffers, RADEON_SETS, &ask,
						&l->rng);
	int err;

	*out = b;
	if (!b)
		return -EAGAIN;
	if (sm_userptr_fits(b, &ask))
		return 0;
	if (b->end)
		radeon_dev_drop(&l->dev, b->handle);
	sm_userptr_range(b, &ask, &l->rng);
	err = radeon_dev_userptr(&l->dev, b->start, b->end - b->start,
				 &b->handle);
	if (err)
		b->end = 0;
	else
		sm_count(&l->made, 1);
	return err;
}

#endif /* HAVE_DRM */
