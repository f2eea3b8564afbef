/* SPDX-License-Identifier: GPL-2.0-only */
/* The witness: our own, always correct notifier, shared with userspace. */
#ifndef SM_WITNESS_H
#define SM_WITNESS_H

#include <linux/list.h>
#include <linux/mmu_notifier.h>

#include "contract.h"
#include "interval.h"
#include "uapi/stalemate.h"

struct sm_ctx;
struct sm_tlb;

/* A table in which events are noted; its owner's, and it lives as long. */
struct sm_witness_table {
	struct list_head node;
	struct sm_tlb *tlb;
	bool may_refuse;	/* events that must not sleep are not noted */
};

struct sm_witness {
	struct mmu_notifier mn;
	struct mmu_notifier flush;	/* secondary TLBs: an ops of its own */
	struct sm_ctx *ctx;
	unsigned long start;
	unsigned long end;
	void *area;			/* vmalloc_user: header, granules, ring */
	size_t area_size;
	struct sm_witness_header *hdr;
	struct sm_granule *granule;
	struct sm_record *record;
	struct sm_tag *tags;		/* vmalloc_user */
	size_t tags_size;
	struct list_head tables;	/* RCU; see sm_witness_del_table() */
	struct sm_contract_state contract;
	struct sm_interval interval;
};

struct sm_witness *sm_witness_create(struct sm_ctx *ctx,
				     const struct sm_ioc_setup *setup);
void sm_witness_destroy(struct sm_witness *w);
void sm_witness_add_table(struct sm_witness *w, struct sm_witness_table *t);
void sm_witness_del_table(struct sm_witness_table *t);
bool sm_witness_quiet(const struct sm_witness *w, unsigned long va,
		      u64 started[2]);
u64 sm_witness_gen(const struct sm_witness *w);
u64 sm_witness_next_gen(struct sm_witness *w);
u32 sm_event_of(const struct mmu_notifier_range *range);

#endif /* SM_WITNESS_H */
