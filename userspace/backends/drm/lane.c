// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words of the arena, accessed by jobs. Those of one call are in flight together, on
 * all rings, some jobs with several accesses of several objects. What fails is tried
 * once more alone and with no page beside: then it is that word that was refused.
 */
#ifdef HAVE_DRM

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xf86drm.h>

#include "job.h"
#include "lane.h"
#include "slot.h"

#define LANE_JOINED	4	/* accesses of one job, at most */
#define LANE_AGAIN	24	/* reads of the same page, at most */
#define LANE_LONG	160	/* ... in the first of a job, and half of that at least */

/**
 * struct gpu_turn - accesses that are in flight together
 * @l: the lane
 * @a: the accesses
 * @left_out: by access, it is not made
 * @job: by access, its job; those that it shares follow one another
 * @jobs: jobs
 * @nr_jobs: how many
 */
struct gpu_turn {
	struct gpu_lane *l;
	struct sm_access *a;
	bool left_out[GPU_DEPTH];
	unsigned int job[GPU_DEPTH];
	struct gpu_job jobs[GPU_DEPTH];
	unsigned int nr_jobs;
};

/* ---- making and unmaking ---------------------------------------------------- */

/* In svm mode what jobs use besides is the process's own, too. */
static int lane_words_svm(struct gpu_lane *l)
{
	void *p = (void *)l->file->next;

	p = mmap(p, GPU_WORDS_SIZE, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	l->words = p;
	l->words_va = l->file->next;
	return 0;
}

static int lane_words(struct gpu_lane *l)
{
	int fd = l->file->fd, err;
	void *map;

	err = gpu_dev_create(fd, GPU_WORDS_SIZE, &l->words_handle);
	if (!err)
		err = gpu_dev_map(fd, l->words_handle, GPU_WORDS_SIZE, &map);
	if (err)
		return err;
	l->words = map;
	l->words_va = l->file->next;
	return gpu_dev_bind(fd, l->words_handle, l->words_va, GPU_WORDS_SIZE);
}

static int lane_syncs(struct gpu_lane *l)
{
	unsigned int i;
	int err = drmSyncobjCreate(l->file->fd, 0, &l->timeline);

	for (i = 0; i < GPU_DEPTH && !err; i++)
		err = drmSyncobjCreate(l->file->fd, 0, &l->syncs[i]);
	return err ? -errno : 0;
}

/* gpu_lane_create() - gpu_lane_destroy() has to follow, whatever it returns. */
int gpu_lane_create(struct gpu_state *s, struct gpu_lane *l,
		    struct gpu_file *file, uint64_t seed)
{
	bool svm = s->mode == GPU_SVM;
	unsigned int i;
	int err;

	l->s = s;
	l->file = file;
	sm_rng_seed(&l->rng, s->host->scene->spec->seed, SM_STREAM_GPU, seed);
	l->work = calloc(1, sizeof(*l->work));
	if (l->work)
		l->work->l = l;
	err = !l->work ? -ENOMEM : svm ? lane_words_svm(l) : lane_words(l);
	if (!err && madvise(l->words, GPU_WORDS_SIZE, MADV_DONTFORK) < 0)
		err = -errno;
	for (i = 0; i < GPU_SLOTS; i++) {
		file->next += GPU_WINDOW;
		pthread_mutex_init(&l->slots[i].lock, NULL);
		l->slots[i].va = file->next;
	}
	file->next += GPU_WINDOW;
	if (!err && file->next > file->end)
		err = -ENOSPC;
	if (!err && s->mode == GPU_OBJECTS)
		err = lane_syncs(l);
	return err;
}

void gpu_lane_destroy(struct gpu_lane *l)
{
	unsigned int i;

	if (!l->s)
		return;
	for (i = 0; i < GPU_SLOTS; i++) {
		if (l->slots[i].handle)
			gpu_slot_drop(l, &l->slots[i]);
		pthread_mutex_destroy(&l->slots[i].lock);
	}
	for (i = 0; i < GPU_DEPTH; i++)
		if (l->syncs[i])
			drmSyncobjDestroy(l->file->fd, l->syncs[i]);
	if (l->timeline)
		drmSyncobjDestroy(l->file->fd, l->timeline);
	if (l->words)
		munmap(l->words, GPU_WORDS_SIZE);
	if (l->words_handle)
		gpu_dev_close(l->file->fd, l->words_handle);
	free(l->work);
	memset(l, 0, sizeof(*l));
}

/* ---- commands --------------------------------------------------------------- */

/* The page of words that belongs to an access. */
static uint64_t lane_page(unsigned int i)
{
	return (1 + i) * SM_PAGE_SIZE;
}

static uint64_t *lane_word(const struct gpu_lane *l, unsigned int i)
{
	return (uint64_t *)((char *)l->words + lane_page(i));
}

/* A storm that waits long for its own accesses does little else. */
static unsigned int lane_again_and_again(const struct gpu_job *job)
{
	struct gpu_lane *l = job->l;

	if (l->file != &l->s->files[0])
		return 0;
	if (job->nr_cmds)
		return sm_rng_below(&l->rng, LANE_AGAIN);
	return LANE_LONG / 2 + sm_rng_below(&l->rng, LANE_LONG / 2);
}

/*
 * The word, and before it perhaps others of its page, several times: so a job takes
 * a while, and is met by what it must not be met by.
 */
static void lane_read(struct gpu_job *job, unsigned int i, uint64_t va)
{
	struct gpu_lane *l = job->l;
	unsigned int again = lane_again_and_again(job);
	uint64_t to = l->words_va + lane_page(i);
	struct drm_stalemate_cmd *c;

	*lane_word(l, i) = GPU_CANARY | i;
	while (again--) {
		c = gpu_job_cmd(job, DRM_STALEMATE_OP_COPY);
		c->src = va & ~(SM_PAGE_SIZE - 1);
		c->dst = to + SM_PAGE_SIZE / 2;
		c->len = SM_PAGE_SIZE / 2;
	}
	c = gpu_job_cmd(job, DRM_STALEMATE_OP_COPY);
	c->src = va;
	c->dst = to;
	c->len = sizeof(uint64_t);
}

static void lane_write(struct gpu_job *job, unsigned int i, uint64_t va,
		       uint64_t value)
{
	static const uint32_t ops[] = {
		DRM_STALEMATE_OP_WRITE, DRM_STALEMATE_OP_FILL,
		DRM_STALEMATE_OP_COPY,
	};
	struct gpu_lane *l = job->l;
	struct drm_stalemate_cmd *c;

	*lane_word(l, i) = value;
	c = gpu_job_cmd(job, ops[sm_rng_below(&l->rng, SM_ARRAY_SIZE(ops))]);
	c->src = l->words_va + lane_page(i);
	c->dst = va;
	c->len = sizeof(uint64_t);
	c->value = value;
}

/* Where the device finds it; the object is named. */
static int lane_place(struct gpu_job *job, const struct sm_access *a,
		      struct gpu_slot **slot, uint64_t *va)
{
	int err;

	*slot = NULL;
	*va = a->va;
	if (job->l->s->mode == GPU_SVM)
		return 0;
	err = gpu_slot_get(job->l, a->va, a->write, slot);
	if (err)
		return err;
	gpu_job_uses(job, (*slot)->handle, a->write);
	*va = (*slot)->va + (a->va - (*slot)->start);
	return 0;
}

static int lane_add(struct gpu_job *job, const struct sm_access *a,
		    unsigned int i)
{
	struct gpu_slot *slot;
	uint64_t va;
	int err = lane_place(job, a, &slot, &va);

	if (err)
		return err;
	if (a->write)
		lane_write(job, i, va, a->value);
	else
		lane_read(job, i, va);
	return 0;
}

/* ---- a turn ----------------------------------------------------------------- */

/* Of -EFAULT, -EPERM, -EBUSY, -EINTR and -ENOMEM, see sm_backend.access. */
static int lane_error(int err)
{
	switch (err) {
	case 0:
	case -EFAULT:
	case -EPERM:
	case -ENOMEM:
	case -EINTR:
		return err;
	case -EACCES:
		return -EPERM;
	default:
		/* Killed, or canceled behind one that was. */
		return -EBUSY;
	}
}

static bool lane_fatal(int err)
{
	return err == -EINVAL || err == -ENODEV || err == -ENOENT ||
	       err == -ENOTTY || err == -ENOSPC || err == -EBADF;
}

/* A storm that rests waits for a sweep: that has one job in flight, of all. */
static bool lane_joins(struct gpu_lane *l, unsigned int joined)
{
	return l->sweeps ||
	       (joined < LANE_JOINED && sm_rng_one_in(&l->rng, 4));
}

static int lane_plan(struct gpu_turn *t, unsigned int nr)
{
	struct gpu_lane *l = t->l;
	struct gpu_job *job = NULL;
	unsigned int i, joined = 0;
	int err;

	t->nr_jobs = 0;
	for (i = 0; i < nr; i++) {
		if (t->left_out[i])
			continue;
		if (!job || !lane_joins(l, joined)) {
			job = &t->jobs[t->nr_jobs];
			gpu_job_init(job, l, t->nr_jobs, gpu_job_ring(l, i));
			t->nr_jobs++;
			joined = 0;
		}
		t->job[i] = t->nr_jobs - 1;
		joined++;
		err = lane_add(job, &t->a[i], i);
		if (lane_fatal(err))
			return err;
		t->a[i].error = lane_error(err);
	}
	return 0;
}

static int lane_go(struct gpu_turn *t)
{
	unsigned int i;
	int err = 0, bad;

	for (i = 0; i < t->nr_jobs; i++)
		if (lane_fatal(gpu_job_submit(&t->jobs[i])))
			err = t->jobs[i].error;
	for (i = 0; i < t->nr_jobs; i++) {
		bad = t->jobs[i].submitted ? gpu_job_finish(&t->jobs[i]) : 0;
		if (bad)
			err = bad;
	}
	return err;
}

static void lane_take(struct gpu_turn *t, unsigned int nr)
{
	struct sm_access *a;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		a = &t->a[i];
		if (t->left_out[i])
			continue;
		if (!a->error)
			a->error = lane_error(t->jobs[t->job[i]].error);
		if (!a->error && !a->write)
			a->value = sm_read(lane_word(t->l, i));
	}
}

