// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen's gntdev. The mirror is a mapping that the driver makes itself, of pages
 * that were granted to this domain; here they are our own, granted by gntalloc
 * to ourselves, so that both sides of each page are at hand.
 *
 * Nothing faults such a mapping in again: what an invalidation takes is gone
 * for good. So there is no arena of memory that comes and goes, but maps that
 * are made and lost in its address range; see state.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"
#include "backends/each.h"
#include "base/guard.h"
#include "base/pagemap.h"
#include "map.h"
#include "module/defects.h"
#include "op.h"
#include "page.h"
#include "table.h"

#define XEN_TYPE	"/sys/hypervisor/type"
#define REST_NS		(25 * SM_NSEC)
#define REST_NAP_NS	(200 * SM_MSEC)

/* ---- probing ------------------------------------------------------------- */

static bool probe_open(const char *path, const char *module, char *why,
		       size_t size, int *fd)
{
	*fd = gnt_dev_open(path);
	if (*fd >= 0)
		return true;
	if (*fd == -ENOENT)
		snprintf(why, size, "no %s: load %s", path, module);
	else
		snprintf(why, size, "%s: %s", path,
			 *fd == -EACCES || *fd == -EPERM ?
				 "no permission: be root" :
				 strerror(-*fd));
	return false;
}

/* Files that open are no proof: a page has to go all the way. */
static int probe_map(int alloc, int dev)
{
	uint64_t offset, index;
	uint32_t ref;
	void *map;
	int err;

	err = gnt_dev_grant(alloc, &ref, &offset);
	if (err)
		return err;
	err = gnt_dev_list(dev, &ref, 1, &index);
	if (!err) {
		map = mmap(NULL, SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_SHARED, dev, index);
		err = map == MAP_FAILED ? -errno : 0;
		if (!err)
			munmap(map, SM_PAGE_SIZE);
		gnt_dev_unlist(dev, index, 1);
	}
	gnt_dev_revoke(alloc, offset);
	return err;
}

static enum sm_verdict gnt_probe(char *why, size_t size)
{
	char type[16] = "";
	int alloc = -1, dev = -1, err;

	why[0] = '\0';
	if (sm_util_read_file(XEN_TYPE, type, sizeof(type)) <= 0 ||
	    strncmp(type, "xen", 3)) {
		snprintf(why, size,
			 "not on Xen: boot a guest with fixtures/guest/run --xen");
		return SM_SKIP;
	}
	if (!probe_open(GNT_DEVICE, "xen-gntdev", why, size, &dev) ||
	    !probe_open(GNT_ALLOC_DEVICE, "xen-gntalloc", why, size, &alloc)) {
		if (dev >= 0)
			close(dev);
		return SM_SKIP;
	}
	err = probe_map(alloc, dev);
	if (err)
		snprintf(why, size,
			 "cannot map what this domain grants to domain 0: %s (it must be domain 0 itself)",
			 strerror(-err));
	close(alloc);
	close(dev);
	return err ? SM_SKIP : SM_PASS;
}

/* ---- attaching ----------------------------------------------------------- */

static int attach_thread(struct sm_host *host, struct gnt_thread *g,
			 uint64_t start)
{
	unsigned int i;

	g->host = host;
	g->s = host->state;
	g->fd = gnt_dev_open(GNT_DEVICE);
	g->pool.fd = gnt_dev_open(GNT_ALLOC_DEVICE);
	for (i = 0; i < GNT_SLOTS; i++) {
		g->map[i].slot = i;
		g->map[i].base = start + i * GNT_SLOT_SIZE;
		g->map[i].notify = -1;
	}
	if (g->fd < 0)
		return g->fd;
	return g->pool.fd < 0 ? g->pool.fd : 0;
}

static int attach_threads(struct sm_host *host, struct gnt_state *s)
{
	uint64_t slice = (host->scene->arena.end - host->scene->arena.start) /
				 host->scene->spec->threads &
			 ~(SM_PAGE_SIZE - 1);
	unsigned int i;
	int err = sm_guard_start();

	for (i = 0; i < host->scene->spec->threads && !err; i++) {
		s->nr++;
		err = attach_thread(host, &s->threads[i],
				    host->scene->arena.start + i * slice);
	}
	return err;
}

