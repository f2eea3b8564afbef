// SPDX-License-Identifier: GPL-2.0-only
/* What userspace is told of a mirror. */
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "engine.h"
#include "mirror.h"
#include "snapshot.h"

/*
 * Copy entries to userspace, each read once, without the table's lock: leaves
 * live as long as the mirror, which the caller's hold on ctx->sem keeps.
 */
static int sm_snapshot_leaf(const struct sm_leaf *leaf, unsigned int slot,
			    unsigned int nr, u64 __user *buf, u64 *present)
{
	const u64 *from;
	unsigned int i;
	u64 some = 0;

	if (!leaf)
		return clear_user(buf, nr * sizeof(*buf)) ? -EFAULT : 0;
	from = leaf->ent + slot;	/* no bounds check under user access */
	if (!user_write_access_begin(buf, nr * sizeof(*buf)))
		return -EFAULT;
	for (i = 0; i < nr; i++) {
		u64 ent = READ_ONCE(from[i]);

		some += ent >> 63;
		unsafe_put_user(ent, &buf[i], fault);
	}
	user_write_access_end();
	*present += some;

	return 0;

fault:
	user_write_access_end();
	return -EFAULT;
}

/* What an engine would use, in place of what the table says. */
static int sm_snapshot_line(const struct sm_line *line, void *arg)
{
	struct sm_ioc_snapshot *s = arg;
	u64 __user *buf = u64_to_user_ptr(s->buf);
	u64 old;

	buf += line->pgno - (s->start >> PAGE_SHIFT);
	if (get_user(old, buf) || put_user(line->ent, buf))
		return -EFAULT;
	s->present += !(old & SM_ENT_PRESENT);

	return 0;
}

/* As many pages from @pgno on as share a leaf, and whatever may make it invalid. */
static const struct sm_leaf *sm_snapshot_run(struct sm_mirror *m, u64 pgno,
					     unsigned int *nr)
{
	unsigned long va = pgno << PAGE_SHIFT;

	*nr = min_t(u64, *nr, SM_LEAF_ENTRIES - sm_tlb_slot(pgno));
	if (m->d->valid) {
		*nr = min_t(u64, *nr, (m->d->extent(m, va) - va) >> PAGE_SHIFT);
		if (!m->d->valid(m, va))
			return NULL;
	}

	return sm_tlb_leaf(&m->tlb, pgno);
}

/* SM_IOC_SNAPSHOT: the table, and what engines have kept of it. */
int sm_snapshot(struct sm_mirror *m, struct sm_ioc_snapshot *s)
{
	const struct sm_span span = {
		.first = s->start >> PAGE_SHIFT,
		.last = (s->end >> PAGE_SHIFT) - 1,
	};
	u64 __user *buf = u64_to_user_ptr(s->buf);
	u64 pgno = s->start >> PAGE_SHIFT;
	u64 end = s->end >> PAGE_SHIFT;

	s->present = 0;
	while (pgno < end) {
		unsigned int nr = min_t(u64, end - pgno, SM_LEAF_ENTRIES);
		const struct sm_leaf *leaf = sm_snapshot_run(m, pgno, &nr);
		int ret = sm_snapshot_leaf(leaf, sm_tlb_slot(pgno), nr, buf,
					   &s->present);

		if (ret)
			return ret;
		pgno += nr;
		buf += nr;
		/* An arena has up to 32768 leaves: whoever asked may be killed. */
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}

	return sm_engine_stale(&m->engines, &m->tlb, span, sm_snapshot_line, s);
}

static int sm_snapshot_kept(const struct sm_line *line, void *arg)
{
	struct sm_ioc_entry *e = arg;

	e->entry = line->ent;
	e->gen = line->gen;

	return 1;
}

/* SM_IOC_ENTRY: one entry, with what is known of it. */
void sm_snapshot_entry(struct sm_mirror *m, struct sm_ioc_entry *e)
{
	u64 pgno = e->va >> PAGE_SHIFT;
	const struct sm_span span = { pgno, pgno };
	const struct sm_leaf *leaf = sm_tlb_leaf(&m->tlb, pgno);

	e->entry = 0;
	e->gen = 0;
	e->last_inval = 0;
	if (!leaf)
		return;
	read_lock(&m->lock);
	e->entry = sm_mirror_peek(m, pgno);
	e->gen = leaf->gen[sm_tlb_slot(pgno)];
	e->last_inval = sm_tlb_last_inval(&m->tlb, pgno);
	read_unlock(&m->lock);
	sm_engine_stale(&m->engines, &m->tlb, span, sm_snapshot_kept, e);
}

/* Entries that a device may use. */
static u64 sm_snapshot_present(struct sm_mirror *m)
{
	u64 pgno, present = 0;

	if (!m->d->valid)
		return READ_ONCE(m->tlb.present);
	for (pgno = m->tlb.first; pgno <= m->tlb.last; pgno++) {
		if (!sm_tlb_leaf(&m->tlb, pgno)) {
			pgno |= SM_LEAF_ENTRIES - 1;
			cond_resched();
			continue;
		}
		present += sm_mirror_peek(m, pgno) >> 63;
	}

	return present;
}

/* SM_IOC_STATS */
void sm_snapshot_stats(struct sm_mirror *m, struct sm_ioc_stats *st)
{
	st->present = sm_snapshot_present(m);
	read_lock(&m->lock);
	st->installed = m->installed;
	st->huge = m->huge;
	st->events = m->events;
	st->dropped = m->dropped;
	st->change_pte = m->change_pte;
	st->clear_flush_young = m->clear_flush_young;
	st->clear_young = m->clear_young;
	st->aged = m->aged;
	read_unlock(&m->lock);
	st->faults = atomic64_read(&m->faults);
	st->retries = atomic64_read(&m->retries);
	st->reads = atomic64_read(&m->reads);
	st->writes = atomic64_read(&m->writes);
	st->amplified = atomic64_read(&m->amplified);
	st->leaves = atomic64_read(&m->leaves);
	st->test_young = atomic64_read(&m->test_young);
}
