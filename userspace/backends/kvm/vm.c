// SPDX-License-Identifier: GPL-2.0-only
/* A virtual machine whose memory is the arena: memory and slots. */
#ifdef __x86_64__

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "vm.h"

/* Inside the VM: virtual and physical addresses of what is ours. */
#define VA_PAGES	0x40000000ULL
#define VA_TAGS		0x8000000000ULL
#define GPA_PAGES	0x1000000000ULL
#define GPA_TAGS	0x1800000000ULL

#define SLOT_PAGES	KVM_SLOTS
#define SLOT_TAGS	(KVM_SLOTS + 1)

#define PTE_TABLE	0x07ULL		/* present, writable, user */
#define PTE_LEAF	0xe3ULL		/* ... accessed, dirty, 2 MiB */
#define PTE_NR		512

#define GDT_CODE	0x00af9b000000ffffULL	/* selector 8: 64 bits, flat */
#define GDT_DATA	0x00cf93000000ffffULL	/* selector 16 */
#define GATE_INTERRUPT	0x8e0000080000ULL	/* present, interrupts off, selector 8 */
#define HUGE_SHIFT	21

static int vm_fail(struct kvm_vm *vm, const char *what)
{
	int err = errno;

	snprintf(vm->why, sizeof(vm->why), "%s: %s", what, strerror(err));
	return -err;
}

/* kvm_vm_alloc() - pages that both sides can use, zeroed; NULL: no room. */
void *kvm_vm_alloc(struct kvm_vm *vm, size_t size)
{
	void *p;

	size = (size + SM_PAGE_SIZE - 1) & ~(SM_PAGE_SIZE - 1);
	if (size > vm->pages_size - vm->used)
		return NULL;
	p = vm->pages + vm->used;
	vm->used += size;
	return p;
}

uint64_t kvm_vm_va(const struct kvm_vm *vm, const void *p)
{
	return VA_PAGES + ((const char *)p - vm->pages);
}

uint64_t kvm_vm_gpa(const struct kvm_vm *vm, const void *p)
{
	return GPA_PAGES + ((const char *)p - vm->pages);
}

uint64_t kvm_vm_tags_va(void)
{
	return VA_TAGS;
}

/* ---- page tables inside the VM: huge pages, everything writable ---------- */

static uint64_t *vm_table(struct kvm_vm *vm, uint64_t *entry)
{
	uint64_t *table;

	if (*entry)
		return (uint64_t *)(vm->pages +
				    ((*entry & ~0xfffULL) - GPA_PAGES));
	table = kvm_vm_alloc(vm, SM_PAGE_SIZE);
	if (table)
		*entry = kvm_vm_gpa(vm, table) | PTE_TABLE;
	return table;
}

static int vm_map(struct kvm_vm *vm, uint64_t va, uint64_t gpa, uint64_t size)
{
	uint64_t end = va + size;
	uint64_t *table;

	for (; va < end; va += 1 << HUGE_SHIFT, gpa += 1 << HUGE_SHIFT) {
		table = vm_table(vm, &vm->tables[va >> 39 & (PTE_NR - 1)]);
		if (table)
			table = vm_table(vm,
					 &table[va >> 30 & (PTE_NR - 1)]);
		if (!table) {
			errno = ENOMEM;
			return vm_fail(vm, "no room for page tables");
		}
		table[va >> HUGE_SHIFT & (PTE_NR - 1)] = gpa | PTE_LEAF;
	}
	return 0;
}

static int vm_map_all(struct kvm_vm *vm)
{
	int err;

	vm->tables = kvm_vm_alloc(vm, SM_PAGE_SIZE);
	if (!vm->tables)
		return -ENOMEM;
	err = vm_map(vm, VA_PAGES, GPA_PAGES, vm->pages_size);
	if (!err)
		err = vm_map(vm, VA_TAGS, GPA_TAGS, vm->tags_size);
	if (!err)
		err = vm_map(vm, vm->start, 0, vm->end - vm->start);
	return err;
}

/* ---- exceptions ---------------------------------------------------------- */

static int vm_gates(struct kvm_vm *vm)
{
	uint64_t at = kvm_vm_va(vm, vm->pages) +
		      (kvm_guest_traps - kvm_guest_start);
	unsigned int i;

	vm->gates = kvm_vm_alloc(vm, sizeof(*vm->gates));
	if (!vm->gates)
		return -ENOMEM;
	vm->gates->gdt[1] = GDT_CODE;
	vm->gates->gdt[2] = GDT_DATA;
	for (i = 0; i < KVM_TRAPS; i++, at += KVM_TRAP_SIZE) {
		vm->gates->idt[i][0] = GATE_INTERRUPT | (at & 0xffff) |
				       (at >> 16 & 0xffff) << 48;
		vm->gates->idt[i][1] = at >> 32;
	}
	return 0;
}

/* ---- slots --------------------------------------------------------------- */

