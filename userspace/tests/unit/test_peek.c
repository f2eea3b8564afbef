// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparing the tables of a real driver with the page table, both made up: what
 * is accused, and what a look that was disturbed, or refused, is counted as.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "actors/actor.h"
#include "actors/compare.h"
#include "backends/backends.h"
#include "host_bed.h"
#include "wrap_device.h"
#include "wrap_time.h"

#define GRANULES	2
#define TABLES		2
#define ENTRY(pfn)	(SM_ENT_PRESENT | (pfn))

static struct host_bed bed;
static struct sm_compare compare;
static struct sm_run_result result;
static struct sm_wire wire;
static struct sm_run_spec spec;
static struct sm_backend backend;
static struct sm_witness_header witness;
static struct sm_granule granules[GRANULES];

/* The first page of each granule, by table; and what disturbs whom. */
static uint64_t mirror[TABLES], cpu;
static int peek_error, pagemap_error, open_error;
static uint32_t unread;
static unsigned int looks, disturbed, used, made;
static uint32_t holds[GRANULES * SM_GRANULE_PAGES];
static uint64_t look_ns, clock_ns, napped_ns;

int __wrap_sm_device_peek(struct sm_device *d, struct sm_ioc_peek *p)
{
	uint64_t *buf = (uint64_t *)(uintptr_t)p->buf;

	(void)d;
	looks++;
	clock_ns += look_ns;
	/* Somebody comes and goes meanwhile. */
	holds[0] += used * SM_HOLD_COUNT;
	bed.host.peek.making += made;
	if (peek_error)
		return peek_error;
	memset(buf, 0, SM_GRANULE_PAGES * sizeof(*buf));
	buf[0] = p->table < TABLES ? mirror[p->table] : 0;
	p->present = !!buf[0];
	p->tables = TABLES;
	p->unread = unread;
	return 0;
}

int __wrap_sm_pagemap_open(char *why, size_t size)
{
	snprintf(why, size, "no pagemap");
	return open_error ?: 0;
}

/* What happens while it looks begins before the page table changes. */
int __wrap_sm_pagemap_read(int fd, uint64_t va, unsigned int nr, uint64_t *buf)
{
	uint64_t g = (va - bed.scene.arena.start) >> SM_GRANULE_SHIFT;

	(void)fd;
	if (pagemap_error)
		return pagemap_error;
	if (disturbed) {
		disturbed--;
		granules[g].started++;
		granules[g].ended++;
	}
	memset(buf, 0, nr * sizeof(*buf));
	buf[0] = cpu;
	return 0;
}

uint64_t __wrap_sm_util_now(void)
{
	return clock_ns;
}

/* Nobody waits; and the run ends in the middle of the first long nap. */
void __wrap_sm_util_nap(uint64_t ns)
{
	napped_ns += ns;
	if (look_ns)
		bed.end.stop = true;
}

static int set_up(void **state)
{
	(void)state;
	memset(&result, 0, sizeof(result));
	memset(&granules, 0, sizeof(granules));
	memset(&witness, 0, sizeof(witness));
	memset(&compare, 0, sizeof(compare));
	host_bed_init(&bed, &spec, &wire, &result);
	bed.scene.dev.fd = 0;
	spec.backend = &backend;
	spec.keep_going = true;
	bed.scene.dev.witness = &witness;
	bed.scene.dev.granules = granules;
	bed.scene.arena.start = SM_ARENA_START;
	bed.scene.arena.end = SM_ARENA_START + GRANULES * SM_GRANULE_SIZE;
	bed.scene.model.pages = GRANULES * SM_GRANULE_PAGES;
	bed.scene.nr_mirrors = 1;
	bed.scene.mirrors[0].name = "driver";
	mirror[0] = ENTRY(5);
	mirror[1] = ENTRY(5);
	cpu = ENTRY(5);
	peek_error = 0;
	pagemap_error = 0;
	open_error = 0;
	unread = 0;
	looks = 0;
	disturbed = 0;
	used = 0;
	made = 0;
	look_ns = 0;
	napped_ns = 0;
	memset(holds, 0, sizeof(holds));
	sm_host_peek(&bed.host, SM_DRIVER_KVM, 7, SM_ARENA_START);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sm_compare_free(&bed.host, &compare);
	host_bed_destroy(&bed);
	return 0;
}

