// SPDX-License-Identifier: GPL-2.0-only
/* Oracle flush: descriptors as Linux 7.3 submits them, and those that a bug would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/intel_sva/flush.h"

#define PASID	1U
#define TID	100
#define BASE	0x10000000000ULL
#define PAGE	4096ULL
#define LATER	1000000ULL	/* by more than clocks may differ */

static struct sva_flush *f;
static uint64_t now;

static int set_up(void **state)
{
	(void)state;
	f = calloc(1, sizeof(*f));
	f->pasid = PASID;
	f->devices = 2;
	now = 1000 * LATER;
	return f ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	sva_flush_free(f);
	free(f);
	return 0;
}

static void submit(int tid, int device, uint32_t pasid, uint64_t first,
		   uint64_t last)
{
	const struct sva_inval inval = {
		.pasid = pasid,
		.device = device,
		.t_ns = now,
		.first = first,
		.last = last,
	};

	assert_true(sva_flush_submit(f, tid, &inval));
}

/* To the IOMMU and to both cards. */
static void submit_all(uint64_t first, uint64_t last)
{
	submit(TID, SVA_IOTLB, PASID, first, last);
	submit(TID, 0x28, PASID, first, last);
	submit(TID, 0x30, PASID, first, last);
}

static enum sva_flushed told(uint64_t first, uint64_t last)
{
	enum sva_flushed how;

	now += LATER;
	how = sva_flush_told(f, TID, now, first, last);
	assert_int_equal(sva_flush_told(f, TID, now, first, last), how);
	sva_flush_done(f, TID, now);
	return how;
}

static void expect_inval(uint64_t qw0, uint64_t qw1, int device,
			 uint64_t first, uint64_t last)
{
	const uint64_t qw[] = { qw0, qw1 };
	struct sva_inval i;

	assert_true(sva_flush_decode(qw, &i));
	assert_int_equal(i.pasid, PASID);
	assert_int_equal(i.device, device);
	assert_int_equal(i.first, first);
	assert_int_equal(i.last, last);
}

static void decodes(void **state)
{
	const uint64_t pasid_cache[] = { 0x100010017, 0 };
	struct sva_inval i;

	(void)state;
	expect_inval(0x100010036, BASE | 0x13, SVA_IOTLB, BASE,
		     BASE + (1ULL << 31) - 1);
	expect_inval(0x100010036, BASE + PAGE, SVA_IOTLB, BASE + PAGE,
		     BASE + 2 * PAGE - 1);
	expect_inval(0x100010026, 0, SVA_IOTLB, 0, UINT64_MAX);
	expect_inval(0x100280008, 0x1003ffff800, 0x28, BASE,
		     BASE + (1ULL << 31) - 1);
	expect_inval(0x100280008, BASE + PAGE, 0x28, BASE + PAGE,
		     BASE + 2 * PAGE - 1);
	expect_inval(0x100280008, BASE | 0x800, 0x28, BASE,
		     BASE + 2 * PAGE - 1);
	expect_inval(0x100280008, 0x7ffffffffffff800, 0x28, 0, UINT64_MAX);
	assert_false(sva_flush_decode(pasid_cache, &i));
}

static void covered(void **state)
{
	(void)state;
	submit_all(BASE, BASE + 8 * PAGE - 1);
	assert_int_equal(told(BASE + PAGE, BASE + 3 * PAGE - 1), SVA_FLUSHED);
	submit_all(BASE, BASE + 4 * PAGE - 1);
	submit_all(BASE + 4 * PAGE, BASE + 8 * PAGE - 1);
	assert_int_equal(told(BASE, BASE + 8 * PAGE - 1), SVA_FLUSHED);
	submit_all(0, UINT64_MAX);
	assert_int_equal(told(0, UINT64_MAX), SVA_FLUSHED);
}

static void missed(void **state)
{
	(void)state;
	assert_int_equal(told(BASE, BASE + PAGE - 1), SVA_FLUSHED_NOT);
	submit_all(BASE, BASE + PAGE - 1);
	assert_int_equal(told(BASE, BASE + 2 * PAGE - 1), SVA_FLUSHED_NOT);
	submit_all(BASE + PAGE, BASE + 2 * PAGE - 1);
	assert_int_equal(told(BASE, BASE + 2 * PAGE - 1), SVA_FLUSHED_NOT);
	submit_all(BASE, BASE + PAGE - 1);
	submit_all(BASE + 2 * PAGE, BASE + 3 * PAGE - 1);
	assert_int_equal(told(BASE, BASE + 3 * PAGE - 1), SVA_FLUSHED_NOT);
	submit_all(BASE, UINT64_MAX);
	assert_int_equal(told(0, UINT64_MAX), SVA_FLUSHED_NOT);
}

/* What another process, or another thread, has flushed is no excuse. */
static void of_others(void **state)
{
	(void)state;
	submit(TID, SVA_IOTLB, PASID + 1, BASE, BASE + PAGE - 1);
	submit(TID + 1, SVA_IOTLB, PASID, BASE, BASE + PAGE - 1);
	assert_int_equal(told(BASE, BASE + PAGE - 1), SVA_FLUSHED_NOT);
}

