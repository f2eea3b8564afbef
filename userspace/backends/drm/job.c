// SPDX-License-Identifier: GPL-2.0-only
/* Jobs of a lane: see job.h. */
#ifdef HAVE_DRM

#include <errno.h>
#include <string.h>
#include <xf86drm.h>

#include "job.h"

#define JOB_WAIT	6	/* part of sm_await_naps */
#define JOB_NAP_NS	(SM_AWAIT_NAP_MS * SM_MSEC)

/* ---- putting it together -------------------------------------------------- */

void gpu_job_init(struct gpu_job *job, struct gpu_lane *l, unsigned int index,
		  unsigned int ring)
{
	job->l = l;
	job->index = index;
	job->nr_cmds = 0;
	job->nr_objs = 0;
	job->ring = ring;
	job->id = ++l->ids;
	job->point = 0;
	job->submitted = false;
	job->error = 0;
	job->raced = 0;
	l->words[index] = 0;
}

/* Agents have all rings but the last two. */
static unsigned int job_home(const struct gpu_lane *l, unsigned int i)
{
	unsigned int rings = l->s->query.rings;

	if (rings < GPU_FILES)
		return i % rings;
	if (l->file == &l->s->files[0])
		return i % (rings - 2);
	return l->file == &l->s->files[1] ? rings - 2 : rings - 1;
}

/*
 * gpu_job_ring() - on which ring a lane's job number @i is. Files have rings of their
 * own, most of the time: a thread that waits for its access is not behind agents that
 * never rest, and what a ring remembers of a file is not forgotten for another.
 */
unsigned int gpu_job_ring(struct gpu_lane *l, unsigned int i)
{
	return sm_rng_one_in(&l->rng, 8) ?
		       sm_rng_below(&l->rng, l->s->query.rings) :
		       job_home(l, i);
}

/* gpu_job_cmd() - the next command, of zeroes but for @op; there is room for it. */
struct drm_stalemate_cmd *gpu_job_cmd(struct gpu_job *job, uint32_t op)
{
	struct drm_stalemate_cmd *cmd = &job->cmds[job->nr_cmds++];

	memset(cmd, 0, sizeof(*cmd));
	cmd->op = op;
	return cmd;
}

/* gpu_job_uses() - in the modes that are told, an object is named once. */
void gpu_job_uses(struct gpu_job *job, uint32_t handle, bool write)
{
	uint32_t flags = write ? DRM_STALEMATE_OBJ_WRITE : 0;
	unsigned int i;

	if (job->l->s->mode != GPU_OBJECTS)
		return;
	for (i = 0; i < job->nr_objs && job->objs[i].handle != handle; i++)
		continue;
	if (i == job->nr_objs) {
		job->objs[i] = (struct drm_stalemate_obj){ .handle = handle };
		if (sm_rng_one_in(&job->l->rng, 4))
			flags |= DRM_STALEMATE_OBJ_EXPLICIT;
		job->nr_objs++;
	}
	job->objs[i].flags |= flags;
}

/*
 * All jobs of the lane write to the object that has the word, and none waits for
 * another. It may be anywhere in the list.
 */
static void job_uses_words(struct gpu_job *job)
{
	struct gpu_lane *l = job->l;
	unsigned int i = sm_rng_below(&l->rng, job->nr_objs + 1);

	job->objs[job->nr_objs++] = job->objs[i];
	job->objs[i] = (struct drm_stalemate_obj){
		.handle = l->words_handle,
		.flags = DRM_STALEMATE_OBJ_WRITE | DRM_STALEMATE_OBJ_EXPLICIT,
	};
}

/* The word that says that all the rest was done. */
static void job_close(struct gpu_job *job)
{
	struct gpu_lane *l = job->l;
	struct drm_stalemate_cmd *last;

	last = gpu_job_cmd(job, DRM_STALEMATE_OP_WRITE);
	last->dst = l->words_va + 8 * job->index;
	last->value = job->id;
	if (l->s->mode == GPU_OBJECTS)
		job_uses_words(job);
}

/* ---- submitting ------------------------------------------------------------ */

static void job_sync(struct gpu_job *job, struct drm_stalemate_sync *out)
{
	struct gpu_lane *l = job->l;

	*out = (struct drm_stalemate_sync){ .handle = l->syncs[job->index] };
	if (sm_rng_one_in(&l->rng, 4)) {
		job->point = ++l->point;
		out->handle = l->timeline;
		out->point = job->point;
	}
}

/*
 * gpu_job_submit() - once it is put together. Returns 0, and gpu_job_finish() has to
 * follow; or the negative errno with which it was refused.
 */
