/* SPDX-License-Identifier: GPL-2.0-only */
/* What a session hears of the tables, for tests that run one backend themselves. */
#ifndef SM_ONE_BACKEND_H
#define SM_ONE_BACKEND_H

#include "backends/host.h"
#include "judge/oracles.h"
#include "session/catalogue.h"

/* The runner's oracles, and the only backend. */
static inline void one_backend(const struct sm_backend *backend)
{
	static struct sm_catalogue_backend backends[2];
	static const char *oracles[SM_MAX_ORACLES + 1];
	static const struct sm_catalogue catalogue = {
		.backends = backends,
		.oracles = oracles,
	};
	unsigned int i;

	backends[0].backend = backend;
	backends[0].name = backend->name;
	for (i = 0; sm_oracles[i].name; i++)
		oracles[i] = sm_oracles[i].name;
	sm_catalogue_use(&catalogue);
}

#endif /* SM_ONE_BACKEND_H */
