// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stalemate bench measures.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/pagemap.h"
#include "base/util.h"
#include "measure_drm.h"
#include "measure_kvm.h"
#include "measure_run.h"
#include "measures.h"
#include "module/window.h"

#define MIB		(1ULL << 20)
#define GIB		(1ULL << 30)
#define BATCH		512
#define COMPARE_TRIES	100

#define FEW		1000U
#define MANY		1000000U
#define SAMPLES		500U

#define STORM_SPAN	(16 * SM_PAGE_SIZE)
#define STORM_ROUND	2000U

#define ACCESS_CHUNK	MIB

static char *bed_at(const struct sm_measure_bed *b, uint64_t offset)
{
	return (char *)(uintptr_t)(b->start + offset);
}

static size_t bed_size(const struct sm_measure_bed *b)
{
	return b->end - b->start;
}

static int bed_drop_mirror(struct sm_measure_bed *b)
{
	if (!b->has_mirror)
		return 0;
	b->has_mirror = false;
	return sm_device_mirror_destroy(&b->dev, b->mirror);
}

static int bed_new_mirror(struct sm_measure_bed *b)
{
	int ret = bed_drop_mirror(b);

	if (ret)
		return ret;
	ret = sm_device_mirror(&b->dev, b->profile, NULL, b->start, b->end, 0,
			       &b->mirror);
	b->has_mirror = !ret;
	return ret;
}

static int bed_fault(struct sm_measure_bed *b, uint32_t flags, uint64_t offset,
		     uint64_t len)
{
	return sm_device_fault(&b->dev, b->mirror, flags, BATCH,
			       b->start + offset, b->start + offset + len,
			       NULL);
}

/* Every page its own, so that nothing is shared with a zero page. */
static void bed_populate(struct sm_measure_bed *b)
{
	uint64_t offset;

	for (offset = 0; offset < bed_size(b); offset += SM_PAGE_SIZE)
		sm_write((uint64_t *)bed_at(b, offset), offset);
}

static int set_up_full_mirror(struct sm_measure_bed *b)
{
	int ret = bed_new_mirror(b);

	bed_populate(b);
	return ret ? ret : bed_fault(b, 0, 0, bed_size(b));
}

static int set_up_empty_mirror(struct sm_measure_bed *b)
{
	bed_populate(b);
	return bed_new_mirror(b);
}

static int prepare_nothing(struct sm_measure_bed *b, bool cost)
{
	(void)b;
	(void)cost;
	return 0;
}

/* compare: a window over every granule, as the pagemap oracle does it */

static int compare_once(struct sm_measure_bed *b, uint64_t granule)
{
	uint64_t *mirror = b->buf;
	uint64_t *cpu = mirror + SM_GRANULE_PAGES;
	uint64_t va = b->start + granule * SM_GRANULE_SIZE;
	struct sm_window w;
	uint64_t present;
	unsigned int i;
	int ret;

	if (!sm_window_open(&b->dev, granule, &w))
		return -EAGAIN;
	ret = sm_device_snapshot(&b->dev, b->mirror, va, va + SM_GRANULE_SIZE,
				 mirror, &present);
	if (!ret)
		ret = sm_pagemap_read(b->pagemap, va, SM_GRANULE_PAGES, cpu);
	if (ret)
		return ret;
	if (!sm_window_close(&b->dev, granule, &w))
		return -EAGAIN;
	for (i = 0; i < SM_GRANULE_PAGES; i++)
		if ((mirror[i] & SM_ENT_PRESENT) &&
		    ((mirror[i] ^ cpu[i]) & SM_ENT_COMPARE))
			return -EUCLEAN;
	b->sink += present;
	return 0;
}

/* The kernel's own daemons may disturb a window. */
static int compare_granule(struct sm_measure_bed *b, uint64_t granule)
{
	unsigned int i;
	int ret = -EAGAIN;

	for (i = 0; i < COMPARE_TRIES && ret == -EAGAIN; i++)
		ret = compare_once(b, granule);
	return ret;
}

