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

#include "actors/sampler.h"
#include "backends/backends.h"
#include "backends/call.h"
#include "measure_kvm.h"

#define ROUND_NS	(500 * SM_MSEC)
#define NAP_NS		(4 * SM_MSEC)

/**
 * struct kvm_bed - as much of a run as the backend needs
 * @spec: one agent
 * @wire: where it would leave findings
 * @scene: what it is about
 * @end: how it would end
 * @docket: where findings would be entered
 * @host: what the backend is handed
 * @sampler: its agent
 */
struct kvm_bed {
	struct sm_run_spec spec;
	struct sm_wire wire;
	struct sm_scene scene;
	struct sm_end end;
	struct sm_docket docket;
	struct sm_host host;
	struct sm_sampler sampler;
};

enum sm_verdict sm_measure_kvm_probe(char *why, size_t size)
{
	return sm_kvm_backend.probe(why, size);
}

static int kvm_model(struct sm_scene *scene, uint64_t pages)
{
	static const struct sm_change stamped = {
		.clear = SM_TAG_ZERO,
		.set = SM_TAG_STAMP | SM_TAG_ACCESS,
		.stamps = 1,
	};
	uint64_t *words = (uint64_t *)(uintptr_t)scene->arena.start;
	uint64_t i;
	void *p;
	int err;

	scene->tags_size = pages * sizeof(struct sm_tag);
	p = mmap(NULL, scene->tags_size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	err = sm_model_init(&scene->model, p, pages, 1);
	if (err)
		return err;
	sm_model_announce(&scene->model, 0, pages, stamped);
	for (i = 0; i < pages; i++, words += SM_PAGE_WORDS)
		sm_write(words, sm_model_stamp(i, 1));
	sm_model_commit(&scene->model, 0, pages);
	return 0;
}

/* Pages that the vCPUs have not met yet would be measured instead. */
static int kvm_fault_in(struct sm_host *host)
{
	struct sm_scene *scene = host->scene;
	struct sm_access a[64];
	uint64_t page = 0;
	unsigned int i;
	int err = 0;

	while (page < scene->model.pages && !err) {
		memset(a, 0, sizeof(a));
		for (i = 0; i < SM_ARRAY_SIZE(a); i++)
			a[i].va =
				scene->arena.start + (page++ << SM_PAGE_SHIFT);
		err = sm_call_access(host, scene->mirrors, SM_LANE_SWEEP, a,
				     SM_ARRAY_SIZE(a));
	}
	return err;
}

int sm_measure_kvm_set_up(struct sm_measure_bed *b)
{
	struct kvm_bed *k = aligned_alloc(SM_WIRE_ALIGN, sizeof(*k));
	struct sm_scene *scene;
	int err;

	if (!k)
		return -ENOMEM;
	memset(k, 0, sizeof(*k));
	b->state = k;
	scene = &k->scene;
	k->spec.backend = &sm_kvm_backend;
	k->spec.agents = 1;
	k->spec.arena = b->end - b->start;
	scene->spec = &k->spec;
	scene->wire = &k->wire;
	scene->result = &k->wire.result;
	scene->dev = b->dev;
	scene->pagemap = -1;
	scene->arena.start = b->start;
	scene->arena.end = b->end;
	sm_end_init(&k->end, &k->wire);
	sm_docket_init(&k->docket, scene, &k->end);
	k->host.scene = scene;
	k->host.end = &k->end;
	k->host.docket = &k->docket;
	err = kvm_model(scene, k->spec.arena >> SM_PAGE_SHIFT);
	if (!err)
		err = sm_call_attach(&k->host);
	if (!err)
		err = kvm_fault_in(&k->host);
	return err ? err : sm_sampler_start(&k->sampler, &k->host);
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
	struct sm_agent_ring *ring = k->sampler.agents[0].dev.ring;
	uint64_t head = sm_read(&ring->head), t = sm_util_now();
	uint64_t spent;

	do {
		if (cost)
			sm_sampler_drain(&k->sampler);
		else
			sm_store_release(&ring->tail,
					 sm_load_acquire(&ring->head));
		sm_util_nap(NAP_NS);
		spent = sm_util_now() - t;
	} while (spent < ROUND_NS);
	head = sm_read(&ring->head) - head;
	if (sm_read(&ring->ended))
		return sm_read(&ring->ended);
	if (k->wire.result.violations_total)
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
	if (!sm_sampler_stop(&k->sampler))
		return;
	sm_sampler_free(&k->sampler);
	sm_call_detach(&k->host);
	if (k->scene.pagemap >= 0)
		close(k->scene.pagemap);
	if (k->scene.model.tags)
		munmap(k->scene.model.tags, k->scene.tags_size);
	sm_model_free(&k->scene.model);
	free(k);
}