/* Nor is what came before the thread's last record, or comes after this one. */
static void of_another_time(void **state)
{
	(void)state;
	submit_all(BASE, BASE + PAGE - 1);
	assert_int_equal(told(BASE, BASE + PAGE - 1), SVA_FLUSHED);
	assert_int_equal(told(BASE, BASE + PAGE - 1), SVA_FLUSHED_NOT);
	now += 3 * LATER;
	submit_all(BASE, BASE + PAGE - 1);
	now -= 2 * LATER;
	assert_int_equal(told(BASE, BASE + PAGE - 1), SVA_FLUSHED_NOT);
}

/* Each card has a TLB of its own, and one that is told twice does not count as two. */
static void devices(void **state)
{
	(void)state;
	submit(TID, SVA_IOTLB, PASID, BASE, BASE + PAGE - 1);
	submit(TID, 0x28, PASID, BASE, BASE + PAGE - 1);
	submit(TID, 0x28, PASID, BASE, BASE + PAGE - 1);
	assert_int_equal(told(BASE, BASE + PAGE - 1), SVA_FLUSHED_SOME);
	submit_all(BASE, BASE + PAGE - 1);
	submit(TID, 0x38, PASID, BASE, BASE + PAGE - 1);
	assert_int_equal(told(BASE, BASE + PAGE - 1), SVA_FLUSHED);
	submit(TID, 0x28, PASID, BASE, BASE + PAGE - 1);
	submit(TID, 0x30, PASID, BASE, BASE + PAGE - 1);
	assert_int_equal(told(BASE, BASE + PAGE - 1), SVA_FLUSHED_NOT);
}

/* More of them than are remembered: the place of the idlest is taken. */
static void many_threads(void **state)
{
	int tid;

	(void)state;
	for (tid = 1; tid <= 3 * (int)SVA_FLUSH_THREADS; tid++, now += LATER)
		submit(tid + TID, SVA_IOTLB, PASID, BASE, BASE + PAGE - 1);
	submit_all(BASE, BASE + PAGE - 1);
	for (tid = 1; tid < (int)SVA_FLUSH_THREADS; tid++)
		submit(tid + TID, SVA_IOTLB, PASID, BASE, BASE + PAGE - 1);
	assert_int_equal(told(BASE, BASE + PAGE - 1), SVA_FLUSHED);
}

/*
 * A record is late, and a thread that is fast has flushed many times by then: nothing of
 * it is forgotten before the last of the records was judged.
 */
static void many_flushes(void **state)
{
	uint64_t begun = now;
	unsigned int i, round;

	(void)state;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 1000; i++, now += LATER)
			submit_all(BASE + i * PAGE, BASE + (i + 1) * PAGE - 1);
		for (i = 0, now = begun; i < 1000; i++)
			assert_int_equal(told(BASE + i * PAGE,
					      BASE + (i + 1) * PAGE - 1),
					 SVA_FLUSHED);
		sva_flush_settle(f, now);
		begun = now;
	}
	assert_int_equal(told(BASE, BASE + PAGE - 1), SVA_FLUSHED_NOT);
	submit_all(BASE, BASE + PAGE - 1);
	sva_flush_settle(f, now + LATER);
	assert_int_equal(told(BASE, BASE + PAGE - 1), SVA_FLUSHED);
}

/* Nor what came since those were asked for that are to be judged. */
static void flushes_since(void **state)
{
	uint64_t begun = now;
	unsigned int i;

	(void)state;
	for (i = 0; i < 100; i++, now += LATER)
		submit_all(BASE + i * PAGE, BASE + (i + 1) * PAGE - 1);
	sva_flush_settle(f, begun);
	for (i = 0, now = begun; i < 100; i++)
		assert_int_equal(told(BASE + i * PAGE,
				      BASE + (i + 1) * PAGE - 1), SVA_FLUSHED);
}

static void rounding(void **state)
{
	uint64_t gib = 1ULL << 30;

	(void)state;
	assert_false(sva_flush_is_wide(BASE, BASE + PAGE - 1, BASE, 0));
	assert_true(sva_flush_is_wide(BASE, BASE + PAGE - 1, BASE, 1));
	assert_false(sva_flush_is_wide(BASE + PAGE, BASE + 3 * PAGE - 1, BASE,
				       2));
	assert_true(sva_flush_is_wide(BASE + PAGE, BASE + 3 * PAGE - 1, BASE,
				      3));
	assert_true(sva_flush_is_wide(BASE + 4 * PAGE, BASE + 5 * PAGE - 1,
				      BASE + 3 * PAGE, 0));
	assert_false(sva_flush_is_wide(BASE + gib - PAGE, BASE + gib + PAGE - 1,
				       BASE, 19));
	assert_false(sva_flush_is_wide(0, UINT64_MAX, 0, 52));
	assert_true(sva_flush_is_wide(BASE, BASE + PAGE - 1, 0, 52));
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(decodes),	    TEST(covered), TEST(missed),
		TEST(of_others),    TEST(of_another_time),
		TEST(devices),	    TEST(many_threads),
		TEST(many_flushes), TEST(flushes_since), TEST(rounding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
