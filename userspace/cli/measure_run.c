// SPDX-License-Identifier: GPL-2.0-only
/*
 * stalemate bench: what it costs that a run is made by a process of its own. The
 * least arena that two threads can have, as filling it is no part of that.
 */
#include <errno.h>
#include <string.h>

#include "answer.h"
#include "backends/backends.h"
#include "base/util.h"
#include "measure_run.h"
#include "memory/arena.h"
#include "run/runner.h"
#include "session/session.h"

#define THREADS	2

int sm_measure_run_prepare(struct sm_measure_bed *b, bool cost)
{
	(void)b;
	(void)cost;
	return 0;
}

int sm_measure_run(struct sm_measure_bed *b, bool cost, double *ns)
{
	static struct sm_run_result result;
	struct sm_session session = {
		.runner = sm_runner_run,
		.sabotaged = sm_answer_sabotaged,
	};
	const struct sm_run_spec spec = {
		.backend = &sm_template_backend,
		.ops = sm_set_below(SM_MAX_OPS),
		.threads = THREADS,
		.arena = THREADS * SM_GRANULE_SIZE,
		.memory = SM_BIT(SM_MEM_ANON),
		.count = SM_RUN_LEAST_OPS,
		.seed = 1,
	};
	int signal;

	(void)b;
	(void)cost;
	sm_session_begin(&session);
	sm_session_run(&session, &spec, &result);
	signal = sm_session_end(&session);
	sm_session_release();
	if (signal)
		return -EINTR;
	if (result.verdict != SM_PASS || !result.t_op_ns)
		return -EIO;
	*ns = result.t_op_ns - result.t_fork_ns;
	return 0;
}
