// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a run is refused for before it starts, and in which words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "base/memory.h"
#include "base/util.h"
#include "module/defects.h"
#include "real_ops.h"
#include "run/run.h"

static struct sm_run_spec good(void)
{
	return (struct sm_run_spec){
		.backend = &sm_mock_backend,
		.profiles = { SM_PROFILE_KVM },
		.nr_profiles = 1,
		.ops = sm_set_below(SM_MAX_OPS),
		.threads = 4,
		.agents = 2,
		.arena = 16 * SM_GRANULE_SIZE,
		.memory = SM_BIT(SM_MEM_ANON),
		.duration_ns = SM_NSEC,
	};
}

static void refuse(const struct sm_run_spec *spec, const char *what)
{
	char why[256] = "";

	assert_false(sm_run_check(spec, why, sizeof(why)));
	if (!strstr(why, what))
		fail_msg("\"%s\" does not say \"%s\"", why, what);
}

static void a_good_spec_passes(void **state)
{
	struct sm_run_spec s = good();
	char why[256] = "";

	(void)state;
	assert_true(sm_run_check(&s, why, sizeof(why)));
}

static void numbers_have_bounds(void **state)
{
	struct sm_run_spec s = good();

	(void)state;
	s.threads = 17;
	refuse(&s, "1 to 16");
	s = good();
	s.agents = 5;
	refuse(&s, "0 to 4");
	s = good();
	s.duration_ns = 0;
	refuse(&s, "duration or a count");
	s = good();
	s.amplify_ns = 11 * SM_MSEC;
	refuse(&s, "at most 10000 us");
	s = good();
	s.nr_profiles = 0;
	refuse(&s, "1 to 4 can share");
}

static void arenas_have_bounds(void **state)
{
	struct sm_run_spec s = good();

	(void)state;
	s.arena += SM_PAGE_SIZE;
	refuse(&s, "multiple of 2M");
	s.arena = 2 * SM_GRANULE_SIZE;
	refuse(&s, "too small for 4 threads");
	s.arena = 128ULL << 30;
	refuse(&s, "at most 64G");
	s.arena = SM_ARENA_MAX;
	if (sm_memory_left("").bytes < SM_ARENA_MAX)
		refuse(&s, "is available: at most");
	s = good();
	s.memory = SM_BIT(SM_MEM_HUGETLB_1G);
	refuse(&s, "whole GiB for each thread");
}

static void defects_need_their_profile_and_memory(void **state)
{
	struct sm_run_spec s = good();

	(void)state;
	s.profiles[0] = SM_PROFILE_HMM;
	s.defects = sm_set_of(SM_DEFECT_NO_RELEASE);
	refuse(&s, "only in profile kvm");
	s.defects = sm_set_of(SM_DEFECT_THP_HEAD_ONLY);
	refuse(&s, "anon-thp, shmem-thp");
}

static void real_drivers_have_defects_of_their_own(void **state)
{
	struct sm_run_spec s = good();
	char why[256] = "";

	(void)state;
	s.defects = sm_set_of(SM_DEFECT_OF_DRIVER(SM_SABOTAGE_NO_INVALIDATE));
	refuse(&s, "for real drivers");
	s.backend = &sm_kvm_backend;
	s.nr_profiles = 0;
	assert_true(sm_run_check(&s, why, sizeof(why)));
	s.keep_going = true;
	refuse(&s, "no --keep-going");
	s.keep_going = false;
	s.muted = 1;
	assert_true(sm_run_check(&s, why, sizeof(why)));
	sm_set_add(&s.defects, SM_DEFECT_NO_RETRY);
	refuse(&s, "does not have defect no-retry");
	s.defects = (struct sm_set){ { 0 } };
	refuse(&s, "needs a --defect");
}

static void ops_need_their_memory(void **state)
{
	struct sm_run_spec s = good();

	(void)state;
	s.ops = (struct sm_set){ { 0 } };
	refuse(&s, "none of the ops");
	s = good();
	s.memory = 0;
	refuse(&s, "no kind of memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_spec_passes),
		cmocka_unit_test(numbers_have_bounds),
		cmocka_unit_test(arenas_have_bounds),
		cmocka_unit_test(defects_need_their_profile_and_memory),
		cmocka_unit_test(real_drivers_have_defects_of_their_own),
		cmocka_unit_test(ops_need_their_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
