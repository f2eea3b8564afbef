// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM. The mirror is its second dimension of page tables (or its shadow ones,
 * with the module parameter npt=0 or ept=0); the devices are vCPUs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backends.h"
#include "engine.h"
#include "kvm_slots.h"
#include "kvm_vm.h"
#include "load.h"
#include "verdict.h"

#ifdef __x86_64__

#define KVM_MODULE	"/sys/module/kvm"

#define AGENT_NICE	5
#define AGENT_FULL_NS	(200 * SM_USEC)
#define AGENT_WAIT_NS	(10 * SM_NSEC)

/**
 * struct kvm_agent - a vCPU that runs flat out
 * @e: the engine
 * @v: the vCPU
 * @ring: where it leaves its samples
 * @thread: who runs it
 */
struct kvm_agent {
	struct sm_engine *e;
	struct kvm_vcpu *v;
	struct sm_agent_ring *ring;
	pthread_t thread;
};

/**
 * struct kvm_state - what the backend keeps in sm_engine.state
 * @vm: the machine
 * @lanes: vCPUs, by who uses them
 * @agents: agents
 * @nr_agents: how many
 * @slots: who changes slots
 */
struct kvm_state {
	struct kvm_vm vm;
	struct kvm_vcpu *lanes[SM_LANES];
	struct kvm_agent agents[SM_MAX_AGENTS];
	unsigned int nr_agents;
	struct kvm_slots slots;
};

static void probe_explain(int err, char *why, size_t size)
{
	if (err == ENOENT)
		snprintf(why, size,
			 "no %s: load kvm-amd or kvm-intel; the processor, or the hypervisor below, must have virtualization on",
			 KVM_DEVICE);
	else if (err == EACCES || err == EPERM)
		snprintf(why, size,
			 "%s: no permission: be root or in the group kvm",
			 KVM_DEVICE);
	else
		snprintf(why, size, "%s: %s", KVM_DEVICE, strerror(err));
}

/* A node that is always there loads the module when it is opened. */
static bool probe_would_load(void)
{
	return !sm_load_allowed() && !access(KVM_DEVICE, F_OK) &&
	       access(KVM_MODULE, F_OK);
}

/* A device file that opens is no proof: a machine has to come of it. */
static enum sm_verdict kvm_probe(char *why, size_t size)
{
	enum sm_verdict verdict = SM_PASS;
	int fd, vm;

	why[0] = '\0';
	if (probe_would_load()) {
		snprintf(why, size,
			 "KVM is not loaded: load kvm-amd or kvm-intel (--load tries to)");
		return SM_SKIP;
	}
	fd = open(KVM_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		probe_explain(errno, why, size);
		return SM_SKIP;
	}
	vm = ioctl(fd, KVM_CREATE_VM, 0);
	if (ioctl(fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION ||
	    ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_READONLY_MEM) <= 0) {
		snprintf(why, size, "%s is not the KVM this was written for",
			 KVM_DEVICE);
		verdict = SM_SKIP;
	} else if (vm < 0) {
		snprintf(why, size, "%s makes no machine: %s", KVM_DEVICE,
			 strerror(errno));
		verdict = SM_SKIP;
	}
	if (vm >= 0)
		close(vm);
	close(fd);
	return verdict;
}

/* ---- attaching ----------------------------------------------------------- */

static size_t kvm_ring_bytes(unsigned int order)
{
	return sizeof(struct sm_agent_ring) + (sizeof(struct sm_sample) << order);
}

static int kvm_lane(struct kvm_state *k, unsigned int lane)
{
	static const struct kvm_entry batch = { .code = kvm_guest_batch };
	int err = kvm_vcpu_create(&k->vm, &k->lanes[lane]);

	return err ? err : kvm_vcpu_enter(k->lanes[lane], &batch);
}

