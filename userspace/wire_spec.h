/* SPDX-License-Identifier: GPL-2.0-only */
/* A part of wire.h: what a runner is told to run, and how much of anything there is. */
#ifndef SM_WIRE_SPEC_H
#define SM_WIRE_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/set.h"
#include "uapi/stalemate.h"

#define SM_MAX_PROFILES		4	/* mirrors on one arena: P+Q+R+S */
#define SM_MAX_EMITTERS		64
#define SM_MAX_VIOLATIONS	64	/* listed; the total goes on */
#define SM_MAX_ALIKE		8	/* of those, in the same words */
#define SM_MAX_HISTORY		32	/* records per violation */
#define SM_MAX_DEFECTS		SM_SET_ROOM	/* rows of the defect table */
#define SM_MAX_ORACLES		64	/* rows of the oracle table: a mask */

/* Fewer ops are no storm. */
#define SM_RUN_LEAST_OPS	20

/*
 * What is to catch a defect gets work, and not only time: for each second as much
 * as an emulated machine does that has nothing else to do.
 */
#define SM_RUN_OPS_PER_S	100
#define SM_RUN_DRIVER_OPS_PER_S	20	/* ops of a real driver take longer */
#define SM_RUN_ACCESSES_PER_S	1000

/**
 * enum sm_hardware - what the backend knows of its device
 * @SM_HARDWARE_UNSAID: nothing
 * @SM_HARDWARE_NONE: there is none: software does as if
 * @SM_HARDWARE_REAL: it is a device
 */
enum sm_hardware {
	SM_HARDWARE_UNSAID,
	SM_HARDWARE_NONE,
	SM_HARDWARE_REAL,
};

/**
 * enum sm_verdict - what became of a run
 * @SM_PASS: nothing was found
 * @SM_FAIL: an oracle found a violation
 * @SM_BROKEN: the set-up failed; says nothing about the driver
 * @SM_SKIP: cannot run here; the reason says what is missing
 * @SM_INCOMPLETE: the guest died under it
 * @SM_TIMEOUT: it did not end in time
 */
enum sm_verdict {
	SM_PASS,
	SM_FAIL,
	SM_BROKEN,
	SM_SKIP,
	SM_INCOMPLETE,
	SM_TIMEOUT,
};

extern const char *const sm_verdict_names[];

/**
 * enum sm_memory - kinds of arena memory
 * @SM_MEM_ANON: private anonymous, 4 KiB pages
 * @SM_MEM_ANON_THP: private anonymous, huge pages where aligned
 * @SM_MEM_SHMEM: shared tmpfs, 4 KiB pages
 * @SM_MEM_SHMEM_THP: shared tmpfs, huge pages where aligned
 * @SM_MEM_FILE: shared file on a disk, written back
 * @SM_MEM_HUGETLB: private hugetlb, 2 MiB pages
 * @SM_MEM_HUGETLB_SHARED: shared hugetlb, 2 MiB pages
 * @SM_MEM_DAX: shared file on persistent memory, mapped without a cache (DAX)
 * @SM_MEM_FILE_PRIVATE: private mapping of a file on a disk, whose part for the
 *	arena stays empty
 * @SM_MEM_ANON_MTHP: private anonymous, huge pages of all sizes below 2 MiB
 * @SM_MEM_SHMEM_MTHP: shared tmpfs, huge pages of all sizes below 2 MiB
 * @SM_MEM_ANON_LOCKED: private anonymous, 4 KiB pages that stay in memory (mlock)
 * @SM_MEM_HUGETLB_1G: private hugetlb, 1 GiB pages
 * @SM_MEM_NR: number of kinds
 */
enum sm_memory {
	SM_MEM_ANON,
	SM_MEM_ANON_THP,
	SM_MEM_SHMEM,
	SM_MEM_SHMEM_THP,
	SM_MEM_FILE,
	SM_MEM_HUGETLB,
	SM_MEM_HUGETLB_SHARED,
	SM_MEM_DAX,
	SM_MEM_FILE_PRIVATE,
	SM_MEM_ANON_MTHP,
	SM_MEM_SHMEM_MTHP,
	SM_MEM_ANON_LOCKED,
	SM_MEM_HUGETLB_1G,
	SM_MEM_NR,
};

extern const char *const sm_memory_names[SM_MEM_NR];

/* Files of this pattern are switched to this value where that is allowed; or NULL. */
extern const struct sm_memory_switch {
	const char *files;
	const char *value;
} sm_memory_switches[SM_MEM_NR];

/* Words for what the module tells by number. */
extern const char *const sm_event_names[SM_EVENT_NR];
extern const char *const sm_phase_names[SM_PHASE_NR];

struct sm_allow;
struct sm_backend;

/* What may be left out of a run, to see what the rest costs: it proves nothing then. */
#define SM_ABSENT_WITNESS	SM_BIT(0)	/* the module, if the backend needs none */
#define SM_ABSENT_COMPARE	SM_BIT(1)	/* comparing with pagemap */
#define SM_ABSENT_DEVICE	SM_BIT(2)	/* accesses of the device, whoever makes them */
#define SM_ABSENT_MEET		SM_BIT(3)	/* calls where another thread is at work */
#define SM_ABSENT_VICTIM	SM_BIT(4)	/* who takes freed pages */
#define SM_ABSENT_ALL		(SM_BIT(5) - 1)

/**
 * struct sm_run_spec - what to run
 * @backend: the backend
 * @profiles: mirrors to put on the arena together (enum sm_profile)
 * @nr_profiles: how many, 1 to SM_MAX_PROFILES
 * @ops: rows of the op table
 * @defects: rows of the defect table, armed in every mirror it applies to
 * @avoid: mask of enum sm_known: findings to stay away from
 * @muted: mask of rows of the oracle table that may not accuse; only with
 *	defects, to see what the others alone are worth
 * @absent: mask of SM_ABSENT_*; only to measure
 * @allow: complaints of the kernel that are excused, or NULL
 * @threads: storm threads, 1 to 16
 * @agents: agents per mirror, 0 to 4
 * @arena: bytes, a multiple of 2 MiB
 * @memory: mask of enum sm_memory; regions of the arena take them in turn
 * @duration_ns: stop after this time, see sm_work_over(); 0: @count decides
 * @count: stop after this many ops per thread; 0: @duration_ns decides
 * @seed: the same seed gives the same ops per thread
 * @amplify_ns: race window widening, 0 is off
 * @keep_going: do not stop at the first violation
 * @machine: ops may change what the whole machine does
 */
struct sm_run_spec {
	const struct sm_backend *backend;
	enum sm_profile profiles[SM_MAX_PROFILES];
	unsigned int nr_profiles;
	struct sm_set ops;
	struct sm_set defects;
	uint64_t avoid;
	uint64_t muted;
	unsigned int absent;
	const struct sm_allow *allow;
	unsigned int threads;
	unsigned int agents;
	uint64_t arena;
	unsigned int memory;
	uint64_t duration_ns;
	uint64_t count;
	uint64_t seed;
	unsigned int amplify_ns;
	bool keep_going;
	bool machine;
};

#endif /* SM_WIRE_SPEC_H */
