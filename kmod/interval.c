// SPDX-License-Identifier: GPL-2.0-only
/*
 * The witness's interval notifier. It mirrors nothing and never refuses: it is
 * there to see whether the core leaves a start open.
 *
 * A start that may not sleep first asks interval notifiers, then the others
 * (__mmu_notifier_invalidate_range_start()). If one of the others refuses, the
 * core calls the end of those that have one, from inside that start, and returns.
 * From 5.10 on it then forgets the intervals: their count of active invalidations
 * stays raised, the sequence stays odd, and mmu_interval_read_begin() and
 * mmu_interval_notifier_remove() may wait for ever, uninterruptibly. Kernels that
 * have "mm/mmu_notifier: finish non-blocking interval invalidation on error"
 * (6.12.118) close the interval side as well. Both look alike to those who are
 * called, so a refusal makes the mm suspect, no more: it is judged by the sequence
 * numbers that come after it.
 *
 *	mn_itree_inv_start_range()	++active; seq |= 1 if an interval overlaps
 *	interval notifiers		are told seq
 *	mn_itree_inv_end()		if (!--active) seq += 1
 *
 * The sequence is one for the whole mm, and it moves on only while active is 0. So
 * two events that were both told to us after a refusal, with different numbers,
 * prove that active was 0 between them: all that was refused until the first of
 * them is closed. That costs nothing, and in a storm takes a moment.
 *
 * The same number twice proves something only if active ought to have been 0
 * meanwhile. So before anything is done that might wait for ever we send events of
 * our own, some milliseconds apart, until the number changes, or until it has been
 * the same SM_JUDGE_SAME times in a row with nobody else's event open, begun or
 * ended from one to the next.
 *
 * An event is open from the moment that it tells interval notifiers. Those of others
 * may keep it as long as they like before it comes to the witness's hlist notifier,
 * so events that were told to us and have not come yet are open, too. What remains
 * are stretches of a few instructions: from ++active until we are told, and from the
 * end inside a start that is refused to mn_itree_inv_end(). No time is long enough to
 * wait for a processor that does not run just now, as one of a virtual machine may:
 * so we wait for a grace period of RCU, which ends when each of them has run.
 *
 * A device fault may wait for the sequence of a start that is about to be refused,
 * so it keeps away from any that may not sleep, from the moment that we are told,
 * until the number has moved on.
 */
#include <linux/delay.h>
#include <linux/kallsyms.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "contract.h"
#include "counts.h"
#include "ctx.h"
#include "interval.h"
#include "migrate.h"

#define SM_JUDGE_SAME		8
#define SM_JUDGE_ROUNDS		100
#define SM_JUDGE_NAP_US		5000
#define SM_DEATH_NAPS		500	/* of 20 ms */

/* Is a function of this name among our callers? */
static bool sm_interval_called_from(const char *name)
{
	unsigned long ips[SM_RECORD_IPS];
	char buf[KSYM_SYMBOL_LEN];
	unsigned int i, nr;

	nr = sm_stack_save(ips, ARRAY_SIZE(ips), 1);
	for (i = 0; i < nr; i++) {
		sprint_symbol_no_offset(buf, ips[i]);
		if (!strcmp(buf, name))
			return true;
	}

	return false;
}

/*
 * May the core have left a start open that interval notifiers of this mm would
 * wait for? Without any a refused start does no harm.
 */
bool sm_interval_suspect(const struct sm_interval *in)
{
	return READ_ONCE(in->inserted) &&
	       READ_ONCE(in->refused) != READ_ONCE(in->closed);
}

/* From every end, wherever in the mm: is it that of a start that was refused? */
void sm_interval_ended(struct sm_interval *in,
		       const struct mmu_notifier_range *range)
{
	if (mmu_notifier_range_blockable(range) ||
	    !sm_interval_called_from("__mmu_notifier_invalidate_range_start"))
		return;
	spin_lock(&in->lock);
	WRITE_ONCE(in->refused, in->refused + 1);
	in->refused_start = range->start;
	in->refused_end = range->end;
	spin_unlock(&in->lock);
	atomic64_inc(&sm_counts.refused);
}

/*
 * Does an event that was told to us come to the hlist notifier for certain? One that
 * may not sleep does not if another interval notifier refuses it, and the death of the
 * mm comes to release() instead.
 */
