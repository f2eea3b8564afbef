// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots that come, go and change while vCPUs use them.
 *
 * What a change promises is checked as soon as the ioctl returns, by a vCPU of
 * this thread's own: no access through a slot that is deleted or elsewhere, no
 * write through a read-only one, and each write in the dirty log.
 */
#ifdef __x86_64__

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/rng.h"
#include "judge/known.h"
#include "judge/oracle.h"
#include "backends/host.h"
#include "slots.h"
#include "vcpu.h"

#define SLOTS_NAP_NS	(100 * SM_MSEC)
#define SLOTS_TRIES	16		/* pages tried per change */
#define SLOTS_MOVE	0x2000000000ULL	/* beyond all other memory */

static void slots_fail(struct kvm_slots *s, int err)
{
	sm_end_break(s->host->end, "slots: %s (%s)", s->vm->why,
		     strerror(-err));
}

/* Reads or writes of random pages of a slot; false if the run is broken. */
static bool slots_try(struct kvm_slots *s, unsigned int slot, bool write,
		      struct sm_access *a)
{
	uint64_t pages = kvm_vm_slot_bytes(s->vm, slot) >> SM_PAGE_SHIFT;
	uint64_t start = kvm_vm_slot_start(s->vm, slot);
	unsigned int i;
	uint64_t page;
	int err;

	for (i = 0; i < SLOTS_TRIES; i++) {
		memset(&a[i], 0, sizeof(a[i]));
		a[i].va = start + (uint64_t)sm_rng_below(&s->rng, pages) *
			  SM_PAGE_SIZE;
		page = (a[i].va - s->vm->start) >> SM_PAGE_SHIFT;
		a[i].write = write;
		if (!write)
			continue;
		a[i].va += 8 * SM_WORD_BACKEND;
		a[i].value = sm_model_mark(SM_MARK_BACKEND, page, ++s->writes);
	}
	err = kvm_vcpu_access(s->v, a, SLOTS_TRIES);
	if (err)
		slots_fail(s, err);
	return !err;
}

/* Every access must have been refused. */
static void slots_expect_none(struct kvm_slots *s, unsigned int slot,
			      bool write, const char *oracle,
			      enum sm_kind kind, const char *what)
{
	struct sm_access a[SLOTS_TRIES];
	struct sm_hit h = {
		.oracle = oracle,
		.kind = kind,
		.mirror = s->host->scene->mirrors,
	};
	unsigned int i;

	if (!slots_try(s, slot, write, a))
		return;
	for (i = 0; i < SLOTS_TRIES; i++) {
		if (a[i].error)
			continue;
		h.va = a[i].va;
		sm_docket_hit(s->host->docket, &h,
			      "a vCPU %s %llx through %s (%016llx)",
			      write ? "wrote to" : "read",
			      (unsigned long long)a[i].va, what,
			      (unsigned long long)a[i].value);
	}
}

static int slots_delete(struct kvm_slots *s, unsigned int slot)
{
	int err = kvm_vm_slot(s->vm, slot, 0, false, 0);

	if (err)
		return err;
	slots_expect_none(s, slot, sm_rng_one_in(&s->rng, 2), "content",
			  SM_KIND_UNMAPPED, "a slot that was deleted");
	s->deleted++;
	return kvm_vm_slot(s->vm, slot, 0, true, 0);
}

static int slots_move(struct kvm_slots *s, unsigned int slot)
{
	int err = kvm_vm_slot(s->vm, slot, 0, true, SLOTS_MOVE);

	if (err)
		return err;
	slots_expect_none(s, slot, sm_rng_one_in(&s->rng, 2), "content",
			  SM_KIND_UNMAPPED, "a slot that was moved away");
	s->moved++;
	return kvm_vm_slot(s->vm, slot, 0, true, 0);
}

/* The flag cannot be changed in place. */
static int slots_replace(struct kvm_slots *s, unsigned int slot,
			 uint32_t flags)
{
	int err = kvm_vm_slot(s->vm, slot, 0, false, 0);

	return err ? err : kvm_vm_slot(s->vm, slot, flags, true, 0);
}

