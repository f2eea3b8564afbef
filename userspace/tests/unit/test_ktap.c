// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of tests, and KTAP lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/ktap.h"
#include "stub_catalogue.h"

static struct sm_run_spec spec_of(unsigned int nr)
{
	struct sm_run_spec spec;

	memset(&spec, 0, sizeof(spec));
	spec.backend = STUB_MOCK;
	spec.profiles[0] = SM_PROFILE_KVM;
	spec.profiles[1] = SM_PROFILE_HMM;
	spec.nr_profiles = nr;
	spec.ops = sm_set_below(3);
	return spec;
}

static void expect_name(const struct sm_run_spec *spec, const char *want)
{
	char name[SM_KTAP_NAME];

	sm_ktap_name(spec, name, sizeof(name));
	assert_string_equal(name, want);
}

static void names_follow_the_scheme(void **state)
{
	struct sm_run_spec spec = spec_of(1);

	(void)state;
	expect_name(&spec, "mock.kvm.storm");
	spec.ops = sm_set_of(1);
	expect_name(&spec, "mock.kvm.mprotect-ro");
	spec.defects = sm_set_of(SM_DEFECT_NO_RETRY);
	expect_name(&spec, "mock.kvm.mprotect-ro.no-retry");
	spec = spec_of(2);
	spec.defects = sm_set_of(SM_DEFECT_FORGET);
	sm_set_add(&spec.defects, SM_DEFECT_SPLAT);
	expect_name(&spec, "mock.kvm_hmm.storm.forget_splat");
}

static void names_keep_to_the_charset(void **state)
{
	struct sm_run_spec spec = spec_of(0);

	(void)state;
	spec.backend = STUB_DRIVER;
	expect_name(&spec, "my_driver_1.native.storm");
}

static void words_are_joined(void **state)
{
	struct sm_run_spec spec = spec_of(2);
	char s[SM_KTAP_NAME];

	(void)state;
	sm_ktap_profiles(&spec, '+', s, sizeof(s));
	assert_string_equal(s, "kvm+hmm");
	sm_ktap_defects(&spec, ',', s, sizeof(s));
	assert_string_equal(s, "");
	spec.defects = sm_set_below(SM_DEFECT_NR);
	sm_ktap_defects(&spec, ',', s, 20);
	assert_int_equal(strlen(s), 19);
}

static void expect_line(enum sm_verdict verdict, const char *reason,
			const char *want)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	sm_ktap_result(f, 3, "a.b.c", verdict, reason);
	fclose(f);
	assert_string_equal(text, want);
	free(text);
}

static void verdicts_become_lines(void **state)
{
	(void)state;
	expect_line(SM_PASS, "", "ok 3 a.b.c\n");
	expect_line(SM_FAIL, "stale", "not ok 3 a.b.c\n");
	expect_line(SM_SKIP, "no root", "ok 3 a.b.c # SKIP no root\n");
	expect_line(SM_BROKEN, "two\nlines # here",
		    "not ok 3 a.b.c # ERROR two lines   here\n");
	expect_line(SM_TIMEOUT, "late", "not ok 3 a.b.c # TIMEOUT late\n");
}

static void the_plan_comes_first(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	sm_ktap_begin(f, 12);
	fclose(f);
	assert_string_equal(text, "KTAP version 1\n1..12\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_follow_the_scheme),
		cmocka_unit_test(names_keep_to_the_charset),
		cmocka_unit_test(words_are_joined),
		cmocka_unit_test(verdicts_become_lines),
		cmocka_unit_test(the_plan_comes_first),
	};

	stub_catalogue();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
