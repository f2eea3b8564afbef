// SPDX-License-Identifier: GPL-2.0-only
/* A storm thread's own victim: see sink.h. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "canary.h"
#include "docket.h"
#include "memory/scene.h"
#include "sink.h"

#define SINK_PAGES 256
#define SINK_BATCH 16
#define SINK_SIZE (SINK_PAGES * SM_PAGE_SIZE)
#define SINK_HUGE_WORDS (SM_GRANULE_SIZE / sizeof(uint64_t))

static uint64_t sink_place(unsigned int index, unsigned int nr)
{
	return SM_ARENA_SINK + index * SM_ARENA_SCRATCH_STEP +
	       nr * SM_GRANULE_SIZE;
}

static int sink_map(struct sm_sink *s, struct sm_docket *docket, uint64_t va,
		    int fd, uint64_t at)
{
	int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	void *p = mmap((void *)va, SINK_SIZE, PROT_READ | PROT_WRITE,
		       flags | MAP_FIXED_NOREPLACE, fd, at);

	if (p == MAP_FAILED)
		return -errno;
	s->docket = docket;
	s->words = p;
	s->drop = fd < 0 ? MADV_DONTNEED : MADV_REMOVE;
	/* A fork must not make copies of them. */
	return madvise(p, SINK_SIZE, MADV_DONTFORK) < 0 ? -errno : 0;
}

int sm_sink_init(struct sm_sink *s, struct sm_docket *docket,
		 unsigned int index)
{
	int err = sink_map(s, docket, sink_place(index, 0), -1, 0);

	/* Small pages. */
	if (!err && madvise(s->words, SINK_SIZE, MADV_NOHUGEPAGE) < 0 &&
	    errno != EINVAL)
		err = -errno;
	return err;
}

/*
 * sm_sink_init_file() - blocks of a file are freed to its file system: who asks next
 * are pages of the same file, from @at on.
 */
int sm_sink_init_file(struct sm_sink *s, struct sm_docket *docket,
		      unsigned int index, int fd, uint64_t at)
{
	at += index * SINK_SIZE;
	if (ftruncate(fd, at + SM_WIRE_THREADS * SINK_SIZE) < 0)
		return -errno;
	return sink_map(s, docket, sink_place(index, 1), fd, at);
}

static int sink_map_huge(void *p, size_t size, int fixed)
{
	if (mmap(p, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | fixed | MAP_HUGETLB |
			 SM_GRANULE_SHIFT << MAP_HUGE_SHIFT,
		 -1, 0) == MAP_FAILED)
		return -errno;
	return madvise(p, size, MADV_DONTFORK) < 0 ? -errno : 0;
}

/*
 * sm_sink_init_huge() - freed pages of hugetlb go back to their pool, where nobody
 * finds them who asks for small ones.
 */
int sm_sink_init_huge(struct sm_sink *s, unsigned int index)
{
	void *p = (void *)sink_place(index, 2);
	int err = sink_map_huge(p, SM_SINK_HUGE * SM_GRANULE_SIZE,
				MAP_FIXED_NOREPLACE);

	if (!err)
		s->huge = p;
	return err;
}

static uint64_t *sink_page(const struct sm_sink *s, uint64_t n)
{
	return s->words + n % SINK_PAGES * SM_PAGE_WORDS;
}

static void sink_verify(struct sm_sink *s, uint64_t n)
{
	const uint64_t *page = sink_page(s, n);
	unsigned int word = sm_canary_check(page);

	if (word < SM_CANARY_WORDS)
		sm_canary_accuse(s->docket, "a thread outside of the arena",
				 sm_read(&page[word]));
}

/*
 * sm_sink_take() - take pages that were just freed on this CPU, and only then
 * give up the oldest ones.
 */
void sm_sink_take(struct sm_sink *s)
{
	uint64_t i, oldest;

	if (!s->words)
		return;
	for (i = 0; i < SINK_BATCH; i++)
		sm_canary_put(sink_page(s, s->next + i), s->round++,
			      s->docket->scene->model.cookie);
	s->next += SINK_BATCH;
	if (s->round < SINK_PAGES)
		return;
	oldest = s->next;
	for (i = 0; i < SINK_BATCH; i++)
		sink_verify(s, oldest + i);
	madvise(sink_page(s, oldest), SINK_BATCH * SM_PAGE_SIZE, s->drop);
}

static uint64_t *sink_huge(const struct sm_sink *s, uint64_t n)
{
	return s->huge + n % SM_SINK_HUGE * SINK_HUGE_WORDS;
}

static void sink_verify_huge(struct sm_sink *s, uint64_t n)
{
	const uint64_t *page = sink_huge(s, n);
	unsigned int i, word;

	for (i = 0; i < SM_GRANULE_PAGES; i++, page += SM_PAGE_WORDS) {
		word = sm_canary_check(page);
		if (word == SM_CANARY_WORDS)
			continue;
		sm_canary_accuse(s->docket, "a thread outside of the arena",
				 sm_read(&page[word]));
		return;
	}
}

/* sm_sink_take_huge() - take a page of hugetlb, then give up the oldest one. */
void sm_sink_take_huge(struct sm_sink *s)
{
	uint64_t *page = sink_huge(s, s->huge_round);
	unsigned int i;

	if (!s->huge)
		return;
	for (i = 0; i < SM_GRANULE_PAGES; i++, page += SM_PAGE_WORDS)
		sm_canary_put(page, s->huge_round,
			      s->docket->scene->model.cookie);
	if (++s->huge_round < SM_SINK_HUGE)
		return;
	sink_verify_huge(s, s->huge_round);
	page = sink_huge(s, s->huge_round);
	/* Before Linux 5.18 it is not dropped so: another goes over it. */
	if (madvise(page, SM_GRANULE_SIZE, MADV_DONTNEED) < 0 &&
	    sink_map_huge(page, SM_GRANULE_SIZE, MAP_FIXED))
		s->huge = NULL;	/* somebody has taken it, and there is a hole */
}

static void sink_free_huge(struct sm_sink *s)
{
	uint64_t i, last = s->huge_round;

	if (!s->huge)
		return;
	/* The oldest is empty, or was never full. */
	for (i = last > SM_SINK_HUGE - 1 ? last - (SM_SINK_HUGE - 1) : 0;
	     i < last; i++)
		sink_verify_huge(s, i);
	munmap(s->huge, SM_SINK_HUGE * SM_GRANULE_SIZE);
	s->huge = NULL;
}

void sm_sink_free(struct sm_sink *s)
{
	uint64_t i;

	sink_free_huge(s);
	if (!s->words)
		return;
	/* The batch in front of the oldest page is empty, or was never full. */
	for (i = 0; s->round >= SINK_PAGES && i < SINK_PAGES - SINK_BATCH; i++)
		sink_verify(s, s->next + SINK_BATCH + i);
	munmap(s->words, SINK_SIZE);
	s->words = NULL;
}
