// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the pages of RDMA on-demand paging (struct ib_umem_odp).
 *
 * Nobody lists these objects, so probes do, from the first call on:
 *
 *	driver				we
 *	ib_umem_odp_get()		return probe: lists what it made
 *	...				sm_peek_odp(): list lock, umem_mutex
 *	ib_umem_odp_release()		probe: takes it from the list
 *	  umem_mutex, notifier, kfree()
 *
 * What is on the list exists as long as the list's lock is held, as nobody gets
 * past the beginning of ib_umem_odp_release() without it. It is a spinlock, and
 * the pages are protected by a mutex: so that is only tried.
 *
 * Symbols are found by kprobes, so nothing here depends on ib_uverbs. When that
 * is unloaded the probes are gone with it, and nothing is on the list.
 */
#include <linux/err.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "compat/compat.h"
#include "kprobe.h"
#include "peek.h"

#if defined(SM_HAVE_ODP_MAP) && defined(CONFIG_KRETPROBES) && \
	defined(CONFIG_HAVE_FUNCTION_ARG_ACCESS_API) && \
	!defined(CONFIG_PREEMPT_RT)

#include <rdma/ib_umem_odp.h>

#define SM_ODP_RETURNS	64	/* concurrent calls that are watched */

struct sm_odp {
	struct list_head node;		/* on sm_odp_list */
	struct ib_umem_odp *umem;
};

static LIST_HEAD(sm_odp_list);
static DEFINE_RAW_SPINLOCK(sm_odp_lock);

static DEFINE_MUTEX(sm_odp_watch_lock);
static bool sm_odp_watched;		/* under sm_odp_watch_lock */

/* ib_umem_odp_get() or ib_umem_odp_alloc_child() has returned. */
static int sm_odp_comes(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct ib_umem_odp *umem = (void *)regs_return_value(regs);
	struct sm_odp *o;
	unsigned long flags;

	if (IS_ERR_OR_NULL(umem))
		return 0;
	o = kmalloc(sizeof(*o), GFP_ATOMIC);
	if (!o)
		return 0;	/* one that will not be read */
	o->umem = umem;
	raw_spin_lock_irqsave(&sm_odp_lock, flags);
	list_add_tail(&o->node, &sm_odp_list);
	raw_spin_unlock_irqrestore(&sm_odp_lock, flags);

	return 0;
}

/* ib_umem_odp_release() begins. */
static int sm_odp_leaves(struct kprobe *kp, struct pt_regs *regs)
{
	struct ib_umem_odp *umem = (void *)regs_get_kernel_argument(regs, 0);
	struct sm_odp *o, *found = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&sm_odp_lock, flags);
	list_for_each_entry(o, &sm_odp_list, node)
		if (o->umem == umem)
			found = o;
	if (found)
		list_del(&found->node);
	raw_spin_unlock_irqrestore(&sm_odp_lock, flags);
	kfree(found);

	return 0;
}

static struct kprobe sm_odp_release = {
	.symbol_name = "ib_umem_odp_release",
	.pre_handler = sm_odp_leaves,
};

static struct kretprobe sm_odp_get[] = {
	{
		.kp.symbol_name = "ib_umem_odp_get",
		.handler = sm_odp_comes,
		.maxactive = SM_ODP_RETURNS,
	}, {
		.kp.symbol_name = "ib_umem_odp_alloc_child",
		.handler = sm_odp_comes,
		.maxactive = SM_ODP_RETURNS,
	},
};

/* What is listed and not watched any more may be gone at any time. */
static void sm_odp_clear(unsigned int nr)
{
	struct sm_odp *o, *next;
	LIST_HEAD(gone);

	while (nr--) {
		unregister_kretprobe(&sm_odp_get[nr]);
		sm_kprobe_forget(&sm_odp_get[nr].kp);
	}
	unregister_kprobe(&sm_odp_release);
	sm_kprobe_forget(&sm_odp_release);
	sm_odp_watched = false;
	raw_spin_lock_irq(&sm_odp_lock);
	list_splice_init(&sm_odp_list, &gone);
	raw_spin_unlock_irq(&sm_odp_lock);
	list_for_each_entry_safe(o, next, &gone, node)
		kfree(o);
}