/* An access alone, of an object that has no other page. */
static int lane_alone(struct gpu_turn *t, struct sm_access *a)
{
	struct gpu_lane *l = t->l;
	struct gpu_job *job = t->jobs;
	bool exact = l->exact;
	int err;

	l->turn++;
	l->exact = true;
	gpu_job_init(job, l, 0, gpu_job_ring(l, 0));
	a->error = 0;
	err = lane_add(job, a, 0);
	l->exact = exact;
	if (!err) {
		t->job[0] = 0;
		t->nr_jobs = 1;
		err = lane_go(t);
		if (err)
			return err;
		a->error = lane_error(job->error);
		if (!a->error && !a->write)
			a->value = sm_read(lane_word(l, 0));
		return 0;
	}
	a->error = lane_error(err);
	return lane_fatal(err) ? err : 0;
}

/* Those whose job had others to fail for. */
static int lane_again(struct gpu_turn *t, unsigned int nr)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < nr && !err; i++)
		if (!t->left_out[i] && (t->a[i].error == -EFAULT ||
					t->a[i].error == -EPERM))
			err = lane_alone(t, &t->a[i]);
	return err;
}

/*
 * Before a driver that is broken on purpose writes: is it still a page of ours that
 * it would write to?
 */
static int lane_guard(struct gpu_turn *t, unsigned int i)
{
	struct sm_host *host = t->l->s->host;
	struct sm_access look = {
		.va = (t->a[i].va & ~(SM_PAGE_SIZE - 1)) + 8 * SM_WORD_COOKIE,
	};
	int err;

	t->left_out[i] = false;
	if (!t->a[i].write || sm_set_empty(&host->scene->spec->defects))
		return 0;
	err = lane_alone(t, &look);
	if (err || (!look.error && look.value == host->scene->model.cookie))
		return err;
	t->left_out[i] = true;
	t->a[i].error = look.error ? look.error : -EPERM;
	return 0;
}

