// SPDX-License-Identifier: GPL-2.0-only
/* Does a report keep to KCIDB's schema 5.3? See kcidb.h. */
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "kcidb.h"
#include "session/member.h"

#define ORIGIN	"^[a-z0-9_]+$"
#define ID	"^[a-z0-9_]+:"
#define PATH	"^([a-zA-Z0-9_-]+(\\.[a-zA-Z0-9_-]+)*)?$"
#define STATUS	"^(FAIL|ERROR|MISS|PASS|DONE|SKIP)$"
#define TIME	"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$"
#define ARCH	"^[a-z0-9_]*$"
#define LONGEST	16384	/* characters of a log_excerpt */

/**
 * struct member - what a member of an object may be
 * @list: list of the objects; "" in the object that has the lists
 * @name: the member
 * @type: its type
 * @must: it has to be there
 * @pattern: of a string, or NULL
 * @names: list whose objects have the id that this is, or NULL
 */
struct member {
	const char *list;
	const char *name;
	enum json_type type;
	bool must;
	const char *pattern;
	const char *names;
};

static const struct member members[] = {
	{ "", "version", json_type_object, true, NULL, NULL },
	{ "", "checkouts", json_type_array, false, NULL, NULL },
	{ "", "builds", json_type_array, false, NULL, NULL },
	{ "", "tests", json_type_array, false, NULL, NULL },
	{ "", "issues", json_type_array, false, NULL, NULL },
	{ "", "incidents", json_type_array, false, NULL, NULL },
	{ "checkouts", "id", json_type_string, true, ID, NULL },
	{ "checkouts", "origin", json_type_string, true, ORIGIN, NULL },
	{ "checkouts", "git_commit_name", json_type_string, false, NULL, NULL },
	{ "checkouts", "comment", json_type_string, false, NULL, NULL },
	{ "builds", "checkout_id", json_type_string, true, ID, "checkouts" },
	{ "builds", "id", json_type_string, true, ID, NULL },
	{ "builds", "origin", json_type_string, true, ORIGIN, NULL },
	{ "builds", "architecture", json_type_string, false, ARCH, NULL },
	{ "builds", "config_name", json_type_string, false, NULL, NULL },
	{ "builds", "status", json_type_string, false, STATUS, NULL },
	{ "builds", "misc", json_type_object, false, NULL, NULL },
	{ "tests", "build_id", json_type_string, true, ID, "builds" },
	{ "tests", "id", json_type_string, true, ID, NULL },
	{ "tests", "origin", json_type_string, true, ORIGIN, NULL },
	{ "tests", "environment", json_type_object, false, NULL, NULL },
	{ "tests", "path", json_type_string, false, PATH, NULL },
	{ "tests", "comment", json_type_string, false, NULL, NULL },
	{ "tests", "log_excerpt", json_type_string, false, NULL, NULL },
	{ "tests", "status", json_type_string, false, STATUS, NULL },
	{ "tests", "number", json_type_object, false, NULL, NULL },
	{ "tests", "start_time", json_type_string, false, TIME, NULL },
	{ "tests", "duration", json_type_double, false, NULL, NULL },
	{ "tests", "misc", json_type_object, false, NULL, NULL },
	{ "issues", "id", json_type_string, true, ID, NULL },
	{ "issues", "version", json_type_int, true, NULL, NULL },
	{ "issues", "origin", json_type_string, true, ORIGIN, NULL },
	{ "issues", "culprit", json_type_object, false, NULL, NULL },
	{ "issues", "comment", json_type_string, false, NULL, NULL },
	{ "incidents", "id", json_type_string, true, ID, NULL },
	{ "incidents", "origin", json_type_string, true, ORIGIN, NULL },
	{ "incidents", "issue_id", json_type_string, true, ID, "issues" },
	{ "incidents", "issue_version", json_type_int, true, NULL, NULL },
	{ "incidents", "test_id", json_type_string, false, ID, "tests" },
	{ "incidents", "present", json_type_boolean, false, NULL, NULL },
	{ "incidents", "comment", json_type_string, false, NULL, NULL },
};

/**
 * struct checking - a report that is looked at
 * @report: the report
 * @why: gets what is wrong
 * @size: bytes there
 */
struct checking {
	struct json_object *report;
	char *why;
	size_t size;
};

static bool wrong(struct checking *c, const char *list, const char *name,
		  const char *what)
{
	snprintf(c->why, c->size, "%s%s%s: %s", list, *list ? "." : "", name, what);
	return false;
}

static bool matches(const char *text, const char *pattern)
{
	regex_t re;
	bool match;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	match = !regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return match;
}

static bool is_there(struct checking *c, const char *list, const char *id)
{
	struct json_object *a;
	size_t i, nr;

	a = sm_member_array(c->report, list, &nr);
	for (i = 0; i < nr; i++)
		if (!strcmp(sm_member_text(json_object_array_get_idx(a, i), "id"),
			    id))
			return true;
	return false;
}

static bool check_value(struct checking *c, const struct member *m,
			struct json_object *value)
{
	const char *text;

	if (!json_object_is_type(value, m->type) &&
	    !(m->type == json_type_double &&
	      json_object_is_type(value, json_type_int)))
		return wrong(c, m->list, m->name, "is of another type");
	if (m->type != json_type_string)
		return true;
	text = json_object_get_string(value);
	if (m->pattern && !matches(text, m->pattern))
		return wrong(c, m->list, m->name, text);
	if (strlen(text) > LONGEST && !strcmp(m->name, "log_excerpt"))
		return wrong(c, m->list, m->name, "is too long");
	if (m->names && !is_there(c, m->names, text))
		return wrong(c, m->list, m->name, "names what is not there");
	return true;
}

static const struct member *find(const char *list, const char *name)
{
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(members); i++)
		if (!strcmp(members[i].list, list) &&
		    !strcmp(members[i].name, name))
			return &members[i];
	return NULL;
}

static bool check_object(struct checking *c, const char *list,
			 struct json_object *o)
{
	const struct member *m;
	unsigned int i;

	if (!json_object_is_type(o, json_type_object))
		return wrong(c, list, "", "is no object");
	json_object_object_foreach(o, key, value) {
		m = find(list, key);
		if (!m)
			return wrong(c, list, key, "is unknown");
		if (!check_value(c, m, value))
			return false;
	}
	for (i = 0; i < SM_ARRAY_SIZE(members); i++) {
		m = &members[i];
		if (m->must && !strcmp(m->list, list) && !sm_member_get(o, m->name))
			return wrong(c, list, m->name, "is missing");
	}
	return true;
}

static bool check_list(struct checking *c, const char *list)
{
	struct json_object *a;
	size_t i, nr;

	a = sm_member_array(c->report, list, &nr);
	for (i = 0; i < nr; i++)
		if (!check_object(c, list, json_object_array_get_idx(a, i)))
			return false;
	return true;
}

bool sm_kcidb_check(struct json_object *report, char *why, size_t size)
{
	static const char *const lists[] = {
		"checkouts", "builds", "tests", "issues", "incidents"
	};
	struct checking c = { .report = report, .why = why, .size = size };
	struct json_object *version;
	unsigned int i;

	if (!check_object(&c, "", report))
		return false;
	version = sm_member_get(report, "version");
	if (sm_member_number(version, "major") != 5 ||
	    sm_member_number(version, "minor") != 3)
		return wrong(&c, "", "version", "is not 5.3");
	for (i = 0; i < SM_ARRAY_SIZE(lists); i++)
		if (!check_list(&c, lists[i]))
			return false;
	return true;
}