static bool sm_interval_comes(const struct mmu_notifier_range *range)
{
	return mmu_notifier_range_blockable(range) &&
	       range->event != MMU_NOTIFY_RELEASE;
}

/* With a new number all events of before have ended, and so have come. */
static bool sm_interval_told(struct mmu_interval_notifier *mni,
			     const struct mmu_notifier_range *range,
			     unsigned long seq)
{
	struct sm_interval *in = container_of(mni, struct sm_interval, mni);
	bool moved;

	spin_lock(&in->lock);
	moved = in->seq != seq;
	in->seq = seq;
	in->told++;
	if (moved) {
		in->on_way = 0;
		WRITE_ONCE(in->unsure, false);
	}
	in->on_way += sm_interval_comes(range);
	if (!mmu_notifier_range_blockable(range))
		WRITE_ONCE(in->unsure, true);
	if (in->told_after != in->refused) {
		in->told_after = in->refused;
	} else if (moved && in->refused != in->closed) {
		atomic64_add(in->refused - in->closed, &sm_counts.closed);
		WRITE_ONCE(in->closed, in->refused);
	}
	spin_unlock(&in->lock);

	return true;
}

/* From every start that the hlist notifier hears of. */
void sm_interval_came(struct sm_interval *in,
		      const struct mmu_notifier_range *range)
{
	if (!READ_ONCE(in->inserted) || !sm_interval_comes(range))
		return;
	spin_lock(&in->lock);
	in->on_way--;
	spin_unlock(&in->lock);
}

static const struct mmu_interval_notifier_ops sm_interval_ops = {
	.invalidate = sm_interval_told,
};

void sm_interval_init(struct sm_interval *in, struct sm_ctx *ctx,
		      struct sm_contract_state *contract, unsigned long start,
		      unsigned long end)
{
	in->ctx = ctx;
	in->contract = contract;
	in->start = start;
	in->end = end;
	spin_lock_init(&in->lock);
	mutex_init(&in->judge_lock);
}

/*
 * Called before the first mirror with interval notifiers is made: of all the mm,
 * as the sequence is, so that it hears of every event.
 */
int sm_interval_insert(struct sm_interval *in)
{
	int ret;

	lockdep_assert_held_write(&in->ctx->sem);

	if (in->inserted)
		return 0;
	ret = mmu_interval_notifier_insert(&in->mni, in->ctx->mm, 0,
					   ULONG_MAX & PAGE_MASK,
					   &sm_interval_ops);
	WRITE_ONCE(in->inserted, !ret);

	return ret;
}

/*
 * An event, by a page of our own or, in another's mm or if there is no room for a
 * page, by what migrates nothing.
 */
