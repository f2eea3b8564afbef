// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the pages of RDMA on-demand paging (struct ib_umem_odp).
 *
 * Nobody lists these objects, so we do, from the first call on. Each is an interval
 * notifier, which comes and goes by us (see hook.c):
 *
 *	driver				we
 *	ib_umem_odp_get()
 *	  mmu_interval_notifier_insert()	lists it, if that works
 *	...				sm_peek_odp(): list lock, umem_mutex
 *	ib_umem_odp_release()
 *	  mmu_interval_notifier_remove()	takes it from the list first
 *	  kfree()
 *
 * What is on the list exists as long as the list's lock is held, as nobody gets
 * beyond the removal without it. It is a mutex, and inside of whatever the driver
 * holds there; so the pages' own mutex is only tried.
 *
 * Whose an interval notifier is tells the name of the function that inserts it.
 * No function of ib_core is called, so this module does not depend on that.
 */
#include <linux/kallsyms.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "look.h"
#include "peek_odp.h"

#ifdef SM_HAVE_ODP_MAP

#include <rdma/ib_umem_odp.h>

#define SM_ODP_CALLS	8	/* of ours, and then its */

struct sm_odp_region {
	struct list_head node;		/* on sm_odp_list */
	struct mmu_interval_notifier *mni;
};

static LIST_HEAD(sm_odp_list);
static DEFINE_MUTEX(sm_odp_lock);

/* ib_init_umem_odp(), or whatever that is inlined into. */
static bool sm_odp_is(unsigned long caller)
{
	char name[KSYM_SYMBOL_LEN];

	sprint_symbol_no_offset(name, caller);

	return strstarts(name, "ib_") && strstr(name, "umem_odp");
}

static bool sm_odp_inserts(void)
{
	unsigned long call[SM_ODP_CALLS];
	unsigned int i, nr = sm_stack_save(call, ARRAY_SIZE(call), 0);

	for (i = 0; i < nr; i++)
		if (!within_module(call[i], THIS_MODULE))
			return sm_odp_is(call[i]);

	return false;
}

/*
 * mmu_interval_notifier_insert() is about to be called. Without memory it fails
 * rather than that a region goes unseen.
 */
int sm_peek_odp_comes(struct mmu_interval_notifier *mni,
		      struct sm_odp_region **o)
{
	*o = NULL;
	if (!sm_odp_inserts())
		return 0;
	*o = kmalloc(sizeof(**o), GFP_KERNEL);
	if (!*o)
		return -ENOMEM;
	(*o)->mni = mni;

	return 0;
}

/* ... and has returned; the caller is still to hear of it. */
void sm_peek_odp_came(struct sm_odp_region *o, int ret)
{
	if (!o || ret) {
		kfree(o);
		return;
	}
	mutex_lock(&sm_odp_lock);
	list_add_tail(&o->node, &sm_odp_list);
	mutex_unlock(&sm_odp_lock);
}

/* mmu_interval_notifier_remove() is about to be called. */
void sm_peek_odp_leaves(const struct mmu_interval_notifier *mni)
{
	struct sm_odp_region *o, *found = NULL;

	mutex_lock(&sm_odp_lock);
	list_for_each_entry(o, &sm_odp_list, node)
		if (o->mni == mni)
			found = o;
	if (found)
		list_del(&found->node);
	mutex_unlock(&sm_odp_lock);
	kfree(found);
}

static bool sm_odp_overlaps(struct ib_umem_odp *umem, const struct sm_look *p)
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

static int sm_odp_copy(struct ib_umem_odp *umem, struct sm_look *p)
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

/* The hooks are set (see sm_hook_set()): what came since is listed. */
int sm_peek_odp(struct sm_look *p)
{
	struct ib_umem_odp *umem;
	struct sm_odp_region *o;
	int ret = 0;

	mutex_lock(&sm_odp_lock);
	list_for_each_entry(o, &sm_odp_list, node) {
		umem = container_of(o->mni, struct ib_umem_odp, notifier);
		if (sm_odp_overlaps(umem, p) && p->tables++ == p->table)
			ret = sm_odp_copy(umem, p);
	}
	mutex_unlock(&sm_odp_lock);

	return ret;
}

/* Callers are known by the names of functions. */
u64 sm_peek_odp_features(void)
{
	return sm_stack_saves() ? SM_FEATURE_PEEK_ODP : 0;
}

/* Nobody calls us any more: what is listed may be gone at any time. */
void sm_peek_odp_exit(void)
{
	struct sm_odp_region *o, *next;

	list_for_each_entry_safe(o, next, &sm_odp_list, node)
		kfree(o);
}

#else /* SM_HAVE_ODP_MAP */

int sm_peek_odp_comes(struct mmu_interval_notifier *mni,
		      struct sm_odp_region **o)
{
	*o = NULL;

	return 0;
}

void sm_peek_odp_came(struct sm_odp_region *o, int ret)
{
}

void sm_peek_odp_leaves(const struct mmu_interval_notifier *mni)
{
}

u64 sm_peek_odp_features(void)
{
	return 0;
}

int sm_peek_odp(struct sm_look *p)
{
	return -EOPNOTSUPP;
}

void sm_peek_odp_exit(void)
{
}

#endif /* SM_HAVE_ODP_MAP */
