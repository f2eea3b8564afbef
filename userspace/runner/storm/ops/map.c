// SPDX-License-Identifier: GPL-2.0-only
/* Ops that map, unmap and protect. */
#include <errno.h>
#include <sys/mman.h>

#include "op.h"
#include "storm/touch.h"

/* What a hole holds matters to shared memory alone: its file keeps it. */
static int map_unmap(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_change c = { .clear = SM_TAG_ACCESS };

	if (sm_span_anon(s)) {
		c.clear |= SM_TAG_STAMP;
		c.set = SM_TAG_ZERO;
	}
	sm_span_announce(t, s, c);
	if (munmap((void *)s->start, s->end - s->start) < 0)
		return -errno;
	sm_span_commit(t, s);
	return 0;
}

static int map_forbid(struct sm_storm_thread *t, const struct sm_span *s)
{
	return sm_span_protect(t, s, PROT_NONE);
}

static int map_read_only(struct sm_storm_thread *t, const struct sm_span *s)
{
	return sm_span_protect(t, s, PROT_READ);
}

/* Without a protection to lift, mprotect() would do nothing at all. */
static int map_allow(struct sm_storm_thread *t, const struct sm_span *s)
{
	int prot = sm_rng_one_in(&t->rng, 2) ? PROT_READ : PROT_NONE;
	int err = sm_span_protect(t, s, prot);

	if (err)
		return err;
	sm_touch_after(t);
	return sm_span_protect(t, s, PROT_READ | PROT_WRITE);
}

const struct sm_op sm_ops_map[] = {
	{
		.name = "mmap-over",
		.class = "map",
		.about = "maps fresh memory over a mapping (MAP_FIXED)",
		.memory = SM_MEM_ANY,
		.emitters = { "unmap_vmas", NULL },
		.apply = sm_span_replace,
	},
	{
		.name = "munmap",
		.class = "unmap",
		.about = "unmaps",
		.memory = SM_MEM_ANY,
		.emitters = { "unmap_vmas", NULL },
		.apply = map_unmap,
	},
	{
		.name = "mprotect-none",
		.class = "protect",
		.about = "forbids all access",
		.memory = SM_MEM_ANY,
		.emitters = { "change_pud_range",
			      "hugetlb_change_protection", NULL },
		.apply = map_forbid,
	},
	{
		.name = "mprotect-ro",
		.class = "protect",
		.about = "forbids writing",
		.memory = SM_MEM_ANY,
		.emitters = { "change_pud_range",
			      "hugetlb_change_protection", NULL },
		.apply = map_read_only,
	},
	{
		.name = "mprotect-rw",
		.class = "protect",
		.about = "allows writing again",
		.memory = SM_MEM_ANY,
		.emitters = { "change_pud_range",
			      "hugetlb_change_protection", NULL },
		.apply = map_allow,
	},
	{ .name = NULL }
};
