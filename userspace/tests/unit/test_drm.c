// SPDX-License-Identifier: GPL-2.0-only
/*
 * A GPU that breaks its promises about fences, and about memory that was taken away,
 * is found out, and one that keeps them is not. The GPU is ours: a function for each
 * thing that it is asked.
 */
#ifdef HAVE_DRM

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <xf86drm.h>

#include "backends/drm/job.h"
#include "backends/drm/lane.h"
#include "backends/drm/pull.h"
#include "backends/drm/slot.h"
#include "host_bed.h"

#define OBJECTS		64
#define SEEN		16

/* What the fake does wrong. */
static bool lags, remembers, writes, says_early, keeps_silent, never_ends;
static bool loses;

/* Objects by handle, and where they are bound. */
static struct {
	uint64_t addr;
	uint64_t va;
	bool readonly;
	bool known;
	uint64_t first;	/* what its first word was when it was first used */
} objects[OBJECTS];

static uint32_t nr_objects;
static char words[GPU_WORDS_SIZE];

/* The job that lags. */
static struct drm_stalemate_cmd left[GPU_JOB_CMDS];
static unsigned int nr_left;
static uint64_t left_value;
static bool asked;

static struct sm_run_result result;
static struct sm_wire wire;
static struct host_bed bed;
static const struct sm_backend backend = { .name = "drm" };
static const struct sm_run_spec spec = {
	.backend = &backend,
	.keep_going = true,
	.seed = 1,
};

static struct gpu_state state;
static struct gpu_file file;
static struct gpu_lane lane;

/* ---- the fake ----------------------------------------------------------------- */

static uint64_t *at(uint64_t va, uint32_t *handle)
{
	for (*handle = 1; *handle < nr_objects; ++*handle)
		if (objects[*handle].va == (va & ~(SM_PAGE_SIZE - 1)))
			return (uint64_t *)(objects[*handle].addr +
					    va % SM_PAGE_SIZE);
	*handle = 0;
	return (uint64_t *)(words + (va - lane.words_va));
}

static void run(const struct drm_stalemate_cmd *c, bool late)
{
	uint32_t from, to;
	uint64_t *src = at(c->src, &from), *dst = at(c->dst, &to);
	uint64_t value = c->value;

	if (c->op == DRM_STALEMATE_OP_COPY) {
		if (from && !objects[from].known)
			objects[from].first = *src;
		objects[from].known = true;
		value = late ? left_value :
			remembers && from ? objects[from].first : *src;
		left_value = value;
	}
	if (!to || !objects[to].readonly || writes)
		*dst = value;
}

static void finish(void)
{
	unsigned int i;

	for (i = 0; i < nr_left; i++)
		run(&left[i], true);
	nr_left = 0;
}

int gpu_dev_submit(int fd, struct drm_stalemate_submit *s)
{
	const struct drm_stalemate_cmd *c = (void *)(uintptr_t)s->cmds;
	unsigned int i, now = lags && s->nr_cmds > 2 ? s->nr_cmds / 2 :
						       s->nr_cmds;

	(void)fd;
	if (keeps_silent && now == s->nr_cmds)
		now--;
	for (i = 0; i < now; i++)
		run(&c[i], false);
	nr_left = keeps_silent ? 0 : s->nr_cmds - now;
	memcpy(left, c + now, nr_left * sizeof(*c));
	asked = false;
	s->seqno = 1;
	return 0;
}

int gpu_dev_wait(int fd, struct drm_stalemate_wait *w)
{
	bool again = asked;

	(void)fd;
	asked = true;
	w->status = loses ? -EFAULT : 0;
	return says_early && !again ? -ETIME : 0;
}

int drmSyncobjWait(int fd, uint32_t *handles, unsigned int nr, int64_t timeout,
		   unsigned int flags, uint32_t *first)
{
	(void)fd;
	(void)handles;
	(void)nr;
	(void)flags;
	(void)first;
	if (never_ends || (!timeout && nr_left))
		return -ETIME;
	finish();
	return 0;
}

int gpu_dev_userptr(int fd, uint64_t addr, uint64_t size, uint32_t flags,
		    uint32_t *handle)
{
	(void)fd;
	(void)size;
	memset(&objects[nr_objects], 0, sizeof(objects[0]));
	objects[nr_objects].addr = addr;
	objects[nr_objects].readonly = flags & DRM_STALEMATE_USERPTR_READONLY;
	*handle = nr_objects++;
	return 0;
}

int gpu_dev_bind(int fd, uint32_t handle, uint64_t va, uint64_t size)
{
	(void)fd;
	(void)size;
	objects[handle].va = va;
	return 0;
}

int gpu_dev_unbind(int fd, uint64_t va, uint64_t size)
{
	uint32_t i;

	(void)fd;
	for (i = 1; i < nr_objects; i++)
		if (objects[i].va >= va && objects[i].va < va + size)
			objects[i].va = 0;
	return 0;
}

int gpu_dev_close(int fd, uint32_t handle)
{
	(void)fd;
	nr_objects -= handle == nr_objects - 1;
	return 0;
}

int gpu_dev_evict(int fd, uint32_t handle)
{
	(void)fd;
	(void)handle;
	return 0;
}

/* ---- tests --------------------------------------------------------------------- */

