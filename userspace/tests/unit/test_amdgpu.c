// SPDX-License-Identifier: GPL-2.0-only
/*
 * amdgpu without a card: lanes move words by packets, which the decoder of
 * stalemate_drm.ko reads and an engine of a few lines runs, on memory of ours.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef HAVE_AMDGPU

#include "amdgpu_bed.h"
#include "backends/amdgpu/buffer.h"
#include "backends/amdgpu/lane.h"
#include "backends/amdgpu/pull.h"
#include "base/ops.h"
#include "host_bed.h"

#define PAGES		1024U
#define WORDS		(PAGES * SM_PAGE_WORDS)
#define STAGE_VA	0x100000ULL
#define IB_VA		0x200000ULL
#define USERS_VA	0x40000000ULL

static struct sm_wire wire;
static struct sm_run_spec spec = { .threads = 1 };
static struct sm_run_result result;
static struct host_bed bed;
static struct amdgpu_state state;
static struct amdgpu_lane *lane;
static uint64_t *arena;
static uint64_t model[WORDS];

static void own(uint32_t handle, uint64_t va, uint64_t size, void *at,
		struct amdgpu_memory *m)
{
	engine.known[handle] = (struct known){ .va = va, .size = size, .at = at };
	*m = (struct amdgpu_memory){ handle, va, size, at };
}

static int set_up(void **unused)
{
	unsigned int i;

	(void)unused;
	memset(&engine, 0, sizeof(engine));
	memset(model, 0, sizeof(model));
	arena = aligned_alloc(SM_PAGE_SIZE, PAGES * SM_PAGE_SIZE);
	lane = calloc(1, sizeof(*lane));
	if (!arena || !lane)
		return -1;
	memset(arena, 0, PAGES * SM_PAGE_SIZE);
	memset(&result, 0, sizeof(result));
	host_bed_init(&bed, &spec, &wire, &result);
	bed.scene.arena.start = (uintptr_t)arena;
	bed.scene.arena.end = bed.scene.arena.start + PAGES * SM_PAGE_SIZE;
	state.host = &bed.host;
	state.dev.gen = amdgpu_sdma_find(5, 2, state.dev.why,
					 sizeof(state.dev.why));
	state.dev.swap = true;
	lane->s = &state;
	lane->dev = state.dev;
	sm_rng_seed(&engine.rng, 1, SM_STREAM_SDMA, 2);
	sm_rng_seed(&lane->rng, 1, SM_STREAM_SDMA, 1);
	own(0, STAGE_VA, 2 * SM_PAGE_SIZE, aligned_alloc(4096, 8192), &lane->stage);
	lane->lingers = true;
	own(1, IB_VA, ENGINE_WORDS * 4, aligned_alloc(4096, ENGINE_WORDS * 4),
	    &lane->ib);
	engine.made = OWN;
	lane->packets.words = lane->ib.map;
	lane->packets.room = ENGINE_WORDS;
	for (i = 0; i < AMDGPU_SETS * SM_USERPTR_WAYS; i++)
		lane->buffers[i].va = USERS_VA +
				      i * SM_USERPTR_PAGES * SM_PAGE_SIZE;
	return 0;
}

static int tear_down(void **unused)
{
	uint32_t i;

	(void)unused;
	amdgpu_buffer_drop(lane);
	host_bed_destroy(&bed);
	for (i = OWN; i < engine.made; i++)
		assert_null(engine.known[i].at);
	free(lane->stage.map);
	free(lane->ib.map);
	free(lane);
	free(arena);
	return 0;
}

static struct sm_access access_of(uint64_t word, bool write, uint64_t value)
{
	return (struct sm_access){
		.va = (uintptr_t)(arena + word), .write = write, .value = value,
	};
}

/* Words anywhere, again and again, are what was written last. */
static void test_words(void **unused)
{
	struct sm_access a[3 * AMDGPU_WORDS / 2];
	struct sm_rng rng;
	uint64_t at[SM_ARRAY_SIZE(a)];
	unsigned int turn, i;

	(void)unused;
	sm_rng_seed(&rng, 1, SM_STREAM_SDMA, 0);
	for (turn = 0; turn < 200; turn++) {
		for (i = 0; i < SM_ARRAY_SIZE(a); i++) {
			/* each word once: what of two was last is in no order */
			at[i] = (turn * SM_ARRAY_SIZE(a) + i) * 40009 % WORDS;
			a[i] = access_of(at[i], sm_rng_below(&rng, 2),
					 sm_rng_next(&rng));
		}
		assert_int_equal(amdgpu_lane_access(lane, a, SM_ARRAY_SIZE(a)),
				 0);
		for (i = 0; i < SM_ARRAY_SIZE(a); i++) {
			assert_int_equal(a[i].error, 0);
			if (a[i].write)
				model[at[i]] = a[i].value;
			assert_true(a[i].value == model[at[i]]);
		}
	}
	assert_memory_equal(arena, model, sizeof(model));
	assert_int_equal(lane->counts.done, turn * SM_ARRAY_SIZE(a));
	assert_true(lane->counts.jobs == engine.jobs && lane->counts.readonly &&
		    lane->counts.readonly < lane->counts.made);
	assert_true(engine.kinds[SM_SDMA_COPY] && engine.kinds[SM_SDMA_WRITE] &&
		    engine.kinds[SM_SDMA_FILL] && engine.kinds[SM_SDMA_SWAP]);
	assert_int_equal(lane->flight, 0);
	assert_int_equal(engine.parts, 1U << 1 | 1U << 2 | 1U << 3 | 1U << 4);
	assert_true(lane->counts.ibs > engine.jobs);
}

