/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Seams: granules that two storm threads share.
 *
 * Slices end on granules, so that events of two owners would never meet in one, and
 * no huge page would be of two. So each thread lends the second half of the last
 * granule of a region to the next thread:
 *
 *	slice 0				slice 1
 *	[ anon-thp        | lent ]	[ ...
 *	  thread 0          thread 1
 *
 * Each page still has one owner. But a huge page may lie over the seam, which one
 * protects or unmaps in part while the other does so with the rest, and ranges of
 * both begin and end at the same place.
 */
#ifndef SM_SEAM_H
#define SM_SEAM_H

#include "memory/arena.h"

/**
 * sm_seam_regions() - the regions of a thread
 * @a: the arena
 * @slices: slices that it has, one per thread
 * @slice: number of the thread's
 * @regions: gets them, ascending but for those that are lent to the thread, which
 *	come last; NULL: only count
 *
 * Regions of one granule are not shared, nor any if there is one thread alone.
 *
 * Return: how many.
 */
unsigned int sm_seam_regions(const struct sm_arena *a, unsigned int slices,
			     unsigned int slice, struct sm_region *regions);

#endif /* SM_SEAM_H */
