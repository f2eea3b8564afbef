// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breaking a real driver: KVM, if there is /dev/kvm, and rxe, which has interval
 * notifiers, if it pages on demand. What is broken pins the module until it is
 * gone, however that happens, and no longer.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm_rxe.h"

#define SIZE	(2 * KSM_HUGE)
#define WAIT_MS	10000
#define MANY	64		/* subscriptions that can be broken at a time */
#define AREA	(8 * KSM_PAGE)	/* of a memory region, across the arena's end */

enum { KVM, RXE };

#define ON_KVM(fn)	{ .name = #fn ".kvm", .run = fn, .param = KVM }
#define ON_RXE(fn)	{ .name = #fn ".rxe", .run = fn, .param = RXE }

static struct ksm k;
static struct ksm_rxe rxe;
static char *area;

static int arm(void)
{
	struct sm_ioc_sabotage s = {
		.size = sizeof(s),
		.defects = KSM_BITS(SM_SABOTAGE_NO_INVALIDATE),
	};

	return ksm_ioctl(k.fd, SM_IOC_SABOTAGE, &s);
}

static void begin_armed(void)
{
	int err;

	ksm_setup(&k, SIZE);
	err = arm();
	if (err == -EOPNOTSUPP)
		ksm_skip("this kernel has no dynamic ftrace");
	ASSERT_EQ(err, 0);
}

static int make_machine(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm;

	if (kvm < 0)
		ksm_skip("no /dev/kvm: modprobe kvm-amd or kvm-intel");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	close(kvm);
	ASSERT_GE(vm, 0);
	return vm;
}

/* @area reaches as far beyond the arena as into it. */
static __u32 make_region(void)
{
	rxe = ksm_rxe_open();
	if (!area) {
		area = mmap((void *)(k.end - AREA / 2), AREA,
			    PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			    -1, 0);
		ASSERT_EQ((uintptr_t)area, k.end - AREA / 2);
		madvise(area, AREA, MADV_NOHUGEPAGE);
		ksm_fill(area, AREA);
	}
	return ksm_rxe_register(&rxe, area, AREA);
}

/* Something that is broken until the file is closed. */
static int make_victim(void)
{
	if (ksm_param == KVM)
		return make_machine();
	make_region();
	return rxe.fd;
}

static struct sm_ioc_query counts(void)
{
	struct sm_ioc_query q;

	ASSERT_EQ(ksm_query(&q), 0);
	return q;
}

static void arguments(void)
{
	const struct sm_ioc_sabotage none = { .size = sizeof(none) };
	struct sm_ioc_sabotage s = none;
	unsigned int i;

	ksm_setup(&k, SIZE);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_SABOTAGE, &s), -EINVAL);
	for (i = SM_SABOTAGE_NR; i < SM_DEFECT_ROOM; i++) {
		s = none;
		s.defects[i / 64] = 1ULL << i % 64;
		EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_SABOTAGE, &s), -EINVAL);
		s.defects[0] |= 1ULL << SM_SABOTAGE_NO_INVALIDATE;
		EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_SABOTAGE, &s), -EINVAL);
	}
	for (i = 0; i < ARRAY_SIZE(s.reserved); i++) {
		s = none;
		s.defects[0] = 1ULL << SM_SABOTAGE_NO_INVALIDATE;
		s.reserved[i] = 1;
		EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_SABOTAGE, &s), -EINVAL);
	}
}

static void once(void)
{
	begin_armed();
	EXPECT_EQ(arm(), -EBUSY);
}

