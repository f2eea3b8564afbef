// SPDX-License-Identifier: GPL-2.0-only
/*
 * The callbacks that only a mirror of profile kvm has: those of aging, which
 * have to count a device's use as a use, and change_pte() where the kernel
 * still has it. Who calls them depends on the kernel:
 *
 *	clear_flush_young	reclaim by the classic lists
 *	clear_young		reclaim by generations; DAMON
 *	test_young		DAMON
 *	change_pte		copy on write, up to 6.9
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE		(16 * KSM_HUGE)
#define PAGES		512
#define LEN		(PAGES * KSM_PAGE)

#define LRU_GEN		"/sys/kernel/mm/lru_gen/enabled"
#define DAMON		"/sys/kernel/mm/damon/admin/kdamonds/"
#define CGROUPS		"/tmp/young-cgroups"
#define CGROUP		CGROUPS "/young"
#define WAIT_MS		20000

static struct ksm k;
static __u32 id;
static bool by_generations;
static char lru_gen[16], damon_stat[4];

static int put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int get(const char *path, char *value, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, value, size - 1);
	close(fd);
	value[n > 0 ? n : 0] = '\0';
	return n < 0 ? -EIO : 0;
}

/* No, too, if it has no names for anything (CONFIG_KALLSYMS). */
static bool kernel_has(const char *symbol)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[256], name[128];
	bool found = false;

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*x %*c %127s", name) == 1 &&
			!strcmp(name, symbol);
	fclose(f);
	return found;
}

/* Memory that the device has used, so that every entry is young. */
static char *begin(void)
{
	char *p;

	ksm_setup(&k, SIZE);
	id = ksm_mirror(&k, SM_PROFILE_KVM);
	p = ksm_map(&k, 0, LEN, PROT_READ | PROT_WRITE);
	ksm_fill(p, LEN);
	return p;
}

static void device_reads(const char *p)
{
	__u64 i, value;

	for (i = 0; i < PAGES; i++)
		ASSERT_EQ(ksm_read(&k, id, p + i * KSM_PAGE, &value), 0);
}

static __u64 accessed(const char *p)
{
	__u64 i, ent[PAGES], n = 0;

	ksm_snapshot(&k, id, p, PAGES, ent);
	for (i = 0; i < PAGES; i++)
		n += (ent[i] & SM_ENT_ACCESSED) != 0;
	return n;
}

/* A fault is no use; each use marks its own entry. */
static void used(void)
{
	char *p = begin();
	__u64 value;

	ASSERT_EQ(ksm_fault(&k, id, 0, p, LEN), 0);
	EXPECT_EQ(accessed(p), 0);
	EXPECT_EQ(ksm_read(&k, id, p + 3 * KSM_PAGE, &value), 0);
	EXPECT_EQ(accessed(p), 1);
	device_reads(p);
	EXPECT_EQ(accessed(p), PAGES);
	ksm_expect_true_mirror(&k, id, p, PAGES);
}

/* ---- who asks by himself -------------------------------------------------- */

static struct sm_ioc_age ask(const char *p, __u32 flags)
{
	struct sm_ioc_age a = {
		.size = sizeof(a),
		.flags = flags,
		.va = (uintptr_t)p,
	};
	int err = ksm_ioctl(k.fd, SM_IOC_AGE, &a);

	if (err == -EOPNOTSUPP)
		ksm_skip("nobody can be asked on this kernel");
	ASSERT_EQ(err, 0);
	return a;
}

static void asked(void)
{
	struct sm_ioc_age before, a;
	char *p = begin();
	__u64 value;

	before = ask(p, 0);
	EXPECT_FALSE(before.young);
	device_reads(p);
	EXPECT_TRUE(ask(p, 0).young);
	a = ask(p, SM_AGE_CLEAR);
	EXPECT_TRUE(a.young);
	EXPECT_EQ(a.cleared, before.cleared + 1);
	EXPECT_FALSE(ask(p, 0).young);
	EXPECT_TRUE(ask(p + KSM_PAGE, SM_AGE_FLUSH).young);
	EXPECT_FALSE(ask(p + KSM_PAGE, SM_AGE_FLUSH).young);
	EXPECT_EQ(accessed(p), PAGES - 2);
	EXPECT_EQ(ksm_read(&k, id, p + KSM_PAGE, &value), 0);
	a = ask(p + KSM_PAGE, 0);
	EXPECT_TRUE(a.young);
	EXPECT_EQ(a.cleared, before.cleared + 3);
}

