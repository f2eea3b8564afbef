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

#include "device.h"
#include "known.h"
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
 * @profiles: mask of enum sm_profile it applies to; 0: it is for real drivers
 * @oracles: names of the oracles that may catch it, NULL terminated
 * @memory: mask of enum sm_memory in which it can show; 0: any
 * @beside: mask of enum sm_profile, one of which must share the mm; 0: none
 * @op: name of the op without which it does not show; NULL: any shows it
 * @at_end: shows only when a run is over
 * @debug: shows only on a debug kernel
 * @drained: shows only where the lists of the LRU can be drained
 * @callers: shows only where it is known who calls
 * @models: the real bug it is modelled on
 */
struct sm_defect_info {
	const char *name;
	const char *about;
	uint64_t profiles;
	const char *oracles[6];
	unsigned int memory;
	uint64_t beside;
	const char *op;
	bool at_end;
	bool debug;
	bool drained;
	bool callers;
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
 * @class: map, unmap, protect, advise, move, fork, thp, track, migrate
 * @about: one line
 * @backend: name of the backend to whose own memory it applies; NULL: it
 *	applies to the arena's
 * @memory: mask of enum sm_memory it works on; 0 if it is a backend's
 * @needs_root: root alone can do it, as a kernel is by default
 * @silent: emits nothing by design; never reported as unreached
 * @slow: takes many times as long as others, or stops them: done less often
 * @emitters: canonical names of the emitters it should reach, NULL terminated
 * @apply: does it to a span of the thread's slice and updates the model;
 *	returns 0 or a negative errno (the run is then broken, not failed)
 */
struct sm_op {
	const char *name;
	const char *class;
	const char *about;
	const char *backend;
	unsigned int memory;
	bool needs_root;
	bool silent;
	bool slow;
	const char *emitters[8];
	int (*apply)(struct sm_storm_thread *t, const struct sm_span *s);
};

struct sm_engine;
struct sm_mirror;

/*
 * Who calls sm_backend.access(): storm thread n is lane n. No two threads use
 * one lane at a time, so that a backend can give each a queue of its own.
 */
#define SM_LANE_SWEEP	16	/* the thread that sweeps; the main one at rest */
#define SM_LANE_BACKEND	17	/* sm_backend.worker */
#define SM_LANE_AGENT	18	/* agents that are threads, see lib/agent.h */
#define SM_LANES	22

/**
 * struct sm_access - one word that a device reads or writes
 * @va: address of the 8-byte word
 * @value: what it writes; or, in the end, what it read
 * @error: in the end: 0, or the negative errno with which it was refused
 * @write: it is a write
 */
struct sm_access {
	uint64_t va;
	uint64_t value;
	int32_t error;
	uint32_t write;
};

/**
 * struct sm_backend - something that owns a mirror under test
 * @name: name on the command line
 * @about: one line
 * @example: not a driver's: it is not among "all", and that it could run does not
 *	mean that anything can be tested here
 * @profiled: has profiles and their defects (the mock), and needs the module;
 *	else the driver is its own, and the module only watches, if it is there
 * @defects: mask of enum sm_defect that the module can seed into the driver
 * @probe: says whether it can run here; @why gets one line that names what is
 *	missing and how to get it. Returns SM_PASS, SM_SKIP or SM_BROKEN
 * @has: is a profile to be had here? @why says what is missing; NULL: all are
 * @attach: makes sm_engine.mirrors of the arena, which is not mapped yet; on
 *	failure calls sm_engine_break(). NULL where only the probe exists
 * @detach: undoes that; also after an @attach that failed
 * @access: makes the device access words of the arena one by one. A refused
 *	access is an element's error; the function fails only if the device can
 *	go on no more, with -ETIMEDOUT if it does not answer
 *
 * The others are optional:
 *
 * @agent_start: starts a device engine that accesses random pages by itself
 *	and leaves samples in a ring; see struct sm_ioc_agent_start. Without it
 *	threads do so, through @access
 * @agent_stop: ends it; its last sample is in the ring. -ETIMEDOUT: it hangs
 * @agent_free: gives the ring back
 * @fault: makes the device hold pages of a range; flags are SM_FAULT_*
 * @snapshot: copies the mirror's table; without it content alone judges
 * @check: compares permissions with the page table inside the kernel
 * @stats: what the mirror counted
 * @apply: what a storm thread does for an op of the backend's own, where the
 *	driver makes the mapping itself, and no memory of the arena's will do;
 *	@access and the agents are then not used, and the arena is a range of
 *	addresses, a slice for each thread. Returns 0 or a negative errno
 * @rest: looks at everything once more when nobody changes it any longer
 * @worker: thread that runs beside the storm until sm_engine_stopping()
 * @describe: one line on what the device did
 * @flight: address of the access that an agent, or a lane, is at; bit 0 is set
 *	for a write; 0: none. For the report on one that hangs
 */
struct sm_backend {
	const char *name;
	const char *about;
	bool example;
	bool profiled;
	uint64_t defects;
	enum sm_verdict (*probe)(char *why, size_t size);
	bool (*has)(enum sm_profile profile, char *why, size_t size);
	int (*attach)(struct sm_engine *e);
	void (*detach)(struct sm_engine *e);
	int (*access)(struct sm_engine *e, const struct sm_mirror *m,
		      unsigned int lane, struct sm_access *a, unsigned int nr);
	int (*agent_start)(struct sm_engine *e, const struct sm_mirror *m,
			   const struct sm_ioc_agent_start *how,
			   struct sm_device_agent *agent);
	int (*agent_stop)(struct sm_engine *e, struct sm_device_agent *agent);
	void (*agent_free)(struct sm_engine *e, struct sm_device_agent *agent);
	int (*fault)(struct sm_engine *e, const struct sm_mirror *m,
		     uint32_t flags, uint32_t batch, uint64_t start,
		     uint64_t end, uint64_t *done);
	int (*snapshot)(struct sm_engine *e, const struct sm_mirror *m,
			uint64_t start, uint64_t end, uint64_t *buf,
			uint64_t *present);
	int (*check)(struct sm_engine *e, const struct sm_mirror *m,
		     uint64_t start, uint64_t end, struct sm_ioc_check *out);
	int (*stats)(struct sm_engine *e, const struct sm_mirror *m,
		     struct sm_ioc_stats *out);
	int (*apply)(struct sm_storm_thread *t, unsigned int row);
	void (*rest)(struct sm_engine *e);
	void *(*worker)(void *engine);
	void (*describe)(struct sm_engine *e, char *buf, size_t size);
	uint64_t (*flight)(struct sm_engine *e,
			   const struct sm_device_agent *agent,
			   unsigned int lane);
};

bool sm_tables_op_of(const struct sm_op *op, const struct sm_backend *backend);

extern const struct sm_profile_info sm_profiles[SM_PROFILE_NR];
extern const struct sm_defect_info sm_defects[SM_DEFECT_NR];
extern const struct sm_oracle_info sm_oracles[];
extern const char *const sm_memory_names[SM_MEM_NR];
extern const char *const sm_event_names[SM_EVENT_NR];
extern const char *const sm_phase_names[SM_PHASE_NR];
extern const char *const sm_verdict_names[];
extern const char *const sm_sight_names[SM_SIGHT_NR];

/* Tables that end with a NULL name (or a NULL pointer). */
extern const struct sm_op sm_ops[];
extern const struct sm_backend *const sm_backends[];

#endif /* SM_TABLES_H */
