// SPDX-License-Identifier: GPL-2.0-only
/*
 * Agents that are threads: what they leave in their ring, of accesses that go
 * through, are refused, are left out, or are the last.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory/agent_feed.h"

#define PAGES	8U
#define START	0x100000ULL
#define ORDER	6
#define SLOTS	(1U << ORDER)

static struct sm_tag tags[PAGES];
static struct sm_model model = { .tags = tags, .pages = PAGES };
static struct sm_agent_feed feed;
static unsigned int accesses;
static bool changes;	/* the page does, while it is accessed */
static int error;	/* of each element */
static int last;	/* of the access that fills the ring */

static int fake_access(struct sm_agent_feed *f, struct sm_access *a,
		       unsigned int nr)
{
	(void)f;
	for (; nr; nr--, a++, accesses++) {
		if (changes)
			tags[(a->va - START) >> SM_PAGE_SHIFT].announced++;
		a->error = error;
	}
	return accesses >= SLOTS ? last : 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(tags, 0, sizeof(tags));
	memset(&feed, 0, sizeof(feed));
	accesses = 0;
	changes = false;
	error = 0;
	last = 0;
	feed.access = fake_access;
	feed.batch = 16;
	feed.how.start = START;
	feed.how.end = START + PAGES * SM_PAGE_SIZE;
	feed.how.ring_order = ORDER;
	feed.how.write_word = 9;
	feed.model = &model;
	feed.ring = calloc(1, sm_agent_feed_bytes(ORDER));
	assert_non_null(feed.ring);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(feed.ring);
	return 0;
}

/* Until there is no room, or it has ended; nobody reads the ring. */
static int run(void)
{
	struct sm_patience p = { .naps = sm_await_naps };

	assert_int_equal(sm_agent_feed_start(&feed, 0), 0);
	while (!sm_read((uint64_t *)&feed.ring->stalled) &&
	       !sm_read(&feed.ring->ended))
		sm_util_nap(SM_USEC);
	return sm_agent_thread_stop(&feed.thread, &p);
}

static void a_full_ring_is_not_overrun(void **state)
{
	const struct sm_sample *s = feed.ring->samples;
	unsigned int i, writes = 0;

	(void)state;
	changes = true;
	assert_int_equal(run(), 0);
	assert_int_equal(feed.ring->head, SLOTS);
	assert_int_equal(feed.ring->accesses, SLOTS);
	assert_int_equal(feed.ring->refused, 0);
	for (i = 0; i < SLOTS; i++) {
		assert_in_range(s[i].va, START, feed.how.end - 1);
		assert_true(s[i].after > s[i].before);
		writes += !!(s[i].flags & SM_SAMPLE_WRITE);
	}
	assert_int_equal(writes, feed.writes);
	assert_in_range(writes, 1, SLOTS - 1);
}

static void refusals_are_counted(void **state)
{
	(void)state;
	error = -EFAULT;
	assert_int_equal(run(), 0);
	assert_int_equal(feed.ring->refused, SLOTS);
	assert_int_equal(feed.ring->samples[0].error, -EFAULT);
}

/* A write that was left out may be done nevertheless. */
static void of_what_is_left_out_writes_are_told(void **state)
{
	unsigned int i;

	(void)state;
	error = -ECANCELED;
	assert_int_equal(run(), 0);
	assert_true(accesses > SLOTS);
	for (i = 0; i < feed.ring->head; i++)
		assert_true(feed.ring->samples[i].flags & SM_SAMPLE_WRITE);
}

static void the_error_that_ends_it_is_told(void **state)
{
	(void)state;
	last = -ENODEV;
	assert_int_equal(run(), -ENODEV);
	assert_int_equal(feed.ring->ended, -ENODEV);
	assert_int_equal(feed.ring->head, SLOTS - feed.batch);
}

/* Pages that may not be read or written are passed by, most of the time. */
static void the_wary_go_where_they_may(void **state)
{
	unsigned int i, there = 0;

	(void)state;
	tags[5].committed = SM_TAG_READ | SM_TAG_WRITE;
	feed.wary = true;
	assert_int_equal(run(), 0);
	for (i = 0; i < SLOTS; i++)
		there += (feed.ring->samples[i].va - START) >> SM_PAGE_SHIFT ==
			 5;
	assert_true(there > SLOTS / 2);
}

#define MANY	20000U
#define BLOCKS	64ULL	/* of 2 MiB */

/* Three in four go to the span, and half of those to its ends. */
static void half_go_to_the_ends_of_a_span(void **state)
{
	struct sm_agent_ring ring = {
		.aim_start = 100 * SM_PAGE_SIZE,
		.aim_end = 164 * SM_PAGE_SIZE,
	};
	unsigned int i, head = 0, tail = 0;
	struct sm_rng rng;

	(void)state;
	sm_rng_seed(&rng, 1, 0, 0);
	for (i = 0; i < MANY; i++) {
		uint64_t va = sm_agent_feed_page(&ring, &rng, 0,
						 BLOCKS * SM_GRANULE_SIZE);

		head += va == ring.aim_start;
		tail += va == ring.aim_end - SM_PAGE_SIZE;
	}
	assert_in_range(head, MANY * 3 / 16, MANY * 4 / 16);
	assert_in_range(tail, MANY * 3 / 16, MANY * 4 / 16);
}

/* Who roams goes to the ends of blocks of 16 pages and more. */
static void half_go_to_the_ends_of_blocks(void **state)
{
	struct sm_agent_ring ring = { 0 };
	unsigned int i, head = 0, tail = 0;
	struct sm_rng rng;

	(void)state;
	sm_rng_seed(&rng, 1, 0, 0);
	for (i = 0; i < MANY; i++) {
		uint64_t va = sm_agent_feed_page(&ring, &rng, 0,
						 BLOCKS * SM_GRANULE_SIZE);

		assert_true(va < BLOCKS * SM_GRANULE_SIZE);
		head += (va >> SM_PAGE_SHIFT) % 16 == 0;
		tail += (va >> SM_PAGE_SHIFT) % 16 == 15;
	}
	assert_in_range(head, MANY / 4, MANY / 3);
	assert_in_range(tail, MANY / 4, MANY / 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_full_ring_is_not_overrun,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(refusals_are_counted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(of_what_is_left_out_writes_are_told,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_error_that_ends_it_is_told,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_wary_go_where_they_may,
						set_up, tear_down),
		cmocka_unit_test(half_go_to_the_ends_of_a_span),
		cmocka_unit_test(half_go_to_the_ends_of_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
