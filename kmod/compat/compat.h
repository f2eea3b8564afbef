/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One spelling for what differs between kernels 5.10 and 7.3.
 *
 * have.h is what `probe` found in the build tree at hand: a shape compiled, a
 * symbol seen in Module.symvers. Nothing here looks at a version number, and no
 * file outside this folder tests a SM_HAVE_ macro where a spelling below does.
 *
 * Each entry starts with the version that changed something ("6.3:", or
 * "7.x:" where only the first kernel seen with it is known) and ends with why
 * the other branch is safe.
 */
#ifndef SM_COMPAT_H
#define SM_COMPAT_H

#include <linux/fs.h>
#include <linux/ftrace.h>
#include <linux/highmem.h>
#include <linux/hmm.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/pagemap.h>
#include <linux/stacktrace.h>

#include <have.h>

/*
 * 6.3: vma->vm_flags became const, to be changed through vm_flags_set(), which
 * asserts the mmap write lock and takes the VMA's own write lock. Before that
 * the mmap write lock alone protected the field: a plain store under it, as in
 * every mmap handler of those kernels, is the same thing.
 */
static inline void sm_vm_flags_set(struct vm_area_struct *vma,
				   unsigned long flags)
{
#ifdef SM_HAVE_VM_FLAGS_SET
	vm_flags_set(vma, flags);
#else
	mmap_assert_write_locked(vma->vm_mm);
	vma->vm_flags |= flags;
#endif
}

/* 6.3: as above, for the flags to take away. */
static inline void sm_vm_flags_clear(struct vm_area_struct *vma,
				     unsigned long flags)
{
#ifdef SM_HAVE_VM_FLAGS_SET
	vm_flags_clear(vma, flags);
#else
	mmap_assert_write_locked(vma->vm_mm);
	vma->vm_flags &= ~flags;
#endif
}

/*
 * 5.16: folios. set_page_dirty() has always meant the whole compound page, so
 * both mark the same thing; it lives on as a wrapper, for as long as it lives.
 */
static inline bool sm_page_mark_dirty(struct page *page)
{
#ifdef SM_HAVE_FOLIO
	return folio_mark_dirty(page_folio(page));
#else
	return set_page_dirty(page);
#endif
}

/* 5.16: as above; the page's own test goes away with 6.12. */
static inline bool sm_page_swapbacked(struct page *page)
{
#ifdef SM_HAVE_FOLIO
	return folio_test_swapbacked(page_folio(page));
#else
	return PageSwapBacked(page);
#endif
}

/*
 * 5.11: kmap_local_page(), under its own name. kmap_atomic() maps the same page
 * for the same short time; it forbids to sleep in between as well, and nobody
 * here does: a mapping lasts for one device access.
 */
#ifndef SM_HAVE_KMAP_LOCAL
#define kmap_local_page(page)	kmap_atomic(page)
#define kunmap_local(addr)	kunmap_atomic(addr)
#endif

/*
 * 6.0: no_llseek became NULL, which by then meant "cannot seek". 6.12: the name
 * went away. Before 6.0 NULL meant the default seek, so the name is used as
 * long as it exists.
 */
#ifdef SM_HAVE_NO_LLSEEK
#define sm_no_llseek	no_llseek
#else
#define sm_no_llseek	NULL
#endif

/*
 * 5.2: stack_trace_save(), built only with CONFIG_STACKTRACE, on which nothing
 * else here depends. Without it, or without CONFIG_KALLSYMS, who sends an
 * invalidation is unknown, and a start that is left open goes unnoticed until
 * somebody waits for its end, for ever. SM_IOC_QUERY says so.
 */
static inline bool sm_stack_saves(void)
{
#ifdef SM_HAVE_STACK_TRACE_SAVE
	return IS_ENABLED(CONFIG_KALLSYMS);
#else
	return false;
#endif
}