static int kvm_set_up(struct sm_engine *e, struct kvm_state *k)
{
	unsigned int i;
	int err;

	k->vm.start = e->arena.start;
	k->vm.end = e->arena.end;
	/* A driver that is broken on purpose gets no page but ours to ruin. */
	k->vm.cookie = e->spec->defects ? e->model.cookie : 0;
	k->vm.tags = e->model.tags;
	k->vm.tags_size = e->model.pages * sizeof(struct sm_tag);
	k->vm.pages_size = (SM_LANES + e->spec->agents) * KVM_CTL_SIZE +
			   e->spec->agents *
				   (kvm_ring_bytes(SM_AGENT_RING_ORDER) +
				    SM_PAGE_SIZE);
	err = kvm_vm_create(&k->vm);
	for (i = 0; i < e->spec->threads && !err; i++)
		err = kvm_lane(k, i);
	if (!err)
		err = kvm_lane(k, SM_LANE_SWEEP);
	if (!err)
		err = kvm_lane(k, SM_LANE_BACKEND);
	k->slots.e = e;
	k->slots.vm = &k->vm;
	k->slots.v = k->lanes[SM_LANE_BACKEND];
	return err;
}

static const char *kvm_paging(void)
{
	char on[8];

	if (sm_util_read_file("/sys/module/kvm_amd/parameters/npt", on,
			      sizeof(on)) > 0 ||
	    sm_util_read_file("/sys/module/kvm_intel/parameters/ept", on,
			      sizeof(on)) > 0)
		return on[0] == 'Y' || on[0] == '1' ? "nested" : "shadow";
	return "unknown";
}

static int kvm_attach(struct sm_engine *e)
{
	struct kvm_state *k = calloc(1, sizeof(*k));
	const char *paging;
	int err;

	if (!k)
		return -ENOMEM;
	e->state = k;
	err = kvm_set_up(e, k);
	if (err) {
		sm_engine_break(e, "cannot set up a virtual machine: %s",
				k->vm.why[0] ? k->vm.why : strerror(-err));
		return err;
	}
	paging = kvm_paging();
	if (!strcmp(paging, "nested"))
		sm_peek_start(e, SM_DRIVER_KVM, k->vm.fd, e->arena.start);
	else if (!strcmp(paging, "shadow"))
		sm_peek_none(e, "shadow paging");
	else
		sm_peek_none(e, "no word on paging in /sys/module/kvm_*/parameters");
	e->mirrors[0].name = "kvm";
	e->mirrors[0].defects = e->spec->defects;
	e->nr_mirrors = 1;
	return 0;
}

static void kvm_detach(struct sm_engine *e)
{
	struct kvm_state *k = e->state;

	if (!k)
		return;
	kvm_vm_destroy(&k->vm);
	free(k);
	e->state = NULL;
}

/* ---- accesses ------------------------------------------------------------ */

static int kvm_access(struct sm_engine *e, const struct sm_mirror *m,
		      unsigned int lane, struct sm_access *a, unsigned int nr)
{
	struct kvm_state *k = e->state;
	int err = kvm_vcpu_access(k->lanes[lane], a, nr);

	(void)m;
	if (err)
		sm_engine_break(e, "%s", k->vm.why);
	return err;
}

static void *kvm_worker(void *engine)
{
	struct sm_engine *e = engine;
	struct kvm_state *k = e->state;

	kvm_slots_run(&k->slots);
	return NULL;
}

/* ---- agents -------------------------------------------------------------- */

static void *kvm_agent_thread(void *arg)
{
	struct kvm_agent *a = arg;
	int ret;

	/* A device does not take the CPU from those who change the memory. */
	setpriority(PRIO_PROCESS, gettid(), AGENT_NICE);
	while ((ret = kvm_vcpu_run(a->v)) == KVM_PORT_FULL)
		sm_util_nap(AGENT_FULL_NS);
	if (ret < 0) {
		sm_engine_break(a->e, "agent: %s (%s)", a->v->vm->why,
				strerror(-ret));
		sm_write(&a->ring->ended, ret);
	}
	return NULL;
}

