// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is pulled away under a job, and what the next one finds there.
 *
 *	worker				engine
 *	page holds OLD
 *	submits				copies the word to the stage, again and again
 *	sees the first copies come
 *	MADV_DONTNEED: the driver
 *	  waits for the job
 *					... or has ended
 *	looks which copies have come
 *	page holds NEW
 *
 * And once while the driver looks for the pages of a job, by another thread: what comes
 * of that job is open, but the next one has NEW.
 *
 * The driver returns from the event when the job has ended (amdgpu_hmm.c,
 * amdgpu_hmm_invalidate_gfx()): a copy that had not come then is never of OLD; and
 * neither is what a later job reads.
 */
#ifdef HAVE_AMDGPU

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "base/ops.h"
#include "base/thread.h"
#include "base/util.h"
#include "pull.h"

#define PULL_READS	AMDGPU_WORDS
#define PULL_BETWEEN	3	/* copies of a page */
#define PULL_PAGES	16
#define PULL_SPINS	20000
#define PULL_NAP_NS	(2 * SM_MSEC)
#define PULL_RACE_NS	(4 * SM_MSEC)
#define PULL_NONE	0xdeadbeefdeadbeefULL
#define PULL_OLD	0x01dULL
#define PULL_NEW	0x2e3ULL

/**
 * struct pull - memory of our own, and a buffer over it
 * @l: whose
 * @words: it
 * @size: bytes, whole pages
 * @va: where the engine has it
 * @uses: buffers of a job: packets, the stage, and it
 * @race_ns: when it is pulled away by another thread
 * @taken: the job was, that may meet that
 * @met: it had not ended then
 * @error: what came of that, a negative errno
 */
struct pull {
	struct amdgpu_lane *l;
	uint64_t *words;
	uint64_t size;
	uint64_t va;
	uint32_t uses[3];
	uint64_t race_ns;
	uint64_t taken;
	bool met;
	int error;
};

/* All of the pages were there, but reclaim is too: 1, for another time. */
static int pull_refused(int err)
{
	return err == -EFAULT || err == -ENOMEM || err == -EAGAIN ||
	       err == -EBUSY || err == -EINTR ? 1 : err;
}

static int pull_make(struct pull *p, struct amdgpu_lane *l)
{
	int err;

	p->l = l;
	p->size = SM_PAGE_SIZE * (1 + sm_rng_below(&l->rng, PULL_PAGES));
	p->va = l->users.va;
	p->uses[0] = l->ib.handle;
	p->uses[1] = l->stage.handle;
	p->words = mmap(NULL, p->size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p->words == MAP_FAILED)
		return amdgpu_dev_fail(&l->dev, "memory of our own", -errno);
	memset(p->words, 0, p->size);
	sm_write(p->words, PULL_OLD);
	err = amdgpu_dev_userptr(&l->dev, (uintptr_t)p->words, p->size, p->va,
				 false, &p->uses[2]);
	if (err)
		munmap(p->words, p->size);
	return pull_refused(err);
}

static void pull_drop(struct pull *p)
{
	amdgpu_dev_drop(&p->l->dev, p->uses[2], p->va, p->size);
	munmap(p->words, p->size);
}

static uint64_t *pull_stage(const struct pull *p)
{
	return p->l->stage.map;
}

/*
 * What takes a while, and the word to the stage, after what is ahead of it. Nothing is
 * behind the last word: when that has come, the job is about over.
 */
static int pull_read(struct pull *p, unsigned int i)
{
	struct amdgpu_lane *l = p->l;
	unsigned int again;
	int err = amdgpu_sdma_nop(&l->packets, 1);

	for (again = 0; again < PULL_BETWEEN && !err; again++)
		err = amdgpu_sdma_copy(l->dev.gen, &l->packets,
				       l->stage.va + SM_PAGE_SIZE, p->va,
				       SM_PAGE_SIZE);
	return err ? err : amdgpu_sdma_copy(l->dev.gen, &l->packets,
					    l->stage.va + i * sizeof(uint64_t),
					    p->va, sizeof(uint64_t));
}

/* A job of so many reads. */
static int pull_submit(struct pull *p, unsigned int nr, uint64_t *seq)
{
	struct amdgpu_lane *l = p->l;
	struct amdgpu_part part = { .va = l->ib.va };
	unsigned int i;
	int err = 0;

	l->queue.how = AMDGPU_BY_FENCE;
	l->packets.nr = 0;
	for (i = 0; i < nr; i++)
		sm_write(&pull_stage(p)[i], PULL_NONE);
	for (i = 0; i < nr && !err; i++)
		err = pull_read(p, i);
	part.words = l->packets.nr;
	sm_fence();
	if (err)
		return amdgpu_dev_fail(&l->dev, "packets", err);
	return pull_refused(amdgpu_queue_submit(&l->dev, &l->queue, &part, 1,
						p->uses,
						SM_ARRAY_SIZE(p->uses), seq));
}

/* What it fails with now is no refusal: it was taken. */
static int pull_wait(struct pull *p, uint64_t seq)
{
	struct sm_patience wait = { .naps = p->l->patience };
	int err = amdgpu_queue_wait(&p->l->dev, &p->l->queue, seq, &wait);

	if (!err) {
		sm_count(&p->l->counts.jobs, 1);
		sm_count(&p->l->counts.ibs, 1);
	} else if (err != -ETIMEDOUT) {
		amdgpu_dev_fail(&p->l->dev, "a job that was taken", err);
	}
	return err;
}

