// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that walk the CPU's page table, see secondary.h. Not a discipline
 * itself: amd_iommu.c, intel_svm.c and npu.c say what is flushed.
 */
#include "compat/compat.h"
#include "dev.h"
#include "discipline/secondary.h"
#include "mirror.h"
#include "witness.h"

void sm_secondary_flush(struct mmu_notifier *mn, unsigned long start,
			unsigned long end, sm_flush_fn flush)
{
	struct sm_secondary *s = container_of(mn, struct sm_secondary, mn);
	struct sm_mirror *m = s->m;
	u64 gen;

	if (start >= m->end || end <= m->start)
		return;
	gen = sm_mirror_begin(m);
	write_lock(&m->lock);
	WRITE_ONCE(s->flushes, s->flushes + 1);
	flush(m, start, end);
	write_unlock(&m->lock);
	sm_mirror_end(m, max(start, m->start), min(end, m->end), gen);
}

/* The device's context is torn down: no walk begins after this. */
void sm_secondary_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	sm_mirror_release(container_of(mn, struct sm_secondary, mn)->m);
}

int sm_secondary_attach(struct sm_mirror *m,
			const struct mmu_notifier_ops *ops)
{
	struct sm_secondary *s = m->state;

	s->m = m;
	s->mn.ops = ops;
	s->never.mm = m->ctx->mm;

	return mmu_notifier_register(&s->mn, m->ctx->mm);
}

void sm_secondary_detach(struct sm_mirror *m)
{
	struct sm_secondary *s = m->state;

	mmu_notifier_unregister(&s->mn, m->ctx->mm);
}

unsigned long sm_secondary_read_begin(struct sm_mirror *m,
				      struct hmm_range *range)
{
	struct sm_secondary *s = m->state;

	range->notifier = &s->never;
	range->notifier_seq = 0;

	return READ_ONCE(s->flushes);
}

bool sm_secondary_read_retry(struct sm_mirror *m, unsigned long seq,
			     unsigned long start, unsigned long end)
{
	struct sm_secondary *s = m->state;

	lockdep_assert_held_write(&m->lock);

	return s->flushes != seq;
}
