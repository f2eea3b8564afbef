// SPDX-License-Identifier: GPL-2.0-only
/*
 * SDMA packets: against words that were worked out by hand from the kernel's headers,
 * and against the decoder of stalemate_drm.ko, which shares nothing with the encoder.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backends/amdgpu/sdma.h"
#include "base/util.h"
#include "drm/sdma_decode.h"

#define ROOM	64U
#define DST	0x123456789abcULL
#define SRC	0x00fedcba9870ULL

static uint32_t words[ROOM];

static struct amdgpu_ib *empty(uint32_t room)
{
	static struct amdgpu_ib ib;

	memset(words, 0xee, sizeof(words));
	ib = (struct amdgpu_ib){ .words = words, .room = room };
	return &ib;
}

static const struct amdgpu_sdma *find(uint32_t major, uint32_t minor)
{
	char why[128];
	const struct amdgpu_sdma *gen = amdgpu_sdma_find(major, minor, why,
							 sizeof(why));

	assert_non_null(gen);
	return gen;
}

static void expect_words(const struct amdgpu_ib *ib, const uint32_t *want,
			 uint32_t nr)
{
	assert_int_equal(ib->nr, nr);
	assert_memory_equal(ib->words, want, nr * sizeof(*want));
}

#define EXPECT(ib, ...) do {						\
	const uint32_t want_[] = { __VA_ARGS__ };			\
	expect_words(ib, want_, SM_ARRAY_SIZE(want_));			\
} while (0)

/* ---- golden words ------------------------------------------------------------- */

/* Count as it is: cik_sdma.c:1307. */
static void test_copy_cik(void **state)
{
	struct amdgpu_ib *ib = empty(ROOM);

	(void)state;
	assert_int_equal(amdgpu_sdma_copy(find(2, 0), ib, DST, SRC, 4096), 0);
	EXPECT(ib, 0x00000001, 0x00001000, 0, 0xdcba9870, 0x000000fe,
	       0x56789abc, 0x00001234);
}

/* One less: sdma_v4_0.c:2581. */
static void test_copy_ai(void **state)
{
	struct amdgpu_ib *ib = empty(ROOM);

	(void)state;
	assert_int_equal(amdgpu_sdma_copy(find(4, 0), ib, DST, SRC, 4096), 0);
	EXPECT(ib, 0x00000001, 0x00000fff, 0, 0xdcba9870, 0x000000fe,
	       0x56789abc, 0x00001234);
}

/* CPV, bit 19, and an eighth word: sdma_v7_0.c:1766-1784. Not 7.1: sdma_v7_1.c:1718. */
static void test_copy_v7(void **state)
{
	struct amdgpu_ib *ib = empty(ROOM);

	(void)state;
	assert_int_equal(amdgpu_sdma_copy(find(7, 0), ib, DST, SRC, 1), 0);
	EXPECT(ib, 0x00080001, 0, 0, 0xdcba9870, 0x000000fe, 0x56789abc,
	       0x00001234, 0);
	ib = empty(ROOM);
	assert_int_equal(amdgpu_sdma_copy(find(7, 1), ib, DST, SRC, 1), 0);
	EXPECT(ib, 0x00000001, 0, 0, 0xdcba9870, 0x000000fe, 0x56789abc,
	       0x00001234);
}

/* Words that are counted: sdma_v3_0.c:896 says 1 of one, sdma_v4_0.c:1542 says 0. */
static void test_write(void **state)
{
	const uint32_t data[] = { 0xdeadbeef, 0x01234567 };
	struct amdgpu_ib *ib = empty(ROOM);

	(void)state;
	assert_int_equal(amdgpu_sdma_write(find(3, 0), ib, DST, data, 2), 0);
	EXPECT(ib, 0x00000002, 0x56789abc, 0x00001234, 2, 0xdeadbeef,
	       0x01234567);
	ib = empty(ROOM);
	assert_int_equal(amdgpu_sdma_write(find(5, 2), ib, DST, data, 2), 0);
	EXPECT(ib, 0x00000002, 0x56789abc, 0x00001234, 1, 0xdeadbeef,
	       0x01234567);
}

