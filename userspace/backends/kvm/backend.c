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
#include <unistd.h>

#include "agent.h"
#include "backends/each.h"
#include "emulator.h"
#include "module/defects.h"
#include "module/load.h"
#include "slots.h"
#include "state.h"
#include "vcpu.h"
#include "vm.h"

#ifdef __x86_64__

#define KVM_MODULE	"/sys/module/kvm"

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

static int kvm_lane(struct kvm_state *k, unsigned int lane)
{
	static const struct kvm_entry batch = { .code = kvm_guest_batch };
	int err = kvm_vcpu_create(&k->vm, &k->lanes[lane]);

	return err ? err : kvm_vcpu_enter(k->lanes[lane], &batch);
}

static int kvm_set_up(struct sm_host *host, struct kvm_state *k)
{
	unsigned int i;
	int err;

	k->vm.start = host->scene->arena.start;
	k->vm.end = host->scene->arena.end;
	/* A driver that is broken on purpose gets no page but ours to ruin. */
	k->vm.cookie = sm_set_empty(&host->scene->spec->defects) ?
			       0 : host->scene->model.cookie;
	k->vm.tags = host->scene->model.tags;
	k->vm.tags_size = host->scene->model.pages * sizeof(struct sm_tag);
	k->vm.pages_size =
		(SM_LANES + host->scene->spec->agents) * KVM_CTL_SIZE +
		host->scene->spec->agents *
			(sm_agent_feed_bytes(SM_AGENT_RING_ORDER) + SM_PAGE_SIZE);
	err = kvm_vm_create(&k->vm);
	for (i = 0; i < host->scene->spec->threads && !err; i++)
		err = kvm_lane(k, i);
	if (!err)
		err = kvm_lane(k, SM_LANE_SWEEP);
	if (!err)
		err = kvm_lane(k, SM_LANE_BACKEND);
	k->slots.host = host;
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

static int kvm_attach(struct sm_host *host)
{
	struct kvm_state *k = calloc(1, sizeof(*k));
	const char *paging;
	int err;

	if (!k)
		return -ENOMEM;
	host->state = k;
	k->spared = kvm_emulator_spare(&k->cpus);
	err = kvm_set_up(host, k);
	if (err) {
		sm_end_break(host->end, "cannot set up a virtual machine: %s",
			     k->vm.why[0] ? k->vm.why : strerror(-err));
		return err;
	}
	paging = kvm_paging();
	if (!strcmp(paging, "nested"))
		sm_host_peek(host, SM_DRIVER_KVM, k->vm.fd,
			     host->scene->arena.start);
	else if (!strcmp(paging, "shadow"))
		sm_host_unread(host, "shadow paging");
	else
		sm_host_unread(host,
			       "no word on paging in /sys/module/kvm_*/parameters");
	host->scene->mirrors[0].name = "kvm";
	host->scene->mirrors[0].defects = host->scene->spec->defects;
	/* Shadow pages are dropped when there are too many. */
	host->scene->mirrors[0].ages = !strcmp(paging, "nested");
	host->scene->nr_mirrors = 1;
	return 0;
}

static void kvm_detach(struct sm_host *host)
{
	struct kvm_state *k = host->state;

	if (!k)
		return;
	kvm_vm_destroy(&k->vm);
	if (k->spared)
		sched_setaffinity(0, sizeof(k->cpus), &k->cpus);
	free(k);
	host->state = NULL;
}

/* ---- accesses ------------------------------------------------------------ */

static int kvm_access(struct sm_host *host, const struct sm_mirror *m,
		      unsigned int lane, struct sm_access *a, unsigned int nr)
{
	struct kvm_state *k = host->state;
	int err = kvm_vcpu_access(k->lanes[lane], a, nr);

	(void)m;
	if (err)
		sm_end_break(host->end, "%s", k->vm.why);
	return err;
}

static void kvm_worker(struct sm_host *host)
{
	struct kvm_state *k = host->state;

	kvm_slots_run(&k->slots);
}

/* ---- what there is to say ------------------------------------------------ */

static void kvm_describe(struct sm_host *host, char *buf, size_t size)
{
	const struct kvm_state *k = host->state;
	const struct kvm_slots *s;
	uint64_t refused = 0;
	unsigned int i;

	if (!k)
		return;
	s = &k->slots;
	for (i = 0; i < k->vm.nr_vcpus; i++)
		refused += sm_read(&k->vm.vcpus[i].refused);
	snprintf(buf, size,
		 "%s paging, %u vCPUs%s, %llu accesses refused; slots deleted %llu, moved %llu, read-only %llu, logged %llu with %llu writes",
		 kvm_paging(), k->vm.nr_vcpus,
		 k->spared ? " (none on CPU 0, see docs/run.md)" : "",
		 (unsigned long long)refused,
		 (unsigned long long)s->deleted, (unsigned long long)s->moved,
		 (unsigned long long)s->read_only,
		 (unsigned long long)s->logged,
		 (unsigned long long)s->logged_writes);
}

static uint64_t kvm_flight(struct sm_host *host,
			   const struct sm_device_agent *agent,
			   unsigned int lane)
{
	const struct kvm_state *k = host->state;
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
	.defects = SM_SET_INIT(SM_DEFECT_OF_DRIVER(SM_SABOTAGE_NO_INVALIDATE)),
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