static int set_up(void **unused)
{
	unsigned int i;

	(void)unused;
	lags = false;
	remembers = false;
	writes = false;
	says_early = false;
	keeps_silent = false;
	never_ends = false;
	loses = false;
	memset(&state, 0, sizeof(state));
	memset(&lane, 0, sizeof(lane));
	memset(&result, 0, sizeof(result));
	nr_objects = 1;
	nr_left = 0;
	sm_await_naps = 12;
	host_bed_init(&bed, &spec, &wire, &result);
	state.host = &bed.host;
	state.query.rings = 4;
	bed.scene.nr_mirrors = 1;
	bed.scene.mirrors[0].name = "drm";
	lane.s = &state;
	lane.file = &file;
	lane.words = (uint64_t *)words;
	lane.words_va = 1ULL << 40;
	sm_rng_seed(&lane.rng, 1, SM_STREAM_GPU, 0);
	for (i = 0; i < GPU_SLOTS; i++)
		lane.slots[i].va = (2 + i) * GPU_WINDOW;
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	host_bed_destroy(&bed);
	return 0;
}

static void expect_found(const char *oracle, enum sm_kind kind)
{
	assert_int_not_equal(result.violations_total, 0);
	assert_string_equal(result.findings[0].oracle, oracle);
	assert_int_equal(result.findings[0].kind, kind);
}

static void who_keeps_promises_is_not_accused(void **unused)
{
	unsigned int i;

	(void)unused;
	for (i = 0; i < SEEN; i++) {
		assert_int_equal(gpu_pull_once(&lane), 0);
		assert_int_equal(gpu_pull_readonly(&lane), 0);
	}
	assert_int_equal(result.violations_total, 0);
	assert_int_not_equal(lane.counts.jobs, 0);
}

/* Its invalidation does not wait for the job. */
static void who_reads_on_is_late(void **unused)
{
	(void)unused;
	lags = true;
	assert_int_equal(gpu_pull_once(&lane), 0);
	expect_found("late", SM_KIND_STALE);
}

static void who_remembers_pages_reads_wrong_data(void **unused)
{
	(void)unused;
	remembers = true;
	assert_int_equal(gpu_pull_once(&lane), 0);
	expect_found("content", SM_KIND_WRONG_DATA);
}

static void who_writes_to_what_is_read_only_is_seen(void **unused)
{
	(void)unused;
	writes = true;
	assert_int_equal(gpu_pull_readonly(&lane), 0);
	expect_found("perm", SM_KIND_FORBIDDEN);
}

static void a_fence_before_the_end_is_early(void **unused)
{
	(void)unused;
	says_early = true;
	assert_int_equal(gpu_pull_once(&lane), 0);
	expect_found("fence", SM_KIND_EARLY);
}

static void a_fence_before_the_writes_is_early(void **unused)
{
	(void)unused;
	keeps_silent = true;
	assert_int_equal(gpu_pull_once(&lane), 0);
	expect_found("fence", SM_KIND_EARLY);
}

static void a_job_that_never_ends_is_unsignalled(void **unused)
{
	(void)unused;
	never_ends = true;
	assert_int_equal(gpu_pull_once(&lane), -ETIMEDOUT);
	expect_found("fence", SM_KIND_UNSIGNALLED);
}

/* An event dropped them without having waited for it. */
static void a_job_that_loses_its_pages_is_told_of(void **unused)
{
	(void)unused;
	loses = true;
	assert_int_equal(gpu_pull_once(&lane), 0);
	expect_found("fence", SM_KIND_UNREACHABLE);
}

/* Without fences it is preempted, and goes on when they are there again. */
static void a_long_job_that_loses_its_pages_is_told_of(void **unused)
{
	(void)unused;
	loses = true;
	state.mode = GPU_LONG;
	assert_int_equal(gpu_pull_once(&lane), 0);
	expect_found("denied", SM_KIND_UNREACHABLE);
}

static void user_pointers_have_all_sizes(void **unused)
{
	uint64_t pages, draw, most = 0, ones = 0;
	struct sm_rng rng;

	(void)unused;
	sm_rng_seed(&rng, 1, SM_STREAM_GPU, 1);
	for (draw = 0; draw < 4096; draw++) {
		pages = gpu_slot_pages(draw, sm_rng_next(&rng));
		assert_in_range(pages, 1, GPU_WINDOW >> SM_PAGE_SHIFT);
		ones += pages == 1;
		if (pages > most)
			most = pages;
	}
	assert_in_range(ones, 1000, 3000);
	assert_in_range(most, 8192, GPU_WINDOW >> SM_PAGE_SHIFT);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_keeps_promises_is_not_accused),
		TEST(who_reads_on_is_late),
		TEST(who_remembers_pages_reads_wrong_data),
		TEST(who_writes_to_what_is_read_only_is_seen),
		TEST(a_fence_before_the_end_is_early),
		TEST(a_fence_before_the_writes_is_early),
		TEST(a_job_that_never_ends_is_unsignalled),
		TEST(a_job_that_loses_its_pages_is_told_of),
		TEST(a_long_job_that_loses_its_pages_is_told_of),
		TEST(user_pointers_have_all_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	return 77;
}

#endif /* HAVE_DRM */