static int vm_set_slot(struct kvm_vm *vm, unsigned int slot, uint32_t flags,
		       uint64_t gpa, uint64_t size, uint64_t va)
{
	struct kvm_userspace_memory_region r = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = va,
	};

	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &r) < 0)
		return vm_fail(vm, "KVM_SET_USER_MEMORY_REGION");
	return 0;
}

uint64_t kvm_vm_slot_start(const struct kvm_vm *vm, unsigned int slot)
{
	return vm->start + slot * vm->slot_size;
}

uint64_t kvm_vm_slot_bytes(const struct kvm_vm *vm, unsigned int slot)
{
	uint64_t start = kvm_vm_slot_start(vm, slot);

	return slot + 1 < vm->nr_slots ? vm->slot_size : vm->end - start;
}

/*
 * kvm_vm_slot() - set a slot of the arena: with @flags, @move bytes from where
 * it belongs, or not at all.
 */
int kvm_vm_slot(struct kvm_vm *vm, unsigned int slot, uint32_t flags,
		bool present, uint64_t move)
{
	uint64_t start = kvm_vm_slot_start(vm, slot);

	return vm_set_slot(vm, slot, present ? flags : 0,
			   start - vm->start + move,
			   present ? kvm_vm_slot_bytes(vm, slot) : 0, start);
}

static int vm_set_slots(struct kvm_vm *vm)
{
	uint64_t granules = (vm->end - vm->start) >> HUGE_SHIFT;
	unsigned int i;
	int err;

	vm->nr_slots = granules < KVM_SLOTS ? granules : KVM_SLOTS;
	vm->slot_size = granules / vm->nr_slots << HUGE_SHIFT;
	err = vm_set_slot(vm, SLOT_PAGES, 0, GPA_PAGES, vm->pages_size,
			  (uint64_t)vm->pages);
	if (!err)
		err = vm_set_slot(vm, SLOT_TAGS, 0, GPA_TAGS, vm->tags_size,
				  (uint64_t)vm->tags);
	for (i = 0; i < vm->nr_slots && !err; i++)
		err = kvm_vm_slot(vm, i, 0, true, 0);
	return err;
}

/* ---- lifetime ------------------------------------------------------------ */

/*
 * Shared, so that a fork copies nothing, and locked, so that nothing of the
 * storm or of reclaim ever touches what the programs themselves live on.
 */
static int vm_pages(struct kvm_vm *vm)
{
	void *p = mmap(NULL, vm->pages_size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return vm_fail(vm, "memory for the machine");
	vm->pages = p;
	if (madvise(p, vm->pages_size, MADV_DONTFORK) < 0)
		return vm_fail(vm, "MADV_DONTFORK");
	/* Without the right to lock it is slower, nothing else. */
	mlock(p, vm->pages_size);
	memcpy(p, kvm_guest_start, kvm_guest_end - kvm_guest_start);
	vm->used = SM_PAGE_SIZE;
	return 0;
}

static int vm_open(struct kvm_vm *vm)
{
	int size;

	vm->kvm = open(KVM_DEVICE, O_RDWR | O_CLOEXEC);
	if (vm->kvm < 0)
		return vm_fail(vm, KVM_DEVICE);
	size = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < 0)
		return vm_fail(vm, "KVM_GET_VCPU_MMAP_SIZE");
	vm->run_size = size;
	vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		return vm_fail(vm, "KVM_CREATE_VM");
	return 0;
}

/*
 * kvm_vm_create() - the caller has set the members of @vm up to @pages_size,
 * and must destroy it also if this fails.
 */
int kvm_vm_create(struct kvm_vm *vm)
{
	size_t size = vm->pages_size;
	int err;

	vm->kvm = -1;
	vm->fd = -1;
	vm->tags_size = (vm->tags_size + SM_PAGE_SIZE - 1) &
			~(SM_PAGE_SIZE - 1);
	/* Page tables: a few for each region, one per GiB; the program; gates. */
	size += (17 + ((vm->end - vm->start + vm->tags_size) >> 30)) *
		SM_PAGE_SIZE;
	vm->pages_size = (size + SM_PAGE_SIZE - 1) & ~(SM_PAGE_SIZE - 1);
	err = vm_open(vm);
	if (!err)
		err = vm_pages(vm);
	if (!err)
		err = vm_map_all(vm);
	if (!err)
		err = vm_gates(vm);
	return err ? err : vm_set_slots(vm);
}

void kvm_vm_destroy(struct kvm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++) {
		if (vm->vcpus[i].run)
			munmap(vm->vcpus[i].run, vm->run_size);
		close(vm->vcpus[i].fd);
	}
	if (vm->fd >= 0)
		close(vm->fd);
	if (vm->kvm >= 0)
		close(vm->kvm);
	if (vm->pages)
		munmap(vm->pages, vm->pages_size);
}

#endif /* __x86_64__ */
