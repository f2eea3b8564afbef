// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model's words, and the judgement of accesses between two of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/util.h"
#include "memory/model.h"

#define PAGES	4
#define PAGE	2

static const struct sm_change map_zero = {
	.clear = SM_TAG_STAMP,
	.set = SM_TAG_ZERO | SM_TAG_ACCESS,
};

static const struct sm_change unmap = {
	.clear = SM_TAG_ACCESS | SM_TAG_STAMP,
	.set = SM_TAG_ZERO,
};

static const struct sm_change forbid = {
	.clear = SM_TAG_READ | SM_TAG_WRITE,
};

static const struct sm_change read_only = { .clear = SM_TAG_WRITE };

static const struct sm_change lazy_free = { .set = SM_TAG_ZERO };

static const struct sm_change stamp = {
	.clear = SM_TAG_ZERO,
	.set = SM_TAG_STAMP,
	.stamps = 1,
};

struct bench {
	struct sm_model model;
	struct sm_tag tags[PAGES];
};

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	*state = b;
	return b ? sm_model_init(&b->model, b->tags, PAGES, 1) : -1;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	sm_model_free(&b->model);
	free(b);
	return 0;
}

static uint64_t apply(struct bench *b, struct sm_change c)
{
	sm_model_announce(&b->model, PAGE, 1, c);
	sm_model_commit(&b->model, PAGE, 1);
	return sm_model_state(&b->model, PAGE);
}

static enum sm_judgement judge(uint64_t value, uint64_t before, uint64_t after)
{
	return sm_model_judge_read(PAGE, value, before, after);
}

static void a_stable_page_gives_its_content_alone(void **state)
{
	struct bench *b = *state;
	uint64_t zero = apply(b, map_zero);
	uint64_t one = apply(b, stamp);
	uint64_t two = apply(b, stamp);

	assert_int_equal(judge(0, zero, zero), SM_JUDGE_OK);
	assert_int_equal(judge(sm_model_stamp(PAGE, 1), zero, zero),
			 SM_JUDGE_VALUE);
	assert_int_equal(judge(sm_model_stamp(PAGE, 1), one, one),
			 SM_JUDGE_OK);
	assert_int_equal(judge(0, one, one), SM_JUDGE_VALUE);
	assert_int_equal(judge(sm_model_stamp(PAGE, 1), two, two),
			 SM_JUDGE_VALUE);
	assert_int_equal(judge(sm_model_stamp(PAGE + 1, 2), two, two),
			 SM_JUDGE_VALUE);
}

static void freed_pages_give_stamp_or_zero(void **state)
{
	struct bench *b = *state;
	uint64_t s;

	apply(b, map_zero);
	apply(b, stamp);
	s = apply(b, lazy_free);
	assert_int_equal(judge(0, s, s), SM_JUDGE_OK);
	assert_int_equal(judge(sm_model_stamp(PAGE, 1), s, s), SM_JUDGE_OK);
	assert_int_equal(judge(1, s, s), SM_JUDGE_VALUE);
}

static void data_from_nowhere_is_wrong(void **state)
{
	struct bench *b = *state;
	uint64_t none, hole;

	apply(b, map_zero);
	none = apply(b, forbid);
	hole = apply(b, unmap);
	assert_int_equal(judge(0, none, none), SM_JUDGE_UNREADABLE);
	assert_int_equal(judge(0, hole, hole), SM_JUDGE_UNMAPPED);
	assert_int_equal(sm_model_judge_write(none, none),
			 SM_JUDGE_UNREADABLE);
	assert_int_equal(sm_model_judge_write(hole, hole), SM_JUDGE_UNMAPPED);
}

/* An op that was to unmap a page has failed: it may be there as it was, or not be. */
static void a_blurred_page_may_be_anything(void **state)
{
	struct bench *b = *state;
	uint64_t one, blurred, fresh, old = sm_model_stamp(PAGE, 1);

	apply(b, map_zero);
	one = apply(b, stamp);
	sm_model_announce(&b->model, PAGE, 1, unmap);
	sm_model_blur(&b->model, PAGE, 1);
	blurred = sm_model_state(&b->model, PAGE);
	assert_int_equal(judge(old, one, blurred), SM_JUDGE_OK);
	assert_int_equal(judge(old, blurred, blurred), SM_JUDGE_OK);
	assert_int_equal(judge(0, blurred, blurred), SM_JUDGE_OK);
	assert_int_equal(sm_model_judge_write(blurred, blurred), SM_JUDGE_OK);

	fresh = apply(b, (struct sm_change){
		.clear = SM_TAG_BLURRED | SM_TAG_STAMP,
		.set = SM_TAG_ZERO | SM_TAG_ACCESS,
	});
	assert_int_equal(judge(old, blurred, fresh), SM_JUDGE_OK);
	assert_int_equal(judge(old, fresh, fresh), SM_JUDGE_VALUE);

	/* Without an announcement it is a change as well. */
	sm_model_blur(&b->model, PAGE, 1);
	blurred = sm_model_state(&b->model, PAGE);
	assert_int_not_equal(sm_model_gen(blurred), sm_model_gen(fresh));
	assert_int_equal(judge(1, fresh, blurred), SM_JUDGE_OK);
}

