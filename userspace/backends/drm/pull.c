// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is pulled away under a job, and what the next one finds there.
 *
 *	worker				device
 *	page holds OLD
 *	submits				reads the word again and again
 *	sees the first words come
 *	MADV_DONTNEED: the driver	... or has stopped
 *	  waits, or preempts
 *	looks which words have come
 *	perhaps once more
 *	page holds NEW
 *
 * Once madvise() has returned the device does not use the page any more (oracle late):
 * a word that had not come then is never OLD. And whatever is read later is not OLD
 * either, evicted in between or not (content). No job is refused the page: that it is
 * mapped does not change (denied).
 */
#ifdef HAVE_DRM

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "job.h"
#include "own.h"
#include "pull.h"
#include "state.h"

#define PULL_READS	200
#define PULL_PAGES	16
#define PULL_SPINS	20000
#define PULL_AGAIN_NS	(6 * SM_MSEC)
#define PULL_OLD	0x01dULL
#define PULL_NEW	0x2e3ULL

static void pull_accuse(struct gpu_lane *l, const struct gpu_own *own,
			const char *oracle, enum sm_kind kind, const char *what)
{
	struct sm_host *host = l->s->host;
	struct sm_hit h = {
		.oracle = oracle,
		.kind = kind,
		.mirror = host->scene->mirrors,
		.va = (uintptr_t)own->words,
		.op = "dontneed",
	};

	sm_docket_hit(host->docket, &h, "%s", what);
}

/* Is it under way? A job that has to wait for others may take its time. */
static void pull_meet(const struct gpu_own *own, struct sm_rng *rng)
{
	const uint64_t *words = gpu_own_words(own);
	unsigned int i, at = sm_rng_below(rng, PULL_READS / 4);

	for (i = 0; i < PULL_SPINS && sm_read(&words[at]) == GPU_CANARY; i++)
		sm_rmb();
}

/* Which words have come? Those that have not are marked. */
static void pull_mark(const struct gpu_own *own, bool *came)
{
	const uint64_t *words = gpu_own_words(own);
	unsigned int i;

	sm_fence();
	for (i = 0; i < PULL_READS; i++)
		came[i] = sm_read(&words[i]) != GPU_CANARY;
}

/*
 * The page is there for whoever asks, at any time: a job that was told otherwise was
 * caught between an event and what comes after it. One with a fence is judged when it
 * ends, gpu_job_finish().
 */
static void pull_refused(struct gpu_lane *l, const struct gpu_own *own,
			 const struct gpu_job *job)
{
	if (job->error == -EFAULT && l->s->mode != GPU_OBJECTS)
		pull_accuse(l, own, "denied", SM_KIND_UNREACHABLE,
			    "a job could not use a page that is mapped all the time");
}

/*
 * A job with a fence has ended, or has not begun and will find the new page. Another
 * may have loaded one word before, and stores it now: they come in order.
 */
static void pull_judge(struct gpu_lane *l, const struct gpu_own *own,
		       const bool *came)
{
	const uint64_t *words = gpu_own_words(own);
	unsigned int i = 0;

	while (i < PULL_READS && came[i])
		i++;
	for (i++; i < PULL_READS; i++) {
		if (sm_read(&words[i]) != PULL_OLD)
			continue;
		pull_accuse(l, own, "late", SM_KIND_STALE,
			    "a job went on reading a page after madvise() had taken it away");
		return;
	}
}

/* What the page holds now is what a job reads that is submitted now. */
static int pull_after(struct gpu_lane *l, struct gpu_own *own,
		      struct gpu_job *job, unsigned int ring)
{
	const uint64_t *words = gpu_own_words(own);
	int err;

	gpu_job_init(job, l, 1, ring);
	gpu_own_read(own, job, 0, 1);
	err = gpu_job_submit(job);
	if (err)
		return err;
	err = gpu_job_finish(job);
	if (!err)
		pull_refused(l, own, job);
	if (!err && !job->error && sm_read(&words[0]) == PULL_OLD)
		pull_accuse(l, own, "content", SM_KIND_WRONG_DATA,
			    "a job read what a page held before madvise() took it away");
	return err;
}

static int pull_evict(struct gpu_lane *l, const struct gpu_own *own)
{
	return own->handle && sm_rng_one_in(&l->rng, 2) ?
		       gpu_dev_evict(l->file->fd, own->handle) :
		       0;
}

