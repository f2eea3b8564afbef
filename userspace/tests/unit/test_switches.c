// SPDX-License-Identifier: GPL-2.0-only
/* What ops want switched, and that it is put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ops.h"
#include "base/util.h"
#include "session/switches.h"
#include "wire_spec.h"
#include "wrap_blocks.h"
#include "wrap_glob.h"
#include "wrap_swaps.h"

static char dir[64];
static char run[96], many[96], none[96], own[96];

#define THP "/sys/kernel/mm/transparent_hugepage/"

/* Huge pages are files of ours. */
int __wrap_glob(const char *pattern, int flags,
		int (*error)(const char *path, int err), glob_t *found)
{
	char ours[128];

	assert_memory_equal(pattern, THP, strlen(THP));
	snprintf(ours, sizeof(ours), "%.60s.%.60s", dir, pattern + strlen(THP));
	*strrchr(ours, '/') = '-';
	return __real_glob(ours, flags, error, found);
}

static unsigned int nr_on;

unsigned int __wrap_sm_swaps_read(struct sm_swap swaps[SM_SWAPS])
{
	swaps[0] = (struct sm_swap){ .path = "/one", .priority = -2 };
	swaps[1] = (struct sm_swap){ .path = "/two", .priority = 7 };
	return 2;
}

int __wrap_sm_swaps_on(const struct sm_swap *s)
{
	assert_string_equal(s->path, nr_on++ ? "/one" : "/two");
	return 0;
}

static bool blocks_back, pool_first;

unsigned int __wrap_sm_blocks_read(const char *where, struct sm_blocks *b)
{
	assert_string_equal(where, SM_BLOCKS_DIR);
	b->movable[7] = true;
	return 1;
}

int __wrap_sm_blocks_restore(const char *where, const struct sm_blocks *b)
{
	char text[16];

	assert_string_equal(where, SM_BLOCKS_DIR);
	assert_true(b->movable[7]);
	blocks_back = true;
	pool_first = sm_util_read_file(own, text, sizeof(text)) > 0 && *text == '7';
	return 0;
}

static void put(const char *path, const char *text)
{
	char name[80];
	FILE *f;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(path, "="), path);
	f = fopen(name, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void expect(const char *path, const char *text)
{
	char name[80], seen[64] = "";

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(path, "="), path);
	assert_true(sm_util_read_file(name, seen, sizeof(seen)) >= 0);
	assert_memory_equal(seen, text, strlen(text));
}

static int set_up(void **state)
{
	static struct sm_op rows[] = {
		{ .name = "one", .switches = { run, many, NULL } },
		{ .name = "two", .switches = { run, none, NULL } },
		{ .name = "neither" },
		{ .name = "itself", .switches = { own, NULL } },
		{ .name = "swaps", .swaps = true },
		{ .name = "blocks", .blocks = true, .switches = { own, NULL } },
		{ .name = NULL }
	};

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/switches.%d", getpid());
	snprintf(run, sizeof(run), "%.60s.run=1", dir);
	snprintf(many, sizeof(many), "%.60s.many=madvise", dir);
	snprintf(none, sizeof(none), "%.60s.none=1", dir);
	snprintf(own, sizeof(own), "%.60s.own", dir);
	return sm_ops_add(rows, sizeof(*rows));
}

/* Of several ops that want the same, what was there before the first is kept. */
static void all_is_put_back(void **state)
{
	struct sm_switches s = { .nr = 0 };
	struct sm_set ops = sm_set_of(0);

	(void)state;
	put(run, "7\n");
	put(many, "always [never] other\n");
	sm_set_add(&ops, 1);
	sm_switches_set(&s, &ops, 0);
	expect(run, "1");
	expect(many, "madvise");
	assert_int_equal(s.nr, 2);
	sm_switches_restore(&s);
	expect(run, "7");
	expect(many, "never");
	assert_int_equal(s.nr, 0);
}

