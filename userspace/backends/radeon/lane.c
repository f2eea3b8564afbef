// SPDX-License-Identifier: GPL-2.0-only
/* Words of the arena, moved by jobs. */
#ifdef HAVE_DRM

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "buffer.h"
#include "careful.h"
#include "lane.h"

#define LANE_STAGE	SM_PAGE_SIZE

int radeon_lane_create(struct radeon_state *s, unsigned int number, bool agent)
{
	struct radeon_lane *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	s->lanes[number] = l;
	l->s = s;
	l->agent = agent;
	sm_rng_seed(&l->rng, s->host->scene->spec->seed, SM_STREAM_BLIT,
		    number);
	err = radeon_dev_open(&l->dev);
	if (!err) {
		l->words = radeon_dev_memory(&l->dev, LANE_STAGE, &l->stage);
		err = l->words ? 0 : -ENOMEM;
	}
	if (err)
		snprintf(s->why, sizeof(s->why), "%s", l->dev.why);
	return err;
}

void radeon_lane_destroy(struct radeon_lane *l)
{
	if (!l)
		return;
	if (l->words)
		munmap(l->words, LANE_STAGE);
	radeon_dev_close(&l->dev);
	free(l);
}

/* ---- jobs ------------------------------------------------------------------ */

/* A buffer that the driver will take, with what is around the page, or that alone. */
static int lane_buffer(struct radeon_lane *l, uint64_t va, bool alone,
		       struct sm_userptr **b)
{
	struct radeon_bounds in;
	int err;

	if (!radeon_careful_bounds(l->s, va, alone, &in))
		return -EBUSY;
	err = radeon_buffer_get(l, va, in, b);
	if (err || radeon_careful_takes(l->s, *b))
		return err;
	return alone ? -EBUSY : lane_buffer(l, va, true, b);
}

static void lane_blit(struct radeon_lane *l, const struct sm_userptr *b,
		      const struct sm_access *a, unsigned int i)
{
	struct radeon_place ours = { l->stage, i * sizeof(*l->words) };
	struct radeon_place theirs = { b->handle, a->va - b->start };

	if (a->write) {
		l->words[i] = a->value;
		radeon_job_blit(&l->job, ours, theirs, sizeof(*l->words));
	} else {
		radeon_job_blit(&l->job, theirs, ours, sizeof(*l->words));
	}
}

/* As many as one job takes, in order; what is refused by now is not in it. */
static unsigned int lane_gather(struct radeon_lane *l, struct sm_access *a,
				unsigned int nr, bool alone)
{
	struct sm_userptr *b;
	unsigned int i;

	l->jobs++;
	radeon_job_begin(&l->job);
	for (i = 0; i < nr && i < RADEON_BLITS; i++) {
		if (a[i].error)
			continue;
		a[i].error = lane_buffer(l, a[i].va, alone, &b);
		if (a[i].error == -EAGAIN) {
			a[i].error = 0;
			break;
		}
		if (a[i].error)
			continue;
		b->job = l->jobs;
		lane_blit(l, b, &a[i], i);
	}
	return i;
}

/* Some, gathered and submitted: the driver looks pages up in between. */
static int lane_submit(struct radeon_lane *l, struct sm_access *a,
		       unsigned int *nr, bool alone)
{
	unsigned int i;
	int err = 0;

	if (radeon_careful_begin(l)) {
		*nr = lane_gather(l, a, *nr, alone);
		if (l->job.nr)
			err = radeon_dev_submit(&l->dev, &l->job);
	} else {
		for (i = 0; i < *nr; i++)
			a[i].error = a[i].error ? : -ECANCELED;
		l->job.nr = 0;
	}
	radeon_careful_end(l);
	return err;
}

static int lane_finish(struct radeon_lane *l, struct sm_access *a,
		       unsigned int nr)
{
	int err = l->job.nr ? radeon_dev_wait(&l->dev, l->stage) : 0;
	unsigned int i;

	for (i = 0; i < nr && !err; i++) {
		if (!a[i].error && !a[i].write)
			a[i].value = sm_read(&l->words[i]);
		sm_count(a[i].error ? &l->refused : &l->done, 1);
	}
	return err;
}

/*
 * Every buffer is for reading and writing, so a read may be refused where writing is
 * forbidden: that is for another time.
 */
static int lane_refuse(struct radeon_lane *l, struct sm_access *a, int err)
{
	switch (err) {
	case -EFAULT:
	case -EPERM:
		a->error = a->write ? err : -EBUSY;
		return 0;
	case -EBUSY:
	case -EINTR:
	case -ENOMEM:
		a->error = err;
		return 0;
	default:
		errno = -err;
		return radeon_dev_fail(&l->dev, "CS");
	}
}

/* One job is refused as a whole: which of its words is it? */
static int lane_single(struct radeon_lane *l, struct sm_access *a,
		       unsigned int nr)
{
	unsigned int one;
	int err = 0;

	for (; nr && !err; nr--, a++) {
		one = 1;
		if (a->error)
			continue;
		err = lane_submit(l, a, &one, true);
		if (err) {
			l->job.nr = 0;
			err = lane_refuse(l, a, err);
		}
		if (!err)
			err = lane_finish(l, a, 1);
	}
	return err;
}

static int lane_move(struct radeon_lane *l, struct sm_access *a,
		     unsigned int nr)
{
	unsigned int some;
	int err = 0;

	for (; nr && !err; nr -= some, a += some) {
		some = nr;
		sm_write(&l->flight, a->va | !!a->write);
		err = lane_submit(l, a, &some, false);
		err = err ? lane_single(l, a, some) : lane_finish(l, a, some);
	}
	if (err != -ETIMEDOUT)
		sm_write(&l->flight, 0);
	return err;
}

/* ---- accesses -------------------------------------------------------------- */

/*
 * Before a driver that may be wrong writes: is that still a page of ours? A page that
 * nobody has stamped yet has no cookie either, and it is this backend that leaves it
 * alone: that is not a driver that refuses (oracle denied).
 */
static int lane_guard(struct radeon_lane *l, struct sm_access *a,
		      unsigned int nr)
{
	struct sm_access look[RADEON_BLITS];
	unsigned int i, n = 0;
	int err;

	memset(look, 0, sizeof(look));
	for (i = 0; i < nr; i++)
		if (a[i].write)
			look[n++].va = (a[i].va & ~(SM_PAGE_SIZE - 1)) +
				       8 * SM_WORD_COOKIE;
	err = lane_move(l, look, n);
	for (i = 0, n = 0; i < nr && !err; i++) {
		if (!a[i].write)
			continue;
		a[i].error = look[n].error;
		if (!a[i].error &&
		    look[n].value != l->s->host->scene->model.cookie)
			a[i].error = -EBUSY;
		n++;
	}
	return err;
}

int radeon_lane_access(struct radeon_lane *l, struct sm_access *a,
		       unsigned int nr)
{
	unsigned int some, i;
	int err = 0;

	for (; nr && !err; nr -= some, a += some) {
		some = nr < RADEON_BLITS ? nr : RADEON_BLITS;
		for (i = 0; i < some; i++)
			a[i].error = 0;
		if (radeon_careful_guards(l->s))
			err = lane_guard(l, a, some);
		if (!err)
			err = lane_move(l, a, some);
	}
	return err;
}

#endif /* HAVE_DRM */
