// SPDX-License-Identifier: GPL-2.0-only
/* How much memory is left, on machines that are made up. */
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cgroup.h"
#include "base/memory.h"

#define MIB	(1ULL << 20)
#define V2(mounted, at)							\
	"30 24 0:26 " mounted " " at " rw,nosuid shared:4 - cgroup2 none rw\n"
#define V1(mounted, at)							\
	"31 24 0:27 " mounted " " at " rw - cgroup none rw,memory,x\n"
#define OTHERS								\
	"24 1 0:1 / / rw - ext4 /dev/vda rw\n"				\
	"32 24 0:28 / /sys/fs/cgroup/cpu rw - cgroup none rw,cpu\n"

static char root[64];

static int forget(const char *path, const struct stat *st, int type,
		  struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int set_up(void **unused)
{
	(void)unused;
	snprintf(root, sizeof(root), "test_memory.XXXXXX");
	return !mkdtemp(root);
}

static int tear_down(void **unused)
{
	(void)unused;
	return nftw(root, forget, 8, FTW_DEPTH | FTW_PHYS);
}

/* A file with @text in it, and the folders that lead to it. */
static void file(const char *name, const char *text)
{
	char path[PATH_MAX];
	char *p;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	for (p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(path, 0777);
		*p = '/';
	}
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void machine(const char *cgroup, const char *mounts)
{
	file("proc/meminfo",
	     "MemTotal:        2048000 kB\nMemFree:            1000 kB\n"
	     "MemAvailable:    1048576 kB\nSwapFree:          90000 kB\n");
	file("proc/self/cgroup", cgroup);
	file("proc/self/mountinfo", mounts);
}

static void expect(uint64_t bytes, const char *limit)
{
	struct sm_memory_left left = sm_memory_left(root);

	assert_int_equal(left.bytes, bytes);
	assert_string_equal(left.limit, limit);
}

static void nobody_limits(void **unused)
{
	(void)unused;
	expect(UINT64_MAX, "");
	machine("0::/a\n", OTHERS);
	expect(1024 * MIB, "");
	machine("0::/a\n", OTHERS V2("/", "/sys/fs/cgroup"));
	file("sys/fs/cgroup/a/memory.max", "max\n");
	file("sys/fs/cgroup/a/memory.high", "max\n");
	file("sys/fs/cgroup/a/memory.current", "1048576\n");
	expect(1024 * MIB, "");
}

static void expect_cgroup(const char *dir)
{
	struct sm_memory_left left = sm_memory_left(root);

	char *path = dir[0] ? left.cgroup + strlen(root) : left.cgroup;

	assert_string_equal(path, dir);
}

static void our_cgroup_is_told(void **unused)
{
	(void)unused;
	machine("0::/a/b\n", OTHERS);
	expect_cgroup("");
	machine("0::/a/b\n", OTHERS V2("/", "/sys/fs/cgroup"));
	expect_cgroup("/sys/fs/cgroup/a/b");
	/* Of a container, which sees no more than its own. */
	machine("0::/\n", OTHERS V2("/", "/sys/fs/cgroup"));
	expect_cgroup("/sys/fs/cgroup");
	/* Memory is with version 1, and what there is of the other has no files. */
	machine("4:memory:/a\n0::/c\n",
		V1("/", "/sys/fs/cgroup/memory") V2("/", "/sys/fs/cgroup/unified"));
	expect_cgroup("/sys/fs/cgroup/unified/c");
}

static void expect_lacks(const char *why)
{
	const char *lack = sm_cgroup_lacks(root);

	if (why)
		assert_non_null(lack);
	else
		assert_null(lack);
	if (why && !strstr(lack, why))
		fail_msg("%s, and not: %s", lack, why);
}

static void a_run_has_one_of_its_own(void **unused)
{
	char us[32];

	(void)unused;
	machine("0::/a/b\n", OTHERS);
	expect_lacks("in sight");
	machine("0::/a/b\n", OTHERS V2("/", "/sys/fs/cgroup"));
	file("sys/fs/cgroup/a/b/cgroup.controllers", "cpu memory2\n");
	expect_lacks("no memory controller");
	file("sys/fs/cgroup/a/b/cgroup.controllers", "cpu memory\n");
	expect_lacks("written to");
	file("sys/fs/cgroup/a/b/cgroup.subtree_control", "");
	file("sys/fs/cgroup/a/b/cgroup.type", "domain\n");
	snprintf(us, sizeof(us), "1\n%d\n", getpid());
	file("sys/fs/cgroup/a/b/cgroup.procs", us);
	expect_lacks("not alone");
	file("sys/fs/cgroup/a/b/cgroup.procs", us + 2);
	expect_lacks(NULL);
}

static void so_it_has_where_all_may_be(void **unused)
{
	(void)unused;
	machine("0::/\n", OTHERS V2("/", "/sys/fs/cgroup"));
	file("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
	file("sys/fs/cgroup/cgroup.subtree_control", "cpu\n");
	expect_lacks("for itself");
	file("sys/fs/cgroup/cgroup.subtree_control", "cpu memory\n");
	expect_lacks(NULL);
}

static void who_is_in_it_is_told(void **unused)
{
	(void)unused;
	machine("0::/a/stalemate.7.run\n", OTHERS V2("/", "/sys/fs/cgroup"));
	expect_lacks(NULL);
	machine("0::/a/stalemate.7.session\n", OTHERS V2("/", "/sys/fs/cgroup"));
	expect_lacks("no memory controller");
	machine("0::/a/other.7.run\n", OTHERS V2("/", "/sys/fs/cgroup"));
	expect_lacks("no memory controller");
}

static void an_ancestor_limits(void **unused)
{
	(void)unused;
	machine("0::/a/b/c\n", OTHERS V2("/", "/sys/fs/cgroup"));
	file("sys/fs/cgroup/a/b/c/memory.max", "max\n");
	file("sys/fs/cgroup/a/b/memory.max", "104857600\n");
	file("sys/fs/cgroup/a/b/memory.current", "0\n");
	expect(100 * MIB, "/sys/fs/cgroup/a/b/memory.max");
	file("sys/fs/cgroup/a/memory.max", "73400320\n");
	file("sys/fs/cgroup/a/memory.current", "10485760\n");
	expect(60 * MIB, "/sys/fs/cgroup/a/memory.max");
	file("sys/fs/cgroup/a/b/memory.high", "20971520\n");
	expect(20 * MIB, "/sys/fs/cgroup/a/b/memory.high");
}

/* What is clean can be had; what is in a tmpfs cannot, although it is a file. */
static void some_of_it_is_clean(void **unused)
{
	(void)unused;
	machine("0::/a\n", V2("/", "/sys/fs/cgroup"));
	file("sys/fs/cgroup/a/memory.max", "104857600\n");
	file("sys/fs/cgroup/a/memory.current", "104857600\n");
	expect(0, "/sys/fs/cgroup/a/memory.max");
	file("sys/fs/cgroup/a/memory.stat",
	     "anon 0\nfile 94371840\nshmem 83886080\nactive_file 8388608\n"
	     "inactive_file 1048576\nslab_reclaimable 1048576\n");
	expect(10 * MIB, "/sys/fs/cgroup/a/memory.max");
}

static void version_1_limits(void **unused)
{
	(void)unused;
	machine("5:cpu:/c\n4:memory,x:/a/b\n0::/c\n",
		OTHERS V1("/", "/sys/fs/cgroup/memory"));
	file("sys/fs/cgroup/memory/memory.limit_in_bytes",
	     "9223372036854771712\n");
	file("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "104857600\n");
	file("sys/fs/cgroup/memory/a/b/memory.usage_in_bytes", "20971520\n");
	file("sys/fs/cgroup/memory/a/b/memory.stat",
	     "inactive_file 1\ntotal_inactive_file 10485760\n"
	     "total_active_file 0\n");
	expect(90 * MIB, "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes");
}

/* A container: the namespace's root is ours, and what is above it hidden. */
static void a_namespace_is_seen_from_inside(void **unused)
{
	(void)unused;
	machine("0::/\n", V2("/", "/sys/fs/cgroup"));
	file("sys/fs/cgroup/memory.max", "52428800\n");
	expect(50 * MIB, "/sys/fs/cgroup/memory.max");
	/* Its ancestor is mounted: what that allows counts, not where we are. */
	machine("0::/\n", V2("/../..", "/mnt/a\\040b"));
	file("mnt/a b/memory.max", "41943040\n");
	expect(40 * MIB, "/mnt/a b/memory.max");
	/* We were moved out of it. */
	machine("0::/../x\n", V2("/", "/sys/fs/cgroup"));
	expect(1024 * MIB, "");
}

/* No namespace, but only a part of the tree is mounted, or somebody else's. */
static void a_part_is_mounted(void **unused)
{
	(void)unused;
	machine("0::/box/ours/b\n", V2("/box/ours", "/sys/fs/cgroup"));
	file("sys/fs/cgroup/b/memory.max", "max\n");
	file("sys/fs/cgroup/memory.max", "31457280\n");
	expect(30 * MIB, "/sys/fs/cgroup/memory.max");
	machine("0::/box/ours2\n", V2("/box/ours", "/sys/fs/cgroup"));
	expect(1024 * MIB, "");
	machine("0::/box/ours\n", V2("/box/ours", "/sys/fs/cgroup"));
	expect(30 * MIB, "/sys/fs/cgroup/memory.max");
}

#define test(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(nobody_limits),
		test(our_cgroup_is_told),
		test(a_run_has_one_of_its_own),
		test(so_it_has_where_all_may_be),
		test(who_is_in_it_is_told),
		test(an_ancestor_limits),
		test(some_of_it_is_clean),
		test(version_1_limits),
		test(a_namespace_is_seen_from_inside),
		test(a_part_is_mounted),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