static void who_wants_nothing_changes_nothing(void **state)
{
	struct sm_switches s = { .nr = 0 };
	struct sm_set ops = sm_set_of(2);

	(void)state;
	put(run, "7\n");
	sm_switches_set(&s, &ops, 0);
	assert_int_equal(s.nr, 0);
	expect(run, "7");
}

/* What the op itself switches is left as it is, and put back. */
static void an_op_may_switch_itself(void **state)
{
	struct sm_switches s = { .nr = 0 };
	struct sm_set ops = sm_set_of(3);

	(void)state;
	put(own, "7\n");
	sm_switches_set(&s, &ops, 0);
	expect(own, "7");
	put(own, "1\n");
	sm_switches_restore(&s);
	expect(own, "7");
	unlink(own);
}

/* All that was on is on in the end; nobody else's is looked at. */
static void swap_is_put_back(void **state)
{
	struct sm_switches s = { .nr = 0 };
	struct sm_set ops = sm_set_of(3);

	(void)state;
	sm_switches_set(&s, &ops, 0);
	assert_int_equal(s.nr_swaps, 0);
	ops = sm_set_of(4);
	sm_switches_set(&s, &ops, 0);
	assert_int_equal(s.nr_swaps, 2);
	sm_switches_restore(&s);
	assert_int_equal(nr_on, 2);
	assert_int_equal(s.nr_swaps, 0);
}

/* So is memory, and before what may need it. */
static void memory_is_put_back(void **state)
{
	struct sm_switches s = { .nr = 0 };
	struct sm_set ops = sm_set_of(2);

	(void)state;
	sm_switches_set(&s, &ops, 0);
	sm_switches_restore(&s);
	assert_false(blocks_back);
	put(own, "7\n");
	ops = sm_set_of(5);
	sm_switches_set(&s, &ops, 0);
	put(own, "1\n");
	sm_switches_restore(&s);
	assert_true(blocks_back);
	assert_false(pool_first);
	expect(own, "7");
	blocks_back = false;
	sm_switches_restore(&s);
	assert_false(blocks_back);
	unlink(own);
}

/* All sizes that there are, but for the largest, which is not of that kind. */
static void so_is_what_a_kind_wants(void **state)
{
	static const char *const kb[] = { "8", "128", "1024", "2048" };
	struct sm_switches s = { .nr = 0 };
	struct sm_set none_of_them = sm_set_of(2);
	char size[SM_ARRAY_SIZE(kb)][96];
	unsigned int i;

	(void)state;
	for (i = 0; i < SM_ARRAY_SIZE(kb); i++) {
		snprintf(size[i], sizeof(size[i]),
			 "%.60s.hugepages-%skB-enabled", dir, kb[i]);
		put(size[i], i ? "always inherit [never]\n" :
			       "[always] inherit never\n");
	}
	sm_switches_set(&s, &none_of_them, SM_BIT(SM_MEM_ANON));
	assert_int_equal(s.nr, 0);
	sm_switches_set(&s, &none_of_them, SM_BIT(SM_MEM_ANON_MTHP));
	assert_int_equal(s.nr, SM_ARRAY_SIZE(kb) - 1);
	for (i = 0; i < SM_ARRAY_SIZE(kb) - 1; i++)
		expect(size[i], "madvise");
	expect(size[i], "always inherit [never]");
	sm_switches_restore(&s);
	for (i = 0; i < SM_ARRAY_SIZE(kb); i++) {
		expect(size[i], i == SM_ARRAY_SIZE(kb) - 1 ?
				"always inherit [never]" :
				i ? "never" : "always");
		unlink(size[i]);
	}
}

static int tidy(void **state)
{
	char *const files[] = { run, many };
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		*strchr(files[i], '=') = '\0';
		unlink(files[i]);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_put_back),
		cmocka_unit_test(who_wants_nothing_changes_nothing),
		cmocka_unit_test(an_op_may_switch_itself),
		cmocka_unit_test(swap_is_put_back),
		cmocka_unit_test(memory_is_put_back),
		cmocka_unit_test(so_is_what_a_kind_wants),
	};

	return cmocka_run_group_tests(tests, set_up, tidy);
}
