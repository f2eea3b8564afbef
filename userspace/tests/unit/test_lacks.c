// SPDX-License-Identifier: GPL-2.0-only
/* What is said to be switched off, of kernels that are made up. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "backends/host.h"
#include "base/ops.h"
#include "base/util.h"
#include "judge/known.h"
#include "judge/lacks.h"
#include "judge/oracles.h"
#include "module/defects.h"
#include "module/load.h"
#include "real_ops.h"
#include "run/choose.h"
#include "wrap_lacks.h"

/* Seen in the kernel log alone. */
#define IN_THE_LOG \
	"splat remove-locked use-freed reclaim-lock free-early double-queue mmput reclaim-shared "

#define EVERY_FEATURE	(SM_FEATURE_MIGRATE | SM_FEATURE_EXCLUSIVE |	\
			 SM_FEATURE_STACKS |				\
			 SM_FEATURE_SABOTAGE | SM_FEATURE_PEEK_KVM |	\
			 SM_FEATURE_PEEK_ODP | SM_FEATURE_AGE)

#define DEBUG_ALONE							\
	"remove-locked no-drain use-freed reclaim-lock free-early double-queue mmput reclaim-shared drm-free-running "

/* What access() says of these files, if anything. */
static const char *refused_path;
static int refused_errno;
static const char *missing_path;

static struct sm_ioc_query module;
static char why[512];

int __wrap_access(const char *path, int mode)
{
	if (missing_path && !strcmp(path, missing_path)) {
		errno = ENOENT;
		return -1;
	}
	if (!refused_path || strcmp(path, refused_path))
		return __real_access(path, mode);
	errno = refused_errno;
	return refused_errno ? -1 : 0;
}

/* A filter, as of a container, forbids userfaultfd. */
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	if (number != SYS_userfaultfd)
		return __real_syscall(number, a, b, c, d, e, f);
	errno = EPERM;
	return -1;
}

/* A debug kernel that lacks nothing. */
static struct sm_lacks healthy(void)
{
	struct sm_lacks l = { .told = &module, .debug = true };

	memset(&module, 0, sizeof(module));
	module.profiles = SM_BIT(SM_PROFILE_NR) - 1;
	memset(module.defects, 0xff, sizeof(module.defects));
	module.features = EVERY_FEATURE;
	return l;
}

static void without_op(struct sm_lacks *l, const char *op, const char *reason)
{
	unsigned int row;

	for (row = 0; sm_ops[row].name; row++)
		if (!strcmp(sm_ops[row].name, op))
			break;
	assert_non_null(sm_ops[row].name);
	l->ops[row] = reason;
}

static unsigned int oracle(const char *name)
{
	unsigned int i;

	for (i = 0; strcmp(sm_oracles[i].name, name); i++)
		assert_non_null(sm_oracles[i + 1].name);
	return i;
}

/* Exactly these lack something: names with a blank after each. */
static void expect_oracles(const struct sm_lacks *l, const char *names)
{
	char got[256] = "";
	unsigned int i;

	for (i = 0; sm_oracles[i].name; i++)
		if (sm_lacks_oracle(l, i, why, sizeof(why)))
			snprintf(got + strlen(got), sizeof(got) - strlen(got),
				 "%s ", sm_oracles[i].name);
	assert_string_equal(got, names);
}

static void expect_defects(const struct sm_lacks *l, const char *names)
{
	char got[1024] = "";
	unsigned int i;

	for (i = 0; sm_defects[i].name; i++)
		if (sm_lacks_defect(l, i, why, sizeof(why)))
			snprintf(got + strlen(got), sizeof(got) - strlen(got),
				 "%s ", sm_defects[i].name);
	assert_string_equal(got, names);
}

static void expect(const char *part)
{
	if (!strstr(why, part))
		fail_msg("'%s' says nothing of '%s'", why, part);
}

static void nothing(void **unused)
{
	struct sm_lacks l = healthy();

	(void)unused;
	expect_oracles(&l, "");
	expect_defects(&l, "");
	assert_null(sm_lacks_arming(&l));
	assert_null(sm_lacks_emitters(&l));
}

