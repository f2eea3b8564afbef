// SPDX-License-Identifier: GPL-2.0-only
/* Members of the JSON objects of results. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "member.h"

void sm_member_string(struct json_object *o, const char *key, const char *s)
{
	json_object_object_add(o, key,
			       s && *s ? json_object_new_string(s) : NULL);
}

void sm_member_u64(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

void sm_member_bool(struct json_object *o, const char *key, bool value)
{
	json_object_object_add(o, key, json_object_new_boolean(value));
}

void sm_member_hex(struct json_object *o, const char *key, uint64_t value)
{
	char s[24];

	snprintf(s, sizeof(s), "0x%llx", (unsigned long long)value);
	sm_member_string(o, key, s);
}

/* Of what is read back the value is that of the text: so it is from the start. */
void sm_member_seconds(struct json_object *o, const char *key, double value)
{
	char s[32];

	snprintf(s, sizeof(s), "%.3f", value);
	json_object_object_add(o, key,
			       json_object_new_double_s(strtod(s, NULL), s));
}

void sm_member_time(struct json_object *o, const char *key)
{
	char day[32], s[48];
	struct timespec t;
	struct tm utc;

	clock_gettime(CLOCK_REALTIME, &t);
	gmtime_r(&t.tv_sec, &utc);
	strftime(day, sizeof(day), "%FT%T", &utc);
	snprintf(s, sizeof(s), "%s.%03ldZ", day, t.tv_nsec / 1000000);
	sm_member_string(o, key, s);
}

void sm_member_copy(struct json_object *o, struct json_object *from,
		    const char *const *keys)
{
	struct json_object *value;

	if (!json_object_is_type(from, json_type_object))
		return;
	for (; keys && *keys; keys++)
		if (json_object_object_get_ex(from, *keys, &value))
			json_object_object_add(o, *keys,
					       json_object_get(value));
	if (keys)
		return;
	json_object_object_foreach(from, key, v)
		json_object_object_add(o, key, json_object_get(v));
}

struct json_object *sm_member_get(struct json_object *o, const char *key)
{
	struct json_object *value;

	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, key, &value))
		return NULL;
	return value;
}

const char *sm_member_text(struct json_object *o, const char *key)
{
	struct json_object *value = sm_member_get(o, key);

	if (!json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

uint64_t sm_member_number(struct json_object *o, const char *key)
{
	return json_object_get_uint64(sm_member_get(o, key));
}

struct json_object *sm_member_array(struct json_object *o, const char *key,
				    size_t *nr)
{
	struct json_object *value = sm_member_get(o, key);

	*nr = 0;
	if (!json_object_is_type(value, json_type_array))
		return NULL;
	*nr = json_object_array_length(value);
	return value;
}
