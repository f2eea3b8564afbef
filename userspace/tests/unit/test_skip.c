// SPDX-License-Identifier: GPL-2.0-only
/* Files of tests that are not to be run. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/skip.h"
#include "scratch.h"

static struct sm_skip skip;
static char path[SCRATCH_PATH];
static char why[512];

static int make_file(void **state)
{
	int ret = scratch_make(state);

	scratch_path(path, "file");
	return ret;
}

static int forget(void **state)
{
	(void)state;
	sm_skip_free(&skip);
	return 0;
}

static int read_bytes(const char *text, size_t len)
{
	scratch_write(path, text, len);
	why[0] = '\0';
	return sm_skip_read(&skip, path, why, sizeof(why));
}

static int read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

/* @line: which line says so */
static void expect_reason(const char *name, const char *reason,
			  unsigned int line)
{
	const char *got = sm_skip_find(&skip, name);
	char want[256];

	assert_non_null(got);
	snprintf(want, sizeof(want), "%s (%s:%u)", reason, path, line);
	assert_string_equal(got, want);
}

static void expect_unused(unsigned int *from, const char *pattern)
{
	const struct sm_skip_entry *n = sm_skip_unused(&skip, from);

	assert_non_null(n);
	assert_string_equal(n->pattern, pattern);
}

static void a_test_is_skipped_for_a_reason(void **state)
{
	(void)state;
	assert_int_equal(read_text("mock.kvm.storm\thangs here\r\n"
				   "  mock.hmm.storm   two  words\t\n"
				   "mock.gru.storm\n"
				   "mock.npu.storm no newline"), 0);
	expect_reason("mock.kvm.storm", "hangs here", 1);
	expect_reason("mock.hmm.storm", "two  words", 2);
	expect_reason("mock.gru.storm", "asked to", 3);
	expect_reason("mock.npu.storm", "no newline", 4);
	assert_null(sm_skip_find(&skip, "mock.scif.storm"));
	assert_null(sm_skip_find(&skip, "mock.kvm.storm.no-retry"));
	assert_null(sm_skip_find(&skip, "matrix.mock.kvm.storm"));
}

static void a_pattern_means_many(void **state)
{
	(void)state;
	assert_int_equal(read_text("*.kvm.* of kvm\n"
				   "mock.h[a-m]*.storm of h\n"
				   "kvm.native.?torm one letter\n"), 0);
	expect_reason("mock.kvm.storm", "of kvm", 1);
	expect_reason("matrix.mock.kvm.storm.no-retry", "of kvm", 1);
	expect_reason("mock.hmm.storm", "of h", 2);
	expect_reason("kvm.native.storm", "one letter", 3);
	assert_null(sm_skip_find(&skip, "kvm.native.munmap"));
	assert_null(sm_skip_find(&skip, "mock.hmm.munmap"));
}

static void comments_are_left_out(void **state)
{
	(void)state;
	assert_int_equal(read_text("# mock.kvm.storm\n"
				   "\n"
				   " \t\n"
				   "   # mock.hmm.storm\n"
				   "mock.gru.storm see #12\n"), 0);
	assert_int_equal(skip.nr, 1);
	expect_reason("mock.gru.storm", "see #12", 5);
}

static void the_first_line_gives_the_reason(void **state)
{
	unsigned int from = 0;

	(void)state;
	assert_int_equal(read_text("mock.* one\nmock.kvm.storm two\n"), 0);
	assert_int_equal(read_text("mock.kvm.* three\nkvm.* four\n"), 0);
	assert_int_equal(skip.nr, 4);
	expect_reason("mock.kvm.storm", "one", 1);
	expect_reason("kvm.native.storm", "four", 2);
	/* The others have matched, too. */
	assert_null(sm_skip_unused(&skip, &from));
}

static void what_matches_nothing_is_told(void **state)
{
	unsigned int from = 0;

	(void)state;
	assert_int_equal(read_text("mock.kvn.storm\nmock.kvm.storm\nmock.x*\n"), 0);
	assert_non_null(sm_skip_find(&skip, "mock.kvm.storm"));
	assert_null(sm_skip_find(&skip, "mock.hmm.storm"));
	expect_unused(&from, "mock.kvn.storm");
	expect_unused(&from, "mock.x*");
	assert_null(sm_skip_unused(&skip, &from));
}

static void expect_bad(const char *line)
{
	char where[SCRATCH_PATH + 16];

	snprintf(where, sizeof(where), "%s:%s: ", path, line);
	if (!strstr(why, where) || strchr(why, '\n'))
		fail_msg("said: %s", why);
}

static void a_bad_file_is_told(void **state)
{
	(void)state;
	assert_int_equal(read_text("mock.kvm.storm\n{\"runs\": 1}\n"), -EINVAL);
	expect_bad("2");
	assert_non_null(strstr(why, "'{\"runs\":' is no test"));
	assert_int_equal(read_text("mock.kvm.storm,mock.hmm.storm\n"), -EINVAL);
	expect_bad("1");
	assert_int_equal(read_bytes("mock.*\0x\n", 9), -EINVAL);
	expect_bad("1");
	assert_int_equal(sm_skip_read(&skip, "/nosuch/file", why, sizeof(why)),
			 -ENOENT);
	assert_string_equal(why, "/nosuch/file: No such file or directory");
	assert_int_equal(sm_skip_read(&skip, "/", why, sizeof(why)), -EISDIR);
	assert_string_equal(why, "/: Is a directory");
}

static void nothing_is_skipped_unasked(void **state)
{
	unsigned int from = 0;

	(void)state;
	assert_int_equal(read_text(""), 0);
	assert_null(sm_skip_find(&skip, "mock.kvm.storm"));
	assert_null(sm_skip_unused(&skip, &from));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_test_is_skipped_for_a_reason, forget),
		cmocka_unit_test_teardown(a_pattern_means_many, forget),
		cmocka_unit_test_teardown(comments_are_left_out, forget),
		cmocka_unit_test_teardown(the_first_line_gives_the_reason, forget),
		cmocka_unit_test_teardown(what_matches_nothing_is_told, forget),
		cmocka_unit_test_teardown(a_bad_file_is_told, forget),
		cmocka_unit_test_teardown(nothing_is_skipped_unasked, forget),
	};

	return cmocka_run_group_tests(tests, make_file, scratch_remove);
}