static int slots_read_only(struct kvm_slots *s, unsigned int slot)
{
	struct sm_access a[SLOTS_TRIES];
	int err = slots_replace(s, slot, KVM_MEM_READONLY);

	if (err)
		return err;
	/* Reading first: what is mapped by then must not be writable. */
	if (slots_try(s, slot, false, a))
		slots_expect_none(s, slot, true, "perm",
				  SM_KIND_FORBIDDEN, "a read-only slot");
	s->read_only++;
	return slots_replace(s, slot, 0);
}

static int slots_take_log(struct kvm_slots *s, unsigned int slot,
			  uint64_t *bits)
{
	struct kvm_dirty_log log = {
		.slot = slot,
		.dirty_bitmap = bits,
	};

	if (!ioctl(s->vm->fd, KVM_GET_DIRTY_LOG, &log))
		return 0;
	snprintf(s->vm->why, sizeof(s->vm->why), "KVM_GET_DIRTY_LOG");
	return -errno;
}

static void slots_look_up(struct kvm_slots *s, unsigned int slot,
			  const struct sm_access *a, const uint64_t *bits)
{
	uint64_t start = kvm_vm_slot_start(s->vm, slot);
	struct sm_hit h = {
		.oracle = "dirty",
		.kind = SM_KIND_UNNOTED,
		.mirror = s->host->scene->mirrors,
	};
	unsigned int i;
	uint64_t page;

	for (i = 0; i < SLOTS_TRIES; i++) {
		if (a[i].error)
			continue;
		s->logged_writes++;
		page = (a[i].va - start) >> SM_PAGE_SHIFT;
		if (bits[page / 64] >> page % 64 & 1)
			continue;
		h.va = a[i].va;
		sm_docket_hit(s->host->docket, &h,
			      "a vCPU wrote to %llx, and the dirty log does not know",
			      (unsigned long long)a[i].va);
	}
}

static int slots_log_writes(struct kvm_slots *s, unsigned int slot,
			    uint64_t *bits)
{
	struct sm_access a[SLOTS_TRIES];
	int err;

	/* Taking the log clears it, and protects its pages again. */
	err = slots_take_log(s, slot, bits);
	if (err || !slots_try(s, slot, true, a))
		return err;
	err = slots_take_log(s, slot, bits);
	if (!err)
		slots_look_up(s, slot, a, bits);
	return err;
}

static int slots_log(struct kvm_slots *s, unsigned int slot)
{
	uint64_t pages = kvm_vm_slot_bytes(s->vm, slot) >> SM_PAGE_SHIFT;
	uint64_t *bits = calloc((pages + 63) / 64, sizeof(*bits));
	unsigned int i;
	int err;

	if (!bits)
		return -ENOMEM;
	err = kvm_vm_slot(s->vm, slot, KVM_MEM_LOG_DIRTY_PAGES, true, 0);
	for (i = 0; i < 4 && !err; i++)
		err = slots_log_writes(s, slot, bits);
	free(bits);
	s->logged++;
	return err ? err : kvm_vm_slot(s->vm, slot, 0, true, 0);
}

/*
 * kvm_slots_run() - until the run ends; all slots are as they were then. With
 * SM_KNOWN_KVM_SLOT avoided none comes or goes: that a fault which found none is not done
 * with yet cannot be seen from here.
 */
void kvm_slots_run(struct kvm_slots *s)
{
	static int (*const change[])(struct kvm_slots *s, unsigned int slot) = {
		slots_log, slots_delete, slots_move, slots_read_only,
	};
	bool stay = s->host->scene->spec->avoid & SM_BIT(SM_KNOWN_KVM_SLOT);
	unsigned int i, nr = stay ? 1 : SM_ARRAY_SIZE(change);
	int err;

	sm_rng_seed(&s->rng, s->host->scene->spec->seed, SM_STREAM_SLOTS, 0);
	while (!sm_end_stopping(s->host->end)) {
		sm_util_nap(SLOTS_NAP_NS);
		i = sm_rng_below(&s->rng, nr);
		/* KVM drops what it has of a slot, and of all others with it. */
		sm_host_forget(s->host);
		err = change[i](s, sm_rng_below(&s->rng, s->vm->nr_slots));
		sm_host_forget(s->host);
		if (err)
			slots_fail(s, err);
	}
}

#endif /* __x86_64__ */