/* Units of words, 2 in bits 30 and 31: cikd.h:545. COMPRESS, bit 16: sdma_v7_0.c:1803. */
static void test_fill(void **state)
{
	struct amdgpu_ib *ib = empty(ROOM);

	(void)state;
	assert_int_equal(amdgpu_sdma_fill(find(2, 4), ib, DST, 0x5a5a5a5a, 64),
			 0);
	EXPECT(ib, 0x8000000b, 0x56789abc, 0x00001234, 0x5a5a5a5a, 64);
	ib = empty(ROOM);
	assert_int_equal(amdgpu_sdma_fill(find(6, 0), ib, DST, 0x5a5a5a5a, 64),
			 0);
	EXPECT(ib, 0x8000000b, 0x56789abc, 0x00001234, 0x5a5a5a5a, 63);
	ib = empty(ROOM);
	assert_int_equal(amdgpu_sdma_fill(find(7, 0), ib, DST, 0x5a5a5a5a, 64),
			 0);
	EXPECT(ib, 0x8001000b, 0x56789abc, 0x00001234, 0x5a5a5a5a, 63);
}

/* The operation is in bits 25 to 31: 0x28 << 25, 0x2f << 25: navi10_sdma_pkt_open.h:4131. */
static void test_atomic(void **state)
{
	struct amdgpu_ib *ib = empty(ROOM);

	(void)state;
	assert_int_equal(amdgpu_sdma_atomic(find(5, 0), ib,
					    AMDGPU_ATOMIC_CMPSWAP, SRC, 7,
					    0x100000002ULL), 0);
	EXPECT(ib, 0x5000000a, 0xdcba9870, 0x000000fe, 7, 0, 2, 1, 0);
	ib = empty(ROOM);
	assert_int_equal(amdgpu_sdma_atomic(find(4, 4), ib, AMDGPU_ATOMIC_ADD,
					    SRC, 1, 0), 0);
	EXPECT(ib, 0x5e00000a, 0xdcba9870, 0x000000fe, 1, 0, 0, 0, 0);
}

/* How many follow, in bits 16 to 29: tonga_sdma_pkt_open.h:2241. */
static void test_nop(void **state)
{
	struct amdgpu_ib *ib = empty(ROOM);

	(void)state;
	assert_int_equal(amdgpu_sdma_nop(ib, 1), 0);
	assert_int_equal(amdgpu_sdma_nop(ib, 3), 0);
	EXPECT(ib, 0, 0x00020000, 0, 0);
}

/* ---- what is refused ---------------------------------------------------------- */

static void test_find(void **state)
{
	char why[128] = "";

	(void)state;
	assert_null(amdgpu_sdma_find(1, 0, why, sizeof(why)));
	assert_non_null(strstr(why, "an engine of SI"));
	assert_null(amdgpu_sdma_find(9, 1, why, sizeof(why)));
	assert_string_equal(why, "SDMA 9.1 is not known");
}

static void test_limits(void **state)
{
	const struct amdgpu_sdma *gen;
	uint32_t data[ROOM] = { 0 };
	struct amdgpu_ib *ib = empty(ROOM);

	(void)state;
	for (gen = amdgpu_sdma_table; gen->name; gen++) {
		assert_int_equal(amdgpu_sdma_copy(gen, ib, DST, SRC, 0), -EINVAL);
		assert_int_equal(amdgpu_sdma_copy(gen, ib, DST, SRC,
						  gen->copy_max + 1), -EINVAL);
		assert_int_equal(amdgpu_sdma_fill(gen, ib, DST, 0, 6), -EINVAL);
		assert_int_equal(amdgpu_sdma_fill(gen, ib, DST + 1, 0, 8),
				 -EINVAL);
		assert_int_equal(amdgpu_sdma_write(gen, ib, DST + 2, data, 1),
				 -EINVAL);
		assert_int_equal(amdgpu_sdma_write(gen, ib, DST, data, ROOM - 3),
				 -ENOSPC);
		assert_int_equal(amdgpu_sdma_atomic(gen, ib, AMDGPU_ATOMIC_ADD,
						    DST, 1, 0),
				 -EINVAL);	/* not aligned to 8 */
		assert_int_equal(ib->nr, 0);
	}
	assert_int_equal(amdgpu_sdma_atomic(find(2, 0), ib, AMDGPU_ATOMIC_ADD,
					    SRC, 1, 0), -EINVAL);
	assert_int_equal(amdgpu_sdma_nop(ib, 0), -EINVAL);
	assert_int_equal(amdgpu_sdma_nop(ib, ROOM + 1), -ENOSPC);
}

