// SPDX-License-Identifier: GPL-2.0-only
/* Does the card do what it is told to? See proof.h. */
#ifdef HAVE_AMDGPU

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/await.h"
#include "base/util.h"
#include "proof.h"
#include "queue.h"

#define PROOF_WORD	0x5ca1ab1e0ddba11ULL
#define PROOF_WAIT	8	/* part of sm_await_naps */

/* A page of ours, and two of the driver's: packets, and what is copied. */
struct proof {
	struct amdgpu_dev *d;
	struct amdgpu_room room;
	struct amdgpu_memory own;
	struct amdgpu_queue queue;
	struct amdgpu_ib ib;
	uint64_t *page;
	uint64_t va;
	uint32_t uses[2];
};

static int proof_begin(struct proof *p)
{
	struct amdgpu_dev *d = p->d;
	int err = amdgpu_dev_room(d, 3 * SM_PAGE_SIZE, &p->room);

	if (!err)
		err = amdgpu_dev_memory(d, p->room.va, 2 * SM_PAGE_SIZE, &p->own);
	if (err)
		return err;
	p->va = p->room.va + 2 * SM_PAGE_SIZE;
	p->uses[0] = p->own.handle;
	p->ib.words = p->own.map;
	p->ib.room = SM_PAGE_SIZE / sizeof(uint32_t);
	err = amdgpu_dev_userptr(d, (uintptr_t)p->page, SM_PAGE_SIZE, p->va,
				 false, &p->uses[1]);
	return err ? err : amdgpu_queue_open(d, &p->queue, 0);
}

static void proof_end(struct proof *p)
{
	amdgpu_queue_close(p->d, &p->queue);
	if (p->uses[1])
		amdgpu_dev_drop(p->d, p->uses[1], p->va, SM_PAGE_SIZE);
	amdgpu_dev_forget(p->d, &p->own);
	amdgpu_dev_leave(&p->room);
}

static int proof_run(struct proof *p)
{
	struct sm_patience wait = { .naps = sm_await_naps / PROOF_WAIT };
	const struct amdgpu_part part = { p->room.va, p->ib.nr };
	uint64_t seq;
	int err = amdgpu_queue_submit(p->d, &p->queue, &part, 1, p->uses, 2, &seq);

	p->ib.nr = 0;
	return err ? err : amdgpu_queue_wait(p->d, &p->queue, seq, &wait);
}

static int proof_copy(struct proof *p)
{
	const uint64_t *to = (uint64_t *)p->own.map + SM_PAGE_WORDS;
	int err = amdgpu_sdma_copy(p->d->gen, &p->ib,
				   p->room.va + SM_PAGE_SIZE, p->va, sizeof(*to));

	sm_write(p->page, PROOF_WORD);
	if (!err)
		err = proof_run(p);
	if (!err && sm_read(to) != PROOF_WORD)
		err = -EIO;
	return err ? amdgpu_dev_fail(p->d, "the card does not copy what it is told to",
				     err) : 0;
}

static bool proof_swap(struct proof *p)
{
	return p->d->gen->atomic &&
	       !amdgpu_sdma_atomic(p->d->gen, &p->ib, AMDGPU_ATOMIC_SWAP, p->va,
				   ~PROOF_WORD, 0) &&
	       !proof_run(p) && sm_read(p->page) == ~PROOF_WORD;
}

int amdgpu_proof(struct amdgpu_dev *d)
{
	struct proof p = { .d = d };
	int err;

	p.page = mmap(NULL, SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p.page == MAP_FAILED)
		return amdgpu_dev_fail(d, "a page", -errno);
	err = proof_begin(&p);
	if (!err)
		err = proof_copy(&p);
	if (!err)
		d->swap = proof_swap(&p);
	proof_end(&p);
	munmap(p.page, SM_PAGE_SIZE);
	return err;
}

#endif /* HAVE_AMDGPU */
