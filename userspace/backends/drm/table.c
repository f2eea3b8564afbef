// SPDX-License-Identifier: GPL-2.0-only
/* What the device has of a granule: in each user pointer that has a part of it. */
#ifdef HAVE_DRM

#include <errno.h>
#include <string.h>

#include "state.h"
#include "table.h"

/* Bounds change while it looks: who has the slot's lock looks once more. */
static bool table_meets(const struct gpu_slot *slot, uint64_t va)
{
	return sm_read(&slot->start) < va + SM_GRANULE_SIZE &&
	       sm_read(&slot->end) > va;
}

static struct gpu_slot *table_count(struct gpu_lane *l, uint64_t va,
				    uint32_t wanted, uint32_t *nr)
{
	struct gpu_slot *found = NULL;
	unsigned int i;

	for (i = 0; l->s && i < GPU_SLOTS; i++) {
		if (!table_meets(&l->slots[i], va))
			continue;
		if ((*nr)++ == wanted)
			found = &l->slots[i];
	}
	return found;
}

/* The slot that is number @wanted of those that meet the granule, and of which file. */
static struct gpu_slot *table_find(struct gpu_state *s, uint64_t va,
				   uint32_t wanted, uint32_t *nr, int *fd)
{
	struct gpu_slot *found = NULL, *here;
	struct gpu_lane *l;
	unsigned int i;

	*nr = 0;
	for (i = 0; i < SM_LANES + s->nr_agents; i++) {
		l = i < SM_LANES ? &s->lanes[i] : &s->agents[i - SM_LANES].lane;
		here = table_count(l, va, wanted, nr);
		if (!here)
			continue;
		found = here;
		*fd = l->file->fd;
	}
	return found;
}

static void table_accuse(struct sm_host *host, uint64_t va, uint64_t entry)
{
	struct sm_hit h = {
		.oracle = "perm",
		.kind = SM_KIND_FORBIDDEN,
		.mirror = host->scene->mirrors,
		.va = va,
		.mirror_entry = entry,
	};

	sm_docket_hit(host->docket, &h,
		      "the entry of %llx allows writing, and its user pointer is read-only",
		      (unsigned long long)va);
}

static int table_slot(struct sm_host *host, int fd, struct gpu_slot *slot,
		      uint64_t va, uint64_t *buf, uint64_t *present)
{
	uint64_t start = slot->start > va ? slot->start : va;
	uint64_t end = slot->end < va + SM_GRANULE_SIZE ? slot->end :
							  va + SM_GRANULE_SIZE;
	uint64_t at = slot->va + (start - slot->start);
	int err;

	if (start >= end)
		return -EBUSY;
	buf += (start - va) >> SM_PAGE_SHIFT;
	err = gpu_dev_snapshot(fd, at, at + (end - start), buf, present);
	for (; !err && start < end; start += SM_PAGE_SIZE, buf++)
		if (slot->readonly && (*buf & SM_ENT_WRITE))
			table_accuse(host, start, *buf);
	return err;
}

/* gpu_table_copy() - see struct sm_peek */
int gpu_table_copy(struct sm_host *host, uint32_t table, uint64_t va,
		   uint64_t *buf, uint64_t *present, uint32_t *tables)
{
	struct gpu_state *s = host->state;
	struct gpu_slot *slot;
	int err, fd = -1;

	*tables = 1;
	*present = 0;
	if (s->mode == GPU_SVM) {
		*tables = GPU_FILES;
		return gpu_dev_snapshot(s->files[table].fd, va,
					va + SM_GRANULE_SIZE, buf, present);
	}
	memset(buf, 0, SM_GRANULE_PAGES * sizeof(*buf));
	slot = table_find(s, va, table, tables, &fd);
	if (!slot)
		return 0;
	if (pthread_mutex_trylock(&slot->lock))
		return -EBUSY;
	err = table_slot(host, fd, slot, va, buf, present);
	pthread_mutex_unlock(&slot->lock);
	return err;
}

#endif /* HAVE_DRM */
