// SPDX-License-Identifier: GPL-2.0-only
/* What a mirror may legally differ in: by what it is, and by what its memory is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "judge/legal.h"
#include "memory/source.h"
#include "module/profiles.h"

static struct sm_mirror of(enum sm_profile p)
{
	return (struct sm_mirror){ .profile = &sm_profiles[p] };
}

static void by_what_a_mirror_is(void **state)
{
	struct sm_mirror kvm = of(SM_PROFILE_KVM);
	struct sm_mirror hfi1 = of(SM_PROFILE_HFI1);
	struct sm_mirror tid = of(SM_PROFILE_HFI1_TID);
	struct sm_mirror iommu = of(SM_PROFILE_AMD_IOMMU);
	struct sm_mirror real = { .profile = NULL };

	(void)state;
	assert_true(sm_legal_mirror(SM_LEGAL_ABSENT, &kvm));
	assert_true(sm_legal_mirror(SM_LEGAL_ABSENT, &real));
	assert_false(sm_legal_mirror(SM_LEGAL_PINNED, &kvm));
	assert_false(sm_legal_mirror(SM_LEGAL_PINNED, &real));
	assert_false(sm_legal_mirror(SM_LEGAL_PINNED, NULL));
	assert_true(sm_legal_mirror(SM_LEGAL_PINNED, &hfi1));
	assert_false(sm_legal_mirror(SM_LEGAL_KEPT, &hfi1));
	assert_true(sm_legal_mirror(SM_LEGAL_KEPT, &tid));
	assert_true(sm_legal_mirror(SM_LEGAL_FLUSHED, &iommu));
	assert_false(sm_legal_mirror(SM_LEGAL_FLUSHED, &hfi1));
}

static void by_what_memory_is(void **state)
{
	(void)state;
	assert_true(sm_legal_memory(SM_LEGAL_UNNOTED, SM_MEM_SHMEM));
	assert_true(sm_legal_memory(SM_LEGAL_UNNOTED, SM_MEM_DAX));
	assert_false(sm_legal_memory(SM_LEGAL_UNNOTED, SM_MEM_ANON_LOCKED));
	assert_false(sm_legal_memory(SM_LEGAL_UNNOTED, SM_MEM_FILE_PRIVATE));
	assert_true(sm_legal_memory(SM_LEGAL_UNPINNED, SM_MEM_DAX));
	assert_false(sm_legal_memory(SM_LEGAL_PINNED, SM_MEM_DAX));
	assert_false(sm_legal_memory(SM_LEGAL_SECRET, SM_MEM_SHMEM));
}

/* Nobody may differ so, but it is said of what memory that is. */
static void of_some_there_is_none(void **state)
{
	struct sm_mirror kvm = of(SM_PROFILE_KVM);
	struct sm_mirror tid = of(SM_PROFILE_HFI1_TID);
	struct sm_mirror iommu = of(SM_PROFILE_AMD_IOMMU);
	unsigned int row, kind, exact = 0;

	(void)state;
	for (row = 0; row < SM_LEGAL_NR; row++) {
		if (!sm_legals[row].exact)
			continue;
		exact++;
		assert_null(sm_legals[row].has);
		assert_false(sm_legal_mirror(row, &kvm));
		assert_false(sm_legal_mirror(row, &tid));
		assert_false(sm_legal_mirror(row, &iommu));
		assert_false(sm_legal_mirror(row, NULL));
		for (kind = 0; kind < SM_MEM_NR; kind++)
			assert_false(sm_legal_memory(row, kind));
	}
	assert_int_equal(exact, 6);
	assert_true(sm_legals[SM_LEGAL_MERGED].memory &
		    SM_BIT(SM_MEM_ANON));
	assert_true(sm_legals[SM_LEGAL_UNSERVED].memory &
		    SM_BIT(SM_MEM_SHMEM));
}

/* The page of zeroes of a hole in DAX, where the flush comes late. */
static void a_hole_that_is_written_to(void **state)
{
	struct sm_mirror kvm = of(SM_PROFILE_KVM);
	struct sm_mirror iommu = of(SM_PROFILE_AMD_IOMMU);

	(void)state;
	assert_true(sm_legal_mirror(SM_LEGAL_HOLE, &iommu));
	assert_false(sm_legal_mirror(SM_LEGAL_HOLE, &kvm));
	assert_true(sm_legal_memory(SM_LEGAL_HOLE, SM_MEM_DAX));
	assert_false(sm_legal_memory(SM_LEGAL_HOLE, SM_MEM_FILE));
}

/* A row without a reason, or without a place in the kernel, is no row. */
static void each_has_a_reason(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < SM_LEGAL_NR; i++) {
		assert_non_null(sm_legals[i].name);
		assert_non_null(sm_legals[i].about);
		assert_non_null(sm_legals[i].why);
		assert_non_null(sm_legals[i].judged);
		assert_true(strstr(sm_legals[i].place, ".c:") ||
			    strstr(sm_legals[i].place, ".h:"));
		assert_non_null(strchr(sm_legals[i].place, ' '));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_what_a_mirror_is),
		cmocka_unit_test(by_what_memory_is),
		cmocka_unit_test(of_some_there_is_none),
		cmocka_unit_test(a_hole_that_is_written_to),
		cmocka_unit_test(each_has_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
