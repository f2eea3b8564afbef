// SPDX-License-Identifier: GPL-2.0-only
/* vCPUs that run flat out: each leaves its samples in a ring by itself. */
#ifdef __x86_64__

#include <errno.h>
#include <string.h>

#include "agent.h"
#include "state.h"
#include "vcpu.h"

#define AGENT_WAIT	6	/* part of sm_await_naps */

/* It runs until its ring is full, or it is told to stop. */
static int agent_step(struct sm_agent_thread *t)
{
	struct kvm_agent *a = (struct kvm_agent *)t;
	int ret = kvm_vcpu_run(a->v);

	if (ret == KVM_PORT_FULL)
		return SM_AGENT_NAP;
	if (ret >= 0)
		return SM_AGENT_DONE;
	sm_end_break(a->host->end, "agent: %s (%s)", a->v->vm->why,
		     strerror(-ret));
	sm_write(&a->ring->ended, ret);
	return ret;
}

static int agent_set_up(struct kvm_state *k, struct kvm_agent *a,
			const struct sm_ioc_agent_start *how)
{
	struct kvm_entry entry = {
		.code = kvm_guest_agent,
		.rbp = kvm_vm_tags_va(),
		.r14 = sm_rng_mix(how->seed),
	};
	int err;

	a->ring = kvm_vm_alloc(&k->vm, sm_agent_feed_bytes(how->ring_order));
	if (!a->ring)
		return -ENOMEM;
	a->ring->slots = 1ULL << how->ring_order;
	err = kvm_vcpu_create(&k->vm, &a->v);
	if (err)
		return err;
	a->v->ctl->read = 8 * how->read_word;
	a->v->ctl->write = 8 * how->write_word;
	a->v->ctl->stamp = (uint64_t)how->stamp << 48;
	entry.rbx = kvm_vm_va(&k->vm, a->ring);
	return kvm_vcpu_enter(a->v, &entry);
}

int kvm_agent_start(struct sm_host *host, const struct sm_mirror *m,
		    const struct sm_ioc_agent_start *how,
		    struct sm_device_agent *out)
{
	struct kvm_state *k = host->state;
	struct kvm_agent *a = &k->agents[k->nr_agents];
	int err = agent_set_up(k, a, how);

	(void)m;
	if (err)
		return err;
	a->host = host;
	a->thread.step = agent_step;
	a->thread.nap_ns = SM_AGENT_FULL_NS;
	err = sm_agent_thread_start(&a->thread);
	if (err)
		return err;
	out->id = k->nr_agents++;
	out->ring = a->ring;
	return 0;
}

/* One that does not come back hangs in KVM: then nothing may be freed. */
int kvm_agent_stop(struct sm_host *host, struct sm_device_agent *out)
{
	struct kvm_state *k = host->state;
	struct kvm_agent *a = &k->agents[out->id];
	struct sm_patience p = sm_end_patience(host->end, AGENT_WAIT);

	sm_write(&a->v->ctl->stop, 1);
	return sm_agent_thread_stop(&a->thread, &p);
}

/* The rings are the machine's memory. */
void kvm_agent_free(struct sm_host *host, struct sm_device_agent *out)
{
	(void)host;
	out->ring = NULL;
}

#endif /* __x86_64__ */
