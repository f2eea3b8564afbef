/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the drm backend share: open files of the render node, and lanes
 * on them. No functions.
 *
 * A lane is one thread's: it has a few slots, windows of the file's address space,
 * and in each of them at most one user pointer over some pages of the arena. They are
 * made where the lane has to go next, of any size and over one another, and give way
 * to others: so objects come and go all the time. In svm mode there are none, an
 * address is the process's own.
 */
#ifndef SM_DRM_STATE_H
#define SM_DRM_STATE_H
#ifdef HAVE_DRM

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "backends/host.h"
#include "base/rng.h"
#include "dev.h"
#include "memory/agent_feed.h"

#define GPU_DEPTH	16	/* accesses at once */
#define GPU_SLOTS	32	/* more than those */
#define GPU_WINDOW	(64ULL << 20)
#define GPU_FILES	3

/**
 * enum gpu_mode - modes of the driver, see stalemate_drm.h
 * @GPU_OBJECTS: jobs with fences, that name their objects
 * @GPU_LONG: long-running: jobs without, that are preempted
 * @GPU_SVM: no objects: the GPU faults
 */
enum gpu_mode {
	GPU_OBJECTS,
	GPU_LONG,
	GPU_SVM,
};

/**
 * struct gpu_file - an open file, and the address space that it has
 * @fd: descriptor
 * @next: first address that no lane has yet
 * @end: the end of them
 */
struct gpu_file {
	int fd;
	uint64_t next;
	uint64_t end;
};

/**
 * struct gpu_slot - a window, and the user pointer in it
 * @lock: held by the lane while it changes the others, and by who compares
 * @va: where the window is
 * @handle: the user pointer; 0: none
 * @start: first byte of the arena that it has
 * @end: its end
 * @readonly: the device may not write to it
 * @turn: of the lane, when it was last used
 */
struct gpu_slot {
	pthread_mutex_t lock;
	uint64_t va;
	uint32_t handle;
	uint64_t start;
	uint64_t end;
	bool readonly;
	uint64_t turn;
};

/**
 * struct gpu_counts - what a lane did
 * @jobs: jobs that ended
 * @raced: those whose objects were invalidated meanwhile, or that were preempted
 * @failed: those that ended with an error
 * @refused: those that were not taken
 * @made: user pointers made
 * @evicted: ... and evicted
 * @timeouts: jobs that took too long for the driver
 */
struct gpu_counts {
	uint64_t jobs;
	uint64_t raced;
	uint64_t failed;
	uint64_t refused;
	uint64_t made;
	uint64_t evicted;
	uint64_t timeouts;
};

struct gpu_turn;

/**
 * struct gpu_lane - who submits jobs: one thread
 * @s: the backend
 * @file: through what
 * @rng: its numbers
 * @exact: user pointers of one page alone, that allow no more than is asked for
 * @sweeps: it goes from page to page, and has many of them in one user pointer
 * @slots: windows
 * @turn: counts turns
 * @work: what is in flight in one
 * @words: what jobs read and write besides, as the processor sees it
 * @words_va: ... and as the device does
 * @words_handle: the object that it is
 * @syncs: syncobjs, one for each job in flight
 * @timeline: one that all of them may be points of
 * @point: the last one
 * @ids: numbers of its jobs
 * @counts: what it did
 * @flight: what is under way, see sm_backend.flight
 */
struct gpu_lane {
	struct gpu_state *s;
	struct gpu_file *file;
	struct sm_rng rng;
	bool exact;
	bool sweeps;
	struct gpu_slot slots[GPU_SLOTS];
	uint64_t turn;
	struct gpu_turn *work;
	uint64_t *words;
	uint64_t words_va;
	uint32_t words_handle;
	uint32_t syncs[GPU_DEPTH];
	uint32_t timeline;
	uint64_t point;
	uint64_t ids;
	struct gpu_counts counts;
	uint64_t flight;
};

/* Pages of gpu_lane.words: one of single words, and one for each job. */
#define GPU_WORDS_PAGES	(1 + GPU_DEPTH)
#define GPU_WORDS_SIZE	(GPU_WORDS_PAGES * SM_PAGE_SIZE)

/**
 * struct gpu_agent - a lane that is used flat out
 * @feed: who uses it
 * @lane: the lane
 */
struct gpu_agent {
	struct sm_agent_feed feed;
	struct gpu_lane lane;
};

/**
 * struct gpu_worked - what the worker did
 * @late: times that it pulled memory away under a job
 * @wrote: writes to what is read-only that it tried
 * @forked: children that used its file
 * @passed: files that it got from a child
 * @refused: user pointers that had to be refused, and were
 */
struct gpu_worked {
	uint64_t late;
	uint64_t wrote;
	uint64_t forked;
	uint64_t passed;
	uint64_t refused;
};

/**
 * struct gpu_state - what the backend keeps in sm_host.state
 * @host: the run, and what the backend has of it
 * @mode: how the device is used
 * @query: what it offers
 * @files: agents use the first, storm threads the second, others the third
 * @lanes: by who uses them
 * @agents: agents
 * @nr_agents: how many
 * @before: what there was in the driver before the first file was opened
 * @worked: what the worker did
 * @why: what went wrong
 */
struct gpu_state {
	struct sm_host *host;
	enum gpu_mode mode;
	struct drm_stalemate_query query;
	struct gpu_file files[GPU_FILES];
	struct gpu_lane lanes[SM_LANES];
	struct gpu_agent agents[SM_MAX_AGENTS];
	unsigned int nr_agents;
	struct drm_stalemate_stats before;
	struct gpu_worked worked;
	char why[128];
};

#endif /* HAVE_DRM */
#endif /* SM_DRM_STATE_H */