/* Of a job that is refused, the words of one page are at fault, and no others. */
static void test_refused(void **unused)
{
	struct sm_access a[] = {
		access_of(5, true, 1), access_of(SM_PAGE_WORDS + 1, true, 2),
		access_of(SM_PAGE_WORDS + 2, false, 0), access_of(5, false, 0),
	};

	(void)unused;
	engine.bad = (uintptr_t)(arena + SM_PAGE_WORDS);
	assert_int_equal(amdgpu_lane_access(lane, a, SM_ARRAY_SIZE(a)), 0);
	assert_int_equal(a[0].error, 0);
	assert_int_equal(a[1].error, -EFAULT);
	assert_int_equal(a[2].error, -EFAULT);
	assert_int_equal(a[3].error, 0);
	assert_int_equal(a[3].value, 1);
	assert_int_equal(arena[SM_PAGE_WORDS + 1], 0);
	assert_int_equal(lane->counts.refused, 2);
}

/* A job that was taken, and fails, is no refusal. */
static void test_fails(void **unused)
{
	struct sm_access a = access_of(5, false, 0);

	(void)unused;
	engine.fails = -EFAULT;
	assert_int_equal(amdgpu_lane_access(lane, &a, 1), -EFAULT);
	assert_non_null(strstr(lane->dev.why, "a job that was taken"));
	engine.fails = -ETIMEDOUT;
	assert_int_equal(amdgpu_lane_access(lane, &a, 1), -ETIMEDOUT);
	assert_int_equal(lane->flight, a.va);
}

/* A copy that is not done is seen: nobody writes that word. */
static void test_lazy(void **unused)
{
	struct sm_access a = access_of(5, false, 0);

	(void)unused;
	engine.lazy = true;
	assert_int_equal(amdgpu_lane_access(lane, &a, 1), 0);
	assert_true(a.value == 0xdeadbeefdeadbeefULL);
}

/* What was written to a word, and is read in the same job, is seen, whatever the packet. */
static void test_order(void **unused)
{
	struct sm_access a[6];
	unsigned int turn, i;

	(void)unused;
	for (turn = 0; turn < 200; turn++) {
		for (i = 0; i < SM_ARRAY_SIZE(a); i++)
			a[i] = access_of(5, i % 3 < 2, turn * 10 + i + 1);
		assert_int_equal(amdgpu_lane_access(lane, a, SM_ARRAY_SIZE(a)),
				 0);
		assert_int_equal(a[2].value, a[1].value);
		assert_int_equal(a[5].value, a[4].value);
		assert_int_equal(arena[5], a[4].value);
	}
}

/* A card whose atomics do not reach our memory is not told to swap. */
static void test_no_swap(void **unused)
{
	struct sm_access a;
	unsigned int i;

	(void)unused;
	lane->dev.swap = false;
	for (i = 0; i < 50; i++) {
		a = access_of(i, true, i);
		assert_int_equal(amdgpu_lane_access(lane, &a, 1), 0);
	}
	assert_int_equal(engine.kinds[SM_SDMA_SWAP], 0);
	assert_true(engine.kinds[SM_SDMA_WRITE]);
}

/* Memory that changes all the time is for another time. */
static void test_busy(void **unused)
{
	struct sm_access a[] = { access_of(5, true, 1), access_of(6, false, 0) };

	(void)unused;
	engine.busy = -EAGAIN;
	assert_int_equal(amdgpu_lane_access(lane, a, SM_ARRAY_SIZE(a)), 0);
	assert_int_equal(a[0].error, -EBUSY);
	assert_int_equal(a[1].error, -EBUSY);
}

/* What is pulled away under a job is not seen again, and then nobody is accused. */
static void test_pull(void **unused)
{
	uint64_t pulled;
	unsigned int i;

	(void)unused;
	lane->users.va = USERS_VA;
	for (i = 0; i < 20; i++)
		assert_int_equal(amdgpu_pull_once(lane), 0);
	assert_int_equal(engine.jobs, 80);
	/* Its jobs had ended by then. */
	assert_int_equal(lane->counts.pulled, 0);
	engine.late = true;
	assert_int_equal(amdgpu_pull_once(lane), 0);
	/* And if the other thread was late enough its job, too. */
	pulled = lane->counts.pulled;
	assert_in_range(pulled, 1, 2);
	assert_false(sm_docket_found(&bed.docket));
	engine.busy = -EAGAIN;
	assert_int_equal(amdgpu_pull_once(lane), 0);
	engine.busy = -EINVAL;
	assert_int_equal(amdgpu_pull_once(lane), -EINVAL);
	assert_int_equal(lane->counts.pulled, pulled);
}

/* One that was taken and fails is told of, as are those of the storm. */
static void test_pull_fails(void **unused)
{
	(void)unused;
	lane->users.va = USERS_VA;
	engine.fails = -EFAULT;
	assert_int_equal(amdgpu_pull_once(lane), -EFAULT);
	assert_non_null(strstr(lane->dev.why, "a job that was taken"));
}

/* A job has what the page held before. */
static void test_pull_kept(void **unused)
{
	(void)unused;
	lane->users.va = USERS_VA;
	engine.stale = true;
	assert_int_equal(amdgpu_pull_once(lane), 0);
	assert_true(result.nr_findings);
	assert_non_null(strstr(result.findings[0].text,
			       "what a page held before"));
}

/* The driver has not waited for it. */
static void test_pull_late(void **unused)
{
	(void)unused;
	lane->users.va = USERS_VA;
	engine.stale = true;
	engine.late = true;
	assert_int_equal(amdgpu_pull_once(lane), 0);
	assert_non_null(strstr(result.findings[0].text, "went on reading"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pull, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pull_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pull_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pull_late, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lazy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_swap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_busy, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	return 77;
}

#endif /* HAVE_AMDGPU */
