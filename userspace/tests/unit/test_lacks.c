// SPDX-License-Identifier: GPL-2.0-only
/* What is said to be switched off, of kernels that are made up. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends.h"
#include "engine.h"
#include "lacks.h"
#include "load.h"
#include "ops.h"
#include "refs.h"
#include "tables.h"
#include "util.h"
#include "wrap_lacks.h"

#define EVERY_FEATURE	(SM_FEATURE_MIGRATE | SM_FEATURE_EXCLUSIVE |	\
			 SM_FEATURE_TOLD | SM_FEATURE_STACKS |		\
			 SM_FEATURE_SABOTAGE | SM_FEATURE_PEEK_KVM |	\
			 SM_FEATURE_PEEK_ODP)

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

int __wrap_sm_ops_uffd_try_protect(void)
{
	return -EPERM;
}

/* A debug kernel that lacks nothing. */
static struct sm_lacks healthy(void)
{
	struct sm_lacks l = { .told = &module, .debug = true };

	memset(&module, 0, sizeof(module));
	module.profiles = SM_BIT(SM_PROFILE_NR) - 1;
	module.defects = SM_BIT(SM_DEFECT_NR) - 1;
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

	for (i = 0; i < SM_DEFECT_NR; i++)
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
	for (i = 0; i < SM_DEFECT_NR; i++) {
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

static void no_hooks(void **unused)
{
	struct sm_lacks l = healthy();

	(void)unused;
	module.features &= ~SM_FEATURE_SABOTAGE;
	expect_oracles(&l, "");
	expect_defects(&l, "no-invalidate ");
	sm_lacks_defect(&l, SM_DEFECT_NO_INVALIDATE, why, sizeof(why));
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
	expect_defects(&l, "thp-head-only ");
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
	/* These give themselves away by nothing else. */
	expect_defects(&l, "splat reclaim-lock free-early double-queue mmput ");
}

/* What it says nothing about is not said to be missing. */
static void old_module(void **unused)
{
	struct sm_lacks l = healthy();

	(void)unused;
	module.features = SM_FEATURE_MIGRATE;
	expect_oracles(&l, "");
	expect_defects(&l, "");
	assert_null(sm_lacks_emitters(&l));
	assert_true(sm_lacks_feature(&l, SM_FEATURE_EXCLUSIVE));
	assert_false(sm_lacks_feature(&l, SM_FEATURE_MIGRATE));
}

static void some_defects(void **unused)
{
	struct sm_lacks l = healthy();

	(void)unused;
	module.profiles &= ~SM_BIT(SM_PROFILE_TWO_PASS);
	expect_defects(&l, "no-finish ");
	l = healthy();
	l.debug = false;
	expect_defects(&l, "reclaim-lock free-early double-queue mmput ");
	l = healthy();
	module.defects = 0;
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
	expect_oracles(&l, "pagemap late over coverage blocking contract ");
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
	refused_path = SM_REFS_DRAIN;
	refused_errno = EROFS;
	assert_string_equal(sm_lacks_here()->undrained,
			    SM_REFS_DRAIN ": Read-only file system");
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

/* It would hang; the other ops of the run do not. */
static void pinned_pages_are_not_moved(void **unused)
{
	static struct sm_run_result r;
	static struct sm_engine e;
	struct sm_run_spec s = {
		.backend = &sm_mock_backend,
		.profiles = { SM_PROFILE_HMM, SM_PROFILE_HFI1 },
		.nr_profiles = 2,
		.memory = SM_BIT(SM_MEM_ANON),
	};
	uint64_t move = 0, unmap = 0;
	unsigned int row;

	(void)unused;
	for (row = 0; sm_ops[row].name; row++) {
		if (!strcmp(sm_ops[row].name, "uffd-move"))
			move = SM_BIT(row);
		if (!strcmp(sm_ops[row].name, "munmap"))
			unmap = SM_BIT(row);
	}
	e.spec = &s;
	e.result = &r;
	e.ops = move | unmap;
	assert_int_equal(sm_ops_choose(&e), 0);
	assert_int_equal(e.ops, unmap);
	e.ops = move;
	assert_int_equal(sm_ops_choose(&e), -EOPNOTSUPP);
	assert_non_null(strstr(r.reason, "a profile pins pages"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(ops_exist),
		cmocka_unit_test(no_reaping),
		cmocka_unit_test(no_tables),
		cmocka_unit_test(no_hooks),
		cmocka_unit_test(no_stacks),
		cmocka_unit_test(no_huge_pages),
		cmocka_unit_test(no_drain),
		cmocka_unit_test(no_log),
		cmocka_unit_test(old_module),
		cmocka_unit_test(some_defects),
		cmocka_unit_test(no_module),
		cmocka_unit_test(a_read_only_drain),
		cmocka_unit_test(a_hidden_pagemap),
		cmocka_unit_test(a_filter),
		cmocka_unit_test(kvm_that_is_not_loaded),
		cmocka_unit_test(pinned_pages_are_not_moved),
	};

	return cmocka_run_group_tests_name("lacks", tests, NULL, NULL);
}