static void test_room(void **state)
{
	struct amdgpu_ib *ib = empty(7);

	(void)state;
	assert_int_equal(amdgpu_sdma_copy(find(7, 0), ib, DST, SRC, 4), -ENOSPC);
	assert_int_equal(ib->nr, 0);
	assert_int_equal(amdgpu_sdma_copy(find(5, 0), ib, DST, SRC, 4), 0);
	assert_int_equal(amdgpu_sdma_nop(ib, 1), -ENOSPC);
}

/* ---- by the decoder ----------------------------------------------------------- */

static const struct {
	uint32_t major;
	uint32_t minor;
	enum sm_sdma_gen gen;
} both[] = {
	{ 2, 0, SM_SDMA_CIK }, { 3, 0, SM_SDMA_VI }, { 4, 0, SM_SDMA_AI },
	{ 5, 2, SM_SDMA_NV }, { 7, 0, SM_SDMA_GC12 },
};

static struct sm_sdma_packet decoded(enum sm_sdma_gen gen,
				     const struct amdgpu_ib *ib)
{
	struct sm_sdma_packet p;

	assert_int_equal(sm_sdma_decode(gen, ib->words, ib->nr, &p), 0);
	assert_int_equal(p.words, ib->nr);
	if (ib->nr > 1)	/* one that is cut off is no packet */
		assert_int_equal(sm_sdma_decode(gen, ib->words, ib->nr - 1, &p),
				 -ENODATA);
	assert_int_equal(sm_sdma_decode(gen, ib->words, ib->nr, &p), 0);
	return p;
}

static void there_and_back(const struct amdgpu_sdma *e, enum sm_sdma_gen gen,
			   uint32_t bytes)
{
	const uint32_t data[] = { 1, 2, 3 };
	struct amdgpu_ib *ib = empty(ROOM);
	struct sm_sdma_packet p;

	assert_int_equal(amdgpu_sdma_copy(e, ib, DST, SRC, bytes), 0);
	p = decoded(gen, ib);
	assert_int_equal(p.kind, SM_SDMA_COPY);
	assert_true(p.dst == DST && p.src == SRC && p.bytes == bytes);

	ib = empty(ROOM);
	assert_int_equal(amdgpu_sdma_write(e, ib, DST, data, 3), 0);
	p = decoded(gen, ib);
	assert_int_equal(p.kind, SM_SDMA_WRITE);
	assert_true(p.dst == DST && p.bytes == sizeof(data));
	assert_memory_equal(ib->words + p.data, data, sizeof(data));

	ib = empty(ROOM);
	assert_int_equal(amdgpu_sdma_fill(e, ib, DST, ~5U, bytes & ~3U), 0);
	p = decoded(gen, ib);
	assert_int_equal(p.kind, SM_SDMA_FILL);
	assert_true(p.dst == DST && p.value == ~5U && p.unit == 4 &&
		    p.bytes == (bytes & ~3U));
}

static void atomic_and_back(const struct amdgpu_sdma *e, enum sm_sdma_gen gen)
{
	const struct {
		enum amdgpu_atomic op;
		enum sm_sdma_kind kind;
	} ops[] = {
		{ AMDGPU_ATOMIC_SWAP, SM_SDMA_SWAP },
		{ AMDGPU_ATOMIC_CMPSWAP, SM_SDMA_CMPSWAP },
		{ AMDGPU_ATOMIC_ADD, SM_SDMA_ADD },
	};
	struct sm_sdma_packet p;
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(ops) && e->atomic; i++) {
		struct amdgpu_ib *ib = empty(ROOM);

		assert_int_equal(amdgpu_sdma_atomic(e, ib, ops[i].op, SRC, DST,
						    ~DST), 0);
		p = decoded(gen, ib);
		assert_int_equal(p.kind, ops[i].kind);
		assert_true(p.dst == SRC && p.value == DST && p.bytes == 8 &&
			    p.compare == ~DST);
	}
}

static void test_both(void **state)
{
	struct amdgpu_ib *ib;
	unsigned int i;

	(void)state;
	for (i = 0; i < SM_ARRAY_SIZE(both); i++) {
		const struct amdgpu_sdma *e = find(both[i].major, both[i].minor);

		there_and_back(e, both[i].gen, 5);
		there_and_back(e, both[i].gen, 4096);
		there_and_back(e, both[i].gen, e->copy_max);
		atomic_and_back(e, both[i].gen);
		ib = empty(ROOM);
		assert_int_equal(amdgpu_sdma_nop(ib, 9), 0);
		assert_int_equal(decoded(both[i].gen, ib).kind, SM_SDMA_NOP);
	}
}

