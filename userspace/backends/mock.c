// SPDX-License-Identifier: GPL-2.0-only
/* The mock secondary MMU of stalemate.ko. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/pagemap.h"
#include "each.h"
#include "host.h"
#include "judge/lacks.h"
#include "module/defects.h"
#include "module/device.h"
#include "module/profiles.h"

static enum sm_verdict mock_probe(char *why, size_t size)
{
	struct sm_device d;
	int fd, err;

	why[0] = '\0';
	err = sm_device_open(&d, why, size);
	if (err)
		return sm_wire_verdict(err);
	sm_device_close(&d);
	fd = sm_pagemap_open(why, size);
	if (fd < 0)
		return sm_wire_verdict(fd);
	close(fd);
	return SM_PASS;
}

/* What a module that cannot be asked would have, nobody knows: no objection. */
static bool mock_has(enum sm_profile profile, char *why, size_t size)
{
	struct sm_device d;
	bool has;

	if (!sm_device_told() || sm_device_open(&d, why, size))
		return true;
	has = sm_device_has_profile(&d, profile, why, size);
	sm_device_close(&d);
	return has;
}

/* Name what keeps a defect out, if the module says that it may not be. */
static void mock_refused(struct sm_host *host, const struct sm_mirror *m,
			 int err)
{
	char why[256];
	unsigned int row;

	sm_set_for_each(row, &m->defects)
		if (sm_lacks_defect(sm_lacks_here(), row, why, sizeof(why)))
			break;
	if (err == -EPERM && row < SM_SET_ROOM)
		sm_end_break(host->end, "cannot create a %s mirror with %s: %s",
			     m->name, sm_defects[row].name, why);
	else
		sm_end_break(host->end, "cannot create a %s mirror%s: %s",
			     m->name,
			     sm_set_empty(&m->defects) ? "" : " with its defect",
			     strerror(-err));
}

static int mock_attach(struct sm_host *host)
{
	const struct sm_run_spec *spec = host->scene->spec;
	struct sm_mirror *m;
	unsigned int i;
	int err;

	for (i = 0; i < spec->nr_profiles; i++) {
		m = &host->scene->mirrors[i];
		m->name = sm_profiles[spec->profiles[i]].name;
		m->defects = sm_defects_of(&spec->defects, spec->profiles[i]);
		m->profile = &sm_profiles[spec->profiles[i]];
		m->ages = m->profile->ages;
		host->scene->pinned |= m->profile->pinned;
		host->scene->flushed |= m->profile->flushed;
		err = sm_device_mirror(&host->scene->dev, spec->profiles[i],
				       &m->defects, host->scene->arena.start,
				       host->scene->arena.end, spec->amplify_ns,
				       &m->id);
		if (err) {
			mock_refused(host, m, err);
			return err;
		}
		host->scene->nr_mirrors++;
	}
	return 0;
}

/* Closing the module's file ends all of it. */
static void mock_detach(struct sm_host *host)
{
	(void)host;
}

static int mock_access(struct sm_host *host, const struct sm_mirror *m,
		       unsigned int lane, struct sm_access *a, unsigned int nr)
{
	(void)lane;
	for (; nr; nr--, a++)
		a->error = sm_device_access(&host->scene->dev, m->id, a->write,
					    a->va, &a->value, sizeof(a->value),
					    NULL);
	return 0;
}

static int mock_agent_start(struct sm_host *host, const struct sm_mirror *m,
			    const struct sm_ioc_agent_start *how,
			    struct sm_device_agent *agent)
{
	struct sm_ioc_agent_start s = *how;

	s.id = m->id;
	return sm_device_agent_start(&host->scene->dev, &s, agent);
}

static int mock_agent_stop(struct sm_host *host, struct sm_device_agent *agent)
{
	return sm_device_agent_stop(&host->scene->dev, agent);
}

static void mock_agent_free(struct sm_host *host, struct sm_device_agent *agent)
{
	(void)host;
	sm_device_agent_unmap(agent);
}

static int mock_fault(struct sm_host *host, const struct sm_mirror *m,
		      uint32_t flags, uint32_t batch, uint64_t start,
		      uint64_t end, uint64_t *done)
{
	return sm_device_fault(&host->scene->dev, m->id, flags, batch, start,
			       end, done);
}

static int mock_snapshot(struct sm_host *host, const struct sm_mirror *m,
			 uint64_t start, uint64_t end, uint64_t *buf,
			 uint64_t *present)
{
	return sm_device_snapshot(&host->scene->dev, m->id, start, end, buf,
				  present);
}

static int mock_check(struct sm_host *host, const struct sm_mirror *m,
		      uint64_t start, uint64_t end, struct sm_ioc_check *out)
{
	return sm_device_check(&host->scene->dev, m->id, start, end, out);
}

static int mock_stats(struct sm_host *host, const struct sm_mirror *m,
		      struct sm_ioc_stats *out)
{
	return sm_device_stats(&host->scene->dev, m->id, out);
}

const struct sm_backend sm_mock_backend = {
	.name = "mock",
	.about = "mock secondary MMU in stalemate.ko",
	.profiled = true,
	.probe = mock_probe,
	.has = mock_has,
	.attach = mock_attach,
	.detach = mock_detach,
	.access = mock_access,
	.agent_start = mock_agent_start,
	.agent_stop = mock_agent_stop,
	.agent_free = mock_agent_free,
	.fault = mock_fault,
	.snapshot = mock_snapshot,
	.check = mock_check,
	.stats = mock_stats,
};
