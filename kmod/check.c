// SPDX-License-Identifier: GPL-2.0-only
/*
 * Oracle perm: is a mirror more permissive than the page table? Asked by
 * userspace, window by window; and by whoever pins, at the only time that it can
 * be told. And of oracle late what is known when a flush returns.
 */
#include <linux/hmm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "check.h"
#include "ctx.h"
#include "engine.h"
#include "entry.h"
#include "mirror.h"
#include "witness.h"

#define SM_CHECK_TRIES	4

/* One window: the table as it was, then the page table. */
struct sm_check {
	struct mmu_interval_notifier never;	/* zero: asks for no retry */
	u64 first;
	u64 ent[SM_LEAF_ENTRIES];
	unsigned long pfns[SM_LEAF_ENTRIES];
};

static int sm_check_kept(const struct sm_line *line, void *arg)
{
	struct sm_check *win = arg;

	win->ent[line->pgno - win->first] = line->ent;

	return 0;
}

/* What engines would use: of the table, and what they have kept of it. */
static void sm_check_mirror(struct sm_mirror *m, struct sm_check *win,
			    u64 first, u64 last)
{
	const struct sm_span span = { first, last };
	u64 pgno;

	win->first = first;
	for (pgno = first; pgno <= last; pgno++)
		win->ent[pgno - first] = sm_mirror_peek(m, pgno);
	sm_engine_stale(&m->engines, &m->tlb, span, sm_check_kept, win);
}

/*
 * A page that is marked for NUMA balancing is nobody's to use, as hmm_range_fault() has
 * it, until somebody does. But who pins it gets it as it is (gup_can_follow_protnone()):
 * to read, where its VMA says so. All others have it faulted in first.
 */
static void sm_check_marked(struct sm_mirror *m, struct sm_check *win,
			    unsigned long start, unsigned long end)
{
	unsigned long va, i;
	struct page *page;

	if (!(m->d->flags & SM_D_PINNED))
		return;
	for (va = start, i = 0; va < end; va += PAGE_SIZE, i++) {
		if (!(win->ent[i] & SM_ENT_PRESENT) || sm_entry_of(win->pfns[i]))
			continue;
		page = sm_get_page_as_is(m->ctx->mm, va);
		if (!page)
			continue;
		win->pfns[i] = page_to_pfn(page) | HMM_PFN_VALID;
		put_page(page);
	}
}

static int sm_check_read(struct sm_mirror *m, struct sm_check *win,
			 unsigned long start, unsigned long end)
{
	struct hmm_range range = {
		.notifier = &win->never,
		.start = start,
		.end = end,
		.hmm_pfns = win->pfns,
	};
	int ret;

	/*
	 * The mirror first: what is absent from the page table may appear
	 * there, and in the mirror, without any event.
	 */
	sm_check_mirror(m, win, start >> PAGE_SHIFT, (end >> PAGE_SHIFT) - 1);
	memset(win->pfns, 0, sizeof(win->pfns));
	smp_rmb();	/* the mirror before the page table */

	if (mmap_read_lock_killable(m->ctx->mm))
		return -EINTR;
	ret = hmm_range_fault(&range);
	if (!ret)
		sm_check_marked(m, win, start, end);
	mmap_read_unlock(m->ctx->mm);

	return ret;
}

/* Present and the same page; writable only if the page table says so. */
static bool sm_check_allowed(u64 ent, u64 cpu)
{
	if ((ent ^ cpu) & SM_ENT_COMPARE)
		return false;

	return !(ent & SM_ENT_WRITE) || (cpu & SM_ENT_WRITE);
}

/*
 * munmap() takes a VMA out of the tree, downgrades mmap_lock, and only then
 * sends its notification and clears the page table: in between, a walk finds
 * nothing where the page table still maps and the mirror rightly does too.
 * Whoever holds mmap_lock for writing waits for that, and the notification is
 * out. (do_vmi_align_munmap(), mm/mmap.c 6.1, mm/vma.c 6.12.)
 */
static int sm_check_settle(struct sm_mirror *m)
{
	if (mmap_write_lock_killable(m->ctx->mm))
		return -EINTR;
	mmap_write_unlock(m->ctx->mm);

	return 0;
}

static bool sm_check_suspect(const struct sm_check *win, unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n; i++)
		if ((win->ent[i] & SM_ENT_PRESENT) &&
		    !sm_check_allowed(win->ent[i],
				      sm_entry_of(win->pfns[i])))
			return true;

	return false;
}

static void sm_check_compare(struct sm_mirror *m, struct sm_check *win,
			     unsigned long start, unsigned long end,
			     struct sm_ioc_check *c)
{
	unsigned long va, i;

