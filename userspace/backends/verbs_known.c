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

#include "oracle.h"
#include "verbs.h"

#define KNOWN_PAGES	512U
#define KNOWN_ROUNDS	40
#define KNOWN_SETTLE	(20 * SM_MSEC)

/**
 * struct known - what the cases work with
 * @v: the backend
 * @mem: memory on demand; the page behind it is registered and not mapped
 * @mr: the registration
 * @got: ours, a word per page
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
	struct sm_hit h = { .oracle = oracle, .mirror = k->v->e->mirrors };

	sm_oracle_hit(k->v->e, &h, "%s: %s (%s, --avoid %s)", k->v->dev.name,
		      what, sm_known[which].page, sm_known[which].name);
}

/* The first word of every page, one way or the other. */
static int known_words(struct known *k, enum verbs_kind kind)
{
	struct verbs_op op[KNOWN_PAGES];
	unsigned int i;

	for (i = 0; i < KNOWN_PAGES; i++)
		op[i] = (struct verbs_op){
			.kind = kind,
			.mr = k->mr,
			.va = (uintptr_t)known_word(k, i),
			.buf = &k->got[i],
			.len = sizeof(k->got[i]),
		};
	return verbs_pair_run(&k->v->shapes, op, KNOWN_PAGES);
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

/*
 * Pages are asked for ahead while they are dropped. That fails, as the last one
 * is not there; what it has found by then must have no effect: it is not known
 * to be true.
 */
static int known_race_round(struct known *k, uint64_t number)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)k->mem,
		.length = (KNOWN_PAGES + 1) * SM_PAGE_SIZE,
		.lkey = k->mr->lkey,
	};
	unsigned int i;
	int err;

	for (i = 0; i < KNOWN_PAGES; i++)
		*known_word(k, i) = number;
	for (i = 0; i < 2; i++)
		ibv_advise_mr(k->v->dev.pd, IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE,
			      0, &sge, 1);
	if (madvise(k->mem, KNOWN_PAGES * SM_PAGE_SIZE, MADV_DONTNEED) < 0)
		return verbs_dev_fail(&k->v->dev, "MADV_DONTNEED");
	sm_util_nap(KNOWN_SETTLE);
	for (i = 0; i < KNOWN_PAGES; i++)
		*known_word(k, i) = number + i + 1;
	err = known_words(k, VERBS_READ);
	for (i = 0; i < KNOWN_PAGES && !err; i++)
		if (k->got[i] != number + i + 1)
			return 1;
	return err;
}

static int known_race(struct known *k)
{
	unsigned int round;
	int ret = 0;

	for (round = 1; round <= KNOWN_ROUNDS && !ret; round++)
		ret = known_race_round(k, (uint64_t)round << 32);
	if (ret > 0)
		known_hit(k, SM_KNOWN_RXE_RACE, "content",
			  "a READ gives a page that was dropped during a prefetch");
	return ret < 0 ? ret : 0;
}

/* Clean pages that stay writable; the device writes; reclaim takes them. */
static int known_dirty(struct known *k)
{
	const size_t size = KNOWN_PAGES * SM_PAGE_SIZE;
	unsigned int i, lost = 0;
	int err;

	for (i = 0; i < KNOWN_PAGES; i++) {
		*known_word(k, i) = 1;
		k->got[i] = 2 + i;
	}
	if (madvise(k->mem, size, MADV_FREE) < 0)
		return verbs_dev_fail(&k->v->dev, "MADV_FREE");
	err = known_words(k, VERBS_WRITE);
	if (err)
		return err;
	if (madvise(k->mem, size, MADV_PAGEOUT) < 0)
		return verbs_dev_fail(&k->v->dev, "MADV_PAGEOUT");
	for (i = 0; i < KNOWN_PAGES; i++)
		lost += *known_word(k, i) != 2 + i;
	if (lost)
		known_hit(k, SM_KNOWN_RXE_DIRTY, "dirty",
			  "reclaim loses what was written");
	return 0;
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
	k->got = verbs_dev_alloc(&k->v->dev, KNOWN_PAGES * sizeof(*k->got));
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
	};
	struct known k = { .v = v };
	unsigned int i;
	int err = 0;

	/* A driver that is broken on purpose gets no page but the arena's. */
	if (v->e->spec->defects)
		return 0;
	err = known_open(&k);
	for (i = 0; i < SM_KNOWN_NR && !err; i++)
		if (cases[i] && !(v->e->spec->avoid >> i & 1))
			err = cases[i](&k);
	if (k.mr)
		ibv_dereg_mr(k.mr);
	if (k.mem)
		munmap(k.mem, KNOWN_PAGES * SM_PAGE_SIZE);
	return err;
}

#endif /* HAVE_IBVERBS */