/* An entry that takes the place of one that was used is none that was not. */
static void replaced(void)
{
	char *p = begin();

	device_reads(p);
	ASSERT_EQ(ksm_fault(&k, id, 0, p, LEN), 0);
	EXPECT_EQ(accessed(p), PAGES);
	EXPECT_TRUE(ask(p, 0).young);
}

static void never(void)
{
	char *p;
	__u64 value;

	ksm_setup(&k, SIZE);
	id = ksm_mirror_with(&k, SM_PROFILE_KVM, SM_DEFECT_NEVER_YOUNG);
	p = ksm_map(&k, 0, LEN, PROT_READ | PROT_WRITE);
	ksm_fill(p, LEN);
	ASSERT_EQ(ksm_read(&k, id, p, &value), 0);
	EXPECT_FALSE(ask(p, 0).young);
	EXPECT_FALSE(ask(p, SM_AGE_FLUSH).young);
}

/* Nobody has used it since it was to be forgotten. */
static void asked_again(void)
{
	struct sm_ioc_age a;
	char *p = begin();

	device_reads(p);
	a = ask(p, SM_AGE_CLEAR | SM_AGE_AGAIN);
	EXPECT_TRUE(a.unused);
	EXPECT_FALSE(a.young);
	EXPECT_EQ(accessed(p), PAGES - 1);
	a = ask(p + KSM_PAGE, SM_AGE_FLUSH | SM_AGE_AGAIN);
	EXPECT_TRUE(a.unused);
	EXPECT_FALSE(a.young);
	EXPECT_EQ(accessed(p), PAGES - 2);
	a.flags = SM_AGE_AGAIN;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_AGE, &a), -EINVAL);
}

static void always(void)
{
	struct sm_ioc_age a;
	char *p;

	ksm_setup(&k, SIZE);
	id = ksm_mirror_with(&k, SM_PROFILE_KVM, SM_DEFECT_ALWAYS_YOUNG);
	p = ksm_map(&k, 0, LEN, PROT_READ | PROT_WRITE);
	a = ask(p, SM_AGE_CLEAR | SM_AGE_AGAIN);
	EXPECT_TRUE(a.unused);
	EXPECT_TRUE(a.young);
}

/* ---- reclaim, in a control group of our own ------------------------------ */

/* Into a control group of our own, or the case skips. */
static void join_cgroup(void)
{
	mkdir(CGROUPS, 0700);
	if (mount("none", CGROUPS, "cgroup2", 0, NULL) && errno != EBUSY)
		ksm_skip("no cgroup2");
	put(CGROUPS "/cgroup.subtree_control", "+memory");
	mkdir(CGROUP, 0700);
	if (put(CGROUP "/memory.high", "max"))
		ksm_skip("no memory controller in cgroup2");
	ASSERT_EQ(put(CGROUP "/cgroup.procs", "0"), 0);
}

/* The device uses its entries, reclaim asks, until it was told so. */
static bool pressed(void *arg)
{
	struct sm_ioc_stats s;

	device_reads(arg);
	put(CGROUP "/memory.high", "1M");
	put(CGROUP "/memory.high", "max");
	s = ksm_stats(&k, id);
	return (by_generations ? s.clear_young : s.clear_flush_young) && s.aged;
}

static void reclaim(void)
{
	char *p;

	join_cgroup();
	p = begin();
	EXPECT_TRUE(ksm_wait_until(pressed, p, WAIT_MS));
	ksm_expect_true_mirror(&k, id, p, PAGES);
}

static void classic_reclaim(void)
{
	by_generations = false;
	put(LRU_GEN, "n");
	reclaim();
}

static void generations(void)
{
	if (put(LRU_GEN, "y"))
		ksm_skip("this kernel has no multi-generational LRU");
	/* They began to after change_pte() had gone. */
	if (kernel_has("__mmu_notifier_change_pte"))
		ksm_skip("the LRU of this kernel asks no notifier");
	by_generations = true;
	reclaim();
}

/* ---- DAMON --------------------------------------------------------------- */

