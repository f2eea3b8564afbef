// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does this kernel's interface look like? One answer per #line region.
 *
 * The file is compiled once, with a module's own flags and -fsyntax-only. The
 * #line in front of each probe makes the compiler report an error under the
 * probe's name, and a probe without an error is a "yes". Two controls prove
 * that this works with this compiler and this tree: GOOD has to pass and BAD
 * has to fail, and an error under any other name means that nothing was learnt.
 *
 * SM_NEED_PAGE_4K is no question but a condition: `probe` gives up without it.
 *
 * A probe holds nothing but the one thing it asks for, as a declaration inside
 * a static function; it must stay parseable when the answer is no, so that it
 * cannot spoil its neighbours, and use no macro of this file, whose errors would
 * be reported here. What is behind a name (does it exist in the kernel image at
 * all?) is not asked here but in the file `exports`.
 *
 * To add one: a #line, a function, and an entry in compat.h.
 */
#include <linux/types.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/mmu_notifier.h>
#include <linux/hmm.h>
#if defined(CONFIG_X86_64) && IS_ENABLED(CONFIG_KVM)
#include <linux/kvm_host.h>
#endif
#if IS_ENABLED(CONFIG_INFINIBAND_ON_DEMAND_PAGING)
#include <rdma/ib_umem_odp.h>
#endif
#include <linux/ftrace.h>
#include <linux/migrate.h>
#include <linux/module.h>
#include <linux/rmap.h>
#if IS_ENABLED(CONFIG_DRM_GPUVM) && IS_ENABLED(CONFIG_DRM_SCHED)
#include <drm/amdgpu_drm.h>
#include <drm/drm_drv.h>
#include <drm/drm_gpuvm.h>
#include <drm/gpu_scheduler.h>
#endif
#if IS_ENABLED(CONFIG_DRM_GPUSVM)
#include <drm/drm_gpusvm.h>
#endif

#line 1 "SM_CONTROL_GOOD"
static __always_unused void *sm_good(struct mmu_notifier_range *range)
{
	return range->mm;
}

#line 1 "SM_CONTROL_BAD"
static __always_unused void *sm_bad(struct mmu_notifier_range *range)
{
	return range->no_such_member;
}

#line 1 "SM_NEED_PAGE_4K"
static __always_unused int sm_page_4k(void)
{
	return sizeof(char[PAGE_SHIFT == 12 ? 1 : -1]);
}

#line 1 "SM_HAVE_RANGE_OWNER"
static __always_unused void *sm_range_owner(struct mmu_notifier_range *range)
{
	return range->owner;
}

#line 1 "SM_HAVE_NOTIFY_EXCLUSIVE"
static __always_unused int sm_notify_exclusive(void)
{
	return MMU_NOTIFY_EXCLUSIVE;
}

#line 1 "SM_HAVE_HONOR_NUMA"
static __always_unused unsigned int sm_honor_numa(void)
{
	return FOLL_HONOR_NUMA_FAULT | FOLL_NOFAULT;
}

#line 1 "SM_HAVE_OPS_CHANGE_PTE"
static __always_unused bool sm_change_pte(struct mmu_notifier_ops *ops)
{
	return ops->change_pte;
}

#line 1 "SM_HAVE_OPS_INVALIDATE_RANGE"
static __always_unused bool sm_invalidate_range(struct mmu_notifier_ops *ops)
{
	return ops->invalidate_range;
}

#line 1 "SM_HAVE_OPS_ARCH_INVALIDATE"
static __always_unused bool sm_arch_invalidate(struct mmu_notifier_ops *ops)
{
	return ops->arch_invalidate_secondary_tlbs;
}

#line 1 "SM_HAVE_YOUNG_BOOL"
static __always_unused bool *sm_young_bool(struct mmu_notifier_ops *ops)
{
	__typeof__(ops->test_young(NULL, NULL, 0)) *result = NULL;

	return result;
}

#line 1 "SM_HAVE_INTERVAL_TWO_PASS"
static __always_unused bool
sm_two_pass(struct mmu_interval_notifier_ops *ops,
	    struct mmu_interval_notifier_finish *finish)
{
	return ops->invalidate_start && ops->invalidate_finish && finish;
}

#line 1 "SM_HAVE_VM_FLAGS_SET"
static __always_unused void sm_vm_flags_set_probe(struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_DONTCOPY);
}

#line 1 "SM_HAVE_FOLIO"
static __always_unused bool sm_folio(struct page *page)
{
	return folio_mark_dirty(page_folio(page));
}

