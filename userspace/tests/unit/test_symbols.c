// SPDX-License-Identifier: GPL-2.0-only
/*
 * From return addresses to emitters, on stacks seen on Linux 6.1 and 6.12.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/symbols.h"
#include "base/symbols_kept.h"

static const char kallsyms[] =
	"ffffffff81000000 T _text\n"
	"ffffffff81001000 T unmap_vmas\n"
	"ffffffff81001100 t __pfx_change_protection\n"
	"ffffffff81001110 T change_protection\n"
	"ffffffff81001200 t page_vma_mkclean_one.constprop.0\n"
	"ffffffff81001300 t collapse_and_free_pmd\n"
	"ffffffff81001400 T collapse_pte_mapped_thp\n"
	"ffffffff81001500 t hpage_collapse_scan_file\n"
	"ffffffff81001600 T do_madvise.part.0\n"
	"ffffffff81001700 T brand_new_emitter\n"
	"ffffffff81001800 t mn_hlist_invalidate_range_start\n"
	"ffffffff81001900 T __mmu_notifier_invalidate_range_start\n"
	"ffffffff81001a00 D some_data\n"
	"ffffffff81001b00 W do_wp_page\n"
	"ffffffff81001c00 T stack_trace_save\n"
	"ffffffff81001d00 t unmap_vmas.cold\n"
	"ffffffffc0001000 t sm_witness_start\t[stalemate]\n"
	"ffffffffc0002000 t their_callback\t[other]\n"
	"ffffffffc0000000 t sm_dev_open\t[stalemate]\n"
	"garbage\n"
	"ffffffff81002000\n"
	"\n";

#define CORE	0xffffffff81001950ULL	/* __mmu_notifier_... */
#define HLIST	0xffffffff81001850ULL	/* mn_hlist_... */
#define WITNESS	0xffffffffc0001050ULL	/* sm_witness_start */

static int load(void **state)
{
	FILE *f = fmemopen((void *)kallsyms, strlen(kallsyms), "r");
	struct sm_symbols *s = NULL;
	int ret = f ? sm_symbols_read(&s, f) : -1;

	if (f)
		fclose(f);
	*state = s;
	return ret;
}

static int unload(void **state)
{
	sm_symbols_free(*state);
	return 0;
}

static void expect(const struct sm_symbols *s, const uint64_t *ips,
		   unsigned int nr, const char *want)
{
	char name[48];

	sm_symbols_emitter(s, ips, nr, name, sizeof(name));
	assert_string_equal(name, want);
}

static void names_cover_their_function(void **state)
{
	char name[48];

	sm_symbols_name(*state, 0xffffffff81001000, name, sizeof(name));
	assert_string_equal(name, "unmap_vmas");
	sm_symbols_name(*state, 0xffffffff810010ff, name, sizeof(name));
	assert_string_equal(name, "unmap_vmas");
	sm_symbols_name(*state, 0xffffffff81001210, name, sizeof(name));
	assert_string_equal(name, "page_vma_mkclean_one");
	sm_symbols_name(*state, 0x1000, name, sizeof(name));
	assert_string_equal(name, "");
}

static void data_is_no_function(void **state)
{
	char name[48];

	sm_symbols_name(*state, 0xffffffff81001a10, name, sizeof(name));
	assert_string_equal(name, "__mmu_notifier_invalidate_range_start");
}

static void core_and_module_are_skipped(void **state)
{
	const uint64_t ips[] = {
		0xffffffff81001c10, WITNESS, HLIST, CORE, 0xffffffff81001020,
	};

	expect(*state, ips, 5, "unmap_vmas");
}

static void a_call_at_the_very_end_counts(void **state)
{
	/* The return address is the first byte of the next symbol. */
	const uint64_t ips[] = { WITNESS, CORE, 0xffffffff81001100 };

	expect(*state, ips, 3, "unmap_vmas");
}

static void inlined_emitters_map(void **state)
{
	const uint64_t mprotect[] = { WITNESS, CORE, 0xffffffff81001150 };
	const uint64_t madv_free[] = { CORE, 0xffffffff81001650 };
	const uint64_t cow[] = { CORE, 0xffffffff81001b50 };
	const uint64_t clean[] = { CORE, 0xffffffff81001250 };
	const uint64_t cold[] = { CORE, 0xffffffff81001d50 };

	expect(*state, mprotect, 3, "change_pud_range");
	expect(*state, madv_free, 2, "madvise_free_single_vma");
	expect(*state, cow, 2, "wp_page_copy");
	expect(*state, clean, 2, "page_vma_mkclean_one");
	expect(*state, cold, 2, "unmap_vmas");
}

