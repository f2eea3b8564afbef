// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a driver with a stale negative keeps: pages at which a fault was refused
 * (defect sticky-refusal), and those which were read-only once when a fault for
 * reading brought them (sticky-read-only). No event ever takes a page off either
 * list, so a mirror has them if it has the defect.
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/hmm.h>

#include "defect.h"
#include "mirror.h"
#include "sticky.h"

static unsigned long sm_sticky_bit(const struct sm_mirror *m, unsigned long va)
{
	return (va - m->start) >> PAGE_SHIFT;
}

static int sm_sticky_alloc(const struct sm_mirror *m, unsigned long **map)
{
	*map = bitmap_zalloc(sm_sticky_bit(m, m->end), GFP_KERNEL_ACCOUNT);

	return *map ? 0 : -ENOMEM;
}

/* As long as the mirror; nothing, unless one of the two is armed. */
int sm_sticky_init(struct sm_mirror *m)
{
	int ret = 0;

	if (sm_defect(m, STICKY_REFUSAL))
		ret = sm_sticky_alloc(m, &m->refused);
	if (!ret && sm_defect(m, STICKY_READ_ONLY))
		ret = sm_sticky_alloc(m, &m->read_only);

	return ret;
}

void sm_sticky_free(struct sm_mirror *m)
{
	bitmap_free(m->refused);
	bitmap_free(m->read_only);
}

static bool sm_sticky_has(const struct sm_mirror *m, const unsigned long *map,
			  unsigned long start, unsigned int npages)
{
	unsigned long first = sm_sticky_bit(m, start);

	return map && find_next_bit(map, first + npages, first) <
		      first + npages;
}

/* The error that was kept of one of these pages, or 0. */
int sm_sticky_refuses(const struct sm_mirror *m, unsigned long start,
		      unsigned int npages, u32 flags)
{
	if (sm_sticky_has(m, m->refused, start, npages))
		return -EFAULT;
	if ((flags & SM_FAULT_WRITE) &&
	    sm_sticky_has(m, m->read_only, start, npages))
		return -EPERM;

	return 0;
}

/*
 * A walk for reading finds what the process may write to by now: such entries become
 * read-only, or the device would write through them and nobody be asked. What is
 * left of a huge one are single pages.
 */
void sm_sticky_withhold(const struct sm_mirror *m, struct hmm_range *range)
{
	unsigned long va, *ent = range->hmm_pfns;

	for (va = range->start; va < range->end; va += PAGE_SIZE, ent++) {
		unsigned int npages = 1U << sm_ent_order(*ent);

		if (!sm_sticky_has(m, m->read_only,
				   ALIGN_DOWN(va, npages * PAGE_SIZE), npages))
			continue;
		*ent &= ~SM_ENT_ORDER;
		if (sm_sticky_has(m, m->read_only, va, 1))
			*ent &= ~SM_ENT_WRITE;
	}
}

static void sm_sticky_add(const struct sm_mirror *m, unsigned long *map,
			  unsigned long va)
{
	if (map)
		set_bit(sm_sticky_bit(m, va), map);
}

/* How a fault went: an answer for all of a batch is kept for all of it. */
void sm_sticky_learn(struct sm_mirror *m, unsigned long start,
		     unsigned int npages, int ret)
{
	unsigned long va, end = start + npages * PAGE_SIZE;
	u64 ent;

	for (va = start; va < end; va += PAGE_SIZE) {
		if (ret == -EFAULT || ret == -EPERM)
			sm_sticky_add(m, m->refused, va);
		ent = ret ? 0 : sm_tlb_peek(&m->tlb, va >> PAGE_SHIFT);
		if ((ent & SM_ENT_PRESENT) && !(ent & SM_ENT_WRITE))
			sm_sticky_add(m, m->read_only, va);
	}
}
