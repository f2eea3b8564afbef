// SPDX-License-Identifier: GPL-2.0-only
/*
 * As in failnth.c: loading the module, and the calls that do what drivers do, and
 * that look into drivers or break them. What they hook, they let go of when they
 * fail; and what a driver is handed while it is broken, it gives back when it
 * fails itself.
 *
 * STALEMATE_TEST_LONG asks for each place of a load, and of making a virtual
 * machine, not only for some.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "ksm_rxe.h"

#define SIZE	(2 * KSM_HUGE)
#define PAGES	4
#define LEN	(PAGES * KSM_PAGE)
#define NTH_MANY	1000000
#define STEP		16	/* where there are hundreds that take long */

static struct ksm k;
static char *page;
static int vm = -1;
static int machine;
static int module;
static struct ksm_rxe rxe;
static __u32 region;

static unsigned int step(void)
{
	return getenv("STALEMATE_TEST_LONG") ? 1 : STEP;
}

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

/* ---- the module ----------------------------------------------------------- */

static void prepare_load(void)
{
	ASSERT_EQ(ksm_module_unload(), 0);
}

static int call_load(void)
{
	return syscall(SYS_finit_module, module, "", 0) ? -errno : 0;
}

/* The counts that come next are asked of the module. */
static void undo_load(int err)
{
	if (err)
		ASSERT_EQ(ksm_module_load(), 0);
}

static void open_module(void)
{
	char pattern[300];
	struct utsname u;
	glob_t found;

	ASSERT_EQ(uname(&u), 0);
	snprintf(pattern, sizeof(pattern), "/lib/modules/%s/*/stalemate.ko",
		 u.release);
	if (glob(pattern, 0, NULL, &found))
		ksm_skip("no stalemate.ko, or a packed one");
	module = open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC);
	ASSERT_GE(module, 0);
	globfree(&found);
}

/*
 * What the core does before it comes to our code is its own matter, and it warns
 * when it has no memory for a tracepoint. A load that ends at a wrong parameter
 * gets that far.
 */
static unsigned int places_before(void)
{
	unsigned int left;

	prepare_load();
	ksm_nth_arm(ksm_nth, NTH_MANY);
	EXPECT_EQ(syscall(SYS_finit_module, module, "selftest=?", 0), -1);
	EXPECT_EQ(errno, EINVAL);
	left = ksm_nth_left(ksm_nth);
	EXPECT_FALSE(ksm_nth_disarm());
	ASSERT_EQ(ksm_module_load(), 0);
	return NTH_MANY - left;
}

static void of_load(void)
{
	struct ksm_sweep sweep = {
		.name = "load", .prepare = prepare_load, .call = call_load,
		.undo = undo_load,
	};

	open_module();
	ksm_nth_start();
	sweep.skip = places_before();
	sweep.step = step();
	ksm_note("load: after %u places of the core's", sweep.skip);
	ksm_sweep(&sweep, 1);
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
		.defects = KSM_BITS(SM_SABOTAGE_NO_INVALIDATE),
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

	s->prepare();
	err = s->call();
	s->undo(err);
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

/* ... and then a driver comes, whose own allocations fail. */
static void prepare_armed(void)
{
	int err;

	prepare_context();
	err = call_sabotage();
	if (err == -EOPNOTSUPP)
		ksm_skip("this kernel has no dynamic ftrace");
	ASSERT_EQ(err, 0);
}

static __u64 broken(void)
{
	struct sm_ioc_query q;

	ASSERT_EQ(ksm_query(&q), 0);
	return q.broken;
}

static int call_machine(void)
{
	machine = ioctl(vm, KVM_CREATE_VM, 0);
	return machine < 0 ? -errno : 0;
}

/* One that came is broken until it goes. */
static void undo_machine(int err)
{
	if (!err) {
		EXPECT_GT(broken(), 0);
		close(machine);
	}
	undo_context(err);
	EXPECT_EQ(broken(), 0);
}

static int call_region(void)
{
	return ksm_rxe_try_register(&rxe, page, LEN, &region);
}

static void undo_region(int err)
{
	if (!err) {
		EXPECT_GT(broken(), 0);
		ksm_rxe_deregister(&rxe, region);
	}
	undo_context(err);
	EXPECT_EQ(broken(), 0);
}

static void open_kvm(void)
{
	vm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm < 0)
		ksm_skip("no /dev/kvm: modprobe kvm-amd or kvm-intel");
}

static void make_page(void)
{
	k.start = KSM_ARENA;
	page = ksm_map(&k, 0, LEN, PROT_READ | PROT_WRITE);
	madvise(page, LEN, MADV_NOHUGEPAGE);
	prepare_pages();
}

static void of_broken_kvm(void)
{
	struct ksm_sweep sweep = {
		.name = "a machine", .prepare = prepare_armed,
		.call = call_machine, .undo = undo_machine, .step = step(),
	};

	open_kvm();
	sweep_driver(&sweep);
}

static void of_broken_rxe(void)
{
	static const struct ksm_sweep sweep = {
		.name = "a region", .prepare = prepare_armed,
		.call = call_region, .undo = undo_region,
	};

	rxe = ksm_rxe_open();
	make_page();
	sweep_driver(&sweep);
}

static const struct ksm_sweep peek_sweep = {
	.name = "peek", .prepare = prepare_context, .call = call_peek,
	.undo = undo_context,
};

static void of_peek_kvm(void)
{
	open_kvm();
	vm = ioctl(vm, KVM_CREATE_VM, 0);
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

/* With something to see. */
static void prepare_region(void)
{
	int err;

	prepare_context();
	err = call_peek();
	if (err == -EOPNOTSUPP)
		ksm_skip("on-demand paging of this kernel cannot be read");
	ASSERT_EQ(err, 0);
	ASSERT_EQ(call_region(), 0);
}

static void undo_peek(int err)
{
	ksm_rxe_deregister(&rxe, region);
	undo_context(err);
}

static void of_peek_region(void)
{
	static const struct ksm_sweep sweep = {
		.name = "peek at a region", .prepare = prepare_region,
		.call = call_peek, .undo = undo_peek,
	};

	rxe = ksm_rxe_open();
	make_page();
	ksm_param = SM_DRIVER_UMEM_ODP;
	sweep_driver(&sweep);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(of_load),
		KSM_CASE(of_migrate),
		KSM_CASE(of_exclusive),
		KSM_CASE(of_sabotage),
		KSM_CASE(of_broken_kvm),
		KSM_CASE(of_broken_rxe),
		KSM_CASE(of_peek_kvm),
		KSM_CASE(of_peek_odp),
		KSM_CASE(of_peek_region),
	};

	return ksm_nth_main(cases, ARRAY_SIZE(cases));
}
