/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stalemate bench storm: how fast ops are applied, what slows them down, and where the
 * time of a storm goes.
 */
#ifndef SM_BENCH_STORM_H
#define SM_BENCH_STORM_H

#include <stdint.h>

#include "session/report.h"

/**
 * sm_bench_storm() - measure, and print two tables
 * @report: gets the members "bench_ops" and "bench_storm"
 * @ops: rows of the op table
 * @duration_ns: of each storm of one op; that of all takes ten times as long
 *
 * An op is measured alone, in two threads, each time with something else beside it.
 * What this kernel cannot do is left out.
 *
 * Return: pass; broken if the storm of all @ops applied none, or was stopped.
 */
enum sm_verdict sm_bench_storm(struct sm_report *report, struct sm_set ops,
			       uint64_t duration_ns);

#endif /* SM_BENCH_STORM_H */
