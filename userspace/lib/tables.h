/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What exists: profiles, defects, oracles, backends, kinds of memory and ops,
 * by name. Everything that is listed, parsed or printed comes from here.
 */
#ifndef SM_TABLES_H
#define SM_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run.h"

/**
 * struct sm_profile_info - a row of the profile table
 * @name: name on the command line
 * @about: one line
 * @pinned: its pages are pinned and may differ from the page table: oracles
 *	that compare with it, or judge content, do not apply
 * @flushed: it is told after the page table changed, even after the end of an
 *	event: compared only while no op is under way
 * @needs: what a kernel must have; NULL if all kernels have it
 */
struct sm_profile_info {
	const char *name;
	const char *about;
	bool pinned;
	bool flushed;
	const char *needs;
};

/**
 * struct sm_defect_info - a row of the defect table
 * @name: name on the command line
 * @about: one line
 * @profiles: mask of enum sm_profile it applies to
 * @oracles: names of the oracles that may catch it, NULL terminated
 * @memory: mask of enum sm_memory in which it can show; 0: any
 * @beside: mask of enum sm_profile, one of which must share the mm; 0: none
 * @at_end: shows only when a run is over
 * @debug: shows only on a debug kernel
 * @models: the real bug it is modelled on
 */
struct sm_defect_info {
	const char *name;
	const char *about;
	uint64_t profiles;
	const char *oracles[6];
	unsigned int memory;
	uint64_t beside;
	bool at_end;
	bool debug;
	const char *models;
};

/**
 * struct sm_oracle_info - a row of the oracle table
 * @name: name in results
 * @side: "user" or "kernel"
 * @about: one line: what it finds
 */
struct sm_oracle_info {
	const char *name;
	const char *side;
	const char *about;
};

struct sm_storm_thread;
struct sm_span;

/**
 * struct sm_op - a row of the op table
 * @name: name on the command line and in results
 * @class: map, unmap, protect, advise, move, fork, thp
 * @about: one line
 * @memory: mask of enum sm_memory it works on
 * @needs_root: needs CAP_SYS_ADMIN
 * @silent: emits nothing by design; never reported as unreached
 * @emitters: canonical names of the emitters it should reach, NULL terminated
 * @apply: does it to a span of the thread's slice and updates the model;
 *	returns 0 or a negative errno (the run is then broken, not failed)
 */
struct sm_op {
	const char *name;
	const char *class;
	const char *about;
	unsigned int memory;
	bool needs_root;
	bool silent;
	const char *emitters[8];
	int (*apply)(struct sm_storm_thread *t, const struct sm_span *s);
};

/**
 * struct sm_backend - something that owns a mirror under test
 * @name: name on the command line
 * @about: one line
 * @profiled: has profiles and defects (the mock); else the driver is its own
 * @probe: says whether it can run here; @why gets one line that names what is
 *	missing and how to get it. Returns SM_PASS, SM_SKIP or SM_BROKEN
 * @has: is a profile to be had here? @why says what is missing; NULL: all are
 * @run: see sm_run(); NULL where only the probe exists
 */
struct sm_backend {
	const char *name;
	const char *about;
	bool profiled;
	enum sm_verdict (*probe)(char *why, size_t size);
	bool (*has)(enum sm_profile profile, char *why, size_t size);
	enum sm_verdict (*run)(const struct sm_run_spec *spec,
			       struct sm_run_result *result,
			       void (*progress)(const struct sm_progress *p,
						void *arg),
			       void *arg);
};

extern const struct sm_profile_info sm_profiles[SM_PROFILE_NR];
extern const struct sm_defect_info sm_defects[SM_DEFECT_NR];
extern const struct sm_oracle_info sm_oracles[];
extern const char *const sm_memory_names[SM_MEM_NR];
extern const char *const sm_event_names[SM_EVENT_NR];
extern const char *const sm_phase_names[SM_PHASE_NR];
extern const char *const sm_verdict_names[];

/* Tables that end with a NULL name (or a NULL pointer). */
extern const struct sm_op sm_ops[];
extern const struct sm_backend *const sm_backends[];

#endif /* SM_TABLES_H */