static int gnt_attach(struct sm_host *host)
{
	struct gnt_state *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	host->state = s;
	host->scene->mirrors[0].name = "gntdev";
	host->scene->mirrors[0].defects = host->scene->spec->defects;
	host->scene->nr_mirrors = 1;
	pthread_mutex_init(&s->lock, NULL);
	s->pagemap = sm_pagemap_open(host->scene->result->reason,
				     sizeof(host->scene->result->reason));
	if (s->pagemap < 0)
		return s->pagemap;
	err = attach_threads(host, s);
	if (err)
		sm_end_break(host->end, "cannot open gntdev and gntalloc: %s",
			     strerror(-err));
	return err;
}

static void gnt_detach(struct sm_host *host)
{
	struct gnt_state *s = host->state;
	unsigned int i;

	if (!s)
		return;
	if (s->nr)
		sm_guard_stop();
	for (i = 0; i < s->nr; i++) {
		if (s->threads[i].fd >= 0)
			close(s->threads[i].fd);
		if (s->threads[i].pool.fd >= 0)
			close(s->threads[i].pool.fd);
	}
	if (s->pagemap >= 0)
		close(s->pagemap);
	pthread_mutex_destroy(&s->lock);
	free(s);
	host->state = NULL;
}

/* ---- the storm ----------------------------------------------------------- */

static int gnt_apply(struct sm_turn *t)
{
	struct gnt_state *s = t->host->state;
	struct gnt_thread *g = &s->threads[t->index];
	int err;

	g->t = t;
	sm_write(&g->op, t->op);
	g->rng = *t->rng;
	sm_write(&t->flight->start, g->map[0].base);
	sm_write(&t->flight->end, g->map[0].base + GNT_SLOTS * GNT_SLOT_SIZE);
	err = gnt_table_apply(g, g->op);
	/* A violation that was found may be why an op failed. */
	return sm_docket_found(t->host->docket) ? 0 : err;
}

static int rest_thread(struct gnt_thread *g)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < GNT_SLOTS && !err; i++) {
		gnt_map_verify(g, &g->map[i]);
		err = gnt_map_clear(g, &g->map[i]);
	}
	for (i = 0; i < GNT_POOL_PAGES && !err; i++)
		if (g->pool.page[i].view)
			err = gnt_page_give_up(g, &g->pool.page[i]);
	return err;
}

/* Everything goes: then no grant is left. */
static void gnt_rest(struct sm_host *host)
{
	uint64_t until = sm_util_now() + REST_NS;
	struct gnt_state *s = host->state;
	unsigned int i;
	int err;

	for (i = 0; i < s->nr; i++) {
		sm_end_beat(host->end);
		err = rest_thread(&s->threads[i]);
		if (err)
			sm_end_break(host->end, "cannot clear up: %s",
				     strerror(-err));
	}
	for (i = 0; i < s->nr; i++) {
		while (gnt_page_orphans(&s->threads[i]) &&
		       sm_util_now() < until) {
			sm_end_beat(host->end);
			gnt_page_poll(&s->threads[i]);
			sm_util_nap(REST_NAP_NS);
		}
	}
}

static void gnt_describe(struct sm_host *host, char *buf, size_t size)
{
	const struct gnt_state *s = host->state;
	struct gnt_thread sum = { .fd = -1 };
	unsigned int i;

	if (!s)
		return;
	for (i = 0; i < s->nr; i++) {
		sum.maps += s->threads[i].maps;
		sum.refused += s->threads[i].refused;
		sum.notified += s->threads[i].notified;
		sum.orphans += s->threads[i].orphans;
		sum.children += s->threads[i].children;
	}
	snprintf(buf, size,
		 "%llu maps, %llu refused, %llu notices of an unmap, %llu pages orphaned, %llu processes, %llu accesses amid a change",
		 (unsigned long long)sum.maps, (unsigned long long)sum.refused,
		 (unsigned long long)sum.notified,
		 (unsigned long long)sum.orphans,
		 (unsigned long long)sum.children,
		 (unsigned long long)s->agent_late);
}

const struct sm_backend sm_gntdev_backend = {
	.name = "gntdev",
	.about = "Xen's gntdev: pages that this domain grants to itself",
	.defects = SM_SET_INIT(SM_DEFECT_OF_DRIVER(SM_SABOTAGE_NO_INVALIDATE)),
	.ops = gnt_table,
	.op_size = sizeof(struct gnt_op),
	.probe = gnt_probe,
	.attach = gnt_attach,
	.detach = gnt_detach,
	.apply = gnt_apply,
	.rest = gnt_rest,
	.worker = gnt_agent_run,
	.describe = gnt_describe,
};
