// SPDX-License-Identifier: GPL-2.0-only
/* A line of a journal in brief: what is left is as it was, and still JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "session/brief.h"
#include "session/lines.h"

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

static struct json_object *records_of(const char *lines, bool brief,
				      unsigned int *damaged)
{
	struct json_object *records = json_object_new_array();
	char text[1024];

	*damaged = 0;
	snprintf(text, sizeof(text), "%s", lines);
	sm_lines_parse(records, text, strlen(text), brief, damaged);
	return records;
}

/* As many as they are, and whatever is between them, each test has its own. */
static void options_are_those_of_the_test(void **state)
{
	static const char lines[] =
		"{\"record\":\"begin\",\"x\":{\"options\":{}},\"options\":{\"ops\":[\"a}\"]},\"test\":1}\n"
		"{\"record\":\"finding\",\"options\":{\"ops\":[\"a}\"]}}\n"
		"{\"record\":\"begin\",\"options\":{\"ops\":[\"a}\"]},\"test\":2}\n"
		"{\"record\":\"begin\",\"options\":{\"ops\":[\"b}\"]},\"test\":3}\n"
		"{\"record\":\"begin\",\"options\":{\"ops\":[\"b}\"]}\n"
		"{\"record\":\"begin\",\"options\":{},\"test\":4}\n"
		"{\"record\":\"begin\",\"options\":{},\"options\":{},\"test\":5}\n"
		"{\"record\":\"begin\",\"options\":[1],\"test\":6}\n"
		"{\"record\":\"begin\",\"options\":{\"ops\":[\"b}\"]},\"test\":7}\n"
		"{\"record\":\"begin\",\"options\":{\"ops\":[\"b";
	struct json_object *all, *some;
	unsigned int damaged[2];

	(void)state;
	all = records_of(lines, false, &damaged[0]);
	some = records_of(lines, true, &damaged[1]);
	assert_int_equal(json_object_array_length(all), 8);
	assert_true(json_object_equal(all, some));
	assert_int_equal(damaged[0], damaged[1]);
	json_object_put(all);
	json_object_put(some);
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
		cmocka_unit_test(options_are_those_of_the_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
