/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run is about: the device, the memory that it mirrors, and what the storm
 * does to both. It does nothing by itself. The main thread fills it in before it
 * starts any other; from then on it changes only where a comment says so.
 */
#ifndef SM_SCENE_H
#define SM_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "base/symbols.h"
#include "model.h"
#include "module/device.h"
#include "module/profiles.h"
#include "module/witness.h"
#include "wire.h"

/**
 * struct sm_mirror - a mirror under test
 * @id: its name in the module
 * @name: name of its profile
 * @defects: what is armed in it
 * @profile: row of the profile table
 * @ages: who ages pages is told which it has used, and that can be judged
 */
struct sm_mirror {
	uint32_t id;
	const char *name;
	struct sm_set defects;
	const struct sm_profile_info *profile;
	bool ages;
};

/**
 * struct sm_scene_agent - an agent, as seen by who cannot see agents
 * @mirror: what it goes through
 * @aim_start: where it looks for a range to prefer, or NULL
 * @aim_end: and for the end of that, exclusive
 */
struct sm_scene_agent {
	const struct sm_mirror *mirror;
	__u64 *aim_start;
	__u64 *aim_end;
};

/**
 * struct sm_scene - what a run is about
 * @spec: what to run
 * @wire: what the session sees of it
 * @result: in there; each member of it has one writer, or is counted by sm_add()
 * @dev: the module; sm_device.witness is NULL if it is not there
 * @symbols: names of kernel functions
 * @witness: reader of the record ring
 * @pagemap: /proc/self/pagemap, -1 if nothing is compared with it
 * @arena: memory
 * @model: what it holds
 * @tags_size: bytes of the model's tags, if they are not the module's
 * @mirrors: mirrors under test
 * @nr_mirrors: how many
 * @profiled: they are the module's own, of one profile each
 * @pinned: one of them pins pages, which the kernel then does not move
 * @flushed: one of them can be compared only while the storm pauses
 * @jobs: the device has jobs, and the backend judges what they use when memory has
 *	been taken away, and what the driver keeps in the end
 * @fenced: ... and by their fences, when they have ended
 * @queued: an IOMMU is told by a queue, which the backend reads
 * @flushes: ... and flushes that it has held against it so far
 * @cookie: what the last word of a page holds, of this run alone
 * @ops: rows of the op table to apply
 * @lacks: by row, the kinds of memory on which this kernel cannot do it
 * @agents: agent i writes word SM_WORD_AGENT + i
 * @nr_agents: how many; they come when the arena is filled, before the storm begins
 */
struct sm_scene {
	const struct sm_run_spec *spec;
	struct sm_wire *wire;
	struct sm_run_result *result;
	struct sm_device dev;
	const struct sm_symbols *symbols;
	struct sm_witness witness;
	int pagemap;
	struct sm_arena arena;
	struct sm_model model;
	size_t tags_size;
	struct sm_mirror mirrors[SM_MAX_PROFILES];
	unsigned int nr_mirrors;
	bool profiled;
	bool pinned;
	bool flushed;
	bool jobs;
	bool fenced;
	bool queued;
	uint64_t flushes;
	uint64_t cookie;
	struct sm_set ops;
	unsigned int lacks[SM_MAX_OPS];
	struct sm_scene_agent agents[SM_MAX_AGENTS];
	unsigned int nr_agents;
};

/* What was seen of a mirror so far. */
static inline struct sm_mirror_result *
sm_scene_seen(const struct sm_scene *scene, const struct sm_mirror *m)
{
	return &scene->result->mirrors[m - scene->mirrors];
}

/* Ops applied so far, by all storm threads. */
static inline uint64_t sm_scene_ops(const struct sm_scene *scene)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < SM_WIRE_THREADS; i++)
		sum += sm_read(&scene->wire->flight[i].ops);
	return sum;
}

/*
 * A device that pins its pages may use one that has left the process, or now is
 * at another address: what it reads, or where its writes go, proves nothing.
 */
static inline bool sm_mirror_pinned(const struct sm_mirror *m)
{
	return m && m->profile && m->profile->pinned;
}

/* Does nothing ever write through it? */
static inline bool sm_mirror_reads(const struct sm_mirror *m)
{
	return m && m->profile && m->profile->reads;
}

#endif /* SM_SCENE_H */
