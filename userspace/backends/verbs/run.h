/* SPDX-License-Identifier: GPL-2.0-only */
/* Running operations on two connected queue pairs. */
#ifndef SM_VERBS_RUN_H
#define SM_VERBS_RUN_H
#ifdef HAVE_IBVERBS

#include <infiniband/verbs.h>
#include <stdint.h>

#include "pair.h"

/**
 * struct verbs_op - an operation
 * @kind: what it is
 * @mr: memory on demand
 * @va: address in it, as the device is told
 * @buf: our side, in the memory of verbs_dev_alloc()
 * @len: bytes
 * @error: in the end: 0, or the negative errno with which it was refused
 * @compare: for VERBS_SWAP
 * @value: for VERBS_SWAP and VERBS_ADD; what was there before comes to @buf
 */
struct verbs_op {
	enum verbs_kind kind;
	struct ibv_mr *mr;
	uint64_t va;
	void *buf;
	uint32_t len;
	int32_t error;
	uint64_t compare;
	uint64_t value;
};

int verbs_pair_run(struct verbs_pair *p, struct verbs_op *op, unsigned int nr);

#endif /* HAVE_IBVERBS */
#endif /* SM_VERBS_RUN_H */