/* Once more, while the driver is about to make it valid again. */
static void pull_again(struct gpu_lane *l, const struct gpu_own *own)
{
	if (sm_rng_one_in(&l->rng, 2))
		return;
	sm_util_nap(sm_rng_below(&l->rng, PULL_AGAIN_NS));
	madvise(own->words, own->size, MADV_DONTNEED);
}

static int pull_under(struct gpu_lane *l, struct gpu_own *own,
		      struct gpu_job *job)
{
	unsigned int ring = gpu_job_ring(l, 0);
	bool came[PULL_READS];
	int err;

	gpu_job_init(job, l, 0, ring);
	gpu_own_read(own, job, 0, PULL_READS);
	err = gpu_job_submit(job);
	if (err)
		return err;
	pull_meet(own, &l->rng);
	madvise(own->words, own->size, MADV_DONTNEED);
	pull_mark(own, came);
	pull_again(l, own);
	sm_write(own->words, PULL_NEW);
	err = gpu_job_finish(job);
	if (err)
		return err;
	pull_refused(l, own, job);
	pull_judge(l, own, came);
	return pull_after(l, own, job, ring);
}

/* And what was evicted has been told nothing; then it comes back as it was. */
static int pull_evicted(struct gpu_lane *l, struct gpu_own *own,
			struct gpu_job *job)
{
	unsigned int ring = gpu_job_ring(l, 0);
	int err;

	sm_write(own->words, PULL_OLD);
	gpu_job_init(job, l, 0, ring);
	gpu_own_read(own, job, 0, 1);
	err = gpu_job_submit(job);
	if (!err)
		err = gpu_job_finish(job);
	if (!err)
		err = pull_evict(l, own);
	if (err)
		return err;
	madvise(own->words, own->size, MADV_DONTNEED);
	sm_write(own->words, PULL_NEW);
	return pull_after(l, own, job, ring);
}

/* A submission may be refused: all of the pages were there, but reclaim is too. */
static int pull_passing(int err)
{
	return err == -EFAULT || err == -ENOMEM || err == -EAGAIN ? 0 : err;
}

/* gpu_pull_once() - returns 0 or a negative errno. */
int gpu_pull_once(struct gpu_lane *l)
{
	size_t size = SM_PAGE_SIZE * (1 + sm_rng_below(&l->rng, PULL_PAGES));
	struct gpu_job job;
	struct gpu_own own;
	int err = gpu_own_make(l, &own, size, 0);

	if (err)
		return err;
	memset(own.words, 0, size);
	sm_write(own.words, PULL_OLD);
	err = pull_passing(pull_under(l, &own, &job));
	if (!err)
		err = pull_passing(pull_evicted(l, &own, &job));
	sm_count(&l->s->worked.late, 1);
	if (err == -ETIMEDOUT)
		return err;	/* the device may still use it */
	return gpu_own_drop(&own) ?: err;
}

/*
 * gpu_pull_readonly() - a write to a user pointer that is read-only. A job that says
 * that it writes has to be refused; of another it is for the table to refuse it.
 */
int gpu_pull_readonly(struct gpu_lane *l)
{
	struct drm_stalemate_cmd *c;
	struct gpu_job job;
	struct gpu_own own;
	int err;

	if (l->s->mode == GPU_SVM)
		return 0;
	err = gpu_own_make(l, &own, SM_PAGE_SIZE, DRM_STALEMATE_USERPTR_READONLY);
	if (err)
		return err;
	sm_write(own.words, PULL_OLD);
	gpu_job_init(&job, l, 0, gpu_job_ring(l, 0));
	gpu_job_uses(&job, own.handle, sm_rng_one_in(&l->rng, 2));
	c = gpu_job_cmd(&job, DRM_STALEMATE_OP_WRITE);
	c->dst = own.va;
	c->value = PULL_NEW;
	err = gpu_job_submit(&job);
	if (!err)
		err = gpu_job_finish(&job);
	if (err == -ETIMEDOUT)
		return err;
	if (!err && sm_read(own.words) != PULL_OLD)
		pull_accuse(l, &own, "perm", SM_KIND_FORBIDDEN,
			    "a job wrote to a user pointer that is read-only");
	sm_count(&l->s->worked.wrote, 1);
	if (err == -EPERM)
		err = 0;
	return gpu_own_drop(&own) ?: pull_passing(err);
}

#endif /* HAVE_DRM */
