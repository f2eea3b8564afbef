// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a record ring that its writers go round.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "module/window.h"
#include "module/witness.h"

#define SLOTS	64
#define VA	0x10000000000ULL

struct bench {
	struct sm_witness_header header;
	struct sm_granule granules[2];
	struct sm_record records[SLOTS];
	struct sm_device dev;
	struct sm_witness witness;
};

static struct bench bench;

static int set_up(void **state)
{
	struct bench *b = &bench;

	memset(b, 0, sizeof(*b));
	b->header.record_slots = SLOTS;
	b->dev.witness = &b->header;
	b->dev.granules = b->granules;
	b->dev.records = b->records;
	sm_witness_init(&b->witness, &b->dev, NULL);
	*state = b;
	return 0;
}

/* What a writer does, up to publishing the slot. */
static struct sm_record *take_slot(struct bench *b)
{
	uint64_t n = b->header.head++;
	struct sm_record *r = &b->records[n % SLOTS];

	memset(r, 0, sizeof(*r));
	r->seq = 2 * n + 1;
	return r;
}

static void put(struct bench *b, enum sm_phase phase, uint64_t start,
		uint64_t end)
{
	struct sm_record *r = take_slot(b);

	r->phase = phase;
	r->start = start;
	r->end = end;
	r->nr_ips = 1;
	r->ips[0] = 0x1234;
	r->seq++;
}

static void starts_are_counted(void **state)
{
	struct bench *b = *state;

	put(b, SM_PHASE_START, VA, VA + SM_PAGE_SIZE);
	put(b, SM_PHASE_END, VA, VA + SM_PAGE_SIZE);
	put(b, SM_PHASE_START, VA, VA + SM_PAGE_SIZE);
	assert_int_equal(sm_witness_drain(&b->witness), 3);
	assert_int_equal(sm_witness_drain(&b->witness), 0);
	assert_int_equal(b->witness.nr_emitters, 1);
	assert_int_equal(b->witness.emitters[0].count, 2);
	assert_int_equal(b->witness.at.lost, 0);
}

static void an_unfinished_record_is_waited_for(void **state)
{
	struct bench *b = *state;
	struct sm_record *late;

	put(b, SM_PHASE_START, VA, VA + SM_PAGE_SIZE);
	late = take_slot(b);
	put(b, SM_PHASE_START, VA, VA + SM_PAGE_SIZE);
	assert_int_equal(sm_witness_drain(&b->witness), 1);
	late->seq++;
	assert_int_equal(sm_witness_drain(&b->witness), 2);
	assert_int_equal(b->witness.at.lost, 0);
}

static void what_was_overwritten_is_lost(void **state)
{
	struct bench *b = *state;
	unsigned int i;

	for (i = 0; i < SLOTS + 10; i++)
		put(b, SM_PHASE_START, VA, VA + SM_PAGE_SIZE);
	assert_int_equal(sm_witness_drain(&b->witness), SLOTS);
	assert_int_equal(b->witness.at.lost, 10);
	assert_int_equal(b->witness.emitters[0].count, SLOTS);
}

static void history_is_of_one_page(void **state)
{
	struct bench *b = *state;
	struct sm_finding f = { .va = VA + SM_PAGE_SIZE };

	put(b, SM_PHASE_START, VA, VA + SM_PAGE_SIZE);
	put(b, SM_PHASE_START, VA, VA + 2 * SM_PAGE_SIZE);
	put(b, SM_PHASE_END, 0, ~0ULL);
	put(b, SM_PHASE_START, VA + 2 * SM_PAGE_SIZE, VA + 3 * SM_PAGE_SIZE);
	sm_witness_history(&b->witness, &f);
	assert_int_equal(f.nr_history, 2);
	assert_false(f.truncated);
	assert_true(f.history[0].record.end == VA + 2 * SM_PAGE_SIZE);
	assert_true(f.history[1].record.end == ~0ULL);
	assert_string_equal(f.history[1].emitter, "");
}

static void history_keeps_the_newest(void **state)
{
	struct bench *b = *state;
	struct sm_finding f = { .va = VA };
	unsigned int i;

	for (i = 0; i < SM_MAX_HISTORY + 5; i++)
		put(b, SM_PHASE_START, VA, VA + (i + 1) * SM_PAGE_SIZE);
	sm_witness_history(&b->witness, &f);
	assert_int_equal(f.nr_history, SM_MAX_HISTORY);
	assert_true(f.truncated);
	for (i = 0; i < SM_MAX_HISTORY; i++)
		assert_true(f.history[i].record.end ==
			    VA + (i + 6) * SM_PAGE_SIZE);
}

/* What the contract checker had no room for is told, and breaks nothing else. */
static void the_result_has_the_counts(void **state)
{
	struct bench *b = *state;
	struct sm_run_result r = { .events = { 0 } };

	b->header.events[SM_EVENT_CLEAR] = 7;
	b->header.untracked = 3;
	sm_witness_finish(&b->witness, &r);
	assert_int_equal(r.events[SM_EVENT_CLEAR], 7);
	assert_int_equal(r.untracked, 3);
}

static void windows_open_only_when_idle(void **state)
{
	struct bench *b = *state;
	struct sm_window w;

	b->granules[1].started = 5;
	b->granules[1].ended = 4;
	assert_true(sm_window_open(&b->dev, 0, &w));
	assert_false(sm_window_open(&b->dev, 1, &w));
	b->granules[1].ended = 5;
	assert_true(sm_window_open(&b->dev, 1, &w));
	assert_true(sm_window_close(&b->dev, 1, &w));
	b->header.wide.started = 1;
	assert_false(sm_window_close(&b->dev, 1, &w));
	assert_false(sm_window_open(&b->dev, 1, &w));
	b->header.wide.ended = 1;
	assert_true(sm_window_open(&b->dev, 1, &w));
	b->granules[0].started++;
	assert_true(sm_window_close(&b->dev, 1, &w));
	b->granules[1].started++;
	assert_false(sm_window_close(&b->dev, 1, &w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(starts_are_counted, set_up),
		cmocka_unit_test_setup(an_unfinished_record_is_waited_for,
				       set_up),
		cmocka_unit_test_setup(what_was_overwritten_is_lost, set_up),
		cmocka_unit_test_setup(history_is_of_one_page, set_up),
		cmocka_unit_test_setup(history_keeps_the_newest, set_up),
		cmocka_unit_test_setup(the_result_has_the_counts, set_up),
		cmocka_unit_test_setup(windows_open_only_when_idle, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
