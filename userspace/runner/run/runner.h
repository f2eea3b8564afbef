/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The runner: the process in which a run is made, forked by the session.
 */
#ifndef SM_RUNNER_H
#define SM_RUNNER_H

#include "wire.h"

/**
 * sm_runner_run() - make a run, and leave
 * @spec: what to run
 * @wire: zeroed memory that the session shares
 *
 * For struct sm_session: called in the child, and does not return.
 */
void sm_runner_run(const struct sm_run_spec *spec, struct sm_wire *wire);

/**
 * sm_runner_warm() - read what runners need, once for all of them
 *
 * For struct sm_session: called before each of them is forked. What it cannot have
 * the runner asks for again, and says why it has it not.
 */
void sm_runner_warm(void);

#endif /* SM_RUNNER_H */