static inline unsigned int sm_stack_save(unsigned long *entries,
					 unsigned int size, unsigned int skip)
{
#ifdef SM_HAVE_STACK_TRACE_SAVE
	return stack_trace_save(entries, size, skip);
#else
	return 0;
#endif
}

/*
 * 6.6: invalidate_range() became arch_invalidate_secondary_tlbs(), with the
 * same arguments, called from the architecture's TLB flushes rather than by
 * each emitter. An ops has to hold it alone: newer kernels refuse the mix with
 * start and end, older ones do not care.
 *
 *	.SM_OPS_SECONDARY_TLBS = sm_witness_secondary,
 */
#ifdef SM_HAVE_OPS_ARCH_INVALIDATE
#define SM_OPS_SECONDARY_TLBS	arch_invalidate_secondary_tlbs
#elif defined(SM_HAVE_OPS_INVALIDATE_RANGE)
#define SM_OPS_SECONDARY_TLBS	invalidate_range
#else
#error "mmu_notifier_ops has no hook for secondary TLBs"
#endif

/*
 * 7.x: the three young callbacks return bool. They have always returned no
 * more than yes or no, so only the type differs.
 */
#ifdef SM_HAVE_YOUNG_BOOL
#define SM_YOUNG_RET	bool
#else
#define SM_YOUNG_RET	int
#endif

/*
 * 5.14: migrate_pgmap_owner was renamed to owner when exclusive access began to
 * use it too. Same field, same meaning: the driver that caused the event.
 */
static inline void *sm_range_owner(const struct mmu_notifier_range *range)
{
#ifdef SM_HAVE_RANGE_OWNER
	return range->owner;
#else
	return range->migrate_pgmap_owner;
#endif
}

/*
 * 5.14: MMU_NOTIFY_EXCLUSIVE. A kernel without it never sends it, so a value
 * outside the enum compares unequal to every event, which is the truth.
 */
#ifdef SM_HAVE_NOTIFY_EXCLUSIVE
#define SM_NOTIFY_EXCLUSIVE	MMU_NOTIFY_EXCLUSIVE
#else
#define SM_NOTIFY_EXCLUSIVE	((enum mmu_notifier_event)-1)
#endif

/*
 * 7.x: hmm_range_fault_unlocked_timeout(), with as long to try as its drivers give it.
 * Elsewhere they read the sequence, take mmap_lock and call hmm_range_fault(), as
 * whoever asks here first goes on to do.
 */
static inline bool sm_hmm_unlocks(void)
{
#ifdef SM_HAVE_HMM_UNLOCKED
	return true;
#else
	return false;
#endif
}

static inline int sm_hmm_range_fault_unlocked(struct hmm_range *range)
{
#ifdef SM_HAVE_HMM_UNLOCKED
	return hmm_range_fault_unlocked_timeout(range,
			msecs_to_jiffies(HMM_RANGE_DEFAULT_TIMEOUT));
#else
	return -EOPNOTSUPP;
#endif
}

/*
 * 6.5: pin_user_pages_remote() lost its vmas argument, which may be NULL. With
 * no `locked` either, the mmap lock is held all the way.
 */
static inline long sm_pin_user_pages_remote(struct mm_struct *mm,
					    unsigned long start,
					    unsigned long nr, unsigned int gup,
					    struct page **pages)
{
#ifdef SM_HAVE_GUP_VMAS
	return pin_user_pages_remote(mm, start, nr, gup, pages, NULL, NULL);
#else
	return pin_user_pages_remote(mm, start, nr, gup, pages, NULL);
#endif
}

/*
 * 6.6: FOLL_HONOR_NUMA_FAULT. Who does not ask for it gets a page that is marked for
 * NUMA balancing as it is. Before that everybody had such a page faulted in first, so
 * there is none to be got. The page at @va, with a reference, if nothing has to be
 * faulted in to read it; or NULL.
 */
