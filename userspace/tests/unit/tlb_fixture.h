/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table (kmod/tlb.c), on the host. It is included rather than linked so
 * that its allocator can be made to fail, and to lose a race.
 */
#ifndef TLB_FIXTURE_H
#define TLB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tlb_port.h"

static void *heap_zalloc(size_t size);
static void heap_free(void *p);

#undef sm_port_zalloc
#undef sm_port_free
#define sm_port_zalloc(size)	heap_zalloc(size)
#define sm_port_free(p, size)	((void)(size), heap_free(p))

#include "tlb.c"

/* An address of 1 TiB, as a page number: a leaf starts here. */
#define BASE	0x10000000ULL
#define LEAF	((__u64)SM_LEAF_ENTRIES)
#define PFN(n)	(0x100000ULL + (n))

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static struct {
	int fail_in;		/* allocations until one fails, -1: never */
	struct sm_leaf **rival;	/* slot that somebody else fills meanwhile */
	struct sm_leaf *rival_leaf;
	int live;
	int calls;
} heap;

static void *heap_zalloc(size_t size)
{
	void *p;

	if (heap.fail_in >= 0 && heap.fail_in-- == 0)
		return NULL;
	p = calloc(1, size);
	assert_non_null(p);
	heap.live++;
	heap.calls++;
	if (heap.rival) {
		heap.rival_leaf = calloc(1, size);
		assert_non_null(heap.rival_leaf);
		heap.live++;
		*heap.rival = heap.rival_leaf;
		heap.rival = NULL;
	}
	return p;
}

static void heap_free(void *p)
{
	heap.live -= !!p;
	free(p);
}

static inline void table_init(struct sm_tlb *t, __u64 first, __u64 last)
{
	unsigned int leaves = 0;

	heap.fail_in = -1;
	assert_int_equal(sm_tlb_init(t, first, last), 0);
	assert_int_equal(sm_tlb_prepare(t, first, last, &leaves), 0);
	assert_int_equal(leaves, t->nr_dir);
}

static inline void table_done(struct sm_tlb *t)
{
	assert_null(sm_tlb_validate(t));
	sm_tlb_destroy(t);
	assert_int_equal(heap.live, 0);
}

/* Single entries everywhere, page p -> PFN(p - first). */
static inline void table_fill(struct sm_tlb *t, __u64 gen)
{
	__u64 p;

	for (p = t->first; p <= t->last; p++)
		sm_tlb_install(t, p, PFN(p - t->first) | SM_ENT_WRITE, 0, gen);
	assert_int_equal(t->present, t->last - t->first + 1);
}

static inline struct sm_drop drop(struct sm_tlb *t, __u64 first, __u64 last)
{
	struct sm_drop d = { 0 };

	sm_tlb_drop(t, first, last, first, last, 0, &d);
	return d;
}

#endif /* TLB_FIXTURE_H */