static int run_compare(struct sm_measure_bed *b, bool cost, double *ns)
{
	uint64_t pages = bed_size(b) / SM_PAGE_SIZE;
	uint64_t g, t = sm_util_now();
	int ret = 0;

	b->sink = 0;
	if (!cost)
		ret = sm_pagemap_read(b->pagemap, b->start, pages, b->buf);
	for (g = 0; cost && !ret && g < bed_size(b) / SM_GRANULE_SIZE; g++)
		ret = compare_granule(b, g);
	*ns = (double)(sm_util_now() - t) / pages;
	/* A mirror that lost entries would make it look cheap. */
	if (!ret && cost && b->sink < pages / 2)
		ret = -ENODATA;
	return ret;
}

/* fault: a device fault-in against hmm_range_fault() alone */

static int prepare_fault(struct sm_measure_bed *b, bool cost)
{
	(void)cost;
	/* Invalidates all of it, and every page stays present. */
	if (mprotect(bed_at(b, 0), bed_size(b), PROT_READ) ||
	    mprotect(bed_at(b, 0), bed_size(b), PROT_READ | PROT_WRITE))
		return -errno;
	return 0;
}

static int run_fault(struct sm_measure_bed *b, bool cost, double *ns)
{
	uint64_t t = sm_util_now();
	int ret = bed_fault(b, cost ? 0 : SM_FAULT_DRY, 0, bed_size(b));

	*ns = (double)(sm_util_now() - t) / (bed_size(b) / SM_PAGE_SIZE);
	return ret;
}

/* invalidate: one page, in a mirror with many entries against one with few */

static int prepare_invalidate(struct sm_measure_bed *b, bool cost)
{
	int ret = bed_new_mirror(b);

	/* A read fault of the device maps the zero page. */
	return ret ? ret : bed_fault(b, 0, 0, (cost ? MANY : FEW) *
				     SM_PAGE_SIZE);
}