/* Every defect that says which op shows it names one that exists. */
static void ops_exist(void **unused)
{
	unsigned int i, row;

	(void)unused;
	for (i = 0; sm_defects[i].name; i++) {
		if (!sm_defects[i].op)
			continue;
		for (row = 0; sm_ops[row].name; row++)
			if (!strcmp(sm_ops[row].name, sm_defects[i].op))
				break;
		if (!sm_ops[row].name)
			fail_msg("%s: no op %s", sm_defects[i].name,
				 sm_defects[i].op);
	}
}

static void no_reaping(void **unused)
{
	struct sm_lacks l = healthy();

	(void)unused;
	without_op(&l, SM_OPS_REAP, "no such call");
	expect_oracles(&l, "blocking ");
	sm_lacks_oracle(&l, oracle("blocking"), why, sizeof(why));
	expect("no such call: ");
	expect_defects(&l,
		       "nonblock-lie nonblock-sleep refuse-with-end refuse-nonblock ");
	assert_string_equal(sm_lacks_sight(&l, SM_DEFECT_NONBLOCK_LIE),
			    "no such call");
	assert_null(sm_lacks_sight(&l, SM_DEFECT_NO_RETRY));
}

static void no_tables(void **unused)
{
	struct sm_lacks l = healthy();

	(void)unused;
	module.features &= ~SM_FEATURE_PEEK_KVM;
	expect_oracles(&l, "pagemap ");
	sm_lacks_oracle(&l, oracle("pagemap"), why, sizeof(why));
	expect("not on backend kvm");
	assert_null(strstr(why, "verbs"));
	module.features &= ~SM_FEATURE_PEEK_ODP;
	sm_lacks_oracle(&l, oracle("pagemap"), why, sizeof(why));
	expect("not on backend kvm; ");
	expect("not on backend verbs");
}

static void no_ageing(void **unused)
{
	struct sm_lacks l = healthy();

	(void)unused;
	module.features &= ~SM_FEATURE_AGE;
	expect_oracles(&l, "young ");
	sm_lacks_oracle(&l, oracle("young"), why, sizeof(why));
	expect("CONFIG_KPROBES");
}

static void no_hooks(void **unused)
{
	struct sm_lacks l = healthy();

	(void)unused;
	module.features &= ~SM_FEATURE_SABOTAGE;
	expect_oracles(&l, "");
	expect_defects(&l, "no-invalidate ");
	sm_lacks_defect(&l, SM_DEFECT_OF_DRIVER(SM_SABOTAGE_NO_INVALIDATE), why,
			sizeof(why));
	expect("CONFIG_FUNCTION_TRACER");
}

static void no_stacks(void **unused)
{
	struct sm_lacks l = healthy();

	(void)unused;
	module.features &= ~SM_FEATURE_STACKS;
	assert_non_null(strstr(sm_lacks_emitters(&l), "CONFIG_STACKTRACE"));
	expect_oracles(&l, "contract ");
	expect_defects(&l, "refuse-nonblock ");
	assert_string_equal(sm_lacks_sight(&l, SM_DEFECT_REFUSE_NONBLOCK),
			    SM_LACKS_CALLERS);
}

static void no_huge_pages(void **unused)
{
	struct sm_lacks l = healthy();

	(void)unused;
	l.small = true;
	expect_oracles(&l, "");
	expect_defects(&l, "thp-head-only dirty-huge drm-partial-huge ");
	sm_lacks_defect(&l, SM_DEFECT_THP_HEAD_ONLY, why, sizeof(why));
	expect("CONFIG_TRANSPARENT_HUGEPAGE");
}

static void no_drain(void **unused)
{
	struct sm_lacks l = healthy();

	(void)unused;
	l.undrained = "no lists of the LRU";
	expect_oracles(&l, "refs ");
	sm_lacks_oracle(&l, oracle("refs"), why, sizeof(why));
	expect("no lists of the LRU: no page is seen to stay");
	expect_defects(&l, "leak-pin ");
}

static void no_log(void **unused)
{
	struct sm_lacks l = healthy();

	(void)unused;
	snprintf(l.log, sizeof(l.log), "no permission to read it");
	expect_oracles(&l, "kernel ");
	sm_lacks_oracle(&l, oracle("kernel"), why, sizeof(why));
	expect("no permission to read it: new taint alone is seen");
	/* These give themselves away by nothing else; no-drain by refs, too. */
	expect_defects(&l, IN_THE_LOG "drm-free-running drm-refuse ");
}

