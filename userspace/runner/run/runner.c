// SPDX-License-Identifier: GPL-2.0-only
/* The process in which a run is made: see runner.h. */
#include <stdlib.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/symbols.h"
#include "module/device.h"
#include "run.h"
#include "runner.h"
#include "tools.h"

/* Symbols serve the witness, which is the module's. */
void sm_runner_warm(void)
{
	const struct sm_symbols *ignored;

	sm_crash_warm();
	if (!access(SM_DEVICE_PATH, F_OK))
		(void)sm_symbols_load(&ignored);
}

void sm_runner_run(const struct sm_run_spec *spec, struct sm_wire *wire)
{
	sm_crash_catch(&wire->crash);
	sm_run(spec, wire);
	if (__gcov_dump)
		__gcov_dump();
	if (__lsan_do_recoverable_leak_check &&
	    __lsan_do_recoverable_leak_check())
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}
