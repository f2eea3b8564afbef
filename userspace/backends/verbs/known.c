// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does this device have what docs/found says of others? The shortest case of
 * each, on memory of our own, before the storm begins.
 */
#ifdef HAVE_IBVERBS

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "advise.h"
#include "judge/known.h"
#include "known.h"
#include "run.h"

#define KNOWN_PAGES	4096U
#define KNOWN_WORDS	32U
#define KNOWN_ROUNDS	100
#define KNOWN_SETTLE	(5 * SM_MSEC)

/**
 * struct known - what the cases work with
 * @v: the backend
 * @mem: memory on demand; the page behind it is registered and not mapped
 * @mr: the registration
 * @got: ours, KNOWN_WORDS words
 */
struct known {
	struct verbs_state *v;
	char *mem;
	struct ibv_mr *mr;
	uint64_t *got;
};

static uint64_t *known_word(const struct known *k, unsigned int page)
{
	return (uint64_t *)(k->mem + page * SM_PAGE_SIZE);
}

static void known_hit(struct known *k, enum sm_known which, const char *oracle,
		      const char *what)
{
	struct sm_hit h = {
		.oracle = oracle,
		.kind = SM_KIND_KNOWN + which,
		.mirror = k->v->host->scene->mirrors,
	};

	sm_docket_hit(k->v->host->docket, &h, "%s: %s (%s, --avoid %s)",
		      k->v->dev.name, what, sm_known[which].page,
		      sm_known[which].name);
}

/*
 * The first words of KNOWN_WORDS pages, one way or the other. One that the device
 * refuses proves nothing: -EREMOTEIO, and the finding is not looked for.
 */
static int known_words(struct known *k, enum verbs_kind kind,
		       unsigned int first)
{
	struct verbs_op op[KNOWN_WORDS];
	unsigned int i;
	int err;

	for (i = 0; i < KNOWN_WORDS; i++)
		op[i] = (struct verbs_op){
			.kind = kind,
			.mr = k->mr,
			.va = (uintptr_t)known_word(k, first + i),
			.buf = &k->got[i],
			.len = sizeof(k->got[i]),
		};
	err = verbs_pair_run(&k->v->shapes, op, KNOWN_WORDS);
	for (i = 0; i < KNOWN_WORDS && !err; i++)
		if (op[i].error)
			err = -EREMOTEIO;
	return err;
}

/* A word in the middle of a page is not the page's first. */
static int known_copy(struct known *k)
{
	uint64_t *page = known_word(k, 0);
	struct verbs_op op = {
		.kind = VERBS_READ,
		.mr = k->mr,
		.va = (uintptr_t)&page[100],
		.buf = k->got,
		.len = sizeof(*k->got),
	};
	int err;

	page[0] = 1;
	page[100] = 2;
	err = verbs_pair_run(&k->v->shapes, &op, 1);
	if (!err && !op.error && k->got[0] == 1)
		known_hit(k, SM_KNOWN_RXE_COPY, "content",
			  "a READ inside a page gives the page's start");
	return err;
}

static void known_spin(uint64_t ns)
{
	uint64_t until = sm_util_now() + ns;

	while (sm_util_now() < until)
		;
}

/*
 * Zero pages are asked for ahead while they are dropped. That fails, as the last
 * page is not there; what it has found by then must have no effect: it is not
 * known to be true. The pages in front of that one are the likely ones, as
 * dropping begins at the other end.
 */
static int known_race_round(struct known *k, uint64_t number, uint64_t delay)
{
	const uint32_t size = KNOWN_PAGES * SM_PAGE_SIZE;
	const unsigned int first = KNOWN_PAGES - KNOWN_WORDS;
	unsigned int i;
	int err;

	for (i = 0; i < KNOWN_PAGES; i++)
		sm_read(known_word(k, i));
	verbs_advise(&k->v->dev, k->mr, (uintptr_t)k->mem,
		     size + SM_PAGE_SIZE, false, false);
	known_spin(delay);
	if (madvise(k->mem, size, MADV_DONTNEED) < 0)
		return verbs_dev_fail(&k->v->dev, "MADV_DONTNEED");
	sm_util_nap(KNOWN_SETTLE);
	for (i = 0; i < KNOWN_WORDS; i++)
		*known_word(k, first + i) = number + i;
	err = known_words(k, VERBS_READ, first);
	for (i = 0; i < KNOWN_WORDS && !err; i++)
		if (k->got[i] != number + i)
			err = 1;
	if (!err && madvise(k->mem, size, MADV_DONTNEED) < 0)
		return verbs_dev_fail(&k->v->dev, "MADV_DONTNEED");
	return err;
}

