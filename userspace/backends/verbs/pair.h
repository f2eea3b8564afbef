/* SPDX-License-Identifier: GPL-2.0-only */
/* Two queue pairs on the same port, connected to one another. */
#ifndef SM_VERBS_PAIR_H
#define SM_VERBS_PAIR_H
#ifdef HAVE_IBVERBS

#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stdint.h>

#include "dev.h"

#define VERBS_DEPTH	64	/* operations in flight on a pair */

/**
 * struct verbs_pair - two connected queue pairs; one thread uses them
 * @dev: the device
 * @cq: where the operations of @a complete
 * @rcq: where the receives of @b complete
 * @a: starts all operations
 * @b: answers
 * @mtu: path MTU
 * @brief: what comes after an operation that is refused is left out, with
 *	-ECANCELED: to go on takes as long as many operations
 * @give_up: when this is set, no more operations are begun; or NULL
 * @beats: counted up with each nap, as a sign of life; or NULL
 * @epoch: how many times operations were posted: completions of an earlier
 *	time count no more
 * @flight: address that the oldest operation is at; bit 0: it is a write
 * @done: operations that ended
 * @refused: those of them that were refused
 */
struct verbs_pair {
	struct verbs_dev *dev;
	struct ibv_cq *cq;
	struct ibv_cq *rcq;
	struct ibv_qp *a;
	struct ibv_qp *b;
	enum ibv_mtu mtu;
	bool brief;
	const bool *give_up;
	uint64_t *beats;
	uint32_t epoch;
	uint64_t flight;
	uint64_t done;
	uint64_t refused;
};

int verbs_pair_create(struct verbs_dev *dev, struct verbs_pair *p);
void verbs_pair_destroy(struct verbs_pair *p);
int verbs_pair_connect(struct verbs_pair *p);

#endif /* HAVE_IBVERBS */
#endif /* SM_VERBS_PAIR_H */
