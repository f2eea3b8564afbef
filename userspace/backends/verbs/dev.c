// SPDX-License-Identifier: GPL-2.0-only
/* An RDMA device that can page on demand, and memory of ours on it. */
#ifdef HAVE_IBVERBS

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/pagemap.h"
#include "base/util.h"
#include "dev.h"
#include "module/load.h"

#define RD_ATOMIC_MAX	64

int verbs_dev_fail(struct verbs_dev *dev, const char *what)
{
	int err = errno ? errno : EIO;

	snprintf(dev->why, sizeof(dev->why), "%s: %s", what, strerror(err));
	return -err;
}

/*
 * Of the device's addresses: RoCE version 2 before others, and an address of
 * IPv4 last, as each address is listed once per version.
 */
static int dev_gid(struct verbs_dev *dev, int len)
{
	static const union ibv_gid none;
	char path[192], type[16];
	union ibv_gid gid;
	int i;

	dev->gid_index = -1;
	for (i = 0; i < len; i++) {
		if (ibv_query_gid(dev->ctx, dev->port, i, &gid) ||
		    !memcmp(&gid, &none, sizeof(gid)))
			continue;
		snprintf(path, sizeof(path),
			 "/sys/class/infiniband/%s/ports/%u/gid_attrs/types/%d",
			 dev->name, dev->port, i);
		if (sm_util_read_file(path, type, sizeof(type)) <= 0)
			type[0] = '\0';
		if (dev->gid_index >= 0 && strncmp(type, "RoCE v2", 7))
			continue;
		dev->gid_index = i;
		dev->gid = gid;
	}
	return dev->gid_index;
}

static bool dev_port(struct verbs_dev *dev)
{
	struct ibv_port_attr port;

	dev->port = 1;
	if (ibv_query_port(dev->ctx, dev->port, &port)) {
		verbs_dev_fail(dev, "asking for the port");
		return false;
	}
	if (port.state != IBV_PORT_ACTIVE) {
		snprintf(dev->why, sizeof(dev->why),
			 "%s: its port is down: set its link up", dev->name);
		return false;
	}
	dev->lid = port.lid;
	dev->mtu = port.active_mtu;
	if (dev_gid(dev, port.gid_tbl_len) >= 0 || dev->lid)
		return true;
	snprintf(dev->why, sizeof(dev->why),
		 "%s: it has no address: give its link one", dev->name);
	return false;
}

static bool dev_fits(struct verbs_dev *dev)
{
	struct ibv_device_attr_ex attr;
	int atoms;

	memset(&attr, 0, sizeof(attr));
	if (ibv_query_device_ex(dev->ctx, NULL, &attr)) {
		verbs_dev_fail(dev, "asking for the device");
		return false;
	}
	dev->caps = attr.odp_caps;
	if (!(dev->caps.general_caps & IBV_ODP_SUPPORT) ||
	    !(dev->caps.per_transport_caps.rc_odp_caps &
	      IBV_ODP_SUPPORT_READ)) {
		snprintf(dev->why, sizeof(dev->why),
			 "%s cannot page on demand: mlx5 can, and rdma_rxe of Linux 6.15 or later",
			 dev->name);
		return false;
	}
	dev->atomic = attr.orig_attr.atomic_cap != IBV_ATOMIC_NONE;
	atoms = attr.orig_attr.max_qp_rd_atom;
	dev->rd_atomic = atoms < RD_ATOMIC_MAX ? atoms : RD_ATOMIC_MAX;
	return dev_port(dev);
}

static bool dev_any(const char *pattern)
{
	glob_t found;
	bool any = !glob(pattern, GLOB_NOSORT, NULL, &found);

	globfree(&found);
	return any;
}

/*
 * libibverbs asks by netlink, and the kernel loads what would answer: ib_core, and
 * if there is a device ib_uverbs.
 */
static bool dev_may_ask(struct verbs_dev *dev)
{
	if (sm_load_allowed() || dev_any("/sys/class/infiniband_verbs/uverbs*"))
		return true;
	if (dev_any("/sys/class/infiniband/*"))
		snprintf(dev->why, sizeof(dev->why),
			 "no /dev/infiniband/uverbs*: ib_uverbs is not loaded; --load tries it");
	return false;
}

/* The first device that will do; of the others, the last one says why not. */
static int dev_find(struct verbs_dev *dev)
{
	struct ibv_device **list;
	int i, nr = 0;

	snprintf(dev->why, sizeof(dev->why),
		 "no RDMA device: load its driver, or: modprobe rdma_rxe, rdma link add rxe0 type rxe netdev NAME");
	list = dev_may_ask(dev) ? ibv_get_device_list(&nr) : NULL;
	for (i = 0; list && i < nr; i++) {
		dev->ctx = ibv_open_device(list[i]);
		if (!dev->ctx) {
			snprintf(dev->why, sizeof(dev->why),
				 "%s: cannot open it: %s",
				 ibv_get_device_name(list[i]),
				 strerror(errno));
			continue;
		}
		snprintf(dev->name, sizeof(dev->name), "%s",
			 ibv_get_device_name(list[i]));
		if (dev_fits(dev))
			break;
		ibv_close_device(dev->ctx);
		dev->ctx = NULL;
	}
	if (list)
		ibv_free_device_list(list);
	return dev->ctx ? 0 : -ENODEV;
}