static void features_are_each_their_own(void **unused)
{
	struct sm_lacks l = healthy();

	(void)unused;
	module.features = SM_FEATURE_MIGRATE;
	assert_non_null(sm_lacks_emitters(&l));
	assert_true(sm_lacks_feature(&l, SM_FEATURE_EXCLUSIVE));
	assert_false(sm_lacks_feature(&l, SM_FEATURE_MIGRATE));
}

static void some_defects(void **unused)
{
	struct sm_lacks l = healthy();

	(void)unused;
	module.profiles &= ~SM_BIT(SM_PROFILE_TWO_PASS);
	expect_defects(&l, "no-finish faulted-kept prefetch-stale list-lost ");
	l = healthy();
	l.debug = false;
	expect_defects(&l, DEBUG_ALONE);
	l = healthy();
	memset(module.defects, 0, sizeof(module.defects));
	assert_non_null(strstr(sm_lacks_arming(&l), "allow_defects"));
	assert_true(sm_lacks_defect(&l, SM_DEFECT_NO_RETRY, why, sizeof(why)));
}

static void no_module(void **unused)
{
	struct sm_lacks l = healthy();

	(void)unused;
	l.told = NULL;
	/* Once for the oracle: the op that it takes does, too. */
	without_op(&l, SM_OPS_REAP, SM_LACKS_MODULE);
	expect_oracles(&l, "pagemap late over coverage denied blocking young flush contract ");
	sm_lacks_oracle(&l, oracle("blocking"), why, sizeof(why));
	assert_string_equal(why, SM_LACKS_MODULE);
	assert_string_equal(sm_lacks_arming(&l), SM_LACKS_MODULE);
	assert_string_equal(sm_lacks_emitters(&l), SM_LACKS_MODULE);
	assert_false(sm_lacks_feature(&l, SM_FEATURE_STACKS));
}

static const char *op_lacks(const char *name)
{
	const struct sm_op *op = sm_ops;
	const char *lack = "";

	while (strcmp(op->name, name))
		op++;
	return sm_ops_lacks(op, &lack) ? lack : "";
}

/* It is there, and who asks is root. */
static void a_read_only_drain(void **unused)
{
	(void)unused;
	sm_load_forbid();
	refused_path = SM_LACKS_DRAIN;
	refused_errno = EROFS;
	assert_string_equal(sm_lacks_here()->undrained,
			    SM_LACKS_DRAIN ": Read-only file system");
	refused_path = NULL;
}

static void a_hidden_pagemap(void **unused)
{
	(void)unused;
	refused_path = "/proc/self/pagemap";
	refused_errno = EACCES;
	assert_string_equal(op_lacks("wp-scan"),
			    "no permission to use /proc/self/pagemap");
	refused_path = NULL;
}

/* What is for root alone is not forbidden to root by that. */
static void a_filter(void **unused)
{
	(void)unused;
	if (geteuid())
		skip();
	assert_null(strstr(op_lacks("uffd-wp"), "for root alone"));
	assert_non_null(strstr(op_lacks("uffd-wp"), "filter"));
}

/* Nobody asks a node that would load it. */
static void kvm_that_is_not_loaded(void **unused)
{
	(void)unused;
	if (sm_kvm_backend.attach) {
		sm_load_forbid();
		refused_path = "/dev/kvm";
		refused_errno = 0;
		missing_path = "/sys/module/kvm";
		assert_int_equal(sm_kvm_backend.probe(why, sizeof(why)),
				 SM_SKIP);
		expect("KVM is not loaded");
		refused_path = NULL;
		missing_path = NULL;
	}
}

static struct sm_set op_of_name(const char *name)
{
	struct sm_set set = { { 0 } };
	unsigned int row;

	for (row = 0; strcmp(sm_ops[row].name, name); row++)
		assert_non_null(sm_ops[row + 1].name);
	sm_set_add(&set, row);
	return set;
}

/* A run of munmap and this op has none but munmap, and one of the op alone says why. */
static void expect_left_out(const struct sm_run_spec *s, const char *op,
			    const char *reason)
{
	static struct sm_run_result r;
	static struct sm_scene scene;
	struct sm_set unmap = op_of_name("munmap"), out = op_of_name(op);

	scene.spec = s;
	scene.result = &r;
	scene.ops = out;
	sm_set_or(&scene.ops, &unmap);
	assert_int_equal(sm_choose_ops(&scene), 0);
	assert_memory_equal(&scene.ops, &unmap, sizeof(unmap));
	assert_non_null(strstr(r.skipped[sm_set_next(&out, 0)], reason));
	assert_string_equal(r.skipped[sm_set_next(&unmap, 0)], "");
	scene.ops = out;
	assert_int_equal(sm_choose_ops(&scene), -EOPNOTSUPP);
	assert_non_null(strstr(r.reason, reason));
}