static inline struct page *sm_get_page_as_is(struct mm_struct *mm,
					     unsigned long va)
{
#ifdef SM_HAVE_HONOR_NUMA
	struct page *page;

	return get_user_pages_remote(mm, va, 1, FOLL_NOFAULT, &page,
				     NULL) == 1 ? page : NULL;
#else
	return NULL;
#endif
}

/*
 * 5.11: a callback of ftrace gets ftrace_regs, which pt_regs can be had from if
 * the callback asks for all registers. 6.2: what leads on elsewhere has a name for
 * all architectures, and needs no more than the registers that are arguments.
 * Before that it takes pt_regs. Where nothing can be led on elsewhere there is no
 * SM_HOOK_FLAGS, and no call is hooked.
 */
#if defined(SM_HAVE_FTRACE_FILTER) && defined(SM_HAVE_FTRACE_SET_IP)

#define SM_HOOK_FLAGS	0
#define SM_FTRACE_REGS	struct ftrace_regs

static __always_inline void sm_ftrace_go_to(SM_FTRACE_REGS *regs,
					    unsigned long ip)
{
	ftrace_regs_set_instruction_pointer(regs, ip);
}

#elif defined(SM_HAVE_FTRACE_FILTER) && defined(CONFIG_DYNAMIC_FTRACE_WITH_REGS)

#define SM_HOOK_FLAGS	FTRACE_OPS_FL_SAVE_REGS
#ifdef SM_HAVE_FTRACE_REGS
#define SM_FTRACE_REGS	struct ftrace_regs
#define sm_ftrace_pt_regs(regs)	ftrace_get_regs(regs)
#else
#define SM_FTRACE_REGS	struct pt_regs
#define sm_ftrace_pt_regs(regs)	(regs)
#endif

static __always_inline void sm_ftrace_go_to(SM_FTRACE_REGS *regs,
					    unsigned long ip)
{
	instruction_pointer_set(sm_ftrace_pt_regs(regs), ip);
}

#endif

/*
 * 6.13: a namespace of symbols is a string, where it was a bare token.
 */
#ifdef SM_HAVE_STRING_NS
#define SM_EXPORT(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, "STALEMATE")
#define SM_IMPORT()		MODULE_IMPORT_NS("STALEMATE")
#else
#define SM_EXPORT(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, STALEMATE)
#define SM_IMPORT()		MODULE_IMPORT_NS(STALEMATE)
#endif

/*
 * Features with no stand-in: code that needs one is compiled under the macro.
 *
 * 6.10: SM_HAVE_OPS_CHANGE_PTE is gone; it only ever came between the ordinary
 *	 start and end of the same change, which are all that is left of it.
 * 7.x:  SM_HAVE_INTERVAL_TWO_PASS, interval notifiers with invalidate_start()
 *	 and invalidate_finish(); elsewhere the one-pass callback does both.
 * 5.19: SM_HAVE_KVM_ROOT, a vCPU's root as root.hpa and root_role, and (5.12) an
 *	 rwlock over the page tables; elsewhere KVM's tables are not read. No
 *	 KVM for x86-64 is the same.
 * 6.16: SM_HAVE_ODP_MAP, the pages of on-demand paging in a hmm_dma_map, whose
 *	 entries say whether they are mapped; elsewhere they are not read.
 * 6.1:  SM_HAVE_MIGRATE_VMA, migrate_vma_setup() between pages of ordinary memory
 *	 (it asks for MIGRATE_PFN_LOCKED before 5.18, and is not built without
 *	 CONFIG_DEVICE_PRIVATE before 6.1); elsewhere no MIGRATE event is sent.
 * 7.x:  SM_HAVE_MAKE_EXCLUSIVE, make_device_exclusive() with a folio; elsewhere
 *	 no EXCLUSIVE event is sent. (6.15 has it, built with
 *	 CONFIG_DEVICE_PRIVATE; the ranges of before are not stood in for.)
 */

#endif /* SM_COMPAT_H */
