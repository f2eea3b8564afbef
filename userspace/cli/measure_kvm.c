// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much of a vCPU's speed is left when what it does is watched and judged:
 * one agent of backend kvm over memory that nobody changes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backends.h"
#include "engine.h"
#include "measure.h"

#define ROUND_NS	(500 * SM_MSEC)
#define NAP_NS		(4 * SM_MSEC)

/**
 * struct kvm_bed - as much of an engine as the backend needs
 * @spec: one agent
 * @result: where it would leave findings
 * @e: the engine
 */
struct kvm_bed {
	struct sm_run_spec spec;
	struct sm_run_result result;
	struct sm_engine e;
};

enum sm_verdict sm_measure_kvm_probe(char *why, size_t size)
{
	return sm_kvm_backend.probe(why, size);
}

static int kvm_model(struct sm_engine *e, uint64_t pages)
{
	static const struct sm_change stamped = {
		.clear = SM_TAG_ZERO,
		.set = SM_TAG_STAMP | SM_TAG_ACCESS,
		.stamps = 1,
	};
	uint64_t *words = (uint64_t *)(uintptr_t)e->arena.start;
	uint64_t i;
	void *p;
	int err;

	e->tags_size = pages * sizeof(struct sm_tag);
	p = mmap(NULL, e->tags_size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	err = sm_model_init(&e->model, p, pages, 1);
	if (err)
		return err;
	sm_model_announce(&e->model, 0, pages, stamped);
	for (i = 0; i < pages; i++, words += SM_PAGE_WORDS)
		sm_write(words, sm_model_stamp(i, 1));
	sm_model_commit(&e->model, 0, pages);
	return 0;
}

/* Pages that the vCPUs have not met yet would be measured instead. */
static int kvm_fault_in(struct sm_engine *e)
{
	struct sm_access a[64];
	uint64_t page = 0;
	unsigned int i;
	int err = 0;

	while (page < e->model.pages && !err) {
		memset(a, 0, sizeof(a));
		for (i = 0; i < SM_ARRAY_SIZE(a); i++)
			a[i].va = e->arena.start + (page++ << SM_PAGE_SHIFT);
		err = e->spec->backend->access(e, e->mirrors, SM_LANE_SWEEP, a,
					       SM_ARRAY_SIZE(a));
	}
	return err;
}

int sm_measure_kvm_set_up(struct sm_measure_bed *b)
{
	struct kvm_bed *k = calloc(1, sizeof(*k));
	struct sm_engine *e;
	int err;

	if (!k)
		return -ENOMEM;
	b->state = k;
	e = &k->e;
	k->spec.backend = &sm_kvm_backend;
	k->spec.agents = 1;
	k->spec.arena = b->end - b->start;
	e->spec = &k->spec;
	e->result = &k->result;
	e->dev = b->dev;
	e->pagemap = -1;
	e->arena.start = b->start;
	e->arena.end = b->end;
	pthread_mutex_init(&e->lock, NULL);
	err = kvm_model(e, k->spec.arena >> SM_PAGE_SHIFT);
	if (!err)
		err = sm_kvm_backend.attach(e);
	if (!err)
		err = kvm_fault_in(e);
	return err ? err : sm_sampler_start(e);
}

int sm_measure_kvm_prepare(struct sm_measure_bed *b, bool cost)
{
	(void)b;
	(void)cost;
	return 0;
}

/* Either way somebody wakes up as often, and makes room in the ring. */
int sm_measure_kvm_run(struct sm_measure_bed *b, bool cost, double *ns)
{
	struct kvm_bed *k = b->state;
	struct sm_agent_ring *ring = k->e.sampler.agents[0].dev.ring;
	uint64_t head = sm_read(&ring->head), t = sm_util_now();
	uint64_t spent;

	do {
		if (cost)
			sm_sampler_drain(&k->e.sampler);
		else
			sm_store_release(&ring->tail,
					 sm_load_acquire(&ring->head));
		sm_util_nap(NAP_NS);
		spent = sm_util_now() - t;
	} while (spent < ROUND_NS);
	head = sm_read(&ring->head) - head;
	if (sm_read(&ring->ended))
		return sm_read(&ring->ended);
	if (k->result.violations_total)
		return -EIO;
	if (!head)
		return -ETIMEDOUT;
	*ns = (double)spent / head;
	return 0;
}

void sm_measure_kvm_tear_down(struct sm_measure_bed *b)
{
	struct kvm_bed *k = b->state;

	if (!k)
		return;
	/* A vCPU that hangs still uses all of this. */
	if (!sm_sampler_stop(&k->e.sampler))
		return;
	sm_sampler_free(&k->e.sampler);
	sm_kvm_backend.detach(&k->e);
	if (k->e.pagemap >= 0)
		close(k->e.pagemap);
	if (k->e.model.tags)
		munmap(k->e.model.tags, k->e.tags_size);
	sm_model_free(&k->e.model);
	free(k);
}
