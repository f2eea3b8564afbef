/* SPDX-License-Identifier: GPL-2.0-only */
/* What an actor or a backend is handed, for tests of one alone. */
#ifndef SM_HOST_BED_H
#define SM_HOST_BED_H

#include <string.h>

#include "backends/host.h"

struct host_bed {
	struct sm_scene scene;
	struct sm_end end;
	struct sm_docket docket;
	struct sm_gate gate;
	struct sm_host host;
};

static inline void host_bed_init(struct host_bed *b,
				 const struct sm_run_spec *spec,
				 struct sm_wire *wire,
				 struct sm_run_result *result)
{
	memset(b, 0, sizeof(*b));
	b->scene.spec = spec;
	b->scene.wire = wire;
	b->scene.result = result;
	b->scene.dev.fd = -1;
	b->scene.pagemap = -1;
	sm_end_init(&b->end, wire);
	sm_docket_init(&b->docket, &b->scene, &b->end);
	sm_gate_init(&b->gate, &b->end, spec->threads);
	b->host.scene = &b->scene;
	b->host.end = &b->end;
	b->host.docket = &b->docket;
	b->host.gate = &b->gate;
}

static inline void host_bed_destroy(struct host_bed *b)
{
	sm_gate_destroy(&b->gate);
	sm_docket_destroy(&b->docket);
	sm_end_destroy(&b->end);
}

#endif /* SM_HOST_BED_H */
