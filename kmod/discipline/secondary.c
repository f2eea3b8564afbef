// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that walk the CPU's page table, see secondary.h. Not a discipline
 * itself: amd_iommu.c, amd_iommu_v2.c, intel_svm.c and npu.c say what is flushed.
 */
#include <linux/log2.h>

#include "check.h"
#include "compat/compat.h"
#include "discipline/secondary.h"
#include "mirror.h"
#include "witness.h"

const u8 sm_secondary_defects[] = {
	SM_DEFECT_THP_HEAD_ONLY,
	SM_DEFECT_NO_RELEASE, SM_DEFECT_ONE_DEVICE,
	SM_DEFECT_FLUSH_NOT_AWAITED, SM_DEFECT_EXIT_NO_FLUSH, SM_DEFECT_NR
};

/*
 * Of drivers whose hardware takes aligned powers of two of pages: the smallest that
 * has all of the range in it. [0, ULONG_MAX) is everything.
 */
void sm_secondary_flush_block(struct sm_mirror *m, const struct sm_asked *asked)
{
	unsigned long first = asked->start >> PAGE_SHIFT;
	unsigned long last = (asked->end - 1) >> PAGE_SHIFT;
	unsigned long mask;

	if (asked->start == 0 && asked->end == ULONG_MAX) {
		sm_mirror_drop(m, asked, asked->start, asked->end);
		return;
	}
	if (sm_defect(m, POW2_UNALIGNED))
		mask = roundup_pow_of_two(last - first + 1) - 1;
	else
		mask = first == last ? 0 :
		       roundup_pow_of_two((first ^ last) + 1) - 1;
	first &= ~mask;
	sm_mirror_drop(m, asked, first << PAGE_SHIFT,
		       (first + mask + 1) << PAGE_SHIFT);
}

/* Under the table's lock: what was dropped is to be flushed from devices' TLBs. */
void sm_secondary_queue(struct sm_mirror *m, struct sm_span span)
{
	struct sm_secondary *s = m->state;
	unsigned int device;

	for (device = 0; device < SM_ENGINE_DEVICES; device++) {
		if (test_bit(device, &s->untagged))
			continue;
		sm_queue_submit(m, &s->queue, device, span);
		if (sm_defect(m, ONE_DEVICE))
			break;
	}
}

void sm_secondary_flush(struct mmu_notifier *mn, unsigned long start,
			unsigned long end, sm_flush_fn flush)
{
	struct sm_secondary *s = container_of(mn, struct sm_secondary, n.mn);
	const struct sm_asked asked = {
		.event = SM_EVENT_FLUSH,
		.start = start,
		.end = end,
	};
	struct sm_mirror *m = s->n.m;
	struct sm_completion c;
	u64 gen, early = 0;

	if (start >= m->end || end <= m->start)
		return;
	gen = sm_mirror_begin(m);
	if (sm_defect(m, COMPLETION_OVERTAKEN))
		early = sm_queue_number(&s->queue);
	write_lock(&m->lock);
	WRITE_ONCE(s->flushes, s->flushes + 1);
	sm_queue_begin(&s->queue, early);
	flush(m, &asked);
	c = sm_queue_completion(&s->queue);
	write_unlock(&m->lock);
	if (!sm_defect(m, FLUSH_NOT_AWAITED))
		sm_queue_wait(m, &s->queue, c);
	start = max(start, m->start);
	end = min(end, m->end);
	sm_mirror_end(m, start, end, gen);
	if (c.due)
		sm_check_flushed(m, start, end, gen);
}

unsigned long sm_secondary_read_begin(struct sm_mirror *m,
				      struct hmm_range *range)
{
	struct sm_secondary *s = m->state;

	sm_notifier_watch_none(m, range);

	return READ_ONCE(s->flushes);
}

bool sm_secondary_read_retry(struct sm_mirror *m, unsigned long seq,
			     unsigned long start, unsigned long end)
{
	struct sm_secondary *s = m->state;

	lockdep_assert_held_write(&m->lock);

	return s->flushes != seq;
}
