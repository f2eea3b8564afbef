// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: the input is a table's bounds and a list of operations,
 * applied to the table and to the reference; both are compared after each.
 *
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined -Ikmod -Ikmod/include \
 *	-Iuserspace/tests/unit THIS userspace/tests/unit/tlb_ref.c \
 *	kmod/tlb.c -o fuzz && ./fuzz -max_total_time=60
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "tlb_ref.h"

#define BASE	0x10000000ULL	/* 1 TiB, as a page number */

struct input {
	const __u8 *data;
	size_t left;
	__u64 gen;	/* of the last event: as the witness's, it only grows */
};

/* The next @bytes bytes, little endian; zero when the input is used up. */
static __u64 input_take(struct input *in, unsigned int bytes)
{
	__u64 value = 0;
	unsigned int i;

	for (i = 0; i < bytes && in->left; i++, in->left--)
		value |= (__u64)*in->data++ << (8 * i);
	return value;
}

static void fuzz_fail(const char *what)
{
	fprintf(stderr, "tlb_fuzz: %s\n", what);
	abort();
}

static void fuzz_prepare(struct input *in, struct sm_tlb *t, struct tlb_ref *r)
{
	__u64 span = t->last - t->first + 1;
	__u64 a = t->first + input_take(in, 2) % span;
	__u64 b = a + input_take(in, 2) % (t->last - a + 1);
	unsigned int made = 0;

	if (sm_tlb_prepare(t, a, b, &made))
		fuzz_fail("out of memory");
	if (made != tlb_ref_prepare(r, a, b))
		fuzz_fail("prepare: leaves made");
}

static void fuzz_install(struct input *in, struct sm_tlb *t, struct tlb_ref *r)
{
	__u64 p = t->first + input_take(in, 2) % (t->last - t->first + 1);
	unsigned int order = input_take(in, 1);
	__u64 ent = input_take(in, 5);
	__u64 gen = input_take(in, 1) * 0x01010101U;
	unsigned int fit = sm_tlb_fit_order(t, p, order % 32);

	if (fit != tlb_ref_fit_order(r, p, order % 32))
		fuzz_fail("fit_order");
	if (!tlb_ref_prepared(r, p))
		return;
	/* A PFN as it comes from a page of that order, and a permission. */
	ent = (ent << 16 & SM_ENT_PFN) | (p & (SM_LEAF_ENTRIES - 1)) |
	      (order & 32 ? SM_ENT_WRITE : 0);
	sm_tlb_install(t, p, ent, fit, gen);
	tlb_ref_install(r, p, ent, fit, gen);
}

/* Bounds of a range: near the table, but free to stick out of it. */
static void fuzz_range(struct input *in, const struct sm_tlb *t, __u64 *first,
		       __u64 *last)
{
	*first = t->first - 8 + input_take(in, 2) % (t->last - t->first + 16);
	*last = *first - 1 + input_take(in, 2) % (t->last - t->first + 16);
	switch (input_take(in, 1)) {
	case 0:
		*first = 0;
		break;
	case 1:
		*last = ~0ULL;
		break;
	case 2:
		*last = *first;
		break;
	}
}

static void fuzz_drop(struct input *in, struct sm_tlb *t, struct tlb_ref *r)
{
	struct sm_drop look = { 0 }, a = { 0 }, b = { 0 };
	__u64 first, last, low, high;

	fuzz_range(in, t, &first, &last);
	fuzz_range(in, t, &low, &high);
	if (low > high)
		high = low;
	sm_tlb_drop(t, first, last, low, high, SM_DROP_LOOK, &look);
	sm_tlb_drop(t, first, last, low, high, 0, &a);
	if (memcmp(&look, &a, sizeof(a)))
		fuzz_fail("drop: look");
	tlb_ref_drop(r, first, last, low, high, 0, &b);
	if (a.dropped != b.dropped)
		fuzz_fail("drop: dropped");
	if (!a.over != !b.over || a.over_pgno != b.over_pgno ||
	    a.over_ent != b.over_ent)
		fuzz_fail("drop: over");
}

static void fuzz_stamp(struct input *in, struct sm_tlb *t, struct tlb_ref *r)
{
	__u64 first, last, gen;

	/* The next generation, or one that comes late. */
	in->gen += 1 + input_take(in, 1) % 128;
	gen = in->gen - in->gen % 3;
	fuzz_range(in, t, &first, &last);
	sm_tlb_stamp(t, first, last, gen);
	tlb_ref_stamp(r, first, last, gen);
}

static void fuzz_step(struct input *in, struct sm_tlb *t, struct tlb_ref *r)
{
	const char *wrong;

	switch (input_take(in, 1) % 8) {
	case 0:
		fuzz_prepare(in, t, r);
		break;
	case 1:
		fuzz_stamp(in, t, r);
		break;
	case 2:
	case 3:
	case 4:
		fuzz_drop(in, t, r);
		break;
	default:
		fuzz_install(in, t, r);
	}
	wrong = sm_tlb_validate(t);
	if (wrong)
		fuzz_fail(wrong);
	wrong = tlb_ref_compare(r, t);
	if (wrong)
		fuzz_fail(wrong);
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	struct input in = { .data = data, .left = size };
	static struct tlb_ref ref;
	struct sm_tlb table;
	unsigned int i, leaves = 0;
	__u64 first, last;

	first = BASE + input_take(&in, 2) % SM_LEAF_ENTRIES;
	last = first + input_take(&in, 2) % (REF_PAGES - SM_LEAF_ENTRIES);
	if (sm_tlb_init(&table, first, last))
		return 0;
	tlb_ref_init(&ref, first, last);
	while (in.left)
		fuzz_step(&in, &table, &ref);
	for (i = 0; i < REF_LEAVES; i++)
		leaves += ref.leaf[i];
	if (sm_tlb_destroy(&table) != leaves)
		fuzz_fail("destroy: leaves freed");

	return 0;
}
