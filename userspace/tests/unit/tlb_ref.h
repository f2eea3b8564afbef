/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table that is too simple to be wrong: one array element per page, every
 * rule of kmod/tlb.h spelled out page by page. The real table is compared with
 * it, by the unit test (random operations) and by the fuzzer.
 */
#ifndef TLB_REF_H
#define TLB_REF_H

#include <stdbool.h>
#include <stddef.h>

#include "tlb.h"

#define REF_LEAVES	4
#define REF_PAGES	(REF_LEAVES * SM_LEAF_ENTRIES)

/**
 * struct tlb_ref - the reference
 * @base: page number of element 0, a multiple of SM_LEAF_ENTRIES
 * @first: first page of the table
 * @last: last page of the table
 * @leaf: leaves that have been prepared
 * @ent: entries
 * @gen: generations of the entries
 * @inval: last invalidations
 */
struct tlb_ref {
	__u64 base;
	__u64 first;
	__u64 last;
	bool leaf[REF_LEAVES];
	__u64 ent[REF_PAGES];
	__u64 gen[REF_PAGES];
	__u64 inval[REF_PAGES];
};

void tlb_ref_init(struct tlb_ref *r, __u64 first, __u64 last);
unsigned int tlb_ref_prepare(struct tlb_ref *r, __u64 first, __u64 last);
bool tlb_ref_prepared(const struct tlb_ref *r, __u64 pgno);
unsigned int tlb_ref_fit_order(const struct tlb_ref *r, __u64 pgno,
			       unsigned int order);
void tlb_ref_install(struct tlb_ref *r, __u64 pgno, __u64 ent,
		     unsigned int order, __u64 gen);
void tlb_ref_drop(struct tlb_ref *r, __u64 first, __u64 last,
		  __u64 bounds_first, __u64 bounds_last, unsigned int flags,
		  struct sm_drop *out);
void tlb_ref_stamp(struct tlb_ref *r, __u64 first, __u64 last, __u64 gen);
const char *tlb_ref_compare(const struct tlb_ref *r, const struct sm_tlb *t);

#endif /* TLB_REF_H */