static void at_rest(void)
{
	if (sm_actor_peeker.wanted(&bed.host))
		sm_actor_peeker.at_rest(&bed.host, &compare);
}

static const struct sm_mirror_result *seen(void)
{
	return &result.mirrors[0];
}

static void all_tables_of_all_granules(void **state)
{
	(void)state;
	assert_true(bed.host.peek.on);
	looks = 0;
	at_rest();
	assert_int_equal(looks, GRANULES * TABLES);
	assert_int_equal(seen()->pages_compared, GRANULES * TABLES);
	assert_int_equal(seen()->windows_accepted, GRANULES * TABLES);
	assert_int_equal(seen()->looks, GRANULES);
	assert_int_equal(seen()->unsettled, 0);
	assert_int_equal(result.violations_total, 0);
}

static void another_page_is_accused(void **state)
{
	(void)state;
	mirror[1] = ENTRY(6);
	sm_compare_tables(&bed.host, &compare, 1, false);
	assert_int_equal(result.violations_total, 1);
	assert_string_equal(result.findings[0].oracle, "pagemap");
	assert_int_equal(result.findings[0].va,
			 SM_ARENA_START + SM_GRANULE_SIZE);
	assert_int_equal(result.findings[0].mirror_entry, ENTRY(6));
	assert_non_null(strstr(result.findings[0].text,
			       "to PFN 6, the page table to 5"));
}

static void a_page_that_is_gone_is_accused(void **state)
{
	(void)state;
	cpu = 0;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(result.violations_total, TABLES);
	assert_non_null(strstr(result.findings[0].text,
			       "to PFN 5, the page table has nothing there"));
}

/* A device need not know all pages; and it may know them otherwise. */
static void what_is_legal_is_not_accused(void **state)
{
	(void)state;
	mirror[0] = 0;
	mirror[1] = ENTRY(5) | SM_ENT_WRITE | 3ULL << SM_ENT_ORDER_SHIFT;
	at_rest();
	assert_int_equal(result.violations_total, 0);
	assert_int_equal(seen()->pages_compared, GRANULES);
}

/* In the first table; that an entry was used is no change. */
static void what_changed_is_counted(void **state)
{
	(void)state;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(seen()->pages_changed, 1);
	mirror[0] |= SM_ENT_ACCESSED;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(seen()->pages_changed, 1);
	mirror[0] |= SM_ENT_WRITE;
	mirror[1] |= SM_ENT_WRITE;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(seen()->pages_changed, 2);
	/* What nobody was sure of is news the next time. */
	mirror[0] = ENTRY(5);
	disturbed = TABLES;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(seen()->pages_changed, 2);
	sm_compare_tables(&bed.host, &compare, 1, false);
	assert_int_equal(seen()->pages_changed, 3);
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(seen()->pages_changed, 4);
}

static void a_disturbed_look_proves_nothing(void **state)
{
	(void)state;
	cpu = ENTRY(6);
	disturbed = TABLES;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(result.violations_total, 0);
	assert_int_equal(seen()->windows_rejected, TABLES);
	assert_int_equal(seen()->pages_compared, 0);
	/* One that is under way all the time. */
	granules[0].started++;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(seen()->windows_rejected, TABLES + 1);
	assert_int_equal(result.violations_total, 0);
	granules[0].ended++;
	witness.wide.started++;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(seen()->windows_rejected, TABLES + 2);
	assert_int_equal(result.violations_total, 0);
}

static void at_rest_it_is_waited_for(void **state)
{
	(void)state;
	disturbed = 5;
	at_rest();
	assert_int_equal(seen()->windows_rejected, 5);
	assert_int_equal(seen()->windows_accepted, GRANULES * TABLES);
	assert_int_equal(seen()->unsettled, 0);
}

/* By so many tries, whatever the time. */
static void but_not_for_ever(void **state)
{
	(void)state;
	granules[1].started++;
	at_rest();
	assert_int_equal(seen()->rested, GRANULES * TABLES - 1);
	assert_int_equal(seen()->unsettled, 1);
	assert_int_equal(seen()->windows_rejected, 200);
}

static void a_busy_driver_is_asked_again(void **state)
{
	(void)state;
	peek_error = -EBUSY;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(seen()->windows_rejected, 1);
	assert_false(bed.end.broken);
	bed.host.peek.on = false;
	sm_host_peek(&bed.host, SM_DRIVER_KVM, 7, SM_ARENA_START);
	assert_true(bed.host.peek.on);
}

