// SPDX-License-Identifier: GPL-2.0-only
/*
 * What objects and jobs of a GPU cost: a user pointer against an object of shmem, one
 * among many against one among few, a job while its memory is invalidated against
 * one that nobody disturbs.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backends/drm/dev.h"
#include "backends/each.h"
#include "base/thread.h"
#include "base/util.h"
#include "measure_drm.h"

enum sm_verdict sm_measure_drm_probe(char *why, size_t size)
{
	return sm_drm_backend.probe(why, size);
}

#ifdef HAVE_DRM

#define AREA_PAGES	64
#define DRM_VA		(1ULL << 32)
#define MAKES		200
#define JOBS		400
#define JOBS_AT_ONCE	32
#define FEW		10
#define MANY		10000
#define STORM_PAGES	8

/**
 * struct drm_bed - what these measure on
 * @fd: the render node
 * @area: memory
 * @live: handles of user pointers that are there all the time
 * @nr_live: how many
 * @page: user pointer that jobs read
 * @words: object that they write to
 * @storms: somebody takes the memory away
 * @stop: ... until this
 * @thread: ... who
 */
struct drm_bed {
	int fd;
	char *area;
	uint32_t live[MANY];
	unsigned int nr_live;
	uint32_t page;
	uint32_t words;
	bool storms;
	bool stop;
	pthread_t thread;
};

static struct drm_bed *drm_bed(struct sm_measure_bed *b)
{
	struct drm_bed *d = b->state;
	char why[128];