/* Our own mirrors are no real drivers: they still hear of everything. */
static void mirrors_are_spared(void)
{
	__u32 mirror;
	char *p;

	begin_armed();
	mirror = ksm_mirror(&k, SM_PROFILE_KVM);
	p = ksm_map(&k, 0, 4 * KSM_PAGE, PROT_READ | PROT_WRITE);
	ksm_fill(p, 4 * KSM_PAGE);
	ASSERT_EQ(ksm_fault(&k, mirror, 0, p, 4 * KSM_PAGE), 0);
	ASSERT_EQ(ksm_stats(&k, mirror).present, 4);
	ASSERT_EQ(munmap(p, 4 * KSM_PAGE), 0);
	EXPECT_EQ(ksm_stats(&k, mirror).present, 0);
}

/* How many invalidations of the region that pages cost were kept from it? */
static __u64 swallowed(char *first, size_t pages)
{
	struct sm_ioc_query before = counts(), after;

	ksm_fill(area, AREA);
	ASSERT_EQ(madvise(first, pages * KSM_PAGE, MADV_DONTNEED), 0);
	after = counts();
	EXPECT_EQ(after.swallowed - before.swallowed +
		  after.passed - before.passed, 1);
	return after.swallowed - before.swallowed;
}

/* What lies in the arena is swallowed, what goes beyond it is passed on. */
static void interval(void)
{
	char *end;

	begin_armed();
	make_region();
	end = area + AREA / 2;
	EXPECT_EQ(counts().broken, 1);
	EXPECT_EQ(swallowed(area, 1), 1);
	EXPECT_EQ(swallowed(end - 2 * KSM_PAGE, 2), 1);
	EXPECT_EQ(swallowed(end - KSM_PAGE, 2), 0);
	EXPECT_EQ(swallowed(end, 1), 0);
	close(rxe.fd);
	EXPECT_EQ(counts().broken, 0);
}

