// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stale negative of a real driver: a device is refused what the process may do,
 * and is refused again when it tries again.
 *
 * Nobody maps, unmaps or protects memory meanwhile, and the model says what is
 * allowed. But the page may be absent, and what has to bring it may fail for many
 * reasons. So the processor does first what the device may not, in a window in
 * which no invalidation takes the page away again: from there on the page table
 * allows it, and a device has nothing to wait for. (Kernel threads go on, that
 * move pages or take them away: such a window proves nothing.)
 *
 * What a driver may refuse all the same:
 *
 *	a change of its own that is under way	sm_host.forgets
 *	KVM: no slot, or a read-only one, between two KVM_SET_USER_MEMORY_REGION;
 *	     KVM_PFN_NOSLOT, hva_to_pfn_slow(), virt/kvm/kvm_main.c (6.12)
 *	what is not the driver's refusal	@m has a defect, and it is a write
 *	kvm, verbs: no page is written to that does not carry the run's cookie
 */
#include <errno.h>

#include "backends/call.h"
#include "denied.h"
#include "module/window.h"

#define DENIED_TRIES	3
#define DENIED_WINDOWS	4

/* All others say that something was in the way. */
static bool denied_counts(int err)
{
	return err == -EFAULT || err == -EPERM || err == -EACCES;
}

static uint64_t denied_page(const struct sm_host *host, uint64_t va)
{
	return (va - host->scene->arena.start) >> SM_PAGE_SHIFT;
}

/* May the device have it, by all that is known before anything is tried? */
static bool denied_allowed(const struct sm_host *host,
			   const struct sm_mirror *m,
			   const struct sm_access *a)
{
	uint64_t state = sm_model_state(&host->scene->model,
					denied_page(host, a->va));

	if (a->write)
		return (state & SM_TAG_WRITE) && sm_set_empty(&m->defects);
	return state & SM_TAG_READ;
}

/* The processor does it; a write leaves the word, whose owner rests, as it is. */
static void denied_touch(const struct sm_access *a)
{
	uint64_t *word = (uint64_t *)(a->va & ~(SM_PAGE_SIZE - 1)) +
			 SM_WORD_DIRECT;
	uint64_t value = sm_read(word);

	if (a->write)
		__atomic_compare_exchange_n(word, &value, value, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static bool denied_again(struct sm_host *host, const struct sm_mirror *m,
			 const struct sm_access *refused)
{
	unsigned int i;

	for (i = 0; i < DENIED_TRIES; i++) {
		struct sm_access a = *refused;
		int err;

		a.error = 0;
		err = sm_call_access(host, m, SM_LANE_SWEEP, &a, 1);
		if (err == -ETIMEDOUT)
			sm_host_hang(host, "a sweep", NULL, SM_LANE_SWEEP);
		if (err || !denied_counts(a.error))
			return false;
	}
	return true;
}

/* Returns true if a quiet window said what there is to say. */
static bool denied_window(struct sm_host *host, const struct sm_mirror *m,
			  const struct sm_access *a, bool *denied)
{
	const struct sm_device *d = &host->scene->dev;
	uint64_t granule = (a->va - host->scene->arena.start) >>
			   SM_GRANULE_SHIFT;
	uint64_t forgets = sm_load_acquire(&host->forgets);
	struct sm_window w;

	if (forgets % 2 || !sm_window_open(d, granule, &w))
		return false;
	denied_touch(a);
	*denied = denied_again(host, m, a);
	return !*denied || (sm_window_close(d, granule, &w) &&
			    sm_load_acquire(&host->forgets) == forgets);
}

void sm_denied_ask(struct sm_host *host, const struct sm_mirror *m,
		   const struct sm_access *refused)
{
	struct sm_hit h = {
		.oracle = "denied",
		.kind = refused->write ? SM_KIND_READ_ONLY :
					 SM_KIND_UNREACHABLE,
		.mirror = m,
		.va = refused->va,
	};
	bool denied = false, told = false;
	unsigned int i;

	if (!denied_counts(refused->error) || !host->scene->dev.witness ||
	    !denied_allowed(host, m, refused))
		return;
	denied_touch(refused);	/* what that invalidates is over by then */
	for (i = 0; i < DENIED_WINDOWS && !told; i++)
		told = denied_window(host, m, refused, &denied);
	if (told && denied)
		sm_docket_hit(host->docket, &h,
			      "a device may not %s %llx, %u times, and the processor may",
			      refused->write ? "write to" : "read",
			      (unsigned long long)refused->va, DENIED_TRIES);
}