static void helpers_ask_their_caller(void **state)
{
	const uint64_t pte[] = { CORE, 0xffffffff81001350, 0xffffffff81001450 };
	const uint64_t file[] = { CORE, 0xffffffff81001350,
				  0xffffffff81001550 };
	const uint64_t none[] = { CORE, 0xffffffff81001350 };

	expect(*state, pte, 3, "collapse_pte_mapped_thp");
	expect(*state, file, 3, "retract_page_tables");
	expect(*state, none, 2, "unknown:collapse_and_free_pmd");
}

static void the_unknown_stays_unknown(void **state)
{
	/* Known callers further out do not lend their name. */
	const uint64_t ips[] = { WITNESS, CORE, 0xffffffff81001750,
				 0xffffffff81001020 };
	const uint64_t module[] = { CORE, 0xffffffffc0002050 };
	const uint64_t low[] = { 0x1000 };

	expect(*state, ips, 4, "unknown:brand_new_emitter");
	expect(*state, module, 2, "unknown:their_callback");
	expect(*state, low, 1, "unknown:?");
	expect(*state, ips, 2, "unknown:?");
	expect(*state, NULL, 0, "unknown:?");
	expect(NULL, ips, 4, "unknown:?");
}

static void a_short_buffer_is_respected(void **state)
{
	const uint64_t ips[] = { CORE, 0xffffffff81001750 };
	char name[12];

	sm_symbols_emitter(*state, ips, 2, name, sizeof(name));
	assert_string_equal(name, "unknown:bra");
}

static void hidden_addresses_are_refused(void **state)
{
	char text[] = "0000000000000000 T _text\n0000000000000000 T f\n";
	FILE *f = fmemopen(text, strlen(text), "r");
	struct sm_symbols *s = NULL;

	(void)state;
	assert_non_null(f);
	assert_int_equal(sm_symbols_read(&s, f), -EPERM);
	assert_null(s);
	fclose(f);
}

/* Where tests are run, and nobody else is. */
#define KEPT	"test_symbols.kept"

static void what_was_kept_is_the_same(void **state)
{
	const uint64_t ips[] = { WITNESS, HLIST, CORE, 0xffffffff81001050ULL };
	struct sm_symbols *s;

	sm_symbols_keep(*state, KEPT, 7);
	assert_null(sm_symbols_recall(KEPT, 8));
	s = sm_symbols_recall(KEPT, 7);
	assert_non_null(s);
	expect(s, ips, 4, "unmap_vmas");
	assert_true(sm_symbols_has(s, "collapse_and_free_pmd"));
	assert_false(sm_symbols_has(s, "some_data"));
	/* Kept once more, and mapped still. */
	sm_symbols_keep(*state, KEPT, 8);
	assert_true(sm_symbols_has(s, "unmap_vmas"));
	sm_symbols_free(s);
	assert_null(sm_symbols_recall(KEPT, 7));
	assert_int_equal(unlink(KEPT), 0);
	assert_null(sm_symbols_recall(KEPT, 8));
}

static void what_was_cut_is_read_again(void **state)
{
	struct stat st;
	off_t cut;

	sm_symbols_keep(*state, KEPT, 7);
	assert_int_equal(stat(KEPT, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	for (cut = st.st_size - 1; cut >= 0; cut -= 1 + cut / 2) {
		assert_int_equal(truncate(KEPT, cut), 0);
		assert_null(sm_symbols_recall(KEPT, 7));
	}
	assert_int_equal(truncate(KEPT, st.st_size + 1), 0);
	assert_null(sm_symbols_recall(KEPT, 0));
	unlink(KEPT);
}

static void the_table_is_complete(void **state)
{
	const struct sm_emitter_info *a, *b;

	(void)state;
	for (a = sm_emitters; a->name; a++) {
		assert_non_null(a->event);
		assert_non_null(a->about);
		for (b = a + 1; b->name; b++)
			assert_string_not_equal(a->name, b->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_cover_their_function),
		cmocka_unit_test(data_is_no_function),
		cmocka_unit_test(core_and_module_are_skipped),
		cmocka_unit_test(a_call_at_the_very_end_counts),
		cmocka_unit_test(inlined_emitters_map),
		cmocka_unit_test(helpers_ask_their_caller),
		cmocka_unit_test(the_unknown_stays_unknown),
		cmocka_unit_test(a_short_buffer_is_respected),
		cmocka_unit_test(hidden_addresses_are_refused),
		cmocka_unit_test(what_was_kept_is_the_same),
		cmocka_unit_test(what_was_cut_is_read_again),
		cmocka_unit_test(the_table_is_complete),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
