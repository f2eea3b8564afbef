// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shapes of accesses: all of them are met, content tells places and times
 * apart, and a device that copies as rxe does is found out by every shape but
 * those that are left when that is to be avoided.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/verbs/shape.h"

#define PICKS	20000
#define MTU	4096U
#define HUGE	(2ULL << 20)

struct seen {
	bool kinds[VERBS_KINDS];
	bool befores[VERBS_BEFORE_NR];
	bool regions[VERBS_REGIONS];
	bool mtus[16];
	bool one, many, unaligned, across, huge, end;
};

static void see(struct seen *seen, const struct verbs_shape *s)
{
	uint64_t last = s->offset + s->len - 1;

	seen->kinds[s->kind] = true;
	seen->befores[s->before] = true;
	seen->regions[s->region] = true;
	seen->mtus[s->mtu / 256 - 1] = true;
	seen->one |= s->len == 1;
	seen->many |= s->len > 8 * SM_PAGE_SIZE;
	seen->unaligned |= s->offset % 8;
	seen->across |= s->len < 16 && s->offset / SM_PAGE_SIZE !=
			last / SM_PAGE_SIZE;
	seen->huge |= s->offset / HUGE != last / HUGE;
	seen->end |= last == VERBS_SHAPE_SIZE - 1;
}

static void all_are_met(void **state)
{
	struct seen seen = { 0 };
	struct verbs_shape s;
	struct sm_rng rng;
	unsigned int i;

	(void)state;
	sm_rng_seed(&rng, 1, 2, 3);
	for (i = 0; i < PICKS; i++) {
		verbs_shape_pick(&rng, MTU, false, &s);
		assert_true(s.len && s.len <= VERBS_SHAPE_MAX);
		assert_true(s.offset + s.len <= VERBS_SHAPE_SIZE);
		assert_true(!verbs_kind_atomic(s.kind) ||
			    (s.len == 8 && !(s.offset % 8)));
		see(&seen, &s);
	}
	for (i = 0; i < VERBS_KINDS; i++)
		assert_true(seen.kinds[i]);
	for (i = 0; i < VERBS_BEFORE_NR; i++)
		assert_true(seen.befores[i]);
	for (i = 0; i < VERBS_REGIONS; i++)
		assert_true(seen.regions[i]);
	for (i = 256; i <= MTU; i *= 2)
		assert_true(seen.mtus[i / 256 - 1]);
	assert_true(seen.one && seen.many && seen.unaligned && seen.across &&
		    seen.huge && seen.end);
}

/* A device of a smaller MTU is never asked for a larger one. */
static void mtu_is_kept(void **state)
{
	struct verbs_shape s;
	struct sm_rng rng;
	unsigned int i;

	(void)state;
	sm_rng_seed(&rng, 4, 5, 6);
	for (i = 0; i < PICKS; i++) {
		verbs_shape_pick(&rng, 1024, false, &s);
		assert_true(s.mtu >= 256 && s.mtu <= 1024);
	}
}

static void content_tells(void **state)
{
	uint8_t a[64], b[64];
	unsigned int i;

	(void)state;
	verbs_shape_fill(a, 1000, sizeof(a), 7);
	verbs_shape_fill(b, 1000, sizeof(b), 7);
	assert_int_equal(verbs_shape_differ(a, b, sizeof(a)), -1);
	verbs_shape_fill(b, 1000, sizeof(b), 8);
	assert_int_not_equal(verbs_shape_differ(a, b, sizeof(a)), -1);
	/* From a part as from the whole. */
	verbs_shape_fill(b, 1013, 20, 7);
	assert_int_equal(verbs_shape_differ(a + 13, b, 20), -1);
	for (i = 1; i < 8192; i++) {
		verbs_shape_fill(b, 1000 + i, sizeof(b), 7);
		assert_int_not_equal(verbs_shape_differ(a, b, 32), -1);
	}
	memcpy(b, a, sizeof(b));
	b[41] ^= 4;
	assert_int_equal(verbs_shape_differ(a, b, sizeof(a)), 41);
}

static void rights(void **state)
{
	struct verbs_shape s = { .kind = VERBS_READ };

	(void)state;
	assert_true(verbs_shape_allowed(&s));
	s.region = VERBS_WO;
	assert_false(verbs_shape_allowed(&s));
	s.kind = VERBS_SEND;
	assert_true(verbs_shape_allowed(&s));
	s.kind = VERBS_ADD;
	assert_false(verbs_shape_allowed(&s));
	s.region = VERBS_RO;
	assert_false(verbs_shape_allowed(&s));
	s.kind = VERBS_GATHER;
	assert_true(verbs_shape_allowed(&s));
	s.kind = VERBS_RECV;
	assert_false(verbs_shape_allowed(&s));
	s.region = VERBS_RW;
	assert_true(verbs_shape_allowed(&s));
	s.before = VERBS_READ_ONLY;
	assert_false(verbs_shape_allowed(&s));
	s.kind = VERBS_SCATTER;
	assert_false(verbs_shape_allowed(&s));
	s.kind = VERBS_READ;
	assert_true(verbs_shape_allowed(&s));
	s.before = VERBS_NO_ACCESS;
	assert_false(verbs_shape_allowed(&s));
}

/* One packet of a READ, as __rxe_odp_mr_copy() of Linux 7.3 does it. */
static void rxe_copy(const uint8_t *mem, uint64_t va, uint8_t *addr,
		     uint32_t len)
{
	uint64_t page = va & ~(SM_PAGE_SIZE - 1), offset = va - page;
	uint32_t bytes;

	for (; len; len -= bytes, page += SM_PAGE_SIZE, offset = 0) {
		bytes = SM_PAGE_SIZE - offset;
		if (bytes > len)
			bytes = len;
		memcpy(addr, mem + page, bytes);
	}
}

/* Does a device that copies like this give what the memory holds? */
static bool rxe_is_right(const uint8_t *mem, const struct verbs_shape *s)
{
	static uint8_t got[VERBS_SHAPE_MAX];
	uint32_t at, len;

	memset(got, 0, s->len);
	for (at = 0; at < s->len; at += len) {
		len = s->len - at < s->mtu ? s->len - at : s->mtu;
		rxe_copy(mem, s->offset + at, got + at, len);
	}
	return verbs_shape_differ(got, mem + s->offset, s->len) < 0;
}

/* Every packet begins at a page's start and ends in that page. */
static bool is_whole(const struct verbs_shape *s)
{
	return !(s->offset % SM_PAGE_SIZE) &&
	       (s->mtu == SM_PAGE_SIZE || s->len <= s->mtu);
}

static void rxe_is_found(void **state)
{
	uint8_t *mem = malloc(VERBS_SHAPE_SIZE);
	struct verbs_shape s;
	struct sm_rng rng;
	unsigned int i;

	(void)state;
	assert_non_null(mem);
	verbs_shape_fill(mem, 0, VERBS_SHAPE_SIZE, 9);
	sm_rng_seed(&rng, 7, 8, 9);
	for (i = 0; i < PICKS; i++) {
		verbs_shape_pick(&rng, MTU, false, &s);
		/* A byte or two may be the same by chance. */
		if (!verbs_kind_atomic(s.kind) && s.len > 8)
			assert_int_equal(rxe_is_right(mem, &s), is_whole(&s));
		verbs_shape_pick(&rng, MTU, true, &s);
		assert_true(verbs_kind_atomic(s.kind) || rxe_is_right(mem, &s));
	}
	free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_met),
		cmocka_unit_test(mtu_is_kept),
		cmocka_unit_test(content_tells),
		cmocka_unit_test(rights),
		cmocka_unit_test(rxe_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