static int kvm_agent_set_up(struct kvm_state *k, struct kvm_agent *a,
			    const struct sm_ioc_agent_start *how)
{
	struct kvm_entry entry = {
		.code = kvm_guest_agent,
		.rbp = kvm_vm_tags_va(),
		.r14 = sm_rng_mix(how->seed),
	};
	int err;

	a->ring = kvm_vm_alloc(&k->vm, kvm_ring_bytes(how->ring_order));
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

static int kvm_agent_start(struct sm_engine *e, const struct sm_mirror *m,
			   const struct sm_ioc_agent_start *how,
			   struct sm_device_agent *out)
{
	struct kvm_state *k = e->state;
	struct kvm_agent *a = &k->agents[k->nr_agents];
	int err = kvm_agent_set_up(k, a, how);

	(void)m;
	if (err)
		return err;
	a->e = e;
	err = sm_engine_thread(&a->thread, "agent", kvm_agent_thread, a);
	if (err)
		return err;
	out->id = k->nr_agents++;
	out->ring = a->ring;
	return 0;
}

/* One that does not come back hangs in KVM: then nothing may be freed. */
static int kvm_agent_stop(struct sm_engine *e, struct sm_device_agent *out)
{
	struct kvm_state *k = e->state;
	struct kvm_agent *a = &k->agents[out->id];
	uint64_t until = sm_util_now() + AGENT_WAIT_NS;
	struct timespec deadline = {
		.tv_sec = until / SM_NSEC,
		.tv_nsec = until % SM_NSEC,
	};

	sm_write(&a->v->ctl->stop, 1);
	return -pthread_clockjoin_np(a->thread, NULL, CLOCK_MONOTONIC,
				     &deadline);
}

/* The rings are the machine's memory. */
static void kvm_agent_free(struct sm_engine *e, struct sm_device_agent *out)
{
	(void)e;
	out->ring = NULL;
}

/* ---- what there is to say ------------------------------------------------ */

static void kvm_describe(struct sm_engine *e, char *buf, size_t size)
{
	const struct kvm_state *k = e->state;
	const struct kvm_slots *s;
	uint64_t refused = 0;
	unsigned int i;

	if (!k)
		return;
	s = &k->slots;
	for (i = 0; i < k->vm.nr_vcpus; i++)
		refused += sm_read(&k->vm.vcpus[i].refused);
	snprintf(buf, size,
		 "%s paging, %u vCPUs, %llu accesses refused; slots deleted %llu, moved %llu, read-only %llu, logged %llu with %llu writes",
		 kvm_paging(), k->vm.nr_vcpus, (unsigned long long)refused,
		 (unsigned long long)s->deleted, (unsigned long long)s->moved,
		 (unsigned long long)s->read_only,
		 (unsigned long long)s->logged,
		 (unsigned long long)s->logged_writes);
}

static uint64_t kvm_flight(struct sm_engine *e,
			   const struct sm_device_agent *agent,
			   unsigned int lane)
{
	const struct kvm_state *k = e->state;
	const struct kvm_vcpu *v = agent ? k->agents[agent->id].v :
					   k->lanes[lane];

	return v ? sm_read(&v->ctl->flight) : 0;
}

#else

static enum sm_verdict kvm_probe(char *why, size_t size)
{
	snprintf(why, size, "its vCPUs speak x86-64 alone so far");
	return SM_SKIP;
}

#endif /* __x86_64__ */

const struct sm_backend sm_kvm_backend = {
	.name = "kvm",
	.about = "KVM: the arena is a virtual machine's memory",
	.defects = SM_BIT(SM_DEFECT_NO_INVALIDATE),
	.probe = kvm_probe,
#ifdef __x86_64__
	.attach = kvm_attach,
	.detach = kvm_detach,
	.access = kvm_access,
	.agent_start = kvm_agent_start,
	.agent_stop = kvm_agent_stop,
	.agent_free = kvm_agent_free,
	.worker = kvm_worker,
	.describe = kvm_describe,
	.flight = kvm_flight,
#endif
};
