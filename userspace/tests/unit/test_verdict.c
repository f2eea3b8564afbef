// SPDX-License-Identifier: GPL-2.0-only
/* Which ops are said to have reached none of their emitters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/emitters.h"
#include "runner/run/verdict.c"

static int apply(struct sm_storm_thread *t, const struct sm_span *s)
{
	(void)t;
	(void)s;
	return 0;
}

static struct sm_run_result r;

static int set_up(void **state)
{
	static const struct sm_op rows[] = {
		{ .name = "one", .apply = apply, .emitters = { "try_to_unmap_one", NULL } },
		{ .name = "two", .apply = apply,
		  .emitters = { "try_to_migrate_one", "__split_huge_pmd", NULL } },
		{ .name = "silent", .apply = apply, .silent = true,
		  .emitters = { "try_to_unmap_one", NULL } },
		{ .name = NULL }
	};

	(void)state;
	return sm_ops_add(rows, sizeof(*rows));
}

static uint64_t emitter(const char *name)
{
	unsigned int i = 0;

	while (strcmp(sm_emitters[i].name, name))
		i++;
	return SM_BIT(i);
}

static void a_run(const char *fired, uint64_t reachable)
{
	memset(&r, 0, sizeof(r));
	r.ops[0] = REACHED_OPS;
	r.ops[1] = REACHED_OPS;
	r.ops[2] = REACHED_OPS;
	r.reachable = reachable;
	snprintf(r.emitters[0].name, sizeof(r.emitters[0].name), "%s", fired);
	r.emitters[0].count = 1;
	r.nr_emitters = 1;
	verdict_unreached(&r);
}

static void what_could_fire_and_did_not_is_told(void **state)
{
	(void)state;
	a_run("unmap_vmas", ~0ULL);
	assert_true(sm_set_has(&r.unreached, 0));
	assert_true(sm_set_has(&r.unreached, 1));
	assert_false(sm_set_has(&r.unreached, 2));
}

static void one_of_several_is_enough(void **state)
{
	(void)state;
	a_run("__split_huge_pmd", ~0ULL);
	assert_true(sm_set_has(&r.unreached, 0));
	assert_false(sm_set_has(&r.unreached, 1));
}

/* Of a kernel that has none of them nothing can be said, nor if it was hardly done. */
static void what_cannot_fire_is_not_missed(void **state)
{
	(void)state;
	a_run("unmap_vmas", ~emitter("try_to_migrate_one"));
	assert_true(sm_set_has(&r.unreached, 1));
	a_run("unmap_vmas", ~(emitter("try_to_migrate_one") |
			      emitter("__split_huge_pmd")));
	assert_true(sm_set_has(&r.unreached, 0));
	assert_false(sm_set_has(&r.unreached, 1));
	memset(&r.unreached, 0, sizeof(r.unreached));
	r.ops[0] = REACHED_OPS - 1;
	verdict_unreached(&r);
	assert_false(sm_set_has(&r.unreached, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_could_fire_and_did_not_is_told),
		cmocka_unit_test(one_of_several_is_enough),
		cmocka_unit_test(what_cannot_fire_is_not_missed),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
