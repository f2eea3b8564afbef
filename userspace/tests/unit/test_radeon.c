// SPDX-License-Identifier: GPL-2.0-only
/*
 * radeon without a card: what a job says to the engine, and that a lane's buffers have
 * the page, keep to their bounds, and stay while a job that uses them is put together;
 * that a write which is held back is not told as one that the driver refuses.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef HAVE_DRM

#include "backends/radeon/buffer.h"
#include "backends/radeon/dev.h"
#include "backends/radeon/lane.h"
#include "wrap_radeon.h"

#define TURNS		20000
#define ARENA		0x10000000000ULL
#define PAGES		4096U
#define HANDLES		(2 * TURNS)

static struct radeon_lane *lane;
static uint32_t made, dropped;
static uint64_t used_by[HANDLES];	/* number of the newest job */
static unsigned int submitted;

int __wrap_radeon_dev_userptr(struct radeon_dev *dev, uint64_t va,
			      uint64_t size, uint32_t *handle)
{
	(void)dev;
	assert_true(size && !((va | size) & (SM_PAGE_SIZE - 1)));
	if (made % 100 == 99) {
		made++;
		return -ENOMEM;
	}
	*handle = ++made;
	return 0;
}

void __wrap_radeon_dev_drop(struct radeon_dev *dev, uint32_t handle)
{
	(void)dev;
	assert_int_not_equal(used_by[handle], lane->jobs);
	dropped++;
}

int __wrap_radeon_dev_submit(struct radeon_dev *dev, struct radeon_job *job)
{
	(void)dev;
	assert_int_not_equal(job->nr, 0);
	submitted++;
	return 0;
}

/* What is read is in lane->words all the time. */
int __wrap_radeon_dev_wait(struct radeon_dev *dev, uint32_t handle)
{
	(void)dev;
	(void)handle;
	return 0;
}

static struct radeon_bounds bounds_of(uint64_t va, struct sm_rng *rng)
{
	uint64_t page = va & ~(SM_PAGE_SIZE - 1);

	return (struct radeon_bounds){
		.low = page - sm_rng_below(rng, 20) * SM_PAGE_SIZE,
		.high = page + (1 + sm_rng_below(rng, 20)) * SM_PAGE_SIZE,
	};
}

static void take(struct sm_rng *rng)
{
	uint64_t va = ARENA + 8 * sm_rng_below(rng, PAGES * SM_PAGE_WORDS);
	struct radeon_bounds in = bounds_of(va, rng);
	struct sm_userptr *b;
	int err = radeon_buffer_get(lane, va, in, &b);

	if (err == -EAGAIN)
		lane->jobs++;
	if (err)
		return;
	assert_true(b->start <= va && va < b->end);
	assert_true(b->start >= in.low && b->end <= in.high);
	b->job = lane->jobs;
	used_by[b->handle] = lane->jobs;
}

static void buffers(void **state)
{
	struct sm_rng rng;
	unsigned int i;

	(void)state;
	lane = calloc(1, sizeof(*lane));
	assert_non_null(lane);
	lane->jobs = 1;
	sm_rng_seed(&rng, 1, SM_STREAM_BLIT, 0);
	sm_rng_seed(&lane->rng, 1, SM_STREAM_BLIT, 1);
	for (i = 0; i < TURNS; i++) {
		lane->jobs += !(i % RADEON_BLITS);
		take(&rng);
	}
	assert_true(dropped > TURNS / 4);
	assert_int_equal(lane->made, made - made / 100);
	free(lane);
}

/* A word of the third page of one buffer, to the second word of another. */
static void job(void **state)
{
	static const uint32_t ib[] = {
		0x146c >> 2, 0x52cc36ff,
		0x1428 >> 2, 64 << 22, 0xc0001000, 0,
		0x142c >> 2, 64 << 22, 0xc0001000, 4,
		0x1434 >> 2, 2 << 16 | 4, 0x1438 >> 2, 2,
		0x143c >> 2, 1 << 16 | 2,
	};
	struct radeon_place from = { 7, 2 * SM_PAGE_SIZE + 16 }, to = { 9, 8 };
	struct radeon_job j;

	(void)state;
	radeon_job_begin(&j);
	radeon_job_blit(&j, from, to, 8);
	assert_int_equal(j.words, SM_ARRAY_SIZE(ib));
	assert_memory_equal(j.ib, ib, sizeof(ib));
	assert_int_equal(j.nr, 2);
	/* Back again: buffers are named once, and both are written to by now. */
	radeon_job_blit(&j, to, from, 8);
	assert_int_equal(j.nr, 2);
	assert_int_equal(j.relocs[0], 7);
	assert_int_equal(j.relocs[4], 9);
	assert_true(j.relocs[1] && j.relocs[2] && j.relocs[5] && j.relocs[6]);
}

/* The largest job has room. */
static void most(void **state)
{
	struct radeon_place from = {}, to = { .handle = RADEON_BLITS + 1 };
	struct radeon_job j;

	(void)state;
	radeon_job_begin(&j);
	for (from.handle = 1; from.handle <= RADEON_BLITS; from.handle++)
		radeon_job_blit(&j, from, to, 8);
	assert_int_equal(j.nr, RADEON_BUFFERS);
	assert_true(j.words < SM_ARRAY_SIZE(j.ib));
}

/* Unless all is avoided no page is written to that does not carry the cookie. */
static void guard(void **state)
{
	struct sm_run_spec spec = {};
	struct sm_scene scene = { .spec = &spec, .model.cookie = 5 };
	struct sm_host host = { .scene = &scene };
	struct radeon_state s = { .host = &host, .maps = -1 };
	struct sm_access a = { .va = ARENA, .value = 7, .write = true };
	uint64_t words[RADEON_BLITS] = { scene.model.cookie };

	(void)state;
	lane = calloc(1, sizeof(*lane));
	assert_non_null(lane);
	lane->s = &s;
	lane->words = words;
	made = 0;
	sm_rng_seed(&lane->rng, 1, SM_STREAM_BLIT, 0);
	assert_int_equal(radeon_lane_access(lane, &a, 1), 0);
	assert_int_equal(a.error, 0);
	assert_int_equal(submitted, 2);
	words[0] = 0;
	assert_int_equal(radeon_lane_access(lane, &a, 1), 0);
	assert_int_equal(a.error, -EBUSY);
	assert_int_equal(submitted, 3);
	free(lane);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers),
		cmocka_unit_test(guard),
		cmocka_unit_test(job),
		cmocka_unit_test(most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	return 77;	/* skipped: there is no libdrm */
}

#endif /* HAVE_DRM */
