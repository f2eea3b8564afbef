// SPDX-License-Identifier: GPL-2.0-only
/* Lists of names: what they mean, and what is said of those that mean nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "cli/names.h"
#include "memory/arena.h"
#include "real_ops.h"
#include "base/ops.h"

static char said[4096];		/* on standard error, by the last list */

/* What is said meanwhile goes to @said. */
static bool parse(enum sm_names kind, const char *list, struct sm_set *rows)
{
	FILE *f = tmpfile();
	int old = dup(STDERR_FILENO);
	bool good;

	assert_non_null(f);
	assert_true(old >= 0);
	assert_true(dup2(fileno(f), STDERR_FILENO) >= 0);
	good = sm_names_set(kind, list, rows);
	assert_true(dup2(old, STDERR_FILENO) >= 0);
	close(old);
	rewind(f);
	said[fread(said, 1, sizeof(said) - 1, f)] = '\0';
	fclose(f);
	return good;
}

static struct sm_set ops(const char *list)
{
	struct sm_set rows;

	if (!parse(SM_NAMES_OP, list, &rows))
		fail_msg("%s: %s", list, said);
	assert_string_equal(said, "");
	return rows;
}

static struct sm_set with(struct sm_set rows, struct sm_set more)
{
	sm_set_or(&rows, &more);
	return rows;
}

static struct sm_set without(struct sm_set rows, struct sm_set less)
{
	sm_set_andnot(&rows, &less);
	return rows;
}

static void expect_same(struct sm_set rows, struct sm_set others)
{
	assert_memory_equal(&rows, &others, sizeof(rows));
}

/* One line, that says all of it. */
static void expect_refused(enum sm_names kind, const char *list,
			   const char *what, const char *also)
{
	const char *end;
	struct sm_set rows;

	assert_false(parse(kind, list, &rows));
	end = strchr(said, '\n');
	if (!end || end[1] || !strstr(said, what) || !strstr(said, also))
		fail_msg("%s: said: %s", list, said);
}

static struct sm_set op(const char *name)
{
	return sm_set_of(sm_names_find(SM_NAMES_OP, name, strlen(name)));
}

static void a_list_adds_and_takes_away(void **state)
{
	const struct sm_set all = sm_names_all(SM_NAMES_OP);

	(void)state;
	expect_same(ops("munmap,free"), with(op("munmap"), op("free")));
	expect_same(ops("all"), all);
	expect_same(ops("all,-fork-cow"), without(all, op("fork-cow")));
	expect_same(ops("-fork-cow"), without(all, op("fork-cow")));
	expect_same(ops("-fork-cow,-munmap"),
		    without(without(all, op("fork-cow")), op("munmap")));
	/* What comes later wins. */
	expect_same(ops("munmap,-munmap,free"), op("free"));
	expect_same(ops("free,-free,free"), op("free"));
	expect_same(ops("-all,free"), op("free"));
	/* What is not there can be taken away. */
	expect_same(ops("free,-munmap"), op("free"));
}

static void a_class_is_its_ops(void **state)
{
	static const char *const rows[] = {
		"thp-fault", "thp-collapse", "thp-split",
		"dirty-thp", "dirty-alias", "dirty-protect",
	};
	struct sm_set thp = op(rows[0]);
	unsigned int i;

	for (i = 1; i < SM_ARRAY_SIZE(rows); i++)
		thp = with(thp, op(rows[i]));

	(void)state;
	expect_same(ops("thp"), thp);
	expect_same(ops("thp,-thp-collapse"),
		    without(thp, op("thp-collapse")));
	expect_same(ops("-thp"), without(sm_names_all(SM_NAMES_OP), thp));
	/* Those of all backends. */
	expect_same(ops("map"), with(op("mmap-over"), op("grant-mmap-over")));
}

/*
 * One name is both. Whoever gives a class such a name has to say so in the
 * manual page, and look whether he means it.
 */
static void of_op_and_class_the_op_wins(void **state)
{
	unsigned int i, j;

	(void)state;
	expect_same(ops("exit"), op("exit"));
	for (i = 0; sm_ops[i].name; i++)
		for (j = 0; sm_ops[j].name; j++)
			if (!strcmp(sm_ops[i].name, sm_ops[j].class))
				assert_string_equal(sm_ops[i].name, "exit");
}