/* What the device is at, or was meanwhile; but not what somebody waits for. */
static void what_is_held_is_not_compared(void **state)
{
	(void)state;
	mirror[1] = ENTRY(6);
	bed.host.peek.holds = holds;
	used = 1;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(seen()->pages_compared, 0);
	used = 0;
	holds[0] |= SM_HOLD_HELD;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(seen()->pages_compared, 0);
	assert_int_equal(result.violations_total, 0);
	holds[0] ^= SM_HOLD_HELD | SM_HOLD_WANTED;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(seen()->pages_compared, TABLES);
	assert_int_equal(result.violations_total, 1);
}

/* What is in a table before the device may use it says nothing. */
static void a_table_in_the_making_is_not_compared(void **state)
{
	(void)state;
	mirror[0] = ENTRY(6);
	mirror[1] = ENTRY(6);
	bed.host.peek.making = 1;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(seen()->windows_rejected, 1);
	bed.host.peek.making = 2;
	made = 2;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(seen()->windows_rejected, 3);
	assert_int_equal(seen()->windows_accepted, 0);
	assert_int_equal(result.violations_total, 0);
	made = 0;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_int_equal(result.violations_total, TABLES);
}

static void what_fails_breaks_the_run(void **state)
{
	(void)state;
	pagemap_error = -EIO;
	at_rest();
	assert_true(bed.end.broken);
	assert_string_equal(bed.end.why, "pagemap failed: Input/output error");
	assert_int_equal(result.violations_total, 0);
}

static void a_look_that_fails_breaks_it(void **state)
{
	(void)state;
	peek_error = -EIO;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_true(bed.end.broken);
	assert_string_equal(bed.end.why, "snapshot failed: Input/output error");
}

static void expect_none(int err, const char *why)
{
	peek_error = err;
	bed.host.peek.on = false;
	sm_host_peek(&bed.host, SM_DRIVER_KVM, 7, SM_ARENA_START);
	assert_false(bed.host.peek.on);
	if (!strstr(result.unread, why))
		fail_msg("%d: %s", err, result.unread);
}

static void why_there_is_none_is_told(void **state)
{
	(void)state;
	expect_none(-EOPNOTSUPP, "cannot read this driver's tables");
	expect_none(-ENOTTY, "the module is older than this program");
	expect_none(-EIO, "Input/output error");
	open_error = -EPERM;
	expect_none(0, "no pagemap");
	/* Nobody looks then. */
	looks = 0;
	at_rest();
	assert_int_equal(looks, 0);
}

static void what_is_left_out_is_told(void **state)
{
	(void)state;
	unread = 1;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_string_equal(result.unread, "of 1 vCPU: shadow paging");
	unread = 3;
	sm_compare_tables(&bed.host, &compare, 0, false);
	unread = 2;
	sm_compare_tables(&bed.host, &compare, 0, false);
	assert_string_equal(result.unread, "of 3 vCPUs: shadow paging");
}

/* Where a look takes an hour, what is napped for after it is not waited for. */
static void an_end_cuts_a_nap_short(void **state)
{
	(void)state;
	look_ns = 3600 * SM_NSEC;
	bed.gate.begun = true;
	sm_actor_peeker.thread(&bed.host, &compare);
	assert_int_equal(looks, TABLES + 1);
	assert_in_range(napped_ns, 1, SM_NSEC);
}

#define PEEK_TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEEK_TEST(all_tables_of_all_granules),
		PEEK_TEST(another_page_is_accused),
		PEEK_TEST(a_page_that_is_gone_is_accused),
		PEEK_TEST(what_is_legal_is_not_accused),
		PEEK_TEST(what_changed_is_counted),
		PEEK_TEST(a_disturbed_look_proves_nothing),
		PEEK_TEST(at_rest_it_is_waited_for),
		PEEK_TEST(but_not_for_ever),
		PEEK_TEST(a_busy_driver_is_asked_again),
		PEEK_TEST(what_is_held_is_not_compared),
		PEEK_TEST(a_table_in_the_making_is_not_compared),
		PEEK_TEST(what_fails_breaks_the_run),
		PEEK_TEST(a_look_that_fails_breaks_it),
		PEEK_TEST(why_there_is_none_is_told),
		PEEK_TEST(what_is_left_out_is_told),
		PEEK_TEST(an_end_cuts_a_nap_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
