// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading KVM's nested page tables, on x86.
 *
 * The caller's file is a virtual machine's, and stays open: so the machine, its
 * vCPUs and KVM itself stay. Its page tables are freed, and roots leave vCPUs,
 * under mmu_lock, which is held for writing. What is in a root is in use, or can
 * be until its vCPU reloads: KVM invalidates obsolete roots along with the others.
 * A root of shadow paging is indexed by what the guest's own page tables translate:
 * it says nothing of guest physical addresses, and is only counted.
 *
 * The lock is only tried: a writer that waits holds up all vCPUs, and a KVM that
 * was broken on purpose may die with the lock held.
 *
 * No function of KVM is called, so this module does not depend on its.
 */
#include <linux/fs.h>
#include <linux/kallsyms.h>
#include <linux/uaccess.h>

#include "compat/compat.h"
#include "look.h"
#include "peek_kvm.h"

#ifdef SM_HAVE_KVM_ROOT

#include <linux/kvm_host.h>
#include <linux/mem_encrypt.h>

#define SM_SPTE_BITS	9
#define SM_SPTE_NR	BIT(SM_SPTE_BITS)

struct sm_kvm_root {
	hpa_t hpa;
	unsigned int level;
};

/* Its operations are static, and its module is whichever drives the hardware. */
static struct kvm *sm_kvm_of(struct file *file)
{
	char name[KSYM_SYMBOL_LEN];

	sprint_symbol_no_offset(name,
				(unsigned long)file->f_op->unlocked_ioctl);
	if (strcmp(name, "kvm_vm_ioctl [kvm]") && strcmp(name, "kvm_vm_ioctl"))
		return NULL;

	return file->private_data;
}

/* Is it indexed by guest physical addresses? */
static bool sm_kvm_nested(const struct kvm_mmu *mmu)
{
	return mmu->root_role.direct && mmu->root_role.level >= 4;
}

/* Most vCPUs share the first one's. */
static bool sm_kvm_seen(struct kvm *kvm, unsigned long nr, hpa_t hpa)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		const struct kvm_mmu *mmu = &vcpu->arch.root_mmu;

		if (i >= nr)
			break;
		if (READ_ONCE(mmu->root.hpa) == hpa && sm_kvm_nested(mmu))
			return true;
	}

	return false;
}

/* Count the different roots of vCPUs; @r is the one that is asked for. */
static void sm_kvm_collect(struct kvm *kvm, struct sm_look *p,
			   struct sm_kvm_root *r)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	lockdep_assert_held_write(&kvm->mmu_lock);

	/* Without any, older kernels go through those that are being made. */
	if (!atomic_read(&kvm->online_vcpus))
		return;
	kvm_for_each_vcpu(i, vcpu, kvm) {
		const struct kvm_mmu *mmu = &vcpu->arch.root_mmu;
		hpa_t hpa = READ_ONCE(mmu->root.hpa);

		if (!VALID_PAGE(hpa))
			continue;
		if (!sm_kvm_nested(mmu)) {
			p->unread++;
			continue;
		}
		if (sm_kvm_seen(kvm, i, hpa) || p->tables++ != p->table)
			continue;
		r->hpa = hpa;
		r->level = mmu->root_role.level;
	}
}

static u64 sm_spte_address(u64 spte)
{
	return spte & GENMASK_ULL(boot_cpu_data.x86_phys_bits - 1, PAGE_SHIFT) &
	       ~sme_me_mask;
}

/*
 * What the processor translates by. KVM lets it fault on purpose on what is
 * emulated: with a reserved bit (AMD), or without the first one (Intel).
 */
static bool sm_spte_present(u64 spte)
{
	u64 reserved = boot_cpu_data.x86_phys_bits < 52 ?
		       GENMASK_ULL(51, boot_cpu_data.x86_phys_bits) : 0;

	return (spte & _PAGE_PRESENT) && !(spte & reserved & ~sme_me_mask);
}

static u64 sm_spte_entry(u64 spte, u64 gfn, unsigned int level)
{
	unsigned int order = (level - 1) * SM_SPTE_BITS;
	u64 pfn = sm_spte_address(spte) >> PAGE_SHIFT;

	pfn = (pfn & ~(BIT_ULL(order) - 1)) | (gfn & (BIT_ULL(order) - 1));

	return SM_ENT_PRESENT | pfn | (u64)order << SM_ENT_ORDER_SHIFT |
	       (spte & _PAGE_RW ? SM_ENT_WRITE : 0);
}

/* Entries of the page of page table entries at @table, from that of @gfn on. */
static void sm_kvm_leaf(u64 table, u64 gfn, u64 *ent, unsigned int nr)
{
	const u64 *from = (u64 *)__va(table) + gfn % SM_SPTE_NR;
	unsigned int i;

	if (copy_from_kernel_nofault(ent, from, nr * sizeof(*ent))) {
		memset(ent, 0, nr * sizeof(*ent));
		return;
	}
	for (i = 0; i < nr; i++)
		ent[i] = sm_spte_present(ent[i]) ?
			 sm_spte_entry(ent[i], gfn + i, 1) : 0;
}

/* The batch does not cross a page of page table entries, so it has one path. */
static void sm_kvm_walk(u64 table, unsigned int level, struct sm_look *p)
{
	u64 gfn = p->start >> PAGE_SHIFT, spte;
	unsigned int i;

	for (; level > 1; level--) {
		unsigned int slot = gfn >> (level - 1) * SM_SPTE_BITS;

		slot %= SM_SPTE_NR;
		if (get_kernel_nofault(spte, (u64 *)__va(table) + slot) ||
		    !sm_spte_present(spte))
			return;
		if (spte & _PAGE_PSE)
			break;
		table = sm_spte_address(spte);
	}
	if (level == 1)
		sm_kvm_leaf(table, gfn, p->ent, p->nr);
	for (i = 0; level > 1 && level < 4 && i < p->nr; i++)
		p->ent[i] = sm_spte_entry(spte, gfn + i, level);
}

static int sm_kvm_try(struct kvm *kvm, struct sm_look *p)
{
	struct sm_kvm_root r = { .level = 0 };

	if (!write_trylock(&kvm->mmu_lock))
		return -EBUSY;
	sm_kvm_collect(kvm, p, &r);
	if (r.level)
		sm_kvm_walk(r.hpa, r.level, p);
	write_unlock(&kvm->mmu_lock);

	return 0;
}

/* A machine's file is known by the name of a function. */
u64 sm_peek_kvm_features(void)
{
	return IS_ENABLED(CONFIG_KALLSYMS) ? SM_FEATURE_PEEK_KVM : 0;
}

int sm_peek_kvm(struct sm_look *p)
{
	struct kvm *kvm = sm_kvm_of(p->file);

	if (!kvm)
		return -EINVAL;

	return kvm->mm == p->mm ? sm_kvm_try(kvm, p) : -EPERM;
}

#else /* SM_HAVE_KVM_ROOT */

u64 sm_peek_kvm_features(void)
{
	return 0;
}

int sm_peek_kvm(struct sm_look *p)
{
	return -EOPNOTSUPP;
}

#endif /* SM_HAVE_KVM_ROOT */