static void an_emitter_is_the_ops_that_reach_it(void **state)
{
	static const char *const rows[] = {
		"fork-cow", "fork-part", "outside-write", "outside-ptrace",
		"direct-read",
	};
	struct sm_set copy = op("populate-write");
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(rows); i++)
		copy = with(copy, op(rows[i]));
	(void)state;
	expect_same(ops("@wp_page_copy"), copy);
	expect_same(ops("fork,-@wp_page_copy"),
		    without(ops("fork"), copy));
	expect_same(ops("@exit_mmap"),
		    with(with(with(op("exit"), op("kill")), op("exec")), op("oom")));
	expect_refused(SM_NAMES_OP, "munmap,@wp_page_cpoy",
		       "unknown emitter 'wp_page_cpoy'; closest: wp_page_copy,",
		       "`stalemate list emitters'");
	expect_refused(SM_NAMES_OP, "@", "unknown emitter ''", "list emitters");
	expect_refused(SM_NAMES_OP, "@wp_clean_pre_vma",
		       "'wp_clean_pre_vma' is reached by no op", "list ops");
}

/* Nothing that is offered, or listed with an op, is refused. */
static void every_emitter_of_an_op_can_be_named(void **state)
{
	const char *const *name;
	struct sm_set rows;
	char word[64];
	unsigned int i;

	(void)state;
	for (i = 0; sm_ops[i].name; i++)
		for (name = sm_ops[i].emitters; *name; name++) {
			snprintf(word, sizeof(word), "@%s", *name);
			rows = ops(word);
			assert_true(sm_set_has(&rows, i));
		}
}

static void a_wrong_list_is_told_in_one_line(void **state)
{
	(void)state;
	expect_refused(SM_NAMES_OP, "munmap,nosuch", "unknown op 'nosuch'",
		       "known: mmap-over, munmap");
	expect_refused(SM_NAMES_OP, "nosuch", "classes: map, unmap, protect",
		       "@EMITTER");
	expect_refused(SM_NAMES_OP, "--munmap", "unknown op '-munmap'", "known");
	expect_refused(SM_NAMES_OP, "", "unknown op ''", "known");
	expect_refused(SM_NAMES_OP, "munmap,", "unknown op ''", "known");
	expect_refused(SM_NAMES_OP, "-", "unknown op ''", "known");
	expect_refused(SM_NAMES_OP, "thp,-thp", "no op is left of 'thp,-thp'",
		       "want one");
	expect_refused(SM_NAMES_OP, "-all", "no op is left", "want one");
	/* Classes and emitters are those of ops. */
	expect_refused(SM_NAMES_MEMORY, "thp", "unknown memory kind 'thp'",
		       "known: anon");
	expect_refused(SM_NAMES_DEFECT, "@munmap", "unknown defect '@munmap'",
		       "known");
}

static void other_lists_are_like_it(void **state)
{
	struct sm_set rows;

	(void)state;
	assert_true(parse(SM_NAMES_MEMORY, "all,-anon", &rows));
	expect_same(rows, without(sm_set_below(SM_MEM_NR),
				  sm_set_of(SM_MEM_ANON)));
	assert_true(parse(SM_NAMES_DEFECT, "-no-retry", &rows));
	expect_same(rows, without(sm_names_all(SM_NAMES_DEFECT),
				  sm_set_of(SM_DEFECT_NO_RETRY)));
	/* Examples are not among all, and cannot be lost from it. */
	assert_true(parse(SM_NAMES_BACKEND, "-template", &rows));
	expect_same(rows, sm_names_all(SM_NAMES_BACKEND));
	expect_refused(SM_NAMES_MEMORY, "anon,-anon", "no memory kind is left",
		       "want one");
}

static void all_is_known_from_each_one(void **state)
{
	(void)state;
	assert_true(sm_names_is_all("all"));
	assert_true(sm_names_is_all("all,-kvm"));
	assert_true(sm_names_is_all("kvm,all"));
	assert_true(sm_names_is_all("-kvm"));
	assert_false(sm_names_is_all("kvm"));
	assert_false(sm_names_is_all("kvm,-kvm,hmm"));
	assert_false(sm_names_is_all("allx,xall"));
	assert_false(sm_names_is_all("kvm,-all,hmm"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_adds_and_takes_away),
		cmocka_unit_test(a_class_is_its_ops),
		cmocka_unit_test(of_op_and_class_the_op_wins),
		cmocka_unit_test(an_emitter_is_the_ops_that_reach_it),
		cmocka_unit_test(every_emitter_of_an_op_can_be_named),
		cmocka_unit_test(a_wrong_list_is_told_in_one_line),
		cmocka_unit_test(other_lists_are_like_it),
		cmocka_unit_test(all_is_known_from_each_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
