// SPDX-License-Identifier: GPL-2.0-only
/* Which event should have dropped a stale entry: by a ring and a table of ours. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "judge/cause.h"
#include "module/witness.h"
#include "wrap_entry.h"

#define SLOTS	64
#define PAGES	16
#define VA	0x10000000000ULL
#define AT(n)	(VA + (n) * SM_PAGE_SIZE)

static struct sm_witness_header header;
static struct sm_record records[SLOTS];
static struct sm_ioc_entry table[PAGES];
static struct sm_device dev;
static struct sm_witness witness;
static unsigned int asked;

int __wrap_sm_device_entry(struct sm_device *d, uint32_t id, uint64_t va,
			   struct sm_ioc_entry *out)
{
	assert_ptr_equal(d, &dev);
	assert_int_equal(id, 7);
	asked++;
	if (va < VA || va >= AT(PAGES))
		return -ERANGE;
	*out = table[(va - VA) >> SM_PAGE_SHIFT];
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(&header, 0, sizeof(header));
	memset(records, 0, sizeof(records));
	memset(table, 0, sizeof(table));
	header.record_slots = SLOTS;
	dev.witness = &header;
	dev.records = records;
	asked = 0;
	sm_witness_init(&witness, &dev, NULL);
	return 0;
}

static void put(enum sm_phase phase, enum sm_event event, uint64_t gen,
		unsigned int first, unsigned int last)
{
	uint64_t n = header.head++;

	records[n % SLOTS] = (struct sm_record){
		.seq = 2 * n + 2,
		.phase = phase,
		.event = event,
		.gen = gen,
		.start = AT(first),
		.end = AT(last + 1),
	};
}

static void start(enum sm_event event, uint64_t gen, unsigned int first,
		  unsigned int last)
{
	put(SM_PHASE_START, event, gen, first, last);
	put(SM_PHASE_END, event, gen, first, last);
}

/* Finds the cause of an entry of page 5, of generation 10. */
static struct sm_finding cause(uint64_t last_inval)
{
	struct sm_finding f = {
		.va = AT(5),
		.gen = 10,
		.last_inval = last_inval,
		.missed_edge = true,
	};

	sm_cause_find(&witness, &dev, 7, &f);
	return f;
}

static void the_first_event_after_it_counts(void **unused)
{
	struct sm_finding f;

	(void)unused;
	start(SM_EVENT_UNMAP, 10, 0, 9);
	start(SM_EVENT_CLEAR, 11, 6, 9);
	put(SM_PHASE_FLUSH, SM_EVENT_FLUSH, 11, 0, 9);
	start(SM_EVENT_MIGRATE, 13, 0, 9);
	start(SM_EVENT_PROTECTION_VMA, 12, 0, 9);
	start(SM_EVENT_SOFT_DIRTY, 14, 0, 9);
	f = cause(13);
	assert_int_equal(f.missed, SM_EVENT_PROTECTION_VMA);
	assert_false(f.missed_edge);
	assert_int_equal(asked, 0);
}

static void flushes_count_where_there_is_no_start(void **unused)
{
	(void)unused;
	put(SM_PHASE_FLUSH, SM_EVENT_FLUSH, 12, 0, 9);
	assert_int_equal(cause(13).missed, SM_EVENT_FLUSH);
}

static void what_is_lost_is_not_known(void **unused)
{
	struct sm_finding f;

	(void)unused;
	start(SM_EVENT_UNMAP, 14, 0, 9);
	f = cause(13);
	assert_int_equal(f.missed, SM_EVENT_NR);
	assert_false(f.missed_edge);
	/* And an entry that is not stale has missed nothing. */
	assert_int_equal(cause(10).missed, SM_EVENT_NR);
}

static void the_end_of_a_range_may_be_a_miscount(void **unused)
{
	(void)unused;
	start(SM_EVENT_CLEAR, 12, 2, 5);
	table[5] = (struct sm_ioc_entry){ .entry = SM_ENT_PRESENT, .gen = 10 };
	assert_true(cause(13).missed_edge);
	/* Young, gone, or born stale: says nothing. */
	table[2] = (struct sm_ioc_entry){ .entry = SM_ENT_PRESENT, .gen = 12 };
	table[3] = (struct sm_ioc_entry){ .gen = 9 };
	table[4] = (struct sm_ioc_entry){
		.entry = SM_ENT_PRESENT | SM_ENT_RACED,
		.gen = 9,
	};
	assert_true(cause(13).missed_edge);
}

static void what_else_is_left_tells(void **unused)
{
	(void)unused;
	start(SM_EVENT_CLEAR, 12, 2, 5);
	table[3] = (struct sm_ioc_entry){ .entry = SM_ENT_PRESENT, .gen = 9 };
	assert_false(cause(13).missed_edge);
	table[3].entry = 0;
	/* By an older event of the same kind, not of another. */
	start(SM_EVENT_UNMAP, 8, 8, 10);
	table[9] = (struct sm_ioc_entry){ .entry = SM_ENT_PRESENT, .gen = 7 };
	assert_true(cause(13).missed_edge);
	start(SM_EVENT_CLEAR, 8, 8, 10);
	assert_false(cause(13).missed_edge);
}

static struct sm_finding huge(unsigned int page)
{
	struct sm_finding f = {
		.va = AT(page),
		.mirror_entry = SM_ENT_PRESENT | 2ULL << SM_ENT_ORDER_SHIFT,
		.gen = 10,
		.last_inval = 13,
	};

	sm_cause_find(&witness, &dev, 7, &f);
	return f;
}

static void a_huge_entry_without_its_head_is_torn(void **unused)
{
	(void)unused;
	/* All of it is gone. */
	assert_false(huge(5).torn);
	table[5] = (struct sm_ioc_entry){
		.entry = SM_ENT_PRESENT | 2ULL << SM_ENT_ORDER_SHIFT,
		.gen = 10,
	};
	assert_true(huge(5).torn);
	table[4] = table[5];
	assert_false(huge(5).torn);
	assert_false(huge(4).torn);
}

static void it_does_not_ask_for_ever(void **unused)
{
	unsigned int i;

	(void)unused;
	start(SM_EVENT_CLEAR, 12, 5, 5);
	for (i = 0; i < 20; i++)
		start(SM_EVENT_CLEAR, 8, 20, 60);
	assert_true(cause(13).missed_edge);
	assert_int_equal(asked, 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_first_event_after_it_counts, set_up),
		cmocka_unit_test_setup(flushes_count_where_there_is_no_start,
				       set_up),
		cmocka_unit_test_setup(what_is_lost_is_not_known, set_up),
		cmocka_unit_test_setup(the_end_of_a_range_may_be_a_miscount,
				       set_up),
		cmocka_unit_test_setup(what_else_is_left_tells, set_up),
		cmocka_unit_test_setup(a_huge_entry_without_its_head_is_torn,
				       set_up),
		cmocka_unit_test_setup(it_does_not_ask_for_ever, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
