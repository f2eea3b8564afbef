/* SPDX-License-Identifier: GPL-2.0-only */
/* An engine of a few lines in the place of the card: see test_amdgpu.c. */
#ifndef SM_AMDGPU_BED_H
#define SM_AMDGPU_BED_H
#ifdef HAVE_AMDGPU

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "backends/amdgpu/queue.h"
#include "base/rng.h"
#include "base/util.h"
#include "drm/sdma_decode.h"
#include "memory/userptr.h"
#include "wrap_amdgpu.h"

#define ENGINE_WORDS	0x1400U		/* of its memory for packets */
#define HANDLES		65536U
#define OWN		2U		/* handles of stage and packets */

/* A buffer as the engine knows it. */
struct known {
	uint64_t va;
	uint64_t size;
	char *at;
	bool readonly;
	uint64_t was;		/* its first word when it was bound */
};

/* A packet that is decoded, and not run yet. */
struct held {
	struct sm_sdma_packet packet;
	const uint32_t *words;
};

static struct {
	struct known known[HANDLES];
	uint32_t made;
	uint64_t bad;		/* a page that it is refused, or 0 */
	int fails;		/* what jobs end with */
	bool lazy;		/* copies are not done */
	bool stale;		/* words are read as they were when they were bound */
	bool late;		/* ... and jobs run when they are waited for */
	uint32_t kinds[SM_SDMA_ADD + 1];
	uint64_t jobs;
	uint32_t parts;		/* bits: of how many IBs there were jobs */
	struct amdgpu_part part;	/* of the job that runs late */
	uint32_t uses[AMDGPU_USES];
	uint32_t nr;
	int busy;		/* what submission is refused with */
	struct sm_rng rng;	/* in which order it works */
	struct held held[ENGINE_WORDS];
	uint32_t nr_held;
} engine;

int __wrap_amdgpu_dev_userptr(struct amdgpu_dev *d, uint64_t addr, uint64_t size,
			      uint64_t va, bool readonly, uint32_t *handle)
{
	(void)d;
	assert_true(size && size <= SM_USERPTR_PAGES * SM_PAGE_SIZE);
	assert_true(!((addr | size | va) & (SM_PAGE_SIZE - 1)));
	*handle = engine.made++;
	assert_true(engine.made < HANDLES);
	engine.known[*handle] = (struct known){
		.va = va,
		.size = size,
		.at = (char *)(uintptr_t)addr,
		.readonly = readonly,
		.was = *(uint64_t *)(uintptr_t)addr,
	};
	return 0;
}

void __wrap_amdgpu_dev_drop(struct amdgpu_dev *d, uint32_t handle, uint64_t va,
			    uint64_t size)
{
	struct known *k = &engine.known[handle];

	(void)d;
	assert_true(k->va == va && k->size == size && k->at);
	k->at = NULL;
}

/* Where @bytes from @va on are, in a buffer that the job names. */
static void *find(const uint32_t *uses, uint32_t nr, uint64_t va, uint64_t bytes,
		  bool write)
{
	uint32_t i;

	for (i = 0; i < nr; i++) {
		const struct known *k = &engine.known[uses[i]];

		assert_non_null(k->at);
		if (va < k->va || va + bytes > k->va + k->size)
			continue;
		assert_false(write && k->readonly);
		return k->at + (va - k->va);
	}
	fail_msg("a packet uses what the job does not name");
	return NULL;
}

/* What a copy finds there. */
static const void *source(const uint32_t *uses, uint32_t nr,
			  const struct sm_sdma_packet *p)
{
	const void *from = find(uses, nr, p->src, p->bytes, false);
	uint32_t i;

	for (i = OWN; i < nr && engine.stale; i++)
		if (engine.known[uses[i]].at == from && p->bytes == 8)
			return &engine.known[uses[i]].was;
	return from;
}