static int sm_interval_event(struct sm_interval *in, bool patient)
{
	unsigned long page = -ENOMEM;

	if (current->mm == in->ctx->mm)
		page = vm_mmap(NULL, 0, PAGE_SIZE, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (!IS_ERR_VALUE(page) && !vm_munmap(page, PAGE_SIZE))
		return 0;

	return sm_migrate_nothing(in->ctx->mm, in->start, in->end, patient);
}

struct sm_interval_look {
	u64 told;
	u64 refused;
	u64 moves;
	bool open;
};

static struct sm_interval_look sm_interval_look(struct sm_interval *in)
{
	struct sm_interval_look l;

	spin_lock(&in->lock);
	l.told = in->told;
	l.refused = in->refused;
	l.open = in->on_way;
	spin_unlock(&in->lock);
	l.open |= sm_contract_open(in->contract, &l.moves);

	return l;
}

/*
 * One more event of ours. Returns a negative errno if there was none, and whether
 * there was nothing else since the last one. (We are not told of it as long as the
 * core has put off inserting our notifier, because of an event of others.)
 */
static int sm_interval_round(struct sm_interval *in, bool patient)
{
	struct sm_interval_look before, after;
	int ret;

	before = sm_interval_look(in);
	usleep_range(SM_JUDGE_NAP_US, 2 * SM_JUDGE_NAP_US);
	ret = sm_interval_event(in, patient);
	if (ret)
		return ret;
	after = sm_interval_look(in);

	return after.told != before.told && !before.open && after.moves == before.moves + 2 &&
	       after.refused == before.refused;
}

static void sm_interval_accuse(struct sm_interval *in)
{
	const struct mmu_notifier_range range = {
		.mm = in->ctx->mm,
		.start = in->refused_start,
		.end = in->refused_end,
	};

	sm_interval_give_up(in);
	sm_contract_blame(in->contract, &range, SM_CONTRACT_LEFT_OPEN);
}

/*
 * Nobody can undo what was left open. The module keeps its hands off the interval
 * notifiers of this mm from here on, and stays loaded, as they will never be
 * removed.
 */
void sm_interval_give_up(struct sm_interval *in)
{
	bool already;

	spin_lock(&in->lock);
	already = in->ctx->poisoned;
	WRITE_ONCE(in->ctx->poisoned, true);
	spin_unlock(&in->lock);
	if (already)
		return;
	__module_get(THIS_MODULE);
	pr_warn("stalemate: a start that was refused may be open for ever: the module cannot be unloaded any more\n");
}

static bool sm_interval_settled(const struct sm_interval *in)
{
	return READ_ONCE(in->ctx->poisoned) ||
	       !(sm_interval_suspect(in) || READ_ONCE(in->unsure));
}

static bool sm_interval_hurries(void)
{
	if (current->flags & PF_KTHREAD)
		return kthread_should_stop();

	return fatal_signal_pending(current);
}

/* @patient: whatever else there is to do, as the last one to ask. */
static void sm_interval_find_out(struct sm_interval *in, bool patient)
{
	unsigned int same = 0, i;
	int ret;

	lockdep_assert_held(&in->judge_lock);

	for (i = 0; i < SM_JUDGE_ROUNDS && !sm_interval_settled(in); i++) {
		ret = sm_interval_round(in, patient);
		if (ret < 0 || (!patient && sm_interval_hurries()))
			break;
		same = ret ? same + 1 : 0;
		if (same)
			synchronize_rcu();
		/* The first of them may have been the first after all. */
		if (same > SM_JUDGE_SAME && sm_interval_suspect(in))
			sm_interval_accuse(in);
	}
}

/*
 * Find out, with page table and mappings still there: the caller sees to that. It
 * must be able to sleep, a second or two if events never cease, and holds neither
 * mmap_lock nor a lock of a callback.
 */
void sm_interval_judge(struct sm_interval *in)
{
	if (sm_interval_settled(in))
		return;
	mutex_lock(&in->judge_lock);
	sm_interval_find_out(in, true);
	mutex_unlock(&in->judge_lock);
}

/*
 * May a fault wait for interval notifiers? Not yet, if somebody else is finding out:
 * it comes again.
 */
bool sm_interval_ready(struct sm_interval *in)
{
	if (likely(sm_interval_settled(in)))
		return !READ_ONCE(in->ctx->poisoned);
	if (mutex_trylock(&in->judge_lock)) {
		sm_interval_find_out(in, false);
		mutex_unlock(&in->judge_lock);
	}

	return sm_interval_settled(in) && !READ_ONCE(in->ctx->poisoned);
}

/*
 * May the interval notifiers of this mm be waited for, by whoever inserts or removes
 * one? If that cannot be found out they may not. An mm without users is on its way to
 * sm_witness_release(), which finds out: that is waited for.
 */
bool sm_interval_safe(struct sm_interval *in)
{
	struct sm_ctx *ctx = in->ctx;
	unsigned int i;

	if (!sm_interval_suspect(in))
		return !READ_ONCE(ctx->poisoned);
	if (!sm_ctx_mm_get(ctx)) {
		sm_interval_judge(in);
		sm_ctx_mm_put(ctx);
	}
	for (i = 0; i < SM_DEATH_NAPS && !atomic_read(&ctx->mm->mm_users) &&
	     !READ_ONCE(ctx->dead); i++)
		msleep(20);

	return !READ_ONCE(ctx->poisoned) && !sm_interval_suspect(in);
}

/* False: it has to stay where it is, and all that its callback touches. */
bool sm_interval_remove(struct sm_interval *in)
{
	if (!in->inserted)
		return true;
	if (!sm_interval_safe(in)) {
		sm_interval_give_up(in);
		return false;
	}
	mmu_interval_notifier_remove(&in->mni);

	return true;
}