int gpu_job_submit(struct gpu_job *job)
{
	struct gpu_lane *l = job->l;
	struct drm_stalemate_sync out;
	struct drm_stalemate_submit submit = { .ring = job->ring };

	job_close(job);
	submit.nr_cmds = job->nr_cmds;
	submit.cmds = (uintptr_t)job->cmds;
	submit.nr_objs = job->nr_objs;
	submit.objs = (uintptr_t)job->objs;
	if (l->s->mode == GPU_OBJECTS) {
		job_sync(job, &out);
		submit.nr_out = 1;
		submit.out = (uintptr_t)&out;
	}
	job->error = gpu_dev_submit(l->file->fd, &submit);
	job->submitted = !job->error;
	job->seqno = submit.seqno;
	if (job->error)
		sm_count(&l->counts.refused, 1);
	return job->error;
}

/* ---- waiting --------------------------------------------------------------- */

static int job_wait_fence(const struct gpu_job *job, int64_t until)
{
	struct gpu_lane *l = job->l;
	uint32_t handle = l->syncs[job->index];
	uint64_t point = job->point;

	if (point)
		return drmSyncobjTimelineWait(l->file->fd, &l->timeline, &point,
					      1, until, 0, NULL);
	return drmSyncobjWait(l->file->fd, &handle, 1, until, 0, NULL);
}

static int job_ask(const struct gpu_job *job, int64_t until,
		   struct drm_stalemate_wait *w)
{
	*w = (struct drm_stalemate_wait){
		.ring = job->ring,
		.seqno = job->seqno,
		.timeout_ns = until,
	};
	return gpu_dev_wait(job->l->file->fd, w);
}

/* A queue remembers so many jobs: others have submitted more since. */
static bool job_forgotten(int err)
{
	return err == -ENODATA;
}

/* Until then, by its fence if it has one. */
static int job_wait(const struct gpu_job *job, int64_t until)
{
	struct drm_stalemate_wait w;
	int err;

	if (job->l->s->mode == GPU_OBJECTS)
		return job_wait_fence(job, until);
	err = job_ask(job, until, &w);
	return job_forgotten(err) ? 0 : err;
}

/* gpu_job_ended() - does it say so, just now? */
bool gpu_job_ended(const struct gpu_job *job)
{
	return !job_wait(job, 0);
}

static void job_accuse(const struct gpu_job *job, enum sm_kind kind,
		       const char *what)
{
	const struct sm_host *host = job->l->s->host;
	struct sm_hit h = {
		.oracle = "fence",
		.kind = kind,
		.mirror = host->scene->mirrors,
	};

	sm_docket_hit(host->docket, &h, "job %llu of ring %u %s",
		      (unsigned long long)job->seqno, job->ring, what);
}

static int job_await(const struct gpu_job *job)
{
	struct sm_host *host = job->l->s->host;
	struct sm_patience p = { .naps = sm_await_naps / JOB_WAIT };
	int err;

	if (sm_host_at_rest(host))
		p.beats = &host->scene->wire->beats;
	do {
		err = job_wait(job, sm_util_now() + JOB_NAP_NS);
	} while (err == -ETIME && sm_await_more(&p));
	if (err != -ETIME)
		return err;
	job_accuse(job, SM_KIND_UNSIGNALLED, "does not end");
	return -ETIMEDOUT;
}

/* What came of it: its word first, as whoever was woken by the fence would look. */
static int job_judge(struct gpu_job *job)
{
	struct gpu_lane *l = job->l;
	bool done = sm_load_acquire(&l->words[job->index]) == job->id;
	struct drm_stalemate_wait w;
	int err = job_ask(job, 0, &w);

	if (err == -ETIME) {
		job_accuse(job, SM_KIND_EARLY,
			   "is said to have ended by its fence, and goes on");
		return job_ask(job, INT64_MAX, &w);
	}
	if (job_forgotten(err)) {
		job->error = done ? 0 : -EBUSY;
		return 0;
	}
	if (err)
		return err;
	if (!done && !w.status)
		job_accuse(job, SM_KIND_EARLY,
			   "has ended, and what it wrote is not to be seen");
	if (w.status == -EFAULT && l->s->mode == GPU_OBJECTS)
		job_accuse(job, SM_KIND_UNREACHABLE,
			   "was taken, and has lost pages that it uses");
	job->error = w.status;
	job->raced = w.raced;
	return 0;
}

/*
 * gpu_job_finish() - wait for a job that was taken, and see what came of it. Returns
 * 0; -ETIMEDOUT if it does not end, which is told of; or another negative errno.
 */
int gpu_job_finish(struct gpu_job *job)
{
	struct gpu_counts *c = &job->l->counts;
	int err = job_await(job);

	sm_rmb();
	if (!err)
		err = job_judge(job);
	if (err)
		return err;
	sm_count(&c->jobs, 1);
	sm_count(&c->raced, !!job->raced);
	sm_count(&c->failed, !!job->error);
	sm_count(&c->timeouts, job->error == -ETIME);
	return 0;
}

#endif /* HAVE_DRM */
