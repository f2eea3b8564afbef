// SPDX-License-Identifier: GPL-2.0-only
/*
 * A KVM that keeps none of its promises about slots is found out, and one that
 * keeps them is not. The KVM is ours: a function for each thing it is asked.
 */
#ifdef __x86_64__

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define kvm_slots_run		fake_slots_run
#define kvm_vm_slot		fake_vm_slot
#define kvm_vm_slot_start	fake_vm_slot_start
#define kvm_vm_slot_bytes	fake_vm_slot_bytes
#define kvm_vcpu_access		fake_vcpu_access
#define ioctl			fake_ioctl

#include "backends/kvm/slots.c"
#include "host_bed.h"

/* What the fake does wrong. */
static bool keeps_deleted, keeps_moved, ignores_read_only, forgets_dirty;

/* What it was told of its only slot. */
static bool present;
static uint32_t flags;
static uint64_t moved;
static unsigned int told, gone;
static uint64_t dirty[SM_GRANULE_PAGES / 64];

static struct sm_run_result result;
static struct sm_wire wire;
static struct host_bed bed;
static const struct sm_backend backend = { .name = "kvm" };
static const struct sm_run_spec spec = { .backend = &backend, .keep_going = true };
static const struct sm_run_spec careful = {
	.backend = &backend,
	.avoid = SM_BIT(SM_KNOWN_KVM_SLOT),
};

static struct kvm_vm vm;
static struct kvm_slots slots;

int fake_vm_slot(struct kvm_vm *m, unsigned int slot, uint32_t slot_flags,
		 bool is_present, uint64_t move)
{
	(void)m;
	(void)slot;
	flags = slot_flags;
	present = is_present;
	moved = move;
	gone += !is_present || move;
	if (++told == 20)
		sm_write(&bed.end.stop, 1);
	return 0;
}

uint64_t fake_vm_slot_start(const struct kvm_vm *m, unsigned int slot)
{
	(void)slot;
	return m->start;
}

uint64_t fake_vm_slot_bytes(const struct kvm_vm *m, unsigned int slot)
{
	(void)slot;
	return m->end - m->start;
}

static bool refuses(const struct sm_access *a)
{
	return (!present && !keeps_deleted) || (moved && !keeps_moved) ||
	       (a->write && (flags & KVM_MEM_READONLY) && !ignores_read_only);
}

int fake_vcpu_access(struct kvm_vcpu *v, struct sm_access *a, unsigned int nr)
{
	uint64_t page;

	(void)v;
	for (; nr; nr--, a++) {
		a->error = refuses(a) ? -EFAULT : 0;
		page = (a->va - vm.start) >> SM_PAGE_SHIFT;
		if (a->write && !a->error && !forgets_dirty)
			dirty[page / 64] |= 1ULL << page % 64;
	}
	return 0;
}

int fake_ioctl(int fd, unsigned long request, ...)
{
	struct kvm_dirty_log *log;
	va_list args;

	(void)fd;
	assert_int_equal(request, KVM_GET_DIRTY_LOG);
	va_start(args, request);
	log = va_arg(args, struct kvm_dirty_log *);
	va_end(args);
	memcpy(log->dirty_bitmap, dirty, sizeof(dirty));
	memset(dirty, 0, sizeof(dirty));
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(&result, 0, sizeof(result));
	memset(&vm, 0, sizeof(vm));
	memset(&slots, 0, sizeof(slots));
	keeps_deleted = false;
	keeps_moved = false;
	ignores_read_only = false;
	forgets_dirty = false;
	fake_vm_slot(&vm, 0, 0, true, 0);
	told = 0;
	gone = 0;
	vm.start = SM_ARENA_START;
	vm.end = SM_ARENA_START + SM_GRANULE_SIZE;
	slots.vm = &vm;
	host_bed_init(&bed, &spec, &wire, &result);
	slots.host = &bed.host;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	host_bed_destroy(&bed);
	return 0;
}

/* Each of them, and the slot is as it was. */
static void change_all(void)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		assert_int_equal(slots_delete(&slots, 0), 0);
		assert_int_equal(slots_move(&slots, 0), 0);
		assert_int_equal(slots_read_only(&slots, 0), 0);
		assert_int_equal(slots_log(&slots, 0), 0);
	}
	assert_true(present);
	assert_int_equal(flags, 0);
	assert_int_equal(moved, 0);
}

static void expect(const char *oracle, const char *what)
{
	unsigned int i;

	change_all();
	assert_true(result.nr_findings > 0);
	for (i = 0; i < result.nr_findings; i++) {
		assert_string_equal(result.findings[i].oracle, oracle);
		assert_non_null(strstr(result.findings[i].text, what));
	}
}

static void a_good_one_is_not_accused(void **state)
{
	(void)state;
	change_all();
	assert_int_equal(result.violations_total, 0);
	assert_int_equal(slots.logged_writes, 4 * 4 * SLOTS_TRIES);
}

static void a_deleted_slot_that_stays(void **state)
{
	(void)state;
	keeps_deleted = true;
	expect("content", "through a slot that was deleted");
}

static void a_slot_that_does_not_move(void **state)
{
	(void)state;
	keeps_moved = true;
	expect("content", "through a slot that was moved away");
}

static void a_read_only_slot_that_can_be_written(void **state)
{
	(void)state;
	ignores_read_only = true;
	expect("perm", "through a read-only slot");
}

static void a_dirty_log_that_forgets(void **state)
{
	(void)state;
	forgets_dirty = true;
	expect("dirty", "the dirty log does not know");
}

/* A fault that finds no slot may find one a moment later: docs/found/kvm-slot.md. */
static void slots_stay_where_that_is_avoided(void **state)
{
	(void)state;
	bed.scene.spec = &careful;
	kvm_slots_run(&slots);
	assert_int_equal(told, 20);
	assert_int_equal(gone, 0);
	assert_int_equal(slots.logged, 10);
}

#define TEST(fn)	cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_one_is_not_accused),
		TEST(a_deleted_slot_that_stays),
		TEST(a_slot_that_does_not_move),
		TEST(a_read_only_slot_that_can_be_written),
		TEST(a_dirty_log_that_forgets),
		TEST(slots_stay_where_that_is_avoided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	return 77;	/* automake's: skipped */
}

#endif /* __x86_64__ */