	if (d)
		return d;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	b->state = d;
	d->area = mmap(NULL, AREA_PAGES * SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	d->fd = gpu_dev_open(why, sizeof(why));
	if (d->area == MAP_FAILED || d->fd < 0 ||
	    gpu_dev_init(d->fd, 0, DRM_VA, 1ULL << 30))
		return NULL;
	return d;
}

/* ---- objects ------------------------------------------------------------------ */

int sm_measure_drm_objects(struct sm_measure_bed *b, bool cost)
{
	(void)cost;
	return drm_bed(b) ? 0 : -EIO;
}

static int drm_userptr(struct drm_bed *d, unsigned int i, uint32_t *handle)
{
	return gpu_dev_userptr(d->fd, (uintptr_t)d->area +
			       i % AREA_PAGES * SM_PAGE_SIZE, SM_PAGE_SIZE, 0,
			       handle);
}

int sm_measure_drm_make(struct sm_measure_bed *b, bool cost, double *ns)
{
	struct drm_bed *d = b->state;
	uint64_t t = sm_util_now();
	uint32_t handle;
	unsigned int i;
	int err = 0;

	for (i = 0; i < MAKES && !err; i++) {
		err = cost ? drm_userptr(d, i, &handle) :
			     gpu_dev_create(d->fd, SM_PAGE_SIZE, &handle);
		if (!err)
			err = gpu_dev_close(d->fd, handle);
	}
	*ns = (double)(sm_util_now() - t) / MAKES;
	return err;
}

/*
 * So many, then. What making or closing them leaves behind, in caches and to the
 * grace periods of others, would be a cost of those that come next: some are made
 * before the time is taken.
 */
int sm_measure_drm_live(struct sm_measure_bed *b, bool cost)
{
	unsigned int wanted = cost ? MANY : FEW;
	struct drm_bed *d = drm_bed(b);
	int err = d ? 0 : -EIO;
	double ns;

	while (!err && d->nr_live < wanted) {
		err = drm_userptr(d, d->nr_live, &d->live[d->nr_live]);
		d->nr_live += !err;
	}
	while (!err && d->nr_live > wanted)
		err = gpu_dev_close(d->fd, d->live[--d->nr_live]);
	return err ? err : sm_measure_drm_make(b, true, &ns);
}

int sm_measure_drm_again(struct sm_measure_bed *b, bool cost, double *ns)
{
	(void)cost;
	return sm_measure_drm_make(b, true, ns);
}

/* ---- jobs ----------------------------------------------------------------------- */

static void *drm_storm(void *arg)
{
	struct drm_bed *d = arg;

	while (!sm_read(&d->stop)) {
		madvise(d->area, STORM_PAGES * SM_PAGE_SIZE, MADV_DONTNEED);
		sm_write((uint64_t *)d->area, 1);
	}
	return NULL;
}

static void drm_calm(struct drm_bed *d)
{
	if (!d->storms)
		return;
	sm_write(&d->stop, true);
	pthread_join(d->thread, NULL);
	d->storms = false;
}

int sm_measure_drm_storm(struct sm_measure_bed *b, bool cost)
{
	struct drm_bed *d = drm_bed(b);
	int err = d ? 0 : -EIO;

	if (!err && !d->page) {
		err = gpu_dev_userptr(d->fd, (uintptr_t)d->area,
				      STORM_PAGES * SM_PAGE_SIZE, 0, &d->page);
		if (!err)
			err = gpu_dev_bind(d->fd, d->page, DRM_VA,
					   STORM_PAGES * SM_PAGE_SIZE);
		if (!err)
			err = gpu_dev_create(d->fd, SM_PAGE_SIZE, &d->words);
		if (!err)
			err = gpu_dev_bind(d->fd, d->words,
					   DRM_VA + (1 << 20), SM_PAGE_SIZE);
	}
	if (err)
		return err;
	drm_calm(d);
	d->stop = false;
	if (cost)
		err = sm_thread_start(&d->thread, "storm", drm_storm, d);
	d->storms = cost && !err;
	return err;
}

static int drm_submit(struct drm_bed *d, uint64_t *seqno)
{
	struct drm_stalemate_obj objs[] = {
		{ .handle = d->page },
		{ .handle = d->words, .flags = DRM_STALEMATE_OBJ_WRITE },
	};
	struct drm_stalemate_cmd cmd = {
		.op = DRM_STALEMATE_OP_COPY,
		.src = DRM_VA,
		.dst = DRM_VA + (1 << 20),
		.len = SM_PAGE_SIZE,
	};
	struct drm_stalemate_submit s = {
		.nr_cmds = 1,
		.cmds = (uintptr_t)&cmd,
		.nr_objs = SM_ARRAY_SIZE(objs),
		.objs = (uintptr_t)objs,
	};
	int err = gpu_dev_submit(d->fd, &s);

	*seqno = s.seqno;
	return err;
}

int sm_measure_drm_jobs(struct sm_measure_bed *b, bool cost, double *ns)
{
	struct drm_stalemate_wait w = { .timeout_ns = INT64_MAX };
	struct drm_bed *d = b->state;
	uint64_t t = sm_util_now();
	unsigned int i;
	int err = 0;

	(void)cost;
	for (i = 0; i < JOBS && !err; i++) {
		err = drm_submit(d, (uint64_t *)&w.seqno);
		if (!err && !((i + 1) % JOBS_AT_ONCE))
			err = gpu_dev_wait(d->fd, &w);
	}
	*ns = (double)(sm_util_now() - t) / JOBS;
	drm_calm(d);
	return err;
}

void sm_measure_drm_tear_down(struct sm_measure_bed *b)
{
	struct drm_bed *d = b->state;

	if (!d)
		return;
	drm_calm(d);
	if (d->fd >= 0)
		close(d->fd);
	if (d->area != MAP_FAILED)
		munmap(d->area, AREA_PAGES * SM_PAGE_SIZE);
	free(d);
}

#else

int sm_measure_drm_objects(struct sm_measure_bed *b, bool cost)
{
	(void)b;
	(void)cost;
	return -EOPNOTSUPP;
}

int sm_measure_drm_make(struct sm_measure_bed *b, bool cost, double *ns)
{
	(void)b;
	(void)cost;
	(void)ns;
	return -EOPNOTSUPP;
}

int sm_measure_drm_live(struct sm_measure_bed *b, bool cost)
{
	return sm_measure_drm_objects(b, cost);
}

int sm_measure_drm_again(struct sm_measure_bed *b, bool cost, double *ns)
{
	return sm_measure_drm_make(b, cost, ns);
}

int sm_measure_drm_storm(struct sm_measure_bed *b, bool cost)
{
	return sm_measure_drm_objects(b, cost);
}

int sm_measure_drm_jobs(struct sm_measure_bed *b, bool cost, double *ns)
{
	return sm_measure_drm_make(b, cost, ns);
}

void sm_measure_drm_tear_down(struct sm_measure_bed *b)
{
	(void)b;
}

#endif /* HAVE_DRM */
