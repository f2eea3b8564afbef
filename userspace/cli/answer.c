// SPDX-License-Identifier: GPL-2.0-only
/* What drivers answer when a session asks them: see answer.h. */
#include <sys/stat.h>

#include "answer.h"
#include "backends/backends.h"
#include "base/util.h"
#include "module/device.h"

static void probe(const struct sm_backend *b, struct sm_ask_probed *probed)
{
	const struct sm_ioc_query *q;
	char why[256];
	unsigned int p;

	probed->verdict = b->probe(probed->why, sizeof(probed->why));
	for (p = 0; p < SM_PROFILE_NR; p++)
		if (!b->has || b->has(p, why, sizeof(why)))
			probed->profiles |= SM_BIT(p);
	q = b->profiled ? sm_device_told() : NULL;
	if (q)
		probed->told = *q;
	probed->is_told = q;
}

void sm_answer_probe(const struct sm_backend *backend,
		     struct sm_ask_probed *probed)
{
	sm_ask_probe(backend, probe, probed);
	/* Whoever asks for it later in this process gets this answer. */
	if (backend->profiled)
		sm_device_tell(probed->is_told ? &probed->told : NULL);
}

bool sm_answer_sabotaged(void)
{
	struct sm_ioc_query q;
	struct sm_device d;
	struct stat st;
	char why[256];

	if (stat(SM_DEVICE_PATH, &st))
		return false;
	return sm_device_open(&d, why, sizeof(why)) ||
	       sm_device_query(&d, &q) || q.broken;
}
