// SPDX-License-Identifier: GPL-2.0-only
/* What a backend is handed: see host.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/pagemap.h"
#include "host.h"
#include "judge/oracles.h"
#include "module/sabotage.h"

/*
 * sm_host_has_victims() - is what the storm frees taken over by others? Where a whole
 * mirror is compared with the page table, nobody has to wait until it does harm; unless
 * that may not accuse.
 */
bool sm_host_has_victims(const struct sm_host *host)
{
	const struct sm_run_spec *spec = host->scene->spec;

	return !(spec->absent & SM_ABSENT_VICTIM) &&
	       (!spec->backend->snapshot ||
		sm_oracles_muted(spec->muted, "pagemap"));
}

/* It may be attach() that hangs: there is nothing to say yet. */
static uint64_t host_flight(struct sm_host *host,
			    const struct sm_device_agent *agent,
			    unsigned int lane)
{
	const struct sm_backend *backend = host->scene->spec->backend;

	if (!backend->flight ||
	    sm_load_acquire(&host->calls.phase) != SM_CALL_ATTACHED)
		return 0;
	return backend->flight(host, agent, lane);
}

/*
 * sm_host_flight() - what the device does just now for @agent, or on @lane, for
 * a message.
 */
const char *sm_host_flight(struct sm_host *host,
			   const struct sm_device_agent *agent,
			   unsigned int lane, char *buf, size_t size)
{
	uint64_t va = host_flight(host, agent, lane);

	buf[0] = '\0';
	if (va)
		snprintf(buf, size, ", its device %s %llx",
			 va & 1 ? "writes to" : "reads",
			 (unsigned long long)(va & ~1ULL));
	return buf;
}

/*
 * sm_host_hang() - @who waits for the device in vain. It may still use all
 * that it was given, so nothing of that is freed any more.
 */
void sm_host_hang(struct sm_host *host, const char *who,
		  const struct sm_device_agent *agent, unsigned int lane)
{
	char flight[SM_FLIGHT_TEXT];

	sm_write(&host->end->hung, true);
	sm_end_stick(host->end, "%s hangs%s", who,
		     sm_host_flight(host, agent, lane, flight, sizeof(flight)));
}

/* ---- tables of a real driver --------------------------------------------- */

/* sm_host_unread() - the tables cannot be read: content alone judges. */
void sm_host_unread(struct sm_host *host, const char *why)
{
	struct sm_run_result *r = host->scene->result;

	snprintf(r->unread, sizeof(r->unread), "%s", why);
}

static const char *host_explain(int err)
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

/* What tables are compared with. If it cannot be had, the report says why. */
static bool host_opens_pagemap(struct sm_host *host)
{
	struct sm_scene *scene = host->scene;
	char why[sizeof(scene->result->unread)];

	if (scene->dev.fd < 0)
		return false; /* which the run says anyway */
	scene->pagemap = sm_pagemap_open(why, sizeof(why));
	if (scene->pagemap < 0)
		sm_host_unread(host, why);
	return scene->pagemap >= 0;
}

/*
 * sm_host_peek() - from a backend's attach(), and before the driver is given
 * what is to be seen: compare the tables of @driver from now on, if possible.
 * @fd and @base as in struct sm_peek.
 *
 * A backend need not care what comes of it. Where the tables cannot be read
 * content alone judges, and the report says why.
 */
void sm_host_peek(struct sm_host *host, uint32_t driver, int fd, uint64_t base)
{
	struct sm_scene *scene = host->scene;
	uint64_t buf[SM_GRANULE_PAGES], present;
	uint32_t tables;
	int err;

	host->peek.driver = driver;
	host->peek.fd = fd;
	host->peek.base = base;
	if (!host_opens_pagemap(host))
		return;
	err = sm_host_copy(host, 0, scene->arena.start, buf, &present, &tables);
	if (err && err != -EBUSY)
		sm_host_unread(host, host_explain(err));
	else
		host->peek.on = true;
}

/*
 * sm_host_peek_by() - as sm_host_peek(), of a driver that shows its tables itself:
 * @copy is sm_host_copy() then, and -EBUSY if a table is being changed.
 */
void sm_host_peek_by(struct sm_host *host,
		     int (*copy)(struct sm_host *host, uint32_t table,
				 uint64_t va, uint64_t *buf, uint64_t *present,
				 uint32_t *tables))
{
	if (!host_opens_pagemap(host))
		return;
	host->peek.copy = copy;
	host->peek.on = true;
}

/* Others are compared; but the run says what is not. */
static void host_left_out(struct sm_host *host, uint32_t unread)
{
	struct sm_run_result *r = host->scene->result;

	if (unread <= host->peek.unread)
		return;
	host->peek.unread = unread;
	snprintf(r->unread, sizeof(r->unread), "of %u vCPU%s: shadow paging",
		 unread, unread == 1 ? "" : "s");
}

/* How the pages of the granule at @va are held; false: a table is being made. */
static bool host_holds(const struct sm_host *host, uint64_t va, uint32_t *made,
		       uint32_t *holds)
{
	const uint32_t *of = host->peek.holds;
	unsigned int i;

	*made = sm_read(&host->peek.making);
	for (i = 0; of && i < SM_GRANULE_PAGES; i++)
		holds[i] = sm_read(&of[((va - host->scene->arena.start) >>
					SM_PAGE_SHIFT) + i]);
	return !(*made & 1);
}

/* What was held when it was copied is as good as not there. */
static void host_hide(const uint32_t *before, const uint32_t *after,
		      uint64_t *buf, uint64_t *present)
{
	unsigned int i;

	for (i = 0; i < SM_GRANULE_PAGES; i++) {
		if (!((before[i] ^ after[i]) & ~SM_HOLD_WANTED) &&
		    !(after[i] & SM_HOLD_HELD))
			continue;
		*present -= !!(buf[i] & SM_ENT_PRESENT);
		buf[i] = 0;
	}
}

/* sm_host_copy() - one table of the granule at @va, and how many there are. */
int sm_host_copy(struct sm_host *host, uint32_t table, uint64_t va,
		 uint64_t *buf, uint64_t *present, uint32_t *tables)
{
	struct sm_ioc_peek p = {
		.driver = host->peek.driver,
		.fd = host->peek.fd,
		.table = table,
		.start = va - host->peek.base,
		.end = va - host->peek.base + SM_GRANULE_SIZE,
		.buf = (uintptr_t)buf,
	};
	uint32_t before[SM_GRANULE_PAGES], after[SM_GRANULE_PAGES];
	uint32_t made, making;
	int err;

	if (host->peek.copy)
		return host->peek.copy(host, table, va, buf, present, tables);
	if (!host_holds(host, va, &making, before))
		return -EBUSY;
	sm_fence();
	err = sm_device_peek(&host->scene->dev, &p);
	sm_fence();
	host_holds(host, va, &made, after);
	if (!err && made != making)
		err = -EBUSY;
	*present = p.present;
	*tables = p.tables;
	if (!err)
		host_left_out(host, p.unread);
	if (!err && host->peek.holds)
		host_hide(before, after, buf, present);
	return err;
}
