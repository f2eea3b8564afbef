/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An RDMA device, queue pairs that are connected to one another on it, and
 * operations between memory of ours and memory on demand.
 *
 * All functions return 0 or a negative errno; verbs_dev.why says more.
 */
#ifndef SM_VERBS_DEV_H
#define SM_VERBS_DEV_H

#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verbs_shape.h"

#define VERBS_DEPTH	32	/* operations in flight on a pair */

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

/**
 * struct verbs_dev - the device
 * @ctx: it
 * @name: its name
 * @port: port number
 * @lid: address on InfiniBand
 * @gid: address elsewhere
 * @gid_index: its index
 * @mtu: greatest path MTU
 * @caps: what it can do on demand
 * @atomic: it has atomic operations
 * @rd_atomic: READs and atomics in flight
 * @pd: protection domain of everything
 * @pool: memory of ours
 * @pool_size: its bytes
 * @pool_used: bytes given out
 * @pool_mr: @pool, pinned
 * @stop: operations that hang are given up
 * @why: what failed
 */
struct verbs_dev {
	struct ibv_context *ctx;
	char name[64];
	uint8_t port;
	uint16_t lid;
	union ibv_gid gid;
	int gid_index;
	enum ibv_mtu mtu;
	struct ibv_odp_caps caps;
	bool atomic;
	uint8_t rd_atomic;
	struct ibv_pd *pd;
	char *pool;
	size_t pool_size;
	size_t pool_used;
	struct ibv_mr *pool_mr;
	const bool *stop;
	char why[160];
};

/**
 * struct verbs_pair - two connected queue pairs; one thread uses them
 * @dev: the device
 * @cq: where the operations of @a complete
 * @rcq: where the receives of @b complete
 * @a: starts all operations
 * @b: answers
 * @mtu: path MTU
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
	uint32_t epoch;
	uint64_t flight;
	uint64_t done;
	uint64_t refused;
};

int verbs_dev_open(struct verbs_dev *dev, size_t pool_size);
void verbs_dev_close(struct verbs_dev *dev);
void *verbs_dev_alloc(struct verbs_dev *dev, size_t size);
bool verbs_dev_can(const struct verbs_dev *dev, enum verbs_kind kind);
int verbs_dev_fail(struct verbs_dev *dev, const char *what);

int verbs_pair_create(struct verbs_dev *dev, struct verbs_pair *p);
void verbs_pair_destroy(struct verbs_pair *p);
int verbs_pair_connect(struct verbs_pair *p);
int verbs_pair_run(struct verbs_pair *p, struct verbs_op *op, unsigned int nr);

#endif /* SM_VERBS_DEV_H */