static void pull_accuse(const struct pull *p, const char *what)
{
	struct sm_host *host = p->l->s->host;
	struct sm_hit h = {
		.oracle = "content",
		.kind = SM_KIND_WRONG_DATA,
		.mirror = host->scene->mirrors,
		.va = (uintptr_t)p->words,
		.op = "dontneed",
	};

	sm_docket_hit(host->docket, &h, "%s", what);
}

/* Is it under way? A job that has to wait for others may take its time. */
static void pull_meet(const struct pull *p)
{
	unsigned int i, at = sm_rng_below(&p->l->rng, PULL_READS / 4);

	for (i = 0; i < PULL_SPINS && sm_read(&pull_stage(p)[at]) == PULL_NONE; i++)
		sm_rmb();
}

/* One that was loaded before may be stored late: the first that had not come. */
static void pull_judge(const struct pull *p, const bool *came)
{
	unsigned int i = 0;

	while (i < PULL_READS && came[i])
		i++;
	for (i++; i < PULL_READS; i++) {
		if (sm_read(&pull_stage(p)[i]) != PULL_OLD)
			continue;
		pull_accuse(p,
			    "a job went on reading a page after madvise() had taken it away");
		return;
	}
}

/* Which copies have come? Were they all there before, the job has met nothing. */
static int pull_away(struct pull *p, bool *came)
{
	bool met = sm_read(&pull_stage(p)[PULL_READS - 1]) == PULL_NONE;
	unsigned int i;

	if (madvise(p->words, p->size, MADV_DONTNEED))
		return amdgpu_dev_fail(&p->l->dev, "madvise", -errno);
	sm_fence();
	for (i = 0; i < PULL_READS; i++)
		came[i] = sm_read(&pull_stage(p)[i]) != PULL_NONE;
	sm_count(&p->l->counts.pulled, met);
	return 0;
}

static int pull_under(struct pull *p)
{
	bool came[PULL_READS];
	uint64_t seq;
	int err = pull_submit(p, PULL_READS, &seq), pulled;

	if (err)
		return err;
	pull_meet(p);
	pulled = pull_away(p, came);
	sm_write(p->words, PULL_NEW);
	err = pull_wait(p, seq);
	if (!pulled && err != -ETIMEDOUT)
		pull_judge(p, came);
	return err ? err : pulled;
}

static int pull_after(struct pull *p)
{
	uint64_t seq;
	int err = pull_submit(p, 1, &seq);

	if (!err)
		err = pull_wait(p, seq);
	if (!err && sm_read(pull_stage(p)) == PULL_OLD)
		pull_accuse(p, "a job read what a page held before madvise() took it away");
	return err;
}

static void *pull_racer(void *arg)
{
	struct pull *p = arg;

	sm_util_nap(p->race_ns);
	p->met = sm_read(&p->taken) && sm_read(pull_stage(p)) == PULL_NONE;
	if (madvise(p->words, p->size, MADV_DONTNEED))
		p->error = -errno;
	sm_write(p->words, PULL_NEW);
	return NULL;
}

/* As a job is submitted for which the driver has to look, or after that. */
static int pull_race(struct pull *p)
{
	pthread_t thread;
	uint64_t seq;
	int err;

	if (madvise(p->words, p->size, MADV_DONTNEED))
		return amdgpu_dev_fail(&p->l->dev, "madvise", -errno);
	p->race_ns = sm_rng_below(&p->l->rng, PULL_RACE_NS);
	p->taken = false;
	p->error = 0;
	sm_write(p->words, PULL_OLD);
	err = sm_thread_start(&thread, "puller", pull_racer, p);
	if (err)
		return amdgpu_dev_fail(&p->l->dev, "a thread", err);
	err = pull_submit(p, 1, &seq);
	sm_write(&p->taken, !err);
	pthread_join(thread, NULL);
	sm_count(&p->l->counts.pulled, p->met);
	if (!err)
		err = pull_wait(p, seq);
	return err ? err : p->error;
}

int amdgpu_pull_once(struct amdgpu_lane *l)
{
	struct pull p;
	int err = pull_make(&p, l);

	if (err)
		return err < 0 ? err : 0;
	err = pull_under(&p);
	if (!err)
		err = pull_after(&p);
	if (!err)
		err = pull_race(&p);
	if (!err)
		err = pull_after(&p);
	if (err == -ETIMEDOUT)
		return err;	/* the engine may still use it */
	pull_drop(&p);
	return err < 0 ? err : 0;
}

void amdgpu_pull(struct sm_host *host)
{
	struct amdgpu_state *s = host->state;
	struct amdgpu_lane *l = s->lanes[SM_LANE_BACKEND];
	int err = 0;

	if (!sm_gate_begun(host->gate))
		return;
	while (!err && !sm_end_stopping(host->end)) {
		err = amdgpu_pull_once(l);
		sm_util_nap(PULL_NAP_NS);
	}
	if (err == -ETIMEDOUT)
		sm_host_hang(host, "the worker", NULL, SM_LANE_BACKEND);
	else if (err)
		sm_end_break(host->end, "worker: %s",
			     l->dev.why[0] ? l->dev.why : strerror(-err));
}

#endif /* HAVE_AMDGPU */
