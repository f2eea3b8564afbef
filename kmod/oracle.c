// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel side finds, and the one check it makes on request: perm. */
#include <linux/hmm.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/compat.h"
#include "fault.h"
#include "oracle.h"
#include "trace.h"
#include "witness.h"

#define SM_CHECK_TRIES	4

/* One stale entry that is used all the time must not hide the others. */
static bool sm_oracle_queued(const struct sm_ctx *ctx,
			     const struct sm_violation *v)
{
	unsigned int i;

	for (i = 0; i < ctx->nr_queued; i++) {
		const struct sm_violation *q = &ctx->violation[i];

		if (q->oracle == v->oracle && q->mirror == v->mirror &&
		    q->va == v->va && q->gen == v->gen &&
		    q->detail == v->detail)
			return true;
	}

	return false;
}

/* Queue a violation; any context that may take a spinlock. */
void sm_oracle_report(struct sm_ctx *ctx, struct sm_violation *v)
{
	v->t_ns = ktime_get_ns();
	v->tid = task_pid_nr(current);
	trace_sm_violation(v->oracle, v->mirror, v->va, v->entry, v->cpu);

	spin_lock(&ctx->vlock);
	ctx->nr_violations++;
	if (ctx->nr_queued < SM_MAX_QUEUED && !sm_oracle_queued(ctx, v))
		ctx->violation[ctx->nr_queued++] = *v;
	spin_unlock(&ctx->vlock);
}

/* Report what is wrong with one entry of a mirror. */
void sm_oracle_entry(struct sm_mirror *m, u32 oracle, unsigned long va,
		     u64 ent, u64 cpu, u32 detail)
{
	const struct sm_leaf *leaf = sm_tlb_leaf(&m->tlb, va >> PAGE_SHIFT);
	unsigned int slot = sm_tlb_slot(va >> PAGE_SHIFT);
	struct sm_violation v = {
		.oracle = oracle,
		.mirror = m->id,
		.va = va & PAGE_MASK,
		.entry = ent,
		.cpu = cpu,
		.gen = READ_ONCE(leaf->gen[slot]),
		.last_inval = sm_tlb_last_inval(&m->tlb, va >> PAGE_SHIFT),
		.detail = detail,
	};

	sm_oracle_report(m->ctx, &v);
}

/*
 * Pages were pinned under mmap_lock: might the process itself have done with each
 * of them what the device is about to? Later nobody can tell, as a pinned page may
 * legally differ from what the page table says. Where it might not, the first page
 * is told, once for each mapping, or hole, in [@start, @end).
 */
void sm_oracle_pin(struct sm_mirror *m, unsigned long start, unsigned long end,
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
			sm_oracle_entry(m, SM_ORACLE_PERM, va, 0, 0,
					flags & SM_FAULT_WRITE ?
					SM_ACCESS_WRITE : 0);
	}
}

int sm_oracle_take(struct sm_ctx *ctx, struct sm_ioc_violations *v)
{
	struct sm_violation *copy;
	unsigned int n;
	int ret = 0;

	copy = kmalloc_array(SM_MAX_QUEUED, sizeof(*copy), GFP_KERNEL_ACCOUNT);
	if (!copy)
		return -ENOMEM;
	mutex_lock(&ctx->take_lock);

	spin_lock(&ctx->vlock);
	n = min(v->nr, ctx->nr_queued);
	memcpy(copy, ctx->violation, n * sizeof(*copy));
	v->total = ctx->nr_violations;
	spin_unlock(&ctx->vlock);

	v->nr = n;
	if (copy_to_user(u64_to_user_ptr(v->buf), copy, n * sizeof(*copy))) {
		ret = -EFAULT;
	} else {
		/* Reports are only appended: the first n are those copied. */
		spin_lock(&ctx->vlock);
		ctx->nr_queued -= n;
		memmove(ctx->violation, ctx->violation + n,
			ctx->nr_queued * sizeof(*copy));
		spin_unlock(&ctx->vlock);
	}

	mutex_unlock(&ctx->take_lock);
	kfree(copy);

	return ret;
}

/* ---- oracle perm ------------------------------------------------------- */

/* One window: the table as it was, then the page table. */
struct sm_window {
	struct mmu_interval_notifier never;	/* zero: asks for no retry */
	u64 ent[SM_LEAF_ENTRIES];
	unsigned long pfns[SM_LEAF_ENTRIES];
};

static int sm_check_read(struct sm_mirror *m, struct sm_window *win,
			 unsigned long start, unsigned long end)
{
	struct hmm_range range = {
		.notifier = &win->never,
		.start = start,
		.end = end,
		.hmm_pfns = win->pfns,
	};
	unsigned long i, n = (end - start) >> PAGE_SHIFT;
	int ret;

	/*
	 * The mirror first: what is absent from the page table may appear
	 * there, and in the mirror, without any event.
	 */
	for (i = 0; i < n; i++)
		win->ent[i] = sm_tlb_peek(&m->tlb, (start >> PAGE_SHIFT) + i);
	memset(win->pfns, 0, sizeof(win->pfns));
	smp_rmb();	/* the mirror before the page table */

	mmap_read_lock(m->ctx->mm);
	ret = hmm_range_fault(&range);
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

static bool sm_check_suspect(const struct sm_window *win, unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n; i++)
		if ((win->ent[i] & SM_ENT_PRESENT) &&
		    !sm_check_allowed(win->ent[i],
				      sm_fault_entry(win->pfns[i])))
			return true;

	return false;
}

static void sm_check_compare(struct sm_mirror *m, struct sm_window *win,
			     unsigned long start, unsigned long end,
			     struct sm_ioc_check *c)
{
	unsigned long va, i;

	for (va = start, i = 0; va < end; va += PAGE_SIZE, i++) {
		u64 cpu = sm_fault_entry(win->pfns[i]);

		if (!(win->ent[i] & SM_ENT_PRESENT))
			continue;
		c->pages++;
		if (sm_check_allowed(win->ent[i], cpu))
			continue;
		c->violations++;
		sm_oracle_entry(m, SM_ORACLE_PERM, va, win->ent[i], cpu, 0);
	}
}

/* Returns 1 if an invalidation disturbed the window. */
static int sm_check_window(struct sm_mirror *m, struct sm_window *win,
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
int sm_oracle_check(struct sm_mirror *m, struct sm_ioc_check *c)
{
	struct sm_window *win;
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
