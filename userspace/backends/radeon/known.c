// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does this driver have what docs/found says of it? The shortest case of each, on
 * memory of our own, before the storm begins.
 */
#ifdef HAVE_DRM

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "judge/known.h"
#include "known.h"

#define KNOWN_PAGES	8U
#define KNOWN_SIZE	(KNOWN_PAGES * SM_PAGE_SIZE)
#define KNOWN_ROUNDS	3000U
#define KNOWN_STAMP	0x5a00000000000000ULL

/**
 * struct known_copies - what one thread copies with
 * @stage: the driver's memory, a page
 * @words: it, mapped
 * @job: copies the first word of each page there
 */
struct known_copies {
	uint32_t stage;
	uint64_t *words;
	struct radeon_job job;
};

/**
 * struct known - what the cases work with
 * @s: the backend
 * @dev: the card
 * @mem: memory that it gets
 * @buffer: the buffer that is made of it
 * @ours: of the main thread
 * @theirs: of the one beside it
 * @stop: no more jobs
 * @err: why there were none
 */
struct known {
	struct radeon_state *s;
	struct radeon_dev dev;
	char *mem;
	uint32_t buffer;
	struct known_copies ours;
	struct known_copies theirs;
	bool stop;
	int err;
};

static void known_hit(struct known *k, enum sm_known which, const char *what)
{
	struct sm_hit h = {
		.oracle = "content",
		.kind = SM_KIND_KNOWN + which,
		.mirror = k->s->host->scene->mirrors,
	};

	sm_docket_hit(k->s->host->docket, &h, "radeon: %s (%s, --avoid %s)",
		      what, sm_known[which].page, sm_known[which].name);
}

static uint64_t *known_word(const struct known *k, unsigned int page)
{
	return (uint64_t *)(k->mem + page * SM_PAGE_SIZE);
}

static void known_fill(struct known *k, uint64_t number)
{
	unsigned int i;

	for (i = 0; i < KNOWN_PAGES; i++)
		*known_word(k, i) = KNOWN_STAMP + number * KNOWN_PAGES + i;
}

static int known_copy(struct known *k, struct known_copies *c)
{
	struct radeon_place from = { k->buffer, 0 }, to = { c->stage, 0 };
	unsigned int i;
	int err;

	radeon_job_begin(&c->job);
	for (i = 0; i < KNOWN_PAGES; i++) {
		from.offset = i * SM_PAGE_SIZE;
		to.offset = i * sizeof(*c->words);
		radeon_job_blit(&c->job, from, to, sizeof(*c->words));
	}
	err = radeon_dev_submit(&k->dev, &c->job);
	return err ? err : radeon_dev_wait(&k->dev, c->stage);
}

/* Memory that is new, and a buffer of it. */
static int known_open(struct known *k)
{
	void *p = mmap(NULL, KNOWN_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return radeon_dev_fail(&k->dev, "memory");
	k->mem = p;
	known_fill(k, 0);
	return radeon_dev_userptr(&k->dev, (uintptr_t)p, KNOWN_SIZE,
				  &k->buffer);
}

static void known_close(struct known *k)
{
	if (k->buffer)
		radeon_dev_drop(&k->dev, k->buffer);
	munmap(k->mem, KNOWN_SIZE);
	k->buffer = 0;
}

/* Memory that is not there any more is nothing that a job could be done with. */
static int known_pin(struct known *k)
{
	int err = known_copy(k, &k->ours);

	if (err)
		return err;
	munmap(k->mem, KNOWN_SIZE);
	if (!known_copy(k, &k->ours))
		known_hit(k, SM_KNOWN_RADEON_PIN,
			  "a job goes on with pages that were unmapped");
	return 0;
}

static void *known_jobs(void *arg)
{
	struct known *k = arg;
	int err = 0;

	while (!sm_read(&k->stop) && !err)
		err = known_copy(k, &k->theirs);
	sm_write(&k->err, err);
	return NULL;
}

/*
 * While jobs bind the buffer again and again its pages are dropped. What was bound to
 * an old one then stays so, until the next are dropped.
 */
static int known_drop(struct known *k, unsigned int round, bool *stale)
{
	unsigned int i;
	int err;

	if (madvise(k->mem, KNOWN_SIZE, MADV_DONTNEED) < 0)
		return radeon_dev_fail(&k->dev, "MADV_DONTNEED");
	known_fill(k, round);
	err = known_copy(k, &k->ours);
	for (i = 0; i < KNOWN_PAGES && !err; i++)
		*stale |= k->ours.words[i] != *known_word(k, i);
	return err ? err : sm_read(&k->err);
}

static int known_race(struct known *k)
{
	bool stale = false;
	pthread_t thread;
	unsigned int round;
	int err = -pthread_create(&thread, NULL, known_jobs, k);

	if (err)
		return err;
	for (round = 1; round <= KNOWN_ROUNDS && !err && !stale; round++) {
		sm_end_beat(k->s->host->end);
		err = known_drop(k, round, &stale);
	}
	sm_write(&k->stop, true);
	pthread_join(thread, NULL);
	if (stale)
		known_hit(k, SM_KNOWN_RADEON_RACE,
			  "a job reads a page that was dropped while another was submitted");
	return err;
}

static int known_case(struct known *k, enum sm_known which,
		      int (*run)(struct known *k))
{
	int err;

	if (k->s->host->scene->spec->avoid >> which & 1)
		return 0;
	err = known_open(k);
	if (!err)
		err = run(k);
	if (k->mem)
		known_close(k);
	return err;
}

static int known_stage(struct known *k, struct known_copies *c)
{
	c->words = radeon_dev_memory(&k->dev, SM_PAGE_SIZE, &c->stage);
	return c->words ? 0 : -ENOMEM;
}

static void known_unstage(struct known_copies *c)
{
	if (c->words)
		munmap(c->words, SM_PAGE_SIZE);
}

int radeon_known_check(struct radeon_state *s)
{
	struct known k = { .s = s, .dev.fd = -1 };
	int err;

	/* A driver that is broken on purpose gets no page but the arena's. */
	if (!sm_set_empty(&s->host->scene->spec->defects))
		return 0;
	err = radeon_dev_open(&k.dev);
	if (!err)
		err = known_stage(&k, &k.ours);
	if (!err)
		err = known_stage(&k, &k.theirs);
	if (!err)
		err = known_case(&k, SM_KNOWN_RADEON_PIN, known_pin);
	if (!err)
		err = known_case(&k, SM_KNOWN_RADEON_RACE, known_race);
	known_unstage(&k.ours);
	known_unstage(&k.theirs);
	radeon_dev_close(&k.dev);
	if (err)
		snprintf(s->why, sizeof(s->why), "%s",
			 k.dev.why[0] ? k.dev.why : strerror(-err));
	return err;
}

#endif /* HAVE_DRM */