static int compare_u64(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int run_invalidate(struct sm_measure_bed *b, bool cost, double *ns)
{
	uint64_t *sample = b->buf;
	unsigned int i;
	int ret;

	(void)cost;
	for (i = 0; i < SAMPLES; i++) {
		uint64_t offset = i * 7919ULL % FEW * SM_PAGE_SIZE;
		uint64_t t = sm_util_now();

		if (madvise(bed_at(b, offset), SM_PAGE_SIZE, MADV_DONTNEED))
			return -errno;
		sample[i] = sm_util_now() - t;
		b->sink += sm_read((uint64_t *)bed_at(b, offset));
		ret = bed_fault(b, 0, offset, SM_PAGE_SIZE);
		if (ret)
			return ret;
	}
	qsort(sample, SAMPLES, sizeof(*sample), compare_u64);
	*ns = sample[SAMPLES / 2];
	return 0;
}

/* storm: munmap and mmap beside an idle mirror, or the witness alone */

static int prepare_storm(struct sm_measure_bed *b, bool cost)
{
	return cost ? bed_new_mirror(b) : bed_drop_mirror(b);
}

static int run_storm(struct sm_measure_bed *b, bool cost, double *ns)
{
	uint64_t spans = bed_size(b) / STORM_SPAN;
	uint64_t t = sm_util_now();
	unsigned int i;

	(void)cost;
	for (i = 0; i < STORM_ROUND; i++) {
		char *p = bed_at(b, i * 7919ULL % spans * STORM_SPAN);

		sm_write(p, 1);
		if (munmap(p, STORM_SPAN))
			return -errno;
		if (mmap(p, STORM_SPAN, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			 0) == MAP_FAILED)
			return -errno;
	}
	*ns = (double)(sm_util_now() - t) / STORM_ROUND;
	return 0;
}

/* access: device reads that hit */

static int run_access(struct sm_measure_bed *b, bool cost, double *ns)
{
	uint64_t offset, t = sm_util_now();
	int ret = 0;

	(void)cost;
	for (offset = 0; !ret && offset < bed_size(b); offset += ACCESS_CHUNK)
		ret = sm_device_access(&b->dev, b->mirror, false,
				       b->start + offset, b->buf, ACCESS_CHUNK,
				       NULL);
	*ns = (double)(sm_util_now() - t) / (bed_size(b) / SM_PAGE_SIZE);
	return ret;
}

const struct sm_measure sm_measures[] = {
	{
		.name = "compare",
		.cost = "compare the mirror of 256 MiB with pagemap",
		.base = "read pagemap",
		.unit = "page",
		.target = 1.5,
		.arena = 256 * MIB,
		.memory = 320 * MIB,
		.buffer = 256 * MIB / SM_PAGE_SIZE * sizeof(uint64_t),
		.set_up = set_up_full_mirror,
		.prepare = prepare_nothing,
		.run = run_compare,
	}, {
		.name = "fault",
		.cost = "device fault-in of 64 MiB",
		.base = "hmm_range_fault alone",
		.unit = "page",
		.target = 1.5,
		.every_profile = true,
		.arena = 64 * MIB,
		.memory = 96 * MIB,
		.set_up = set_up_empty_mirror,
		.prepare = prepare_fault,
		.run = run_fault,
	}, {
		.name = "invalidate",
		.cost = "invalidate a page, 1,000,000 entries",
		.base = "with 1,000 entries",
		.unit = "page",
		.target = 1.2,
		.every_profile = true,
		.arena = 4 * GIB,
		.memory = 160 * MIB,
		.buffer = SAMPLES * sizeof(uint64_t),
		.prepare = prepare_invalidate,
		.run = run_invalidate,
	}, {
		.name = "idle",
		.cost = "munmap and mmap, idle mirror",
		.base = "witness only",
		.unit = "pair",
		.target = 1.25,
		.every_profile = true,
		.arena = 64 * MIB,
		.memory = 96 * MIB,
		.prepare = prepare_storm,
		.run = run_storm,
	}, {
		.name = "access",
		.cost = "device read that hits",
		.unit = "page",
		.every_profile = true,
		.arena = 64 * MIB,
		.memory = 96 * MIB,
		.buffer = ACCESS_CHUNK,
		.set_up = set_up_full_mirror,
		.prepare = prepare_nothing,
		.run = run_access,
	}, {
		.name = "vcpu",
		.cost = "access of a vCPU whose samples are judged",
		.base = "the same code, samples dropped",
		.unit = "access",
		.target = 1.25,
		.arena = 64 * MIB,
		.memory = 128 * MIB,
		.probe = sm_measure_kvm_probe,
		.set_up = sm_measure_kvm_set_up,
		.prepare = sm_measure_kvm_prepare,
		.run = sm_measure_kvm_run,
		.tear_down = sm_measure_kvm_tear_down,
	}, {
		.name = "runner",
		.cost = "from the fork of a runner to its first op, 4 MiB",
		.unit = "run",
		.alone = true,
		.prepare = sm_measure_run_prepare,
		.run = sm_measure_run,
	}, {
		.name = "userptr",
		.cost = "make and close a user pointer of a GPU",
		.base = "an object of shmem",
		.unit = "object",
		.target = 2,
		.drm = true,
		.alone = true,
		.probe = sm_measure_drm_probe,
		.prepare = sm_measure_drm_objects,
		.run = sm_measure_drm_make,
		.tear_down = sm_measure_drm_tear_down,
	}, {
		.name = "userptrs",
		.cost = "make and close a user pointer, beside 10,000",
		.base = "beside 10",
		.unit = "object",
		.target = 1.3,
		.drm = true,
		.alone = true,
		.probe = sm_measure_drm_probe,
		.prepare = sm_measure_drm_live,
		.run = sm_measure_drm_again,
		.tear_down = sm_measure_drm_tear_down,
	}, {
		.name = "jobs",
		.cost = "job of a GPU, its memory taken away all the time",
		.base = "left alone",
		.unit = "job",
		.a_second = true,
		.drm = true,
		.alone = true,
		.probe = sm_measure_drm_probe,
		.prepare = sm_measure_drm_storm,
		.run = sm_measure_drm_jobs,
		.tear_down = sm_measure_drm_tear_down,
	},
	{ .name = NULL }
};