#line 1 "SM_HAVE_KMAP_LOCAL"
static __always_unused void sm_kmap_local(struct page *page)
{
	kunmap_local(kmap_local_page(page));
}

#line 1 "SM_HAVE_NO_LLSEEK"
static __always_unused void *sm_no_llseek(void)
{
	return no_llseek;
}

#line 1 "SM_HAVE_GUP_VMAS"
static __always_unused long sm_gup_vmas(struct mm_struct *mm,
					struct page **pages)
{
	return pin_user_pages_remote(mm, 0, 1, 0, pages, NULL, NULL);
}

#line 1 "SM_HAVE_HMM_UNLOCKED"
static __always_unused int sm_hmm_unlocked(struct hmm_range *range)
{
	return hmm_range_fault_unlocked_timeout(range, 1);
}

#line 1 "SM_HAVE_KVM_ROOT"
static __always_unused u64 sm_kvm_root(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu = xa_load(&kvm->vcpu_array, 0);

	write_lock(&kvm->mmu_lock);
	write_unlock(&kvm->mmu_lock);

	return vcpu->arch.root_mmu.root_role.direct ?
	       vcpu->arch.root_mmu.root.hpa : 0;
}

#line 1 "SM_HAVE_ODP_MAP"
static __always_unused unsigned long sm_odp_map(struct ib_umem_odp *odp)
{
	return ib_uses_virt_dma(odp->umem.ibdev) ? HMM_PFN_DMA_MAPPED :
						   odp->map.pfn_list[0];
}

#line 1 "SM_HAVE_MIGRATE_VMA"
static __always_unused unsigned long sm_migrate_vma(struct migrate_vma *args)
{
	args->pgmap_owner = args->fault_page;
	args->flags = MIGRATE_VMA_SELECT_SYSTEM;

	return migrate_vma_setup(args);
}

#line 1 "SM_HAVE_MAKE_EXCLUSIVE"
static __always_unused struct page *sm_make_exclusive(struct mm_struct *mm,
						      struct folio **folio)
{
	return make_device_exclusive(mm, 0, mm, folio);
}

#line 1 "SM_HAVE_FTRACE_REGS"
static __always_unused unsigned long sm_ftrace_regs(ftrace_func_t fn,
						    struct ftrace_regs *regs)
{
	fn(0, 0, NULL, regs);

	return instruction_pointer(ftrace_get_regs(regs));
}

#line 1 "SM_HAVE_FTRACE_SET_IP"
static __always_unused int sm_ftrace_set_ip(ftrace_func_t fn,
					    struct ftrace_regs *regs)
{
	fn(0, 0, NULL, regs);
	ftrace_regs_set_instruction_pointer(regs, 0);

	return sizeof(char[IS_ENABLED(CONFIG_DYNAMIC_FTRACE_WITH_ARGS) ? 1 : -1]);
}

#line 1 "SM_HAVE_STRING_NS"
#undef MODULE_INFO
#define MODULE_INFO(tag, info)	sizeof(char[sizeof(info) == 1 ? 1 : -1])
static __always_unused int sm_string_ns(void)
{
	return MODULE_IMPORT_NS("");
}

#line 1 "SM_HAVE_DRM_DATE"
static __always_unused const char *sm_drm_date(const struct drm_driver *driver)
{
	return driver->date;
}

#line 1 "SM_HAVE_DRM_FEATURE_GPUVA"
static __always_unused u32 sm_drm_feature_gpuva(void)
{
	return DRIVER_GEM_GPUVA;
}

#line 1 "SM_HAVE_DRM_OBTAIN_LOCKED"
static __always_unused struct drm_gpuvm_bo *
sm_drm_obtain_locked(struct drm_gpuvm *gpuvm, struct drm_gem_object *obj)
{
	return drm_gpuvm_bo_obtain_locked(gpuvm, obj);
}

#line 1 "SM_HAVE_DRM_SCHED_RESET"
static __always_unused enum drm_gpu_sched_stat sm_drm_sched_reset(void)
{
	return DRM_GPU_SCHED_STAT_RESET;
}

#line 1 "SM_HAVE_GPUSVM"
static __always_unused void sm_gpusvm(struct drm_gpusvm *gpusvm,
				      struct drm_gpusvm_pages *pages,
				      struct drm_device *drm)
{
	drm_gpusvm_init_pages(pages, drm);
	drm_gpusvm_free_pages(gpusvm, pages, 1);
}

#line 1 "SM_HAVE_AMDGPU_VA_FENCES"
static __always_unused u32
sm_amdgpu_va_fences(const struct drm_amdgpu_gem_va *args)
{
	return args->vm_timeline_syncobj_out;
}
