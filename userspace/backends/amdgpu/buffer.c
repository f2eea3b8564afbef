// SPDX-License-Identifier: GPL-2.0-only
/* The user pointers of a lane: see state.h. */
#ifdef HAVE_AMDGPU

#include <errno.h>

#include "base/ops.h"
#include "buffer.h"

#define BUFFER_BLOCK	16U	/* pages that have one place */
#define BUFFER_SHAPES	8U	/* 1 to AMDGPU_PAGES pages */
#define BUFFER_READONLY	4U	/* one in so many of those for reading */
#define BUFFER_ROOM	(AMDGPU_PAGES * SM_PAGE_SIZE)

int amdgpu_buffer_room(struct amdgpu_lane *l)
{
	unsigned int i;
	int err = amdgpu_dev_room(&l->dev,
				  AMDGPU_SETS * AMDGPU_WAYS * BUFFER_ROOM,
				  &l->users);

	for (i = 0; i < AMDGPU_SETS * AMDGPU_WAYS && !err; i++)
		l->buffers[i / AMDGPU_WAYS][i % AMDGPU_WAYS].va =
			l->users.va + i * BUFFER_ROOM;
	return err;
}

/* A page that is alone is asked for as it is used: what is refused is that use. */
static bool buffer_fits(const struct amdgpu_buffer *b, const struct sm_access *a,
			bool alone)
{
	if (a->va < b->start || a->va >= b->end || (a->write && b->readonly))
		return false;
	return !alone || (b->end - b->start == SM_PAGE_SIZE &&
			  b->readonly == !a->write);
}

/* The one that fits, or one that makes way for it: not one of this job. */
static struct amdgpu_buffer *buffer_place(struct amdgpu_lane *l,
					  const struct sm_access *a, bool alone)
{
	uint64_t block = a->va / (BUFFER_BLOCK * SM_PAGE_SIZE);
	struct amdgpu_buffer *set, *spare = NULL;
	unsigned int i, first = sm_rng_below(&l->rng, AMDGPU_WAYS);

	set = l->buffers[sm_rng_mix(block) & (AMDGPU_SETS - 1)];
	for (i = 0; i < AMDGPU_WAYS; i++)
		if (buffer_fits(&set[i], a, alone))
			return &set[i];
	for (i = 0; i < AMDGPU_WAYS && !spare; i++)
		if (set[(first + i) % AMDGPU_WAYS].job != l->job)
			spare = &set[(first + i) % AMDGPU_WAYS];
	return spare;
}

static void buffer_range(struct amdgpu_lane *l, uint64_t va, bool alone,
			 struct amdgpu_buffer *b)
{
	const struct sm_arena *arena = &l->s->host->scene->arena;
	uint64_t pages = alone ? 1 : 1ULL << sm_rng_below(&l->rng, BUFFER_SHAPES);

	b->start = (va & ~(SM_PAGE_SIZE - 1)) -
		   sm_rng_below(&l->rng, pages) * SM_PAGE_SIZE;
	b->end = b->start + pages * SM_PAGE_SIZE;
	if (b->start < arena->start)
		b->start = arena->start;
	if (b->end > arena->end)
		b->end = arena->end;
}

static void buffer_drop(struct amdgpu_lane *l, struct amdgpu_buffer *b)
{
	if (b->end)
		amdgpu_dev_drop(&l->dev, b->handle, b->va, b->end - b->start);
	b->end = 0;
}

int amdgpu_buffer_get(struct amdgpu_lane *l, const struct sm_access *a, bool alone,
		      struct amdgpu_buffer **out)
{
	struct amdgpu_buffer *b = buffer_place(l, a, alone);
	int err;

	*out = b;
	if (!b)
		return -EAGAIN;
	if (buffer_fits(b, a, alone))
		return 0;
	buffer_drop(l, b);
	buffer_range(l, a->va, alone, b);
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

	for (i = 0; i < AMDGPU_SETS * AMDGPU_WAYS; i++)
		buffer_drop(l, &l->buffers[i / AMDGPU_WAYS][i % AMDGPU_WAYS]);
	amdgpu_dev_leave(&l->users);
}

#endif /* HAVE_AMDGPU */