/* Who came before is not broken, nor who is elsewhere. */
static void interval_spared(void)
{
	struct sm_ioc_query before = counts();
	__u32 early, outside;
	char *elsewhere;

	ksm_setup(&k, SIZE);
	early = make_region();
	if (arm())
		ksm_skip("this kernel has no dynamic ftrace");
	outside = ksm_rxe_register(&rxe, area + AREA / 2, AREA / 2);
	elsewhere = mmap(NULL, KSM_PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(elsewhere, MAP_FAILED);
	ksm_rxe_deregister(&rxe, ksm_rxe_register(&rxe, elsewhere, KSM_PAGE));
	EXPECT_EQ(counts().broken, 0);
	ASSERT_EQ(madvise(area, AREA, MADV_DONTNEED), 0);
	EXPECT_EQ(counts().swallowed, before.swallowed);
	EXPECT_EQ(counts().passed, before.passed);
	ksm_rxe_deregister(&rxe, outside);
	ksm_rxe_deregister(&rxe, early);
}

/* As many as there may be, again and again; one more stays whole. */
static void interval_many(void)
{
	__u32 region[MANY + 1];
	unsigned int i, round;

	begin_armed();
	region[0] = make_region();
	for (round = 0; round < 3; round++) {
		for (i = 1; i < ARRAY_SIZE(region); i++)
			region[i] = ksm_rxe_register(&rxe, area, KSM_PAGE);
		EXPECT_EQ(counts().broken, MANY);
		while (--i)
			ksm_rxe_deregister(&rxe, region[i]);
		EXPECT_EQ(counts().broken, 1);
	}
	ksm_rxe_deregister(&rxe, region[0]);
	EXPECT_EQ(counts().broken, 0);
}

static bool unloaded(void *arg)
{
	(void)arg;
	return !ksm_module_unload();
}

static void expect_unloads(void)
{
	EXPECT_TRUE(ksm_wait_until(unloaded, NULL, WAIT_MS));
	ASSERT_EQ(ksm_module_load(), 0);
}

/*
 * Run @body in a child of its own mm, and wait until it says that it is ready.
 * A child that cannot go on (no KVM) ends without that.
 */
static int start(void (*body)(void))
{
	int pipes[2], pid;
	char ready;

	ASSERT_EQ(pipe(pipes), 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pipes[0]);
		body();
		if (write(pipes[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(pipes[1]);
	if (read(pipes[0], &ready, 1) != 1) {
		waitpid(pid, NULL, 0);
		ksm_skip("no such driver, or no dynamic ftrace");
	}
	close(pipes[0]);
	return pid;
}

static void broken_victim(void)
{
	begin_armed();
	make_victim();
}

/* Killed in the middle of it all. */
static void killed(void)
{
	int pid = start(broken_victim);

	EXPECT_EQ(ksm_module_unload(), -EWOULDBLOCK);
	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	expect_unloads();
}

static void victim_outlives(void)
{
	static int pid;

	begin_armed();
	make_victim();
	pid = fork();
	if (pid)
		return;
	/* Holds the victim, and the context no longer. */
	close(k.fd);
	prctl(PR_SET_PDEATHSIG, 0);
	sleep(2);
	_exit(0);
}

/* The context is gone and the victim is not: it still has our callbacks. */
static void outlived(void)
{
	int pid = start(victim_outlives);

	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	EXPECT_TRUE(ksm_idle(WAIT_MS, true));
	EXPECT_EQ(ksm_module_unload(), -EWOULDBLOCK);
	expect_unloads();
}

/* The victim is gone and the context is not. */
static void victim_first(void)
{
	int victim;

	begin_armed();
	victim = make_victim();
	ASSERT_EQ(close(victim), 0);
	ksm_unmap_device(&k);
	ASSERT_EQ(close(k.fd), 0);
	expect_unloads();
}

/* Probes that are switched off: who comes is caught, and let go of. */
static void no_kprobes(void)
{
	int victim;

	begin_armed();
	ksm_kprobes(false);
	victim = make_victim();
	EXPECT_EQ(counts().broken, 1);
	close(victim);
	ksm_kprobes(true);
	EXPECT_EQ(counts().broken, 0);
	ksm_unmap_device(&k);
	ASSERT_EQ(close(k.fd), 0);
	expect_unloads();
}

/* ... and who was caught before is let go of. */
static void kprobes_go(void)
{
	int victim;

	begin_armed();
	victim = make_victim();
	EXPECT_EQ(counts().broken, 1);
	ksm_kprobes(false);
	close(victim);
	ksm_kprobes(true);
	EXPECT_EQ(counts().broken, 0);
	ksm_unmap_device(&k);
	ASSERT_EQ(close(k.fd), 0);
	expect_unloads();
}

/* Who would catch nobody says so; and who may catch somebody keeps ftrace on. */
static void no_ftrace(void)
{
	int err;

	if (ksm_module_unload() || ksm_module_load())
		ksm_skip("cannot load the module anew");
	if (ksm_set(KSM_FTRACE, "0"))
		ksm_skip("cannot switch ftrace off");
	ksm_setup(&k, SIZE);
	err = arm();
	EXPECT_EQ(ksm_set(KSM_FTRACE, "1"), 0);
	if (err == -EOPNOTSUPP)
		ksm_skip("this kernel has no dynamic ftrace");
	EXPECT_EQ(err, -ESHUTDOWN);
	EXPECT_EQ(arm(), 0);
	EXPECT_EQ(ksm_set(KSM_FTRACE, "0"), -EBUSY);
	EXPECT_EQ(counts().broken, 0);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(arguments),
		KSM_CASE(once),
		KSM_CASE(mirrors_are_spared),
		KSM_CASE(interval),
		KSM_CASE(interval_spared),
		KSM_CASE(interval_many),
		ON_KVM(killed),
		ON_RXE(killed),
		ON_KVM(outlived),
		ON_RXE(outlived),
		ON_KVM(victim_first),
		ON_RXE(victim_first),
		KSM_CASE(no_ftrace),
		ON_KVM(no_kprobes),
		ON_RXE(no_kprobes),
		ON_KVM(kprobes_go),
		ON_RXE(kprobes_go),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