/* A user of its own that runs from boot, on 7.x; there can be only one. */
#define DAMON_STAT	"/sys/module/damon_stat/parameters/enabled"
#define DAMON_CONTEXT	DAMON "0/contexts/0/"
#define DAMON_TARGET	DAMON_CONTEXT "targets/0/"
#define DAMON_REGION	DAMON_TARGET "regions/0/"

static int damon_put(const char *path, __u64 value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return put(path, text);
}

static void damon_on(const char *p)
{
	const char *intervals = DAMON_CONTEXT "monitoring_attrs/intervals/";
	char path[256];

	put(DAMON_STAT, "N");
	if (damon_put(DAMON "nr_kdamonds", 1))
		ksm_skip("this kernel has no DAMON in sysfs");
	ASSERT_EQ(damon_put(DAMON "0/contexts/nr_contexts", 1), 0);
	if (put(DAMON_CONTEXT "operations", "fvaddr"))
		ksm_skip("DAMON does not watch virtual addresses here");
	ASSERT_EQ(damon_put(DAMON_CONTEXT "targets/nr_targets", 1), 0);
	ASSERT_EQ(damon_put(DAMON_TARGET "pid_target", getpid()), 0);
	ASSERT_EQ(damon_put(DAMON_TARGET "regions/nr_regions", 1), 0);
	ASSERT_EQ(damon_put(DAMON_REGION "start", (uintptr_t)p), 0);
	ASSERT_EQ(damon_put(DAMON_REGION "end", (uintptr_t)p + LEN), 0);
	snprintf(path, sizeof(path), "%ssample_us", intervals);
	ASSERT_EQ(damon_put(path, 1000), 0);
	ASSERT_EQ(put(DAMON "0/state", "on"), 0);
}

static bool watched(void *arg)
{
	struct sm_ioc_stats s;

	device_reads(arg);
	s = ksm_stats(&k, id);
	return s.clear_young && s.test_young && s.aged;
}

static void damon(void)
{
	char *p = begin();

	device_reads(p);
	damon_on(p);
	EXPECT_TRUE(ksm_wait_until(watched, p, WAIT_MS));
	EXPECT_EQ(put(DAMON "0/state", "off"), 0);
	ksm_expect_true_mirror(&k, id, p, PAGES);
}

/* ---- change_pte ---------------------------------------------------------- */

/* The device sees the parent's copy, whoever told it so. */
static void change_pte(void)
{
	__u64 value, i;
	char *p;
	int pid;

	if (!kernel_has("__mmu_notifier_change_pte"))
		ksm_skip("this kernel has no such callback");
	p = begin();
	device_reads(p);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		pause();
		_exit(0);
	}
	device_reads(p);
	EXPECT_EQ(ksm_stats(&k, id).change_pte, 0);
	for (i = 0; i < PAGES; i++)
		*(__u64 *)(p + i * KSM_PAGE) = i;
	EXPECT_EQ(ksm_stats(&k, id).change_pte, PAGES);
	for (i = 0; i < PAGES; i++) {
		EXPECT_EQ(ksm_read(&k, id, p + i * KSM_PAGE, &value), 0);
		EXPECT_EQ(value, i);
	}
	ksm_expect_true_mirror(&k, id, p, PAGES);
	kill(pid, SIGKILL);
	ksm_child(pid);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(used),
		KSM_CASE(asked),
		KSM_CASE(replaced),
		KSM_CASE(never),
		KSM_CASE(asked_again),
		KSM_CASE(always),
		KSM_CASE(classic_reclaim),
		KSM_CASE(generations),
		KSM_CASE(damon),
		KSM_CASE(change_pte),
	};
	bool has_lru_gen = !get(LRU_GEN, lru_gen, sizeof(lru_gen));
	bool has_damon_stat = !get(DAMON_STAT, damon_stat, sizeof(damon_stat));
	int result = ksm_main(cases, ARRAY_SIZE(cases));

	/* As it was, however the cases ended. */
	if (has_lru_gen)
		put(LRU_GEN, lru_gen);
	put(DAMON "0/state", "off");
	put(DAMON "nr_kdamonds", "0");
	if (has_damon_stat)
		put(DAMON_STAT, damon_stat);
	rmdir(CGROUP);
	umount(CGROUPS);
	rmdir(CGROUPS);
	return result;
}