/* Shared, so that a fork copies nothing; pinned, so that no storm moves it. */
static int dev_pool(struct verbs_dev *dev, size_t size)
{
	void *p;

	size = (size + SM_PAGE_SIZE - 1) & ~(SM_PAGE_SIZE - 1);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return verbs_dev_fail(dev, "memory for the device");
	dev->pool = p;
	dev->pool_size = size;
	if (madvise(p, size, MADV_DONTFORK) < 0)
		return verbs_dev_fail(dev, "MADV_DONTFORK");
	dev->pool_mr = ibv_reg_mr(dev->pd, p, size, IBV_ACCESS_LOCAL_WRITE |
				  IBV_ACCESS_REMOTE_READ |
				  IBV_ACCESS_REMOTE_WRITE);
	return dev->pool_mr ? 0 : verbs_dev_fail(dev, "pinning memory (see ulimit -l)");
}

/*
 * verbs_dev_open() - find a device; with @pool_size 0 only to see whether there
 * is one. verbs_dev_close() must follow, whatever it returns.
 */
int verbs_dev_open(struct verbs_dev *dev, size_t pool_size)
{
	int err;

	dev->pagemap = -1;
	pthread_mutex_init(&dev->lock, NULL);
	err = dev_find(dev);
	if (err || !pool_size)
		return err;
	dev->pd = ibv_alloc_pd(dev->ctx);
	if (!dev->pd)
		return verbs_dev_fail(dev, "a protection domain");
	return dev_pool(dev, pool_size);
}

/* verbs_dev_spend() - verbs_dev_reap() destroys it by and by. */
void verbs_dev_spend(struct verbs_dev *dev, struct ibv_qp *qp)
{
	pthread_mutex_lock(&dev->lock);
	if (qp && dev->nr_spent < VERBS_SPENT) {
		dev->spent[dev->nr_spent++] = qp;
		qp = NULL;
	}
	pthread_mutex_unlock(&dev->lock);
	if (qp)
		ibv_destroy_qp(qp);
}

/* verbs_dev_reap() - destroy all that is spent now. */
void verbs_dev_reap(struct verbs_dev *dev)
{
	struct ibv_qp *qp;

	for (;;) {
		pthread_mutex_lock(&dev->lock);
		qp = dev->nr_spent ? dev->spent[--dev->nr_spent] : NULL;
		pthread_mutex_unlock(&dev->lock);
		if (!qp)
			return;
		ibv_destroy_qp(qp);
	}
}

void verbs_dev_close(struct verbs_dev *dev)
{
	pthread_mutex_destroy(&dev->lock);
	if (dev->pool_mr)
		ibv_dereg_mr(dev->pool_mr);
	if (dev->pd)
		ibv_dealloc_pd(dev->pd);
	if (dev->ctx)
		ibv_close_device(dev->ctx);
	if (dev->pagemap >= 0)
		close(dev->pagemap);
	if (dev->pool)
		munmap(dev->pool, dev->pool_size);
}

/* verbs_dev_alloc() - pinned memory of ours, zeroed; NULL: no room. */
void *verbs_dev_alloc(struct verbs_dev *dev, size_t size)
{
	void *p;

	size = (size + 63) & ~63UL;
	if (size > dev->pool_size - dev->pool_used)
		return NULL;
	p = dev->pool + dev->pool_used;
	dev->pool_used += size;
	return p;
}

/*
 * verbs_dev_forget() - have what the device believes of these pages forgotten, if
 * SM_KNOWN_RXE_RACE is avoided. A kernel that cannot has no rxe on demand.
 */
int verbs_dev_forget(struct verbs_dev *dev, uint64_t va, uint32_t len)
{
	uint64_t start = va & ~(SM_PAGE_SIZE - 1);
	uint64_t end = (va + len + SM_PAGE_SIZE - 1) & ~(SM_PAGE_SIZE - 1);
	int err = dev->pagemap < 0 ? 0 :
		  sm_pagemap_notify(dev->pagemap, start, end);

	errno = err == -ENOTTY ? 0 : -err;
	return errno ? verbs_dev_fail(dev, "PAGEMAP_SCAN") : 0;
}

/* verbs_dev_can() - can memory on demand be at that end of an operation? */
bool verbs_dev_can(const struct verbs_dev *dev, enum verbs_kind kind)
{
	const uint32_t caps = dev->caps.per_transport_caps.rc_odp_caps;

	switch (kind) {
	case VERBS_READ:
	case VERBS_SCATTER:
		return caps & IBV_ODP_SUPPORT_READ;
	case VERBS_WRITE:
	case VERBS_GATHER:
		return caps & IBV_ODP_SUPPORT_WRITE;
	case VERBS_SEND:
		return caps & IBV_ODP_SUPPORT_SEND;
	case VERBS_RECV:
		return caps & IBV_ODP_SUPPORT_RECV;
	default:
		return dev->atomic && (caps & IBV_ODP_SUPPORT_ATOMIC);
	}
}

#endif /* HAVE_IBVERBS */