	for (va = start, i = 0; va < end; va += PAGE_SIZE, i++) {
		u64 cpu = sm_entry_of(win->pfns[i]);

		if (!(win->ent[i] & SM_ENT_PRESENT))
			continue;
		c->pages++;
		if (sm_check_allowed(win->ent[i], cpu))
			continue;
		c->violations++;
		sm_mirror_report(m, SM_ORACLE_PERM, va, win->ent[i], cpu, 0);
	}
}

/* Returns 1 if an invalidation disturbed the window. */
static int sm_check_window(struct sm_mirror *m, struct sm_check *win,
			   unsigned long start, unsigned long end,
			   struct sm_ioc_check *c)
{
	const struct sm_witness *w = m->ctx->witness;
	u64 before[2], after[2];
	int ret;

	if (!sm_witness_quiet(w, start, before))
		return 1;
	ret = sm_check_read(m, win, start, end);
	if (!ret && sm_check_suspect(win, (end - start) >> PAGE_SHIFT))
		ret = sm_check_settle(m);
	if (ret)
		return ret;
	sm_witness_quiet(w, start, after);
	if (before[0] != after[0] || before[1] != after[1])
		return 1;
	sm_check_compare(m, win, start, end, c);

	return 0;
}

/* SM_IOC_CHECK: window by window, a granule each. */
int sm_check_range(struct sm_mirror *m, struct sm_ioc_check *c)
{
	struct sm_check *win;
	unsigned long start, end;
	int ret = 0;

	win = kvzalloc(sizeof(*win), GFP_KERNEL_ACCOUNT);
	if (!win)
		return -ENOMEM;
	win->never.mm = m->ctx->mm;

	for (start = c->start; start < c->end; start = end) {
		unsigned int tries = 0;

		end = min_t(u64, c->end, ALIGN(start + 1, SM_GRANULE_SIZE));
		do {
			ret = sm_check_window(m, win, start, end, c);
			cond_resched();
		} while (ret == 1 && ++tries < SM_CHECK_TRIES);
		if (ret < 0)
			break;
		c->accepted += ret == 0;
		c->rejected += tries;
		ret = end < c->end && signal_pending(current) ? -EINTR : 0;
		if (ret)
			break;
	}
	kvfree(win);

	return ret;
}

/*
 * Pages were pinned under mmap_lock: might the process itself have done with each
 * of them what the device is about to? Later nobody can tell, as a pinned page may
 * legally differ from what the page table says. Where it might not, the first page
 * is told, once for each mapping, or hole, in [@start, @end).
 */
void sm_check_pin(struct sm_mirror *m, unsigned long start, unsigned long end,
		  u32 flags)
{
	unsigned long want = flags & SM_FAULT_WRITE ? VM_WRITE : VM_READ;
	unsigned long va, next;

	mmap_assert_locked(m->ctx->mm);

	for (va = start; va < end; va = next) {
		struct vm_area_struct *vma = find_vma(m->ctx->mm, va);
		bool mapped = vma && vma->vm_start <= va;

		next = !vma ? end : mapped ? vma->vm_end : vma->vm_start;
		if (!mapped || !(vma->vm_flags & want))
			sm_mirror_report(m, SM_ORACLE_PERM, va, 0, 0,
					 flags & SM_FAULT_WRITE ?
					 SM_ACCESS_WRITE : 0);
	}
}

static void sm_check_kept_older(struct sm_mirror *m, const struct sm_cache *c,
				struct sm_span span, u64 gen)
{
	struct sm_line line;
	unsigned int i;

	for (i = 0; i < SM_CACHE_LINES; i++)
		if (sm_cache_read(c, i, &line) && line.pgno >= span.first &&
		    line.pgno <= span.last && line.gen < gen)
			sm_mirror_report_use(m, SM_ORACLE_LATE, &line,
					     SM_ACCESS_KEPT);
}

/*
 * The flush of [@start, @end) that took generation @gen is about to return, and the
 * pages may be freed: does a device still have what it found before? It may well use
 * that, only not be seen to: a flush that returns too early is early by microseconds,
 * and whoever waits on another processor keeps the device off that.
 */
void sm_check_flushed(struct sm_mirror *m, unsigned long start,
		      unsigned long end, u64 gen)
{
	const struct sm_span span = {
		.first = start >> PAGE_SHIFT,
		.last = (end - 1) >> PAGE_SHIFT,
	};
	const struct sm_engine *e;

	read_lock(&m->lock);
	list_for_each_entry(e, &m->engines, node)
		sm_check_kept_older(m, &e->cache, span, gen);
	read_unlock(&m->lock);
}

/* The mm has been torn down, and everybody told so: devices keep nothing. Said once. */
void sm_check_dead(struct sm_mirror *m)
{
	if (!test_and_set_bit(1, &m->claimed))
		sm_check_flushed(m, m->start, m->end, ~0ULL);
}
