/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An RDMA device that can page on demand, and memory of ours on it.
 *
 * All functions return 0 or a negative errno; verbs_dev.why says more.
 */
#ifndef SM_VERBS_DEV_H
#define SM_VERBS_DEV_H
#ifdef HAVE_IBVERBS

#include <infiniband/verbs.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shape.h"

#define VERBS_SPENT	64	/* queue pairs that wait to be destroyed */

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
 * @lock: protects @spent
 * @spent: queue pairs that are done with; to destroy one takes long
 * @nr_spent: how many
 * @pagemap: to have what a refusal left forgotten, see verbs_hold_open(); -1: nothing is
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
	pthread_mutex_t lock;
	struct ibv_qp *spent[VERBS_SPENT];
	unsigned int nr_spent;
	int pagemap;
	const bool *stop;
	char why[160];
};

int verbs_dev_open(struct verbs_dev *dev, size_t pool_size);
void verbs_dev_close(struct verbs_dev *dev);
void *verbs_dev_alloc(struct verbs_dev *dev, size_t size);
bool verbs_dev_can(const struct verbs_dev *dev, enum verbs_kind kind);
void verbs_dev_spend(struct verbs_dev *dev, struct ibv_qp *qp);
void verbs_dev_reap(struct verbs_dev *dev);
int verbs_dev_forget(struct verbs_dev *dev, uint64_t va, uint32_t len);
int verbs_dev_fail(struct verbs_dev *dev, const char *what);

#endif /* HAVE_IBVERBS */
#endif /* SM_VERBS_DEV_H */
