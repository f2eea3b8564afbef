// SPDX-License-Identifier: GPL-2.0-only
/* Comparing the tables of a real driver: see peek.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compare.h"
#include "engine.h"
#include "pagemap.h"
#include "peek.h"
#include "sabotage.h"

#define PEEK_NAP_NS	SM_MSEC
#define PEEK_SHARE	8	/* naps last so many times longer than looks */

/* sm_peek_none() - the tables cannot be read: content alone judges. */
void sm_peek_none(struct sm_engine *e, const char *why)
{
	snprintf(e->result->unread, sizeof(e->result->unread), "%s", why);
}

static const char *peek_explain(int err)
{
	const char *why = sm_sabotage_hooks(err);

	if (why)
		return why;
	if (err == -EOPNOTSUPP)
		return "the module cannot read this driver's tables in this kernel";
	if (err == -ENOTTY)
		return "the module is older than this program";
	return strerror(-err);
}

/*
 * sm_peek_start() - from a backend's attach(), and before the driver is given
 * what is to be seen: compare the tables of @driver from now on, if possible.
 * @fd and @base as in struct sm_peek.
 */
void sm_peek_start(struct sm_engine *e, uint32_t driver, int fd, uint64_t base)
{
	uint64_t buf[SM_GRANULE_PAGES], present;
	char why[sizeof(e->result->unread)];
	uint32_t tables;
	int err;

	e->peek.driver = driver;
	e->peek.fd = fd;
	e->peek.base = base;
	if (e->dev.fd < 0)
		return;	/* which the run says anyway */
	e->pagemap = sm_pagemap_open(why, sizeof(why));
	if (e->pagemap < 0) {
		sm_peek_none(e, why);
		return;
	}
	err = sm_peek_copy(e, 0, e->arena.start, buf, &present, &tables);
	if (err && err != -EBUSY)
		sm_peek_none(e, peek_explain(err));
	else
		e->peek.on = true;
}

/* Others are compared; but the run says what is not. */
static void peek_left_out(struct sm_engine *e, uint32_t unread)
{
	if (unread <= e->peek.unread)
		return;
	e->peek.unread = unread;
	snprintf(e->result->unread, sizeof(e->result->unread),
		 "of %u vCPU%s: shadow paging", unread, unread == 1 ? "" : "s");
}

/* sm_peek_copy() - one table of the granule at @va, and how many there are. */
int sm_peek_copy(struct sm_engine *e, uint32_t table, uint64_t va,
		 uint64_t *buf, uint64_t *present, uint32_t *tables)
{
	struct sm_ioc_peek p = {
		.driver = e->peek.driver,
		.fd = e->peek.fd,
		.table = table,
		.start = va - e->peek.base,
		.end = va - e->peek.base + SM_GRANULE_SIZE,
		.buf = (uintptr_t)buf,
	};
	int err = sm_device_peek(&e->dev, &p);

	*present = p.present;
	*tables = p.tables;
	if (!err)
		peek_left_out(e, p.unread);
	return err;
}

/*
 * sm_peek_thread() - compare all granules, again and again; but the driver's
 * locks, the mm's and the processor are above all for the storm.
 */
void *sm_peek_thread(void *engine)
{
	struct sm_engine *e = engine;
	uint64_t granules = e->model.pages / SM_GRANULE_PAGES;
	uint64_t g = 0, begun;

	if (!sm_engine_begun(e))
		return NULL;
	while (!sm_engine_stopping(e)) {
		begun = sm_util_now();
		sm_compare_tables(e, g++ % granules, false);
		sm_util_nap(PEEK_NAP_NS + PEEK_SHARE * (sm_util_now() - begun));
	}
	return NULL;
}

/* sm_peek_at_rest() - all of it; nobody changes memory any more. */
void sm_peek_at_rest(struct sm_engine *e)
{
	uint64_t g;

	if (!e->peek.on)
		return;
	for (g = 0; g < e->model.pages / SM_GRANULE_PAGES; g++) {
		if (e->broken || e->stuck || sm_run_stopped())
			break;
		sm_compare_tables(e, g, true);
	}
}
