/* SPDX-License-Identifier: GPL-2.0-only */
/* A run in the process of the test, which sees all that its backend does. */
#ifndef IN_PROCESS_H
#define IN_PROCESS_H

#include <stdlib.h>
#include <string.h>

#include "run/run.h"

static inline enum sm_verdict in_process_run(const struct sm_run_spec *spec,
					     struct sm_run_result *result)
{
	struct sm_wire *wire = aligned_alloc(SM_WIRE_ALIGN, sizeof(*wire));

	if (!wire)
		abort();
	memset(wire, 0, sizeof(*wire));
	sm_run(spec, wire);
	*result = wire->result;
	free(wire);
	return result->verdict;
}

#endif /* IN_PROCESS_H */
