/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run of a storm, whole: what it is about, who takes part, and what came of it.
 * Nobody below this room sees it; they are handed the parts that they need.
 *
 * Memory is changed by storm threads alone, each in its own slice of the arena;
 * everyone else only looks, through the device.
 */
#ifndef SM_ENGINE_H
#define SM_ENGINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "backends/host.h"
#include "cast.h"
#include "storm/storm.h"

/**
 * struct sm_engine - a running storm
 * @scene: what it is about
 * @end: how it ends
 * @docket: what is found
 * @gate: where the storm can be made to pause
 * @host: the device under test
 * @storm: storm threads
 * @cast: who is at work beside them
 * @taint: the kernel's taint mask when the run began, to see it die
 * @broken: what the module was told to make of a real driver: enum sm_sabotage
 * @unbroken: what the module had broken of real drivers before this run's was
 * @taken: violations taken from the module
 * @overtime_ns: when waiting for the least work ends; 0: not begun
 * @refused: starts that were refused before this run, as SM_IOC_QUERY has it
 * @closed: those of them that were closed
 * @vacuous: it has passed without having looked, and this says at what; or ""
 */
struct sm_engine {
	struct sm_scene scene;
	struct sm_end end;
	struct sm_docket docket;
	struct sm_gate gate;
	struct sm_host host;
	struct sm_storm storm;
	struct sm_cast cast;
	uint64_t taint;
	struct sm_set broken;
	struct sm_ioc_query unbroken;
	uint64_t taken;
	uint64_t overtime_ns;
	uint64_t refused;
	uint64_t closed;
	char vacuous[256];
};

#endif /* SM_ENGINE_H */
