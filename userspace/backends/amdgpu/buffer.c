// SPDX-License-Identifier: GPL-2.0-only
/* The user pointers of a lane: see state.h. */
#ifdef HAVE_AMDGPU

#include <errno.h>

#include "base/ops.h"
#include "buffer.h"

#define BUFFER_READONLY	4U	/* one in so many of those for reading */
#define BUFFER_ROOM	(SM_USERPTR_PAGES * SM_PAGE_SIZE)

int amdgpu_buffer_room(struct amdgpu_lane *l)
{
	unsigned int i;
	int err = amdgpu_dev_room(&l->dev,
				  AMDGPU_SETS * SM_USERPTR_WAYS * BUFFER_ROOM,
				  &l->users);

	for (i = 0; i < AMDGPU_SETS * SM_USERPTR_WAYS && !err; i++)
		l->buffers[i].va = l->users.va + i * BUFFER_ROOM;
	return err;
}

static void buffer_drop(struct amdgpu_lane *l, struct sm_userptr *b)
{
	if (b->end)
		amdgpu_dev_drop(&l->dev, b->handle, b->va, b->end - b->start);
	b->end = 0;
}

int amdgpu_buffer_get(struct amdgpu_lane *l, const struct sm_access *a, bool alone,
		      struct sm_userptr **out)
{
	const struct sm_arena *arena = &l->s->host->scene->arena;
	const struct sm_userptr_ask ask = {
		.va = a->va,
		.write = a->write,
		.alone = alone,
		.low = arena->start,
		.high = arena->end,
		.job = l->job,
	};
	struct sm_userptr *b = sm_userptr_place(l->buffers, AMDGPU_SETS, &ask,
						&l->rng);
	int err;

	*out = b;
	if (!b)
		return -EAGAIN;
	if (sm_userptr_fits(b, &ask))
		return 0;
	buffer_drop(l, b);
	sm_userptr_range(b, &ask, &l->rng);
	b->readonly = !a->write &&
		      (alone || sm_rng_one_in(&l->rng, BUFFER_READONLY));
	err = amdgpu_dev_userptr(&l->dev, b->start, b->end - b->start, b->va,
				 b->readonly, &b->handle);
	if (err) {
		b->end = 0;
		return err;
	}
	sm_count(&l->counts.made, 1);
	sm_count(&l->counts.readonly, b->readonly);
	return 0;
}

void amdgpu_buffer_drop(struct amdgpu_lane *l)
{
	unsigned int i;

	for (i = 0; i < AMDGPU_SETS * SM_USERPTR_WAYS; i++)
		buffer_drop(l, &l->buffers[i]);
	amdgpu_dev_leave(&l->users);
}

#endif /* HAVE_AMDGPU */
