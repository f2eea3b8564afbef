// SPDX-License-Identifier: GPL-2.0-only
/* The table made of kernel sources, and what is known of emitters, fit together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/reach.h"

static struct sm_symbols *symbols(const char *text)
{
	FILE *f = fmemopen((void *)text, strlen(text), "r");
	struct sm_symbols *s = NULL;

	assert_int_equal(sm_symbols_read(&s, f), 0);
	fclose(f);
	return s;
}

static unsigned int row(const char *name)
{
	unsigned int i;

	for (i = 0; strcmp(sm_emitters[i].name, name); i++)
		assert_non_null(sm_emitters[i + 1].name);
	return i;
}

static void every_place_is_a_known_emitter(void **state)
{
	const struct sm_site *site;
	const struct sm_emitter_info *e;
	unsigned int known;

	(void)state;
	for (site = sm_sites; site->version; site++) {
		known = 0;
		for (e = sm_emitters; e->name; e++)
			known += sm_symbols_stands(site->function, e->name);
		if (!known)
			print_message("%s: %s of %s is unknown\n", site->place,
				      site->function, site->version);
		assert_int_not_equal(known, 0);
	}
}

static void every_emitter_has_a_place(void **state)
{
	const struct sm_emitter_info *e;
	const struct sm_site *site;
	bool found;

	(void)state;
	for (e = sm_emitters; e->name; e++) {
		found = false;
		for (site = sm_sites; site->version; site++)
			found |= sm_symbols_stands(site->function, e->name);
		if (!found)
			print_message("%s is nowhere\n", e->name);
		assert_true(found);
	}
}

/* Events of older kernels differ; those of the names' own version are these. */
static void events_are_those_of_6_12(void **state)
{
	const struct sm_site *site;
	unsigned int i;

	(void)state;
	for (i = 0; sm_emitters[i].name; i++) {
		site = sm_reach_site("6.12", i);
		if (site)
			assert_string_equal(site->event, sm_emitters[i].event);
	}
}

static void the_nearest_version_is_taken(void **state)
{
	(void)state;
	assert_string_equal(sm_reach_version("6.12.117+deb12-amd64"), "6.12");
	assert_string_equal(sm_reach_version("6.18.1"), "6.12");
	assert_string_equal(sm_reach_version("6.1.0-56-amd64"), "6.1");
	assert_string_equal(sm_reach_version("5.10.0-30"), "5.10");
	assert_string_equal(sm_reach_version("5.4.1"), "5.10");
	assert_string_equal(sm_reach_version("8.0"), "7.3");
}

static void what_is_missing_says_why(void **state)
{
	struct sm_symbols *s = symbols("ffffffff81000000 T unmap_vmas\n"
				       "ffffffff81001000 T do_swap_page\n");
	char why[160];

	(void)state;
	assert_false(sm_reach_lacks(s, "6.12", row("unmap_vmas"), why,
				    sizeof(why)));
	/* What it would be inlined into is everywhere. */
	assert_true(sm_reach_lacks(s, "6.12",
				   row("remove_device_exclusive_entry"), why,
				   sizeof(why)));
	assert_string_equal(why,
			    "this kernel is built without it (CONFIG_DEVICE_PRIVATE)");
	assert_true(sm_reach_lacks(s, "6.12", row("hugetlb_wp"), why,
				   sizeof(why)));
	assert_string_equal(why,
			    "this kernel is built without it (CONFIG_HUGETLBFS)");
	assert_true(sm_reach_lacks(s, "6.1", row("move_pages_pte"), why,
				   sizeof(why)));
	assert_string_equal(why, "not in Linux 6.1");
	assert_true(sm_reach_lacks(s, "6.12", row("wp_clean_pre_vma"), why,
				   sizeof(why)));
	/* Without symbols nobody knows what was left out. */
	assert_false(sm_reach_lacks(NULL, "6.12", row("hugetlb_wp"), why,
				    sizeof(why)));
	sm_symbols_free(s);
}

static void helpers_stand_for_each(void **state)
{
	(void)state;
	assert_true(sm_symbols_stands("collapse_and_free_pmd",
				      "retract_page_tables"));
	assert_true(sm_symbols_stands("collapse_and_free_pmd",
				      "collapse_pte_mapped_thp"));
	assert_false(sm_symbols_stands("collapse_and_free_pmd", "unmap_vmas"));
	assert_true(sm_symbols_stands("zap_page_range",
				      "zap_page_range_single"));
	assert_false(sm_symbols_stands("unmap_vmas", "zap_page_range_single"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_place_is_a_known_emitter),
		cmocka_unit_test(every_emitter_has_a_place),
		cmocka_unit_test(events_are_those_of_6_12),
		cmocka_unit_test(the_nearest_version_is_taken),
		cmocka_unit_test(what_is_missing_says_why),
		cmocka_unit_test(helpers_stand_for_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