/* It would hang; the other ops of the run do not. */
static void pinned_pages_are_not_moved(void **unused)
{
	struct sm_run_spec s = {
		.backend = &sm_mock_backend,
		.profiles = { SM_PROFILE_HMM, SM_PROFILE_HFI1 },
		.nr_profiles = 2,
		.memory = SM_BIT(SM_MEM_ANON),
	};

	(void)unused;
	expect_left_out(&s, "uffd-move", "a profile pins pages");
	s.backend = &sm_radeon_backend;
	s.nr_profiles = 0;
	expect_left_out(&s, "uffd-move", "pins pages");
}

static void touched_pages_do_not_look_unused(void **unused)
{
	const struct sm_run_spec s = {
		.backend = &sm_intel_sva_backend,
		.memory = SM_BIT(SM_MEM_ANON),
	};

	(void)unused;
	expect_left_out(&s, "age", "the first to use a page");
	expect_left_out(&s, "cold", "the first to use a page");
	expect_left_out(&s, "dirty", "the first to use a page");
	expect_left_out(&s, "free", "the first to use a page");
}

/* Of shared hugetlb alone is it known; other memory has its holes. */
static void holes_are_left_out_where_they_are_known(void **unused)
{
	static const char *const punches[] = { "remove", "punch", "truncate" };
	struct sm_run_spec s = {
		.backend = &sm_mock_backend,
		.memory = SM_BIT(SM_MEM_HUGETLB_SHARED),
		.avoid = SM_BIT(SM_KNOWN_HUGETLB_RANGE),
	};
	static struct sm_run_result r;
	static struct sm_scene scene = { .result = &r };
	unsigned int i;

	(void)unused;
	scene.spec = &s;
	for (i = 0; i < SM_ARRAY_SIZE(punches); i++) {
		scene.ops = op_of_name(punches[i]);
		assert_int_equal(sm_choose_ops(&scene), -EOPNOTSUPP);
		assert_non_null(strstr(r.reason, "what is to be avoided"));
	}
	memset(&r, 0, sizeof(r));
	s.memory |= SM_BIT(SM_MEM_SHMEM);
	assert_int_equal(sm_choose_ops(&scene), 0);
	i = sm_set_next(&scene.ops, 0);
	assert_int_equal(scene.lacks[i], SM_BIT(SM_MEM_HUGETLB_SHARED));
	assert_string_equal(r.skipped[i], "");
	s.avoid = 0;
	assert_int_equal(sm_choose_ops(&scene), 0);
	assert_int_equal(scene.lacks[i], 0);
}

static void huge_pages_that_leak_are_not_migrated(void **unused)
{
	const struct sm_run_spec s = { .backend = &sm_mock_backend,
				       .memory = SM_BIT(SM_MEM_ANON_THP),
				       .avoid = SM_BIT(SM_KNOWN_MIGRATE_LEAK) };

	(void)unused;
	expect_left_out(&s, "migrate-huge", "what is to be avoided");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(huge_pages_that_leak_are_not_migrated),
		cmocka_unit_test(ops_exist),
		cmocka_unit_test(no_reaping),
		cmocka_unit_test(no_tables),
		cmocka_unit_test(no_ageing),
		cmocka_unit_test(no_hooks),
		cmocka_unit_test(no_stacks),
		cmocka_unit_test(no_huge_pages),
		cmocka_unit_test(no_drain),
		cmocka_unit_test(no_log),
		cmocka_unit_test(features_are_each_their_own),
		cmocka_unit_test(some_defects),
		cmocka_unit_test(no_module),
		cmocka_unit_test(a_read_only_drain),
		cmocka_unit_test(a_hidden_pagemap),
		cmocka_unit_test(a_filter),
		cmocka_unit_test(kvm_that_is_not_loaded),
		cmocka_unit_test(pinned_pages_are_not_moved),
		cmocka_unit_test(touched_pages_do_not_look_unused),
		cmocka_unit_test(holes_are_left_out_where_they_are_known),
	};

	return cmocka_run_group_tests_name("lacks", tests, NULL, NULL);
}
