// SPDX-License-Identifier: GPL-2.0-only
/* A line of a journal, in brief: see brief.h. */
#include <stdbool.h>
#include <string.h>

#include "brief.h"

#define RUN_DEPTH	2	/* members of "run" of the record */

static const char end_record[] = "{\"record\":\"end\"";
static const char begin_record[] = "{\"record\":\"begin\"";
static const char options[] = "\"options\":{";

static const char kept[] = "\"violations\"";

/* All that is no single value but what was found: also what is added one day. */
static bool is_left_out(const char *key, const char *value, const char *end)
{
	size_t len = value - key;

	return value + 1 < end && *value == ':' &&
	       (value[1] == '{' || value[1] == '[') &&
	       (len != sizeof(kept) - 1 || memcmp(key, kept, len));
}

static bool begins_with(const char *text, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && !memcmp(text, with, n);
}

/* Behind the string that begins at @p, or @end if it has none. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	/* What is cut may end with a backslash. */
	return p < end ? p + 1 : end;
}

/* Behind the value that begins at @p. */
static const char *skip_value(const char *p, const char *end)
{
	unsigned int depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (!depth && (*p == ',' || *p == '}' || *p == ']'))
			return p;
		else if (*p == '}' || *p == ']')
			depth--;
		p++;
	}
	return end;
}

/*
 * What is left out is a member with the comma that follows it. Which may not be:
 * of the members that are there, those that a run ends with stay.
 */
size_t sm_brief_line(char *line, size_t len)
{
	const char *p = line, *end = line + len, *next;
	unsigned int depth = 0;
	char *to = line;

	if (!begins_with(line, len, end_record))
		return len;
	while (p < end) {
		if (*p != '"') {
			depth += *p == '{' || *p == '[';
			depth -= *p == '}' || *p == ']';
			*to++ = *p++;
			continue;
		}
		next = skip_string(p, end);
		if (depth == RUN_DEPTH && is_left_out(p, next, end)) {
			next = skip_value(next + 1, end);
			if (next < end && *next == ',') {
				p = next + 1;
				continue;
			}
			next = skip_string(p, end);
		}
		memmove(to, p, next - p);
		to += next - p;
		p = next;
	}
	return to - line;
}

char *sm_brief_options(char *line, size_t len, size_t *size)
{
	const char *p = line, *end = line + len, *value;
	unsigned int depth = 0;

	if (!begins_with(line, len, begin_record))
		return NULL;
	while (p < end) {
		if (depth == 1 && begins_with(p, end - p, options)) {
			value = p + sizeof(options) - 2;
			*size = skip_value(value, end) - value;
			return line + (value - line);
		}
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		depth += *p == '{' || *p == '[';
		depth -= *p == '}' || *p == ']';
		p++;
	}
	return NULL;
}
