// SPDX-License-Identifier: GPL-2.0-only
/*
 * As in failnth.c: the calls that do what drivers do, and that look into drivers
 * or break them. What they hook, they let go of when they fail.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE	(2 * KSM_HUGE)
#define PAGES	4
#define LEN	(PAGES * KSM_PAGE)

static struct ksm k;
static char *page;
static int vm = -1;

static void skip_without(__u64 feature)
{
	struct sm_ioc_query q;

	ASSERT_EQ(ksm_query(&q), 0);
	if (!(q.features & feature))
		ksm_skip("this kernel does not export what it takes");
}

static void prepare_pages(void)
{
	ksm_fill(page, LEN);
}

/* ksm_param: its flags. Pages that could not be had are left as they were. */
static int call_migrate(void)
{
	struct sm_ioc_migrate g = {
		.size = sizeof(g), .flags = ksm_param,
		.start = (uintptr_t)page, .end = (uintptr_t)page + LEN,
	};

	return ksm_ioctl(k.fd, SM_IOC_MIGRATE, &g);
}

static void expect_pages(int err)
{
	unsigned int i;

	(void)err;
	for (i = 0; i < LEN; i += KSM_PAGE)
		EXPECT_EQ(*(__u64 *)(page + i), ksm_word(page + i));
}

static void move(__u64 feature, unsigned int flags)
{
	static const struct ksm_sweep sweeps[] = {
		{ .name = "migrate", .prepare = prepare_pages,
		  .call = call_migrate, .undo = expect_pages },
	};

	skip_without(feature);
	ksm_nth_start();
	ksm_setup(&k, SIZE);
	page = ksm_map(&k, 0, LEN, PROT_READ | PROT_WRITE);
	ksm_param = flags;
	ksm_sweep(sweeps, ARRAY_SIZE(sweeps));
}

static void of_migrate(void)
{
	move(SM_FEATURE_MIGRATE, 0);
}

static void of_exclusive(void)
{
	move(SM_FEATURE_EXCLUSIVE, SM_MIGRATE_EXCLUSIVE);
}

/* ---- drivers: what is hooked is let go of with the file -------------------- */

static void prepare_context(void)
{
	k.fd = ksm_open();
	ASSERT_GE(k.fd, 0);
	k.setup = (struct sm_ioc_setup){
		.size = sizeof(k.setup),
		.ring_order = 8,
		.start = KSM_ARENA,
		.end = KSM_ARENA + SIZE,
		.cookie = KSM_COOKIE,
	};
	ASSERT_EQ(ksm_ioctl(k.fd, SM_IOC_SETUP, &k.setup), 0);
}

static void undo_context(int err)
{
	(void)err;
	close(k.fd);
}

static int call_sabotage(void)
{
	struct sm_ioc_sabotage s = {
		.size = sizeof(s),
		.defects = 1ULL << SM_DEFECT_NO_INVALIDATE,
	};

	return ksm_ioctl(k.fd, SM_IOC_SABOTAGE, &s);
}

static int call_peek(void)
{
	__u64 ent[PAGES];
	struct sm_ioc_peek p = {
		.size = sizeof(p), .driver = ksm_param, .fd = vm,
		.start = KSM_ARENA, .end = KSM_ARENA + LEN,
		.buf = (uintptr_t)ent,
	};

	return ksm_ioctl(k.fd, SM_IOC_PEEK, &p);
}

/* Once without a failure: that it does not work here is no failure. */
static void sweep_driver(const struct ksm_sweep *s)
{
	int err;

	prepare_context();
	err = s->call();
	undo_context(err);
	if (err == -EOPNOTSUPP)
		ksm_skip("not to be had in this kernel");
	ksm_nth_start();
	ksm_sweep(s, 1);
}

static void of_sabotage(void)
{
	static const struct ksm_sweep sweep = {
		.name = "sabotage", .prepare = prepare_context,
		.call = call_sabotage, .undo = undo_context,
	};

	sweep_driver(&sweep);
}

static const struct ksm_sweep peek_sweep = {
	.name = "peek", .prepare = prepare_context, .call = call_peek,
	.undo = undo_context,
};

static void of_peek_kvm(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvm < 0)
		ksm_skip("no /dev/kvm: modprobe kvm-amd or kvm-intel");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	ASSERT_GE(vm, 0);
	ksm_param = SM_DRIVER_KVM;
	sweep_driver(&peek_sweep);
}

static void of_peek_odp(void)
{
	vm = -1;
	if (system("modprobe ib_uverbs"))
		ksm_skip("no ib_uverbs in this kernel");
	ksm_param = SM_DRIVER_UMEM_ODP;
	sweep_driver(&peek_sweep);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(of_migrate),
		KSM_CASE(of_exclusive),
		KSM_CASE(of_sabotage),
		KSM_CASE(of_peek_kvm),
		KSM_CASE(of_peek_odp),
	};

	return ksm_nth_main(cases, ARRAY_SIZE(cases));
}
