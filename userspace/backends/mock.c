// SPDX-License-Identifier: GPL-2.0-only
/* The mock secondary MMU of stalemate.ko. */
#include <unistd.h>

#include "backends.h"
#include "device.h"
#include "engine.h"
#include "pagemap.h"
#include "verdict.h"

static enum sm_verdict mock_probe(char *why, size_t size)
{
	struct sm_device d;
	int fd, err;

	why[0] = '\0';
	err = sm_device_open(&d, why, size);
	if (err)
		return sm_verdict_of_errno(err);
	sm_device_close(&d);
	fd = sm_pagemap_open(why, size);
	if (fd < 0)
		return sm_verdict_of_errno(fd);
	close(fd);
	return SM_PASS;
}

/* What a module that cannot be asked would have, nobody knows: no objection. */
static bool mock_has(enum sm_profile profile, char *why, size_t size)
{
	struct sm_device d;
	bool has;

	if (sm_device_open(&d, why, size))
		return true;
	has = sm_device_has_profile(&d, profile, why, size);
	sm_device_close(&d);
	return has;
}

const struct sm_backend sm_mock_backend = {
	.name = "mock",
	.about = "mock secondary MMU in stalemate.ko",
	.profiled = true,
	.probe = mock_probe,
	.has = mock_has,
	.run = sm_engine_run,
};
