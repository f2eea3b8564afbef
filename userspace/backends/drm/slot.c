// SPDX-License-Identifier: GPL-2.0-only
/* User pointers over parts of the arena: see state.h. */
#ifdef HAVE_DRM

#include <errno.h>

#include "slot.h"
#include "state.h"

#define SLOT_MOST	(GPU_WINDOW >> SM_PAGE_SHIFT)
#define SLOT_LONG	64	/* pages, at most, where they are all used at once */
#define SLOT_EVICT	32	/* uses, about, between two evictions */
#define SLOT_RENEW	64	/* ... and until another takes its place */
#define SLOT_SWEPT	16	/* pages of one of a lane that sweeps */

/**
 * gpu_slot_pages() - how large the next user pointer is
 * @draw: a random number
 * @share: another one
 *
 * Storms leave holes, and an object with a hole is refused whole: most are small.
 *
 * Return: pages, from 1 to 64 MiB of them.
 */
uint64_t gpu_slot_pages(uint64_t draw, uint64_t share)
{
	static const struct {
		unsigned int below;	/* of 256 */
		uint64_t most;
	} sizes[] = {
		{ 112, 1 }, { 168, 4 }, { 216, 16 }, { 240, 128 },
		{ 252, 512 }, { 256, SLOT_MOST },
	};
	uint64_t least = 1;
	unsigned int i;

	draw %= 256;
	for (i = 0; draw >= sizes[i].below; i++)
		least = sizes[i].most + 1;
	return least + share % (sizes[i].most - least + 1);
}

/* Where a user pointer of @nr pages that has @va begins. */
static uint64_t slot_begin(struct gpu_lane *l, uint64_t va, uint64_t *nr)
{
	const struct sm_arena *arena = &l->s->host->scene->arena;
	uint64_t all = (arena->end - arena->start) >> SM_PAGE_SHIFT;
	uint64_t page = (va - arena->start) >> SM_PAGE_SHIFT;
	uint64_t first;

	if (*nr > all)
		*nr = all;
	first = l->sweeps ? 0 : sm_rng_below(&l->rng, *nr);
	first = first > page ? 0 : page - first;
	if (first + *nr > all)
		first = all - *nr;
	return arena->start + (first << SM_PAGE_SHIFT);
}

/*
 * A long-running address space goes on when all that is bound is valid: large ones
 * would change again before they are, and while others are walked nobody gets on.
 */
static uint64_t slot_size(struct gpu_lane *l)
{
	uint64_t draw, nr;

	if (l->exact)
		return 1;
	if (l->sweeps)
		return SLOT_SWEPT;
	draw = sm_rng_next(&l->rng);
	nr = gpu_slot_pages(draw, sm_rng_next(&l->rng));
	if (l->s->mode == GPU_LONG && nr > SLOT_LONG)
		nr = 1 + nr % SLOT_LONG;
	return nr;
}

static int slot_undo(struct gpu_lane *l, struct gpu_slot *slot)
{
	bool early = sm_rng_one_in(&l->rng, 2);	/* the binding keeps it */
	int err = 0;

	if (!slot->handle)
		return 0;
	if (early)
		err = gpu_dev_close(l->file->fd, slot->handle);
	if (!err)
		err = gpu_dev_unbind(l->file->fd, slot->va, GPU_WINDOW);
	if (!err && !early)
		err = gpu_dev_close(l->file->fd, slot->handle);
	slot->handle = 0;
	slot->start = 0;
	slot->end = 0;
	return err;
}

static int slot_make(struct gpu_lane *l, struct gpu_slot *slot, uint64_t start,
		     uint64_t nr, bool readonly)
{
	uint64_t size = nr << SM_PAGE_SHIFT;
	uint32_t handle;
	int err = slot_undo(l, slot);

	if (!err)
		err = gpu_dev_userptr(l->file->fd, start, size, readonly ?
				      DRM_STALEMATE_USERPTR_READONLY : 0,
				      &handle);
	if (err)
		return err;
	slot->handle = handle;
	err = gpu_dev_bind(l->file->fd, handle, slot->va, size);
	if (err) {
		slot->handle = 0;
		gpu_dev_close(l->file->fd, handle);
		return err;
	}
	slot->start = start;
	slot->end = start + size;
	slot->readonly = readonly;
	sm_count(&l->counts.made, 1);
	return 0;
}

static int slot_replace(struct gpu_lane *l, struct gpu_slot *slot,
			uint64_t start, uint64_t nr, bool readonly)
{
	int err;

	pthread_mutex_lock(&slot->lock);
	err = slot_make(l, slot, start, nr, readonly);
	pthread_mutex_unlock(&slot->lock);
	return err;
}

static bool slot_fits(const struct gpu_slot *slot, uint64_t va, bool write)
{
	return slot->handle && va >= slot->start && va < slot->end &&
	       !(write && slot->readonly);
}

/* Then what is refused is refused for that page, and that access, alone. */
static bool slot_is_exact(const struct gpu_slot *slot, bool write)
{
	return slot->end - slot->start == SM_PAGE_SIZE &&
	       slot->readonly == !write;
}

static struct gpu_slot *slot_find(struct gpu_lane *l, uint64_t va, bool write)
{
	unsigned int i, first = sm_rng_below(&l->rng, GPU_SLOTS);
	struct gpu_slot *slot;

	for (i = 0; i < GPU_SLOTS; i++) {
		slot = &l->slots[(first + i) % GPU_SLOTS];
		if (slot_fits(slot, va, write) &&
		    (!l->exact || slot_is_exact(slot, write)))
			return slot;
	}
	return NULL;
}

/* One that this turn does not use; there are more of them than accesses. */
static struct gpu_slot *slot_spare(struct gpu_lane *l)
{
	unsigned int i = sm_rng_below(&l->rng, GPU_SLOTS);

	while (l->slots[i].turn == l->turn)
		i = (i + 1) % GPU_SLOTS;
	return &l->slots[i];
}

/* What only reads may be read-only; it has to be where the process itself reads. */
static bool slot_readonly(struct gpu_lane *l, bool write)
{
	return !write && (l->exact || sm_rng_one_in(&l->rng, 2));
}

/*
 * gpu_slot_get() - a user pointer that has the page of @va, for the turn that the
 * lane is at. Returns 0 or a negative errno.
 */
int gpu_slot_get(struct gpu_lane *l, uint64_t va, bool write,
		 struct gpu_slot **out)
{
	struct gpu_slot *slot = slot_find(l, va, write);
	uint64_t start, nr;
	int err = 0;

	if (slot && slot->turn != l->turn &&
	    sm_rng_one_in(&l->rng, SLOT_RENEW))
		slot = NULL;
	if (!slot) {
		slot = slot_spare(l);
		nr = slot_size(l);
		start = slot_begin(l, va, &nr);
		err = slot_replace(l, slot, start, nr,
				   slot_readonly(l, write));
	} else if (sm_rng_one_in(&l->rng, SLOT_EVICT)) {
		err = gpu_dev_evict(l->file->fd, slot->handle);
		sm_count(&l->counts.evicted, 1);
	}
	slot->turn = l->turn;
	*out = slot;
	return err;
}

void gpu_slot_drop(struct gpu_lane *l, struct gpu_slot *slot)
{
	pthread_mutex_lock(&slot->lock);
	slot_undo(l, slot);
	pthread_mutex_unlock(&slot->lock);
}

#endif /* HAVE_DRM */