static int lane_some(struct gpu_turn *t, unsigned int nr)
{
	struct gpu_lane *l = t->l;
	unsigned int i;
	int err = 0;

	sm_write(&l->flight, (t->a[0].va & ~1ULL) | t->a[0].write);
	for (i = 0; i < nr && !err; i++)
		err = lane_guard(t, i);
	l->turn++;
	if (!err)
		err = lane_plan(t, nr);
	if (!err)
		err = lane_go(t);
	if (err)
		return err;
	lane_take(t, nr);
	err = lane_again(t, nr);
	sm_write(&l->flight, 0);
	return err;
}

/*
 * How many may be in flight at a time. Rings keep no order among each other, and who
 * failed for another is tried again behind it: so a word is written once.
 */
static unsigned int lane_fit(const struct sm_access *a, unsigned int nr)
{
	unsigned int i, j;

	if (nr > GPU_DEPTH)
		nr = GPU_DEPTH;
	for (i = 1; i < nr; i++)
		for (j = 0; a[i].write && j < i; j++)
			if (a[j].write && a[j].va == a[i].va)
				return i;
	return nr;
}

/*
 * gpu_lane_access() - see sm_backend.access. Returns -ETIMEDOUT if a job does not end,
 * or another negative errno if the device can go on no more.
 */
int gpu_lane_access(struct gpu_lane *l, struct sm_access *a, unsigned int nr)
{
	struct gpu_turn *t = l->work;
	unsigned int some;
	int err = 0;

	for (; nr && !err; a += some, nr -= some) {
		some = lane_fit(a, nr);
		t->a = a;
		err = lane_some(t, some);
	}
	return err;
}

#endif /* HAVE_DRM */
