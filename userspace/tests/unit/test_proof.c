// SPDX-License-Identifier: GPL-2.0-only
/* Of each oracle and each mirror it is said whether it sees, and by what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "backends/host.h"
#include "judge/known.h"
#include "judge/oracles.h"
#include "judge/proof.h"
#include "module/defects.h"

static const struct sm_defect_info *defect(const char *name)
{
	const struct sm_defect_info *d;

	for (d = sm_defects; d->name; d++)
		if (!strcmp(d->name, name))
			return d;
	return NULL;
}

static bool catches(const struct sm_defect_info *d, const char *oracle)
{
	unsigned int i;

	for (i = 0; d->oracles[i]; i++)
		if (!strcmp(d->oracles[i], oracle))
			return true;
	return false;
}

/* A mirror of the module: no pair of the two is left out. */
static void each_profile_is_told_of(void **state)
{
	const struct sm_defect_info *d;
	struct sm_proof p;
	unsigned int row, i;

	(void)state;
	for (row = 0; sm_oracles[row].name; row++) {
		for (i = 0; i < SM_PROFILE_NR; i++) {
			p = sm_proof_of_profile(row, i);
			if (!p.by == !p.blind)
				fail_msg("%s, profile %u", sm_oracles[row].name, i);
			if (!p.by)
				continue;
			d = defect(p.by);
			assert_non_null(d);
			assert_true(d->profiles >> i & 1);
			assert_true(catches(d, sm_oracles[row].name));
		}
	}
}

static bool is_known(const char *name, const char *backend)
{
	unsigned int i;

	for (i = 0; i < SM_KNOWN_NR; i++)
		if (!strcmp(sm_known[i].name, name))
			return !strcmp(sm_known[i].backend, backend);
	return false;
}

static bool is_seeded(const char *name, const struct sm_backend *b)
{
	const struct sm_defect_info *d = defect(name);

	return d && sm_set_has(&b->defects, d - sm_defects);
}

/* What proves it has to be there: a finding, or what can be seeded. */
static void what_proves_a_driver_is_there(void **state)
{
	struct sm_proof p;
	unsigned int row, i;

	(void)state;
	for (row = 0; sm_oracles[row].name; row++) {
		for (i = 0; sm_backends[i]; i++) {
			p = sm_proof_of_driver(row, sm_backends[i]->name);
			assert_false(p.by && p.blind);
			if (p.by && !is_known(p.by, sm_backends[i]->name) &&
			    !is_seeded(p.by, sm_backends[i]))
				fail_msg("%s of %s", p.by, sm_backends[i]->name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_profile_is_told_of),
		cmocka_unit_test(what_proves_a_driver_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