/* The moment is right somewhere in twice the time that asking takes. */
static int known_race(struct known *k)
{
	struct sm_rng rng;
	uint64_t most;
	unsigned int round;
	int ret = 0;

	sm_rng_seed(&rng, k->v->host->scene->spec->seed, SM_STREAM_KNOWN, 0);
	for (round = 0; round < KNOWN_PAGES; round++)
		sm_read(known_word(k, round));
	most = sm_util_now();
	verbs_advise(&k->v->dev, k->mr, (uintptr_t)k->mem,
		     KNOWN_PAGES * SM_PAGE_SIZE, false, true);
	most = 2 * (sm_util_now() - most);
	if (most > SM_NSEC)
		most = SM_NSEC;
	for (round = 1; round <= KNOWN_ROUNDS && !ret; round++) {
		sm_end_beat(k->v->host->end);
		ret = known_race_round(k, (uint64_t)round << 32,
				       sm_rng_below(&rng, most + 1));
	}
	if (ret > 0)
		known_hit(k, SM_KNOWN_RXE_RACE, "content",
			  "a READ gives a page that was dropped during a prefetch");
	return ret < 0 ? ret : 0;
}

/* Clean pages that stay writable; the device writes; reclaim takes them. */
static int known_dirty(struct known *k)
{
	const size_t size = KNOWN_WORDS * SM_PAGE_SIZE;
	unsigned int i, lost = 0;
	int err;

	for (i = 0; i < KNOWN_WORDS; i++) {
		*known_word(k, i) = 1;
		k->got[i] = 2 + i;
	}
	if (madvise(k->mem, size, MADV_FREE) < 0)
		return verbs_dev_fail(&k->v->dev, "MADV_FREE");
	err = known_words(k, VERBS_WRITE, 0);
	if (err)
		return err;
	if (madvise(k->mem, size, MADV_PAGEOUT) < 0)
		return verbs_dev_fail(&k->v->dev, "MADV_PAGEOUT");
	for (i = 0; i < KNOWN_WORDS; i++)
		lost += *known_word(k, i) != 2 + i;
	if (lost)
		known_hit(k, SM_KNOWN_RXE_DIRTY, "dirty",
			  "reclaim loses what was written");
	return 0;
}

/* A region of which the first page is known by the address of the second. */
static int known_iova(struct known *k)
{
	const uint64_t iova = (uintptr_t)known_word(k, 1);
	struct verbs_op op = {
		.kind = VERBS_READ,
		.va = iova,
		.buf = k->got,
		.len = sizeof(*k->got),
	};
	int err;

	*known_word(k, 0) = 1;
	*known_word(k, 1) = 2;
	op.mr = ibv_reg_mr_iova(k->v->dev.pd, k->mem, 4 * SM_PAGE_SIZE, iova,
				VERBS_ACCESS);
	if (!op.mr)
		return verbs_dev_fail(&k->v->dev, "registering memory");
	err = verbs_pair_run(&k->v->shapes, &op, 1);
	if (!err && !op.error && *k->got != 1)
		known_hit(k, SM_KNOWN_RXE_IOVA, "content",
			  "a READ takes the region's address for the memory's");
	ibv_dereg_mr(op.mr);
	return err;
}

static int known_open(struct known *k)
{
	const size_t size = KNOWN_PAGES * SM_PAGE_SIZE;
	void *p = mmap(NULL, size + SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return verbs_dev_fail(&k->v->dev, "memory");
	k->mem = p;
	madvise(p, size, MADV_NOHUGEPAGE);
	k->got = verbs_dev_alloc(&k->v->dev, KNOWN_WORDS * sizeof(*k->got));
	k->mr = ibv_reg_mr(k->v->dev.pd, p, size + SM_PAGE_SIZE, VERBS_ACCESS);
	if (!k->got || !k->mr)
		return verbs_dev_fail(&k->v->dev, "registering memory");
	munmap(k->mem + size, SM_PAGE_SIZE);
	return 0;
}

/* verbs_known_check() - what is avoided is not tried. */
int verbs_known_check(struct verbs_state *v)
{
	static int (*const cases[SM_KNOWN_NR])(struct known *k) = {
		[SM_KNOWN_RXE_COPY] = known_copy,
		[SM_KNOWN_RXE_RACE] = known_race,
		[SM_KNOWN_RXE_DIRTY] = known_dirty,
		[SM_KNOWN_RXE_IOVA] = known_iova,
	};
	struct known k = { .v = v };
	unsigned int i;
	int err = 0;

	/* A driver that is broken on purpose gets no page but the arena's. */
	if (!sm_set_empty(&v->host->scene->spec->defects))
		return 0;
	/* It is the main thread that waits for them, and only here. */
	v->shapes.beats = &v->host->scene->wire->beats;
	err = known_open(&k);
	for (i = 0; i < SM_KNOWN_NR && !err; i++) {
		if (cases[i] && !(v->host->scene->spec->avoid >> i & 1))
			err = cases[i](&k);
		if (err == -EREMOTEIO)
			err = 0;
	}
	v->shapes.beats = NULL;
	if (k.mr)
		ibv_dereg_mr(k.mr);
	if (k.mem)
		munmap(k.mem, KNOWN_PAGES * SM_PAGE_SIZE);
	return err;
}

#endif /* HAVE_IBVERBS */
