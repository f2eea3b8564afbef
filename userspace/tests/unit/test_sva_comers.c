// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bindings that come and go, without a card: what one is refused is not told as wrong
 * data, and what is read again at last is not told at all.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/intel_sva/comers.h"
#include "backends/intel_sva/ring.h"
#include "base/await.h"
#include "host_bed.h"
#include "wrap_sva.h"

/* What is wrong with cards, in this process or in those that exit bound. */
static enum { FINE, NO_RINGS, NO_PAGE, WRONG, KEPT } wrong;
static bool in_child;
static unsigned int faults;

/* Looks for which a child of an op has the binding. */
static unsigned int lasts;
static struct sva_way way;

static pid_t parent;
static bool unbound;
static struct sva_memory memory;
static struct host_bed bed;
static struct sm_run_result result;
static struct sva_state state;

int __wrap_sva_nic_open(struct sva_nic *nic)
{
	memset(&memory, 0, sizeof(memory));
	unbound = false;
	nic->memory = &memory;
	nic->way = &way;
	return 0;
}

void __wrap_sva_nic_close(struct sva_nic *nic)
{
	nic->memory = NULL;
}

int __wrap_sva_nic_unbind(struct sva_nic *nic)
{
	(void)nic;
	unbound = true;
	return 0;
}

int __wrap_sva_nic_go(struct sva_nic *nic)
{
	const uint64_t *word = (void *)nic->memory->tx[1].from;
	bool here = in_child == (getpid() != parent);
	uint64_t *value = &nic->memory->answers[0].answer.value;

	if (unbound && lasts) {
		lasts--;
		return 0;
	}
	if (unbound)
		return here && wrong == KEPT ? 0 : -EIO;
	if (here && wrong == NO_RINGS)
		return -EIO;
	if ((here && wrong == NO_PAGE) || faults)
		*value = 0;
	else
		*value = *word + (here && wrong == WRONG);
	faults -= !!faults;
	return 0;
}

/* ---- tests ------------------------------------------------------------------- */

static int set_up(void **unused)
{
	static struct sm_wire wire;
	static struct sm_run_spec spec = { .threads = 1 };

	(void)unused;
	wrong = FINE;
	in_child = false;
	faults = 0;
	lasts = 0;
	way.shared = false;
	sm_await_naps = 6000;
	memset(&state, 0, sizeof(state));
	memset(&result, 0, sizeof(result));
	host_bed_init(&bed, &spec, &wire, &result);
	bed.scene.nr_mirrors = 1;
	bed.scene.mirrors[0].name = "intel-sva";
	state.host = &bed.host;
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	host_bed_destroy(&bed);
	return 0;
}

static void expect(enum sm_kind kind, const char *what)
{
	sva_comers_step(&state);
	assert_int_not_equal(result.violations_total, 0);
	assert_string_equal(result.findings[0].oracle, "content");
	assert_int_equal(result.findings[0].kind, kind);
	assert_non_null(strstr(result.findings[0].text, what));
}

static void nothing_wrong(void **unused)
{
	(void)unused;
	faults = 7;
	sva_comers_step(&state);
	assert_int_equal(result.violations_total, 0);
	assert_int_equal(state.came, 1);
	assert_int_equal(state.went, 1);
}

/* A file's last user undoes its binding, who may be a child. */
static void lasting(void **unused)
{
	(void)unused;
	way.shared = true;
	lasts = 3;
	sva_comers_step(&state);
	assert_int_equal(lasts, 0);
	assert_int_equal(result.violations_total, 0);
	assert_int_equal(state.came, 1);
	wrong = KEPT;
	sm_await_naps = 60;
	expect(SM_KIND_STALE, "goes on with memory");
}

static void both(enum sm_kind kind, const char *here, const char *there)
{
	if (in_child)
		expect(kind, there);
	else
		expect(kind, here);
	assert_int_equal(state.went, 0);
}

static void other_words(void **unused)
{
	(void)unused;
	wrong = WRONG;
	both(SM_KIND_WRONG_DATA, "just bound does not read what is there",
	     "another process does not read what is there");
}

static void no_rings(void **unused)
{
	(void)unused;
	wrong = NO_RINGS;
	both(SM_KIND_UNREACHABLE,
	     "just bound is refused, by the IOMMU, the rings",
	     "another process is refused, by the IOMMU, the rings");
}

static void no_page(void **unused)
{
	(void)unused;
	wrong = NO_PAGE;
	both(SM_KIND_UNREACHABLE,
	     "just bound is refused, by the IOMMU, a page",
	     "another process is refused, by the IOMMU, a page");
}

static int set_up_child(void **unused)
{
	set_up(unused);
	in_child = true;
	return 0;
}

static void goes_on(void **unused)
{
	(void)unused;
	wrong = KEPT;
	expect(SM_KIND_STALE, "goes on with memory of a process");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_wrong, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(other_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_words, set_up_child,
						tear_down),
		cmocka_unit_test_setup_teardown(no_rings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_rings, set_up_child,
						tear_down),
		cmocka_unit_test_setup_teardown(no_page, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_page, set_up_child,
						tear_down),
		cmocka_unit_test_setup_teardown(goes_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lasting, set_up, tear_down),
	};

	parent = getpid();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
