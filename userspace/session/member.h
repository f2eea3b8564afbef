/* SPDX-License-Identifier: GPL-2.0-only */
/* Members of the JSON objects of results: put in, and read back. */
#ifndef SM_MEMBER_H
#define SM_MEMBER_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#define SM_MEMBER_FILE	(JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | \
			 JSON_C_TO_STRING_NOSLASHESCAPE)
#define SM_MEMBER_LINE	(JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/**
 * sm_member_string() - put a string
 * @o: object
 * @key: name
 * @s: value; NULL or "" becomes null
 */
void sm_member_string(struct json_object *o, const char *key, const char *s);

/**
 * sm_member_u64() - put a number
 * @o: object
 * @key: name
 * @value: value
 */
void sm_member_u64(struct json_object *o, const char *key, uint64_t value);

/**
 * sm_member_bool() - put a truth value
 * @o: object
 * @key: name
 * @value: value
 */
void sm_member_bool(struct json_object *o, const char *key, bool value);

/**
 * sm_member_hex() - put a number as a string, as 0x12ab
 * @o: object
 * @key: name
 * @value: value
 */
void sm_member_hex(struct json_object *o, const char *key, uint64_t value);

/**
 * sm_member_seconds() - put a number, rounded to three digits behind the point
 * @o: object
 * @key: name
 * @value: value
 */
void sm_member_seconds(struct json_object *o, const char *key, double value);

/**
 * sm_member_time() - put the time of day, as 2027-12-31T23:59:59.123Z
 * @o: object
 * @key: name
 */
void sm_member_time(struct json_object *o, const char *key);

/**
 * sm_member_copy() - put members of another object; they are shared
 * @o: object
 * @from: the other one, or NULL
 * @keys: their names, NULL terminated; what is not there is left out. NULL: all
 */
void sm_member_copy(struct json_object *o, struct json_object *from,
		    const char *const *keys);

/**
 * sm_member_get() - look up a member
 * @o: object; anything else has no members
 * @key: name
 *
 * Return: its value; NULL if it is not there, or null.
 */
struct json_object *sm_member_get(struct json_object *o, const char *key);

/**
 * sm_member_text() - look up a string
 * @o: object
 * @key: name
 *
 * Return: the string, which is @o's; "" if there is none.
 */
const char *sm_member_text(struct json_object *o, const char *key);

/**
 * sm_member_number() - look up a number
 * @o: object
 * @key: name
 *
 * Return: the number; 0 if there is none.
 */
uint64_t sm_member_number(struct json_object *o, const char *key);

/**
 * sm_member_array() - look up an array
 * @o: object
 * @key: name
 * @nr: set to how many elements it has
 *
 * Return: the array; NULL if there is none, @nr is 0 then.
 */
struct json_object *sm_member_array(struct json_object *o, const char *key,
				    size_t *nr);

#endif /* SM_MEMBER_H */