/* What no engine may be told here. */
static void test_decoder_refuses(void **state)
{
	static const uint32_t bad[][SM_SDMA_HEAD] = {
		{ 0x00000003 },				/* no such opcode */
		{ 0x00000005 }, { 0x00000006 },		/* FENCE, TRAP */
		{ 0x00000100 },				/* NOP with a sub-opcode */
		{ 0x00000101, 7, 0, 0, 1, 0, 2 },	/* COPY, tiled */
		{ 0x00040001, 7, 0, 0, 1, 0, 2 },	/* COPY, TMZ */
		{ 0x00000001, 7, 1 << 16, 0, 1, 0, 2 },	/* COPY, bytes swapped */
		{ 0x00000001, 1U << 31, 0, 0, 1, 0, 2 }, /* COPY, count too large */
		{ 0x00000102, 0, 1, 1, 9, 9 },		/* WRITE, tiled */
		{ 0x00000002, 2, 1, 1, 9, 9 },		/* WRITE, not aligned */
		{ 0x4000000b, 0, 1, 9, 8 },		/* FILL, units unknown */
		{ 0x8000000b, 2, 1, 9, 8 },		/* FILL, not aligned */
		{ 0x5001000a, 0, 1 },			/* ATOMIC that loops */
		{ 0x4200000a, 0, 1 },			/* ATOMIC of floats */
		{ 0x5000000a, 4, 1 },			/* ATOMIC, not aligned */
	};
	struct sm_sdma_packet p;
	unsigned int i, gen;

	(void)state;
	for (i = 0; i < SM_ARRAY_SIZE(bad); i++)
		for (gen = 0; gen < SM_SDMA_GENS; gen++)
			assert_int_equal(sm_sdma_decode(gen, bad[i],
							SM_SDMA_HEAD, &p),
					 -EINVAL);
}

/* IGT's copy on v7 has neither CPV nor a word for it. */
static void test_decoder_takes(void **state)
{
	static const uint32_t plain[] = { 1, 4095, 0, 0x1000, 1, 0x2000, 2 };
	static const uint32_t byte[] = { 11, 3, 1, 0xabcdef12, 6 };
	static const uint32_t narrow[] = { 0x1000000a, 4, 1, 5, 9, 6, 9, 0 };
	struct sm_sdma_packet p;

	(void)state;
	assert_int_equal(sm_sdma_decode(SM_SDMA_GC12, plain, 7, &p), 0);
	assert_true(p.words == 7 && p.bytes == 4096);
	assert_int_equal(sm_sdma_decode(SM_SDMA_CIK, byte, 5, &p), 0);
	assert_true(p.unit == 1 && p.value == 0x12 && p.bytes == 6);
	assert_int_equal(sm_sdma_decode(SM_SDMA_VI, narrow, 8, &p), 0);
	assert_true(p.kind == SM_SDMA_CMPSWAP && p.bytes == 4 && p.value == 5 &&
		    p.compare == 6);
	assert_int_equal(sm_sdma_decode(SM_SDMA_VI, narrow, 0, &p), -ENODATA);
}

/* As the kernel pads with, and one that has words of its own. */
static void test_graphics(void **state)
{
	struct sm_sdma_packet p;

	(void)state;
	assert_int_equal(sm_pm4_decode(0xffff1000, 1, &p), 0);
	assert_true(p.kind == SM_SDMA_NOP && p.words == 1 && !p.bytes);
	assert_int_equal(sm_pm4_decode(0xc0021000, 4, &p), 0);
	assert_int_equal(p.words, 4);
	assert_int_equal(sm_pm4_decode(0xc0021000, 3, &p), -ENODATA);
	assert_int_equal(sm_pm4_decode(0xffff1000, 0, &p), -ENODATA);
	assert_int_equal(sm_pm4_decode(0, 8, &p), -EINVAL);
	assert_int_equal(sm_pm4_decode(0xc0023700, 8, &p), -EINVAL); /* WRITE_DATA */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy_cik),
		cmocka_unit_test(test_copy_ai),
		cmocka_unit_test(test_copy_v7),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_atomic),
		cmocka_unit_test(test_nop),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_decoder_refuses),
		cmocka_unit_test(test_graphics),
		cmocka_unit_test(test_decoder_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