static int sm_odp_set(void)
{
	unsigned int i;
	int ret;

	ret = register_kprobe(&sm_odp_release);
	if (ret) {
		sm_kprobe_forget(&sm_odp_release);
		return ret;
	}
	for (i = 0; i < ARRAY_SIZE(sm_odp_get); i++) {
		ret = register_kretprobe(&sm_odp_get[i]);
		if (!ret)
			continue;
		sm_kprobe_forget(&sm_odp_get[i].kp);
		sm_odp_clear(i);
		return ret;
	}
	sm_odp_watched = true;

	return 0;
}

/* Nothing to watch is nothing to read: ib_uverbs may come later. */
static int sm_odp_watch(void)
{
	int ret = 0;

	mutex_lock(&sm_odp_watch_lock);
	if (sm_odp_watched && kprobe_gone(&sm_odp_release))
		sm_odp_clear(ARRAY_SIZE(sm_odp_get));
	if (!sm_odp_watched)
		ret = sm_odp_set();
	mutex_unlock(&sm_odp_watch_lock);

	return ret == -ENOENT ? -EOPNOTSUPP : ret;
}

static bool sm_odp_overlaps(struct ib_umem_odp *umem, const struct sm_peek *p)
{
	return umem->umem.owning_mm == p->mm && !umem->is_implicit_odp &&
	       umem->page_shift == PAGE_SHIFT &&
	       ib_umem_start(umem) < p->start + (p->nr << PAGE_SHIFT) &&
	       ib_umem_end(umem) > p->start;
}

/*
 * What is there, and mapped for a device that needs that. A device that works
 * through the CPU (rxe) uses what is there.
 */
static u64 sm_odp_entry(struct ib_umem_odp *umem, unsigned long pfn)
{
	unsigned long needs = HMM_PFN_VALID;

	if (!ib_uses_virt_dma(umem->umem.ibdev))
		needs |= HMM_PFN_DMA_MAPPED;
	if ((pfn & needs) != needs)
		return 0;

	return SM_ENT_PRESENT | (pfn & ~HMM_PFN_FLAGS) |
	       (u64)hmm_pfn_to_map_order(pfn) << SM_ENT_ORDER_SHIFT |
	       (umem->umem.writable && (pfn & HMM_PFN_WRITE) ? SM_ENT_WRITE :
								0);
}

static int sm_odp_copy(struct ib_umem_odp *umem, struct sm_peek *p)
{
	unsigned int i;

	lockdep_assert_held(&sm_odp_lock);

	if (!mutex_trylock(&umem->umem_mutex))
		return -EBUSY;
	for (i = 0; i < p->nr; i++) {
		u64 va = p->start + (i << PAGE_SHIFT);
		u64 at = (va - ib_umem_start(umem)) >> PAGE_SHIFT;

		if (va >= ib_umem_start(umem) && va < ib_umem_end(umem))
			p->ent[i] = sm_odp_entry(umem, umem->map.pfn_list[at]);
	}
	mutex_unlock(&umem->umem_mutex);

	return 0;
}

static int sm_odp_try(struct sm_peek *p)
{
	unsigned long flags;
	struct sm_odp *o;
	int ret = 0;

	raw_spin_lock_irqsave(&sm_odp_lock, flags);
	list_for_each_entry(o, &sm_odp_list, node)
		if (sm_odp_overlaps(o->umem, p) && p->tables++ == p->table)
			ret = sm_odp_copy(o->umem, p);
	raw_spin_unlock_irqrestore(&sm_odp_lock, flags);

	return ret;
}

u64 sm_peek_odp_features(void)
{
	return SM_FEATURE_PEEK_ODP;
}

int sm_peek_odp(struct sm_peek *p)
{
	int ret = sm_odp_watch();

	return ret ? ret : sm_odp_try(p);
}

void sm_peek_odp_exit(void)
{
	if (sm_odp_watched)
		sm_odp_clear(ARRAY_SIZE(sm_odp_get));
}

#else

u64 sm_peek_odp_features(void)
{
	return 0;
}

int sm_peek_odp(struct sm_peek *p)
{
	return -EOPNOTSUPP;
}

void sm_peek_odp_exit(void)
{
}

#endif
