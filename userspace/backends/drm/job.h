/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Jobs of a lane: put together, submitted, waited for, and judged by oracle fence:
 * a job ends in time, and its writes are visible when its fence says that it has.
 */
#ifndef SM_DRM_JOB_H
#define SM_DRM_JOB_H
#ifdef HAVE_DRM

#include <stdbool.h>
#include <stdint.h>

#include "dev.h"
#include "state.h"

#define GPU_JOB_CMDS	DRM_STALEMATE_MAX_CMDS
#define GPU_JOB_OBJS	(GPU_DEPTH + 1)

/* What no job reads from the arena. */
#define GPU_CANARY	0x7eedfacecafe0000ULL

/**
 * struct gpu_job - a job
 * @l: the lane's
 * @index: its place among those that are in flight, which has a syncobj and a word
 * @cmds: commands
 * @nr_cmds: how many
 * @objs: objects that it uses
 * @nr_objs: how many
 * @ring: on which ring
 * @id: what its last command stores in its word
 * @point: of the lane's timeline; 0: it has a syncobj of its own
 * @submitted: it was taken
 * @seqno: name of it then
 * @error: in the end: 0, or why it was not taken, or failed
 * @raced: in the end: an object of it was invalidated meanwhile
 */
struct gpu_job {
	struct gpu_lane *l;
	unsigned int index;
	struct drm_stalemate_cmd cmds[GPU_JOB_CMDS];
	unsigned int nr_cmds;
	struct drm_stalemate_obj objs[GPU_JOB_OBJS];
	unsigned int nr_objs;
	unsigned int ring;
	uint64_t id;
	uint64_t point;
	bool submitted;
	uint64_t seqno;
	int error;
	uint32_t raced;
};

void gpu_job_init(struct gpu_job *job, struct gpu_lane *l, unsigned int index,
		  unsigned int ring);
unsigned int gpu_job_ring(struct gpu_lane *l, unsigned int i);
struct drm_stalemate_cmd *gpu_job_cmd(struct gpu_job *job, uint32_t op);
void gpu_job_uses(struct gpu_job *job, uint32_t handle, bool write);
int gpu_job_submit(struct gpu_job *job);
bool gpu_job_ended(const struct gpu_job *job);
int gpu_job_finish(struct gpu_job *job);

#endif /* HAVE_DRM */
#endif /* SM_DRM_JOB_H */
