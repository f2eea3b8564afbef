// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen's gntdev. The mirror is a mapping that the driver makes itself, of pages
 * that were granted to this domain; here they are our own, granted by gntalloc
 * to ourselves, so that both sides of each page are at hand.
 *
 * Nothing faults such a mapping in again: what an invalidation takes is gone
 * for good. So there is no arena of memory that comes and goes, but maps that
 * are made and lost in its address range; see gntdev_map.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backends.h"
#include "engine.h"
#include "gntdev_guard.h"
#include "gntdev_state.h"
#include "oracle.h"
#include "pagemap.h"

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

/* ---- what the parts share ------------------------------------------------ */

/* gnt_accuse() - a violation at @va, 0 if it has no place. */
void gnt_accuse(struct sm_engine *e, const char *oracle, const char *op,
		uint64_t va, const char *fmt, ...)
{
	struct sm_hit h = {
		.oracle = oracle,
		.mirror = &e->mirrors[0],
		.va = va,
		.op = op ? op : "",
	};
	char text[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	sm_oracle_hit(e, &h, "%s", text);
}

/* gnt_pfn() - pagemap's entries from @va on. */
int gnt_pfn(const struct gnt_state *s, uint64_t va, uint64_t *entry,
	    unsigned int nr)
{
	size_t size = nr * sizeof(*entry);

	return pread(s->pagemap, entry, size, va / SM_PAGE_SIZE * 8) ==
			       (ssize_t)size ?
		       0 :
		       -EIO;
}

/* gnt_fork() - the child never needs the lock, and never gets it. */
pid_t gnt_fork(struct gnt_thread *g)
{
	pid_t pid;

	pthread_mutex_lock(&g->s->lock);
	pid = fork();
	if (pid)
		pthread_mutex_unlock(&g->s->lock);
	return pid;
}

static bool gnt_count(struct gnt_thread *g, bool done)
{
	struct sm_mirror_result *seen = &g->e->result->mirrors[0];

	if (g->t)
		sm_add(done ? &seen->accesses : &seen->refused, 1);
	return done;
}

/* gnt_read() - as gnt_guard_read(), and counted. */
bool gnt_read(struct gnt_thread *g, uint64_t va, uint64_t *value)
{
	return gnt_count(g, gnt_guard_read(va, value));
}

bool gnt_write(struct gnt_thread *g, uint64_t va, uint64_t value)
{
	return gnt_count(g, gnt_guard_write(va, value));
}

/* ---- attaching ----------------------------------------------------------- */

static int attach_thread(struct sm_engine *e, struct gnt_thread *g,
			 uint64_t start)
{
	unsigned int i;

	g->e = e;
	g->s = e->state;
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

static int attach_threads(struct sm_engine *e, struct gnt_state *s)
{
	uint64_t slice = (e->arena.end - e->arena.start) / e->spec->threads &
			 ~(SM_PAGE_SIZE - 1);
	unsigned int i;
	int err = gnt_guard_start();

	for (i = 0; i < e->spec->threads && !err; i++) {
		s->nr++;
		err = attach_thread(e, &s->threads[i],
				    e->arena.start + i * slice);
	}
	return err;
}

static int gnt_attach(struct sm_engine *e)
{
	struct gnt_state *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	e->state = s;
	e->mirrors[0].name = "gntdev";
	e->mirrors[0].defects = e->spec->defects;
	e->nr_mirrors = 1;
	pthread_mutex_init(&s->lock, NULL);
	s->pagemap = sm_pagemap_open(e->result->reason,
				     sizeof(e->result->reason));
	if (s->pagemap < 0)
		return s->pagemap;
	err = attach_threads(e, s);
	if (err)
		sm_engine_break(e, "cannot open gntdev and gntalloc: %s",
				strerror(-err));
	return err;
}

static void gnt_detach(struct sm_engine *e)
{
	struct gnt_state *s = e->state;
	unsigned int i;

	if (!s)
		return;
	if (s->nr)
		gnt_guard_stop();
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
	e->state = NULL;
}

/* ---- the storm ----------------------------------------------------------- */

static int gnt_apply(struct sm_storm_thread *t, unsigned int row)
{
	struct gnt_state *s = t->e->state;
	struct gnt_thread *g = &s->threads[t->index];
	int err;

	g->t = t;
	sm_write(&g->op, sm_ops[row].name);
	g->rng = t->rng;
	sm_write(&t->busy_start, g->map[0].base);
	sm_write(&t->busy_end, g->map[0].base + GNT_SLOTS * GNT_SLOT_SIZE);
	err = gnt_ops_apply(g, g->op);
	/* A violation that was found may be why an op failed. */
	return sm_oracle_found(t->e) ? 0 : err;
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
static void gnt_rest(struct sm_engine *e)
{
	uint64_t until = sm_util_now() + REST_NS;
	struct gnt_state *s = e->state;
	unsigned int i;
	int err;

	for (i = 0; i < s->nr; i++) {
		err = rest_thread(&s->threads[i]);
		if (err)
			sm_engine_break(e, "cannot clear up: %s",
					strerror(-err));
	}
	for (i = 0; i < s->nr; i++) {
		while (gnt_page_orphans(&s->threads[i]) &&
		       sm_util_now() < until) {
			gnt_page_poll(&s->threads[i]);
			sm_util_nap(REST_NAP_NS);
		}
	}
}

static void gnt_describe(struct sm_engine *e, char *buf, size_t size)
{
	const struct gnt_state *s = e->state;
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
	.defects = SM_BIT(SM_DEFECT_NO_INVALIDATE),
	.probe = gnt_probe,
	.attach = gnt_attach,
	.detach = gnt_detach,
	.apply = gnt_apply,
	.rest = gnt_rest,
	.worker = gnt_agent_run,
	.describe = gnt_describe,
};
