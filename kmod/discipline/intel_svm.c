// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline intel-svm: a device that walks the page table; its TLB is flushed
 * by aligned powers of two of pages.
 *
 * Stands for drivers/iommu/intel/svm.c, v5.10 to v7.3: up to v6.5
 * intel_invalidate_range(), which counts the pages, and qi_flush_piotlb(); since
 * then intel_arch_invalidate_secondary_tlbs(), for which [0, ULONG_MAX) is
 * everything, and cache_tag_flush_range() with calculate_psi_aligned_address()
 * (cache.c), which finds the smallest aligned block that has all of the range in
 * it. intel_mm_release() tears the PASID entries down.
 *
 *	CPU				device
 *
 *					has pages 0 to 7
 *	3 and 4 go
 *	flush: two pages, but the aligned
 *	block that has both is of eight
 *					misses 3 and 4
 *			[Required: both; the block of two at 2 has no 4]
 *					misses 0 to 2 and 5 to 7 as well
 *	the pages are freed
 *
 * Each device has a tag in the domain's list, of its IOTLB and of its own TLB, and
 * all are flushed, in order, before qi_submit_sync() ends its wait.
 *
 * Devices come and go meanwhile. One that is attached gets its tags before the PASID
 * entry that lets it use the table (intel_svm_set_dev_pasid()); one that is detached
 * loses that entry first, and what it has in its TLB with it, and its tags only then
 * (blocking_domain_set_dev_pasid() in iommu.c, v7.3; v6.12 has it the other way round
 * in intel_iommu_remove_dev_pasid(), which is a defect here):
 *
 *	detach				CPU			device
 *
 *	tags off the list
 *								has page 3
 *					3 goes
 *					flush: no tag
 *			[Required: none of the device's any more]
 *					3 is freed
 *								writes to it
 *	PASID entry cleared, flush
 *
 * Simplified: see secondary.h; a block has no largest size. A device that is detached
 * does what it is asked to without a TLB, where a real one would fault. Nobody in
 * userspace attaches any here: faults of a storm do, now and then.
 */
#include <linux/build_bug.h>
#include <linux/mutex.h>
#include <linux/random.h>

#include "amplify.h"
#include "compat/compat.h"
#include "defect.h"
#include "discipline/secondary.h"
#include "engine.h"
#include "mirror.h"

#define SM_INTEL_SVM_BIND_EVERY	32	/* faults */

struct sm_intel_svm {
	struct sm_secondary s;
	struct mutex lock;	/* of who attaches and detaches */
	unsigned int device;	/* that comes and goes */
	unsigned int step;	/* of that: see sm_intel_svm_step() */
};

/* Under the list's lock. */
static void sm_intel_svm_tag(struct sm_intel_svm *i, bool attach)
{
	struct sm_mirror *m = i->s.n.m;

	write_lock(&m->lock);
	__assign_bit(i->device, &i->s.untagged, !attach);
	write_unlock(&m->lock);
}

/* The PASID entry: whoever clears it has all flushed that came of it. */
static void sm_intel_svm_entry(struct sm_intel_svm *i, bool attach)
{
	const struct sm_span all = { 0, ~0ULL };
	struct sm_mirror *m = i->s.n.m;

	write_lock(&m->lock);
	__assign_bit(i->device, &m->detached, !attach);
	sm_engine_set_device(&m->engines, i->device, !attach);
	if (!attach && !sm_defect(m, DETACH_UNFLUSHED))
		sm_engine_flush_device(&m->engines, i->device, all);
	write_unlock(&m->lock);
}

/* Of four steps: entry cleared, tag gone; tag there, entry set. */
static void sm_intel_svm_step(struct sm_intel_svm *i)
{
	const struct sm_mirror *m = i->s.n.m;
	bool attach = i->step >= 2;
	bool tag = i->step == 1 || i->step == 2;

	if (attach ? sm_defect(m, ATTACH_UNTAGGED) : sm_defect(m, DETACH_UNTAGGED))
		tag = !tag;
	if (tag)
		sm_intel_svm_tag(i, attach);
	else
		sm_intel_svm_entry(i, attach);
	i->step = (i->step + 1) % 4;
	if (!i->step)
		i->device = (i->device + 1) % SM_ENGINE_DEVICES;
}

/* Sometimes somebody attaches or detaches, and may be kept from it half way. */
static void sm_intel_svm_bind(struct sm_intel_svm *i)
{
	struct sm_mirror *m = i->s.n.m;

	if (!m->amplify_ns || get_random_u32() % SM_INTEL_SVM_BIND_EVERY ||
	    !mutex_trylock(&i->lock))
		return;
	do {
		sm_intel_svm_step(i);
		sm_mirror_amplify(m);
	} while (get_random_u32() % 2);
	mutex_unlock(&i->lock);
}

static unsigned long sm_intel_svm_read_begin(struct sm_mirror *m,
					     struct hmm_range *range)
{
	sm_intel_svm_bind(m->state);

	return sm_secondary_read_begin(m, range);
}

static int sm_intel_svm_attach(struct sm_mirror *m)
{
	struct sm_intel_svm *i = m->state;

	mutex_init(&i->lock);

	return sm_notifier_attach(m);
}

static void sm_intel_svm_flush(struct sm_mirror *m, const struct sm_asked *asked)
{
	if (sm_defect(m, FULL_RANGE_ZERO) &&
	    !((asked->end - asked->start + PAGE_SIZE - 1) >> PAGE_SHIFT))
		return;
	sm_secondary_flush_block(m, asked);
}

static void sm_intel_svm_secondary(struct mmu_notifier *mn, struct mm_struct *mm,
				   unsigned long start, unsigned long end)
{
	sm_secondary_flush(mn, start, end, sm_intel_svm_flush);
}

static const struct mmu_notifier_ops sm_intel_svm_ops = {
	.release = sm_notifier_release,
	.SM_OPS_SECONDARY_TLBS = sm_intel_svm_secondary,
};

const struct sm_discipline sm_discipline_intel_svm = {
	.name = "intel-svm",
	.defects = {
		sm_defect_common, sm_defect_seq, sm_defect_flush,
		sm_secondary_defects,
		sm_defect_writes,
		SM_DEFECT_LIST(SM_DEFECT_POW2_UNALIGNED,
			       SM_DEFECT_FULL_RANGE_ZERO,
			       SM_DEFECT_ATTACH_UNTAGGED,
			       SM_DEFECT_DETACH_UNTAGGED,
			       SM_DEFECT_DETACH_UNFLUSHED),
	},
	.flags = SM_D_DEVICE_TLB | SM_D_OWN_STAMP | SM_D_WALKS,
	.round = SM_ROUND_POW2,
	.state_size = sizeof(struct sm_intel_svm) +
		      BUILD_BUG_ON_ZERO(offsetof(struct sm_intel_svm, s.n)),
	.hlist = &sm_intel_svm_ops,
	.attach = sm_intel_svm_attach,
	.detach = sm_notifier_detach,
	.flush = sm_secondary_queue,
	.read_begin = sm_intel_svm_read_begin,
	.read_retry = sm_secondary_read_retry,
};
