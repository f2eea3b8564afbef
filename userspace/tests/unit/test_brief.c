// SPDX-License-Identifier: GPL-2.0-only
/* A line of a journal in brief: what is left is as it was, and still JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "session/brief.h"

#define END	"{\"record\":\"end\",\"run\":"

static void expect(const char *line, const char *left)
{
	char text[512];
	size_t len;

	len = snprintf(text, sizeof(text), "%s", line);
	len = sm_brief_line(text, len);
	text[len] = '\0';
	assert_string_equal(text, left);
}

static void counters_are_left_out(void **state)
{
	(void)state;
	expect(END "{\"options\":{\"ops\":[\"x\"]},\"verdict\":1,\"ops\":{\"munmap\":3}}}",
	       END "{\"verdict\":1,\"ops\":{\"munmap\":3}}}");
	expect(END "{\"name\":1,\"mirrors\":[{\"name\":\"b\"}],\"ops\":{},\"found\":[]}}",
	       END "{\"name\":1,\"found\":[]}}");
}

/* Whatever it is called: nobody remembers a list of them. */
static void what_was_found_stays_alone(void **state)
{
	(void)state;
	expect(END "{\"time\":{\"set_up\":1},\"violations\":[{\"ops\":[2]}],\"b\":[[3]],\"a\":1}}",
	       END "{\"violations\":[{\"ops\":[2]}],\"a\":1}}");
}

static void only_of_the_run_itself(void **state)
{
	static const char line[] =
		END "{\"reason\":\"ops\",\"found\":[{\"ops\":2,\"a\":1}]},\"ops\":1,\"b\":2}";

	(void)state;
	expect(line, line);
}

static void words_may_hold_anything(void **state)
{
	(void)state;
	expect(END "{\"ops\":{\"}\\\"]\":\"{[\\\\\"},\"reason\":\"\\\"ops\\\":{\"}}",
	       END "{\"reason\":\"\\\"ops\\\":{\"}}");
}

/* Without the comma that follows, the one before would be too many. */
static void the_last_member_stays(void **state)
{
	static const char line[] = "{\"record\":\"end\",\"run\":{\"name\":\"a\",\"ops\":{}}}";

	(void)state;
	expect(line, line);
}

static void other_records_stay(void **state)
{
	static const char line[] =
		"{\"record\":\"begin\",\"run\":{\"ops\":{},\"name\":\"a\"}}";

	(void)state;
	expect(line, line);
}

/* However it is cut, no more is read or written than there is. */
static void a_cut_line_is_no_danger(void **state)
{
	static const char line[] =
		"{\"record\":\"end\",\"run\":{\"ops\":{\"a\\\"\":[1,2]},\"name\":\"b\\\\\"}}";
	char text[sizeof(line)];
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(line); len++) {
		memcpy(text, line, sizeof(line));
		memset(text + len, 'X', sizeof(line) - len);
		assert_true(sm_brief_line(text, len) <= len);
		assert_true(len == sizeof(line) || text[len] == 'X');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_are_left_out),
		cmocka_unit_test(what_was_found_stays_alone),
		cmocka_unit_test(only_of_the_run_itself),
		cmocka_unit_test(words_may_hold_anything),
		cmocka_unit_test(the_last_member_stays),
		cmocka_unit_test(other_records_stay),
		cmocka_unit_test(a_cut_line_is_no_danger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