static void one_change_allows_either_side(void **state)
{
	struct bench *b = *state;
	uint64_t zero = apply(b, map_zero);
	uint64_t one = apply(b, stamp);
	uint64_t hole = apply(b, unmap);

	assert_int_equal(judge(0, zero, one), SM_JUDGE_OK);
	assert_int_equal(judge(sm_model_stamp(PAGE, 1), zero, one),
			 SM_JUDGE_OK);
	assert_int_equal(judge(sm_model_stamp(PAGE, 1), one, hole),
			 SM_JUDGE_OK);
	assert_int_equal(judge(0, one, hole), SM_JUDGE_VALUE);
	assert_int_equal(judge(sm_model_stamp(PAGE, 2), zero, one),
			 SM_JUDGE_VALUE);
}

static void many_changes_allow_what_was_written_between(void **state)
{
	struct bench *b = *state;
	uint64_t first, last;
	unsigned int i;

	apply(b, map_zero);
	apply(b, stamp);
	first = apply(b, stamp);
	for (i = 0; i < 3; i++)
		last = apply(b, stamp);
	for (i = 2; i <= 5; i++)
		assert_int_equal(judge(sm_model_stamp(PAGE, i), first, last),
				 SM_JUDGE_OK);
	assert_int_equal(judge(0, first, last), SM_JUDGE_OK);
	assert_int_equal(judge(sm_model_stamp(PAGE, 1), first, last),
			 SM_JUDGE_VALUE);
	assert_int_equal(judge(sm_model_stamp(PAGE, 6), first, last),
			 SM_JUDGE_VALUE);
}

static void read_only_pages_take_no_write(void **state)
{
	struct bench *b = *state;
	uint64_t rw = apply(b, map_zero);
	uint64_t ro = apply(b, read_only);

	assert_int_equal(sm_model_judge_write(rw, rw), SM_JUDGE_OK);
	assert_int_equal(sm_model_judge_write(rw, ro), SM_JUDGE_OK);
	assert_int_equal(sm_model_judge_write(ro, ro), SM_JUDGE_READONLY);
}

static void generations_wrap(void **state)
{
	struct bench *b = *state;
	uint64_t last = SM_TAG_GEN_MASK << SM_TAG_GEN_SHIFT;
	uint64_t before, after;

	apply(b, map_zero);
	b->tags[PAGE].committed |= last;
	before = sm_model_state(&b->model, PAGE);
	after = apply(b, stamp);
	assert_int_equal(sm_model_gen(before), SM_TAG_GEN_MASK);
	assert_int_equal(sm_model_gen(after), 0);
	assert_int_equal(judge(0, before, after), SM_JUDGE_OK);
	assert_int_equal(judge(sm_model_stamp(PAGE, 1), before, after),
			 SM_JUDGE_OK);
	assert_int_equal(judge(1, before, after), SM_JUDGE_VALUE);
	/* Neighbours keep their words. */
	assert_true(b->tags[PAGE - 1].committed == SM_TAG_ZERO);
	assert_true(b->tags[PAGE + 1].announced == SM_TAG_ZERO);
}

static void stamp_numbers_wrap_in_the_value(void **state)
{
	uint64_t before = 0xfffffeULL | SM_TAG_ACCESS | SM_TAG_STAMP;
	uint64_t after = 0x1000002ULL | SM_TAG_ACCESS | SM_TAG_STAMP |
			 4ULL << SM_TAG_GEN_SHIFT;

	(void)state;
	assert_int_equal(judge(sm_model_stamp(PAGE, 0x1000001), before, after),
			 SM_JUDGE_OK);
	assert_int_equal(judge(sm_model_stamp(PAGE, 1), before, after),
			 SM_JUDGE_VALUE);
}

static void marks_name_their_page(void **state)
{
	uint64_t v = sm_model_mark(SM_MARK_AGENT + 3, PAGE, 0x12345678);

	(void)state;
	assert_true(sm_model_mark_fits(0, SM_MARK_AGENT + 3, PAGE));
	assert_true(sm_model_mark_fits(v, SM_MARK_AGENT + 3, PAGE));
	assert_false(sm_model_mark_fits(v, SM_MARK_AGENT + 2, PAGE));
	assert_false(sm_model_mark_fits(v, SM_MARK_AGENT + 3, PAGE + 1));
	/* A stamp is never taken for what a device wrote. */
	assert_false(sm_model_mark_fits(sm_model_stamp(PAGE, 1), SM_MARK_DIRECT,
					PAGE));
}

static void an_older_mark_does_not_stand_for_a_newer_one(void **state)
{
	uint64_t v = sm_model_mark(SM_MARK_DIRECT, PAGE, 0xffffff);

	(void)state;
	assert_true(sm_model_mark_since(v, v));
	assert_true(sm_model_mark_since(sm_model_mark(SM_MARK_DIRECT, PAGE,
						      0x1000002), v));
	assert_false(sm_model_mark_since(v - 1, v));
	assert_false(sm_model_mark_since(0, v));
	assert_false(sm_model_mark_since(sm_model_mark(SM_MARK_DIRECT,
						       PAGE + 1, 0x1000002),
					 v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_stable_page_gives_its_content_alone,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(freed_pages_give_stamp_or_zero,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(data_from_nowhere_is_wrong,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_blurred_page_may_be_anything,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_change_allows_either_side,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_changes_allow_what_was_written_between,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(read_only_pages_take_no_write,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(generations_wrap, set_up,
						tear_down),
		cmocka_unit_test(stamp_numbers_wrap_in_the_value),
		cmocka_unit_test(marks_name_their_page),
		cmocka_unit_test(an_older_mark_does_not_stand_for_a_newer_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