static void run(const struct sm_sdma_packet *p, const uint32_t *packet,
		const uint32_t *uses, uint32_t nr)
{
	void *to = find(uses, nr, p->dst, p->bytes, true);
	uint32_t i;

	switch (p->kind) {
	case SM_SDMA_COPY:
		if (!engine.lazy)
			memcpy(to, source(uses, nr, p), p->bytes);
		break;
	case SM_SDMA_WRITE:
		assert_int_equal((uintptr_t)(packet + p->data) % 8, 0);
		memcpy(to, packet + p->data, p->bytes);
		break;
	case SM_SDMA_FILL:
		for (i = 0; i < p->bytes / 4; i++)
			((uint32_t *)to)[i] = (uint32_t)p->value;
		break;
	case SM_SDMA_SWAP:
		assert_int_equal(p->bytes, 8);
		memcpy(to, &p->value, 8);
		break;
	default:
		fail_msg("a packet that is not known here");
	}
}

/* An engine may have begun with a packet before others ahead of it are done. */
static void run_held(const uint32_t *uses, uint32_t nr)
{
	uint32_t i;

	for (; engine.nr_held; engine.held[i] = engine.held[--engine.nr_held]) {
		i = sm_rng_below(&engine.rng, engine.nr_held);
		run(&engine.held[i].packet, engine.held[i].words, uses, nr);
	}
}

static bool names_bad(const uint32_t *uses, uint32_t nr)
{
	uint32_t i;

	for (i = OWN; i < nr && engine.bad; i++) {
		const struct known *k = &engine.known[uses[i]];
		uint64_t start = (uintptr_t)k->at;

		if (engine.bad >= start && engine.bad < start + k->size)
			return true;
	}
	return false;
}

static void run_part(const struct amdgpu_part *part, const uint32_t *uses,
		     uint32_t nr)
{
	uint32_t words = part->words;
	const uint32_t *at = find(uses, nr, part->va, words * sizeof(*at), false);
	struct held p;

	assert_int_equal(part->va % 256, 0);
	assert_true(words);
	for (; words; words -= p.packet.words, at += p.packet.words) {
		p.words = at;
		assert_int_equal(sm_sdma_decode(SM_SDMA_NV, at, words, &p.packet),
				 0);
		engine.kinds[p.packet.kind]++;
		if (p.packet.kind == SM_SDMA_NOP)
			run_held(uses, nr);
		else
			engine.held[engine.nr_held++] = p;
	}
}

int __wrap_amdgpu_queue_submit(struct amdgpu_dev *d, struct amdgpu_queue *q,
			       const struct amdgpu_part *parts, uint32_t nr_parts,
			       const uint32_t *uses, uint32_t nr, uint64_t *seq)
{
	uint32_t i;

	(void)q;
	(void)d;
	if (engine.busy)
		return engine.busy;
	if (names_bad(uses, nr))
		return -EFAULT;
	assert_in_range(nr_parts, 1, AMDGPU_PARTS);
	engine.parts |= 1U << nr_parts;
	for (i = 0; i < nr_parts && !engine.late; i++)
		run_part(&parts[i], uses, nr);
	run_held(uses, nr);
	if (engine.late) {
		engine.part = parts[0];
		memcpy(engine.uses, uses, nr * sizeof(*uses));
		engine.nr = nr;
	}
	*seq = ++engine.jobs;
	return 0;
}

int __wrap_amdgpu_queue_wait(struct amdgpu_dev *d, struct amdgpu_queue *q,
			     uint64_t seq, struct sm_patience *wait)
{
	(void)d;
	(void)q;
	(void)wait;
	assert_int_equal(seq, engine.jobs);
	if (engine.late) {
		run_part(&engine.part, engine.uses, engine.nr);
		run_held(engine.uses, engine.nr);
	}
	return engine.fails;
}

#endif /* HAVE_AMDGPU */
#endif /* SM_AMDGPU_BED_H */
