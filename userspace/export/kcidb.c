// SPDX-License-Identifier: GPL-2.0-only
/* Results as KernelCI's KCIDB takes them: see kcidb.h. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kcidb.h"
#include "session/key.h"
#include "session/member.h"
#include "session/outcome.h"
#include "session/replay.h"
#include "session/status.h"

#define ID	400	/* bytes */
#define EXCERPT	16384	/* characters that KCIDB takes */

/**
 * struct kcidb - a report that is made
 * @origin: who reports
 * @checkouts: its lists
 * @builds: ditto
 * @tests: ditto
 * @issues: ditto
 * @incidents: ditto
 */
struct kcidb {
	const char *origin;
	struct json_object *checkouts;
	struct json_object *builds;
	struct json_object *tests;
	struct json_object *issues;
	struct json_object *incidents;
};

static const char *const words[] = {
	[SM_PASS] = "PASS",
	[SM_FAIL] = "FAIL",
	[SM_BROKEN] = "ERROR",
	[SM_SKIP] = "SKIP",
	[SM_INCOMPLETE] = "MISS",
	[SM_TIMEOUT] = "ERROR",
};

/* Nothing of it may be null: what is not known is left out. */
static void put(struct json_object *o, const char *key, const char *text)
{
	if (*text)
		sm_member_string(o, key, text);
}

static void make_id(const struct kcidb *k, char id[ID], const char *rest)
{
	snprintf(id, ID, "%s:%.300s", k->origin, rest);
}

static bool has(struct json_object *list, const char *id)
{
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++)
		if (!strcmp(sm_member_text(json_object_array_get_idx(list, i), "id"),
			    id))
			return true;
	return false;
}

static struct json_object *object_of(const struct kcidb *k, const char *id)
{
	struct json_object *o = json_object_new_object();

	sm_member_string(o, "id", id);
	sm_member_string(o, "origin", k->origin);
	return o;
}

/* --- the kernel */

/* A configuration is another build of one kernel. */
static void make_build_id(const struct kcidb *k, struct json_object *session,
			  char id[ID])
{
	char rest[ID];

	snprintf(rest, sizeof(rest), "%.120s-%.20s-%.40s",
		 sm_member_text(session, "kernel"),
		 sm_member_text(session, "arch"),
		 sm_member_text(session, "config_hash"));
	make_id(k, id, rest);
}

static void put_lower(struct json_object *o, const char *key, const char *text)
{
	char word[64];
	size_t i;

	for (i = 0; text[i] && i < sizeof(word) - 1; i++)
		word[i] = isalnum((unsigned char)text[i]) ?
				  tolower((unsigned char)text[i]) : '_';
	word[i] = '\0';
	put(o, key, word);
}

static void put_misc(struct json_object *o, struct json_object *from,
		     const char *const *keys)
{
	struct json_object *misc = json_object_new_object(), *value;

	for (; *keys; keys++) {
		value = sm_member_get(from, *keys);
		if (value)
			json_object_object_add(misc, *keys,
					       json_object_get(value));
	}
	json_object_object_add(o, "misc", misc);
}

static void add_kernel(struct kcidb *k, struct json_object *session)
{
	static const char *const build_keys[] = {
		"build_id", "config", "config_hash", "cmdline", NULL
	};
	char id[ID], build_id[ID];
	struct json_object *o;

	make_id(k, id, sm_member_text(session, "kernel"));
	if (!has(k->checkouts, id)) {
		o = object_of(k, id);
		put(o, "git_commit_name", sm_member_text(session, "kernel"));
		put(o, "comment", sm_member_text(session, "kernel_version"));
		json_object_array_add(k->checkouts, o);
	}
	make_build_id(k, session, build_id);
	if (has(k->builds, build_id))
		return;
	o = object_of(k, build_id);
	sm_member_string(o, "checkout_id", id);
	put_lower(o, "architecture", sm_member_text(session, "arch"));
	put(o, "config_name", sm_member_text(session, "config"));
	sm_member_string(o, "status", "PASS");
	put_misc(o, session, build_keys);
	json_object_array_add(k->builds, o);
}

/* --- what was found */

static void add_found(struct kcidb *k, const char *test, struct json_object *v)
{
	const char *signature = sm_member_text(v, "signature");
	struct json_object *o, *culprit;
	char id[ID], rest[ID];

	if (!*signature)
		return;
	make_id(k, id, signature);
	if (!has(k->issues, id)) {
		o = object_of(k, id);
		json_object_object_add(o, "version", json_object_new_int(1));
		put(o, "comment", sm_member_text(v, "title"));
		culprit = json_object_new_object();
		sm_member_bool(culprit, "code", true);
		json_object_object_add(o, "culprit", culprit);
		json_object_array_add(k->issues, o);
	}
	snprintf(rest, sizeof(rest), "%.250s-%.40s", strchr(test, ':') + 1, signature);
	make_id(k, id, rest);
	if (has(k->incidents, id))
		return;
	o = object_of(k, id);
	make_id(k, id, signature);
	sm_member_string(o, "issue_id", id);
	json_object_object_add(o, "issue_version", json_object_new_int(1));
	sm_member_string(o, "test_id", test);
	sm_member_bool(o, "present", true);
	put(o, "comment", sm_member_text(v, "text"));
	json_object_array_add(k->incidents, o);
}

/* --- tests */

/* Dots stand between levels, none of which is empty. */
static void put_path(struct json_object *o, const char *name)
{
	char path[256] = "stalemate.";
	size_t len = strlen(path);

	for (; *name && len < sizeof(path) - 1; name++) {
		bool dot = *name == '.' && path[len - 1] != '.';

		if (dot || isalnum((unsigned char)*name) ||
		    *name == '_' || *name == '-')
			path[len++] = *name;
		else if (*name != '.')
			path[len++] = '_';
	}
	while (path[len - 1] == '.')
		len--;
	path[len] = '\0';
	sm_member_string(o, "path", path);
}

static void put_environment(struct json_object *o, struct json_object *session)
{
	static const char *const keys[] = {
		"label", "cpu", "cpus", "memory", "devices", "clock_offset", NULL
	};
	struct json_object *environment = json_object_new_object();

	put(environment, "comment", sm_member_text(session, "host"));
	put_misc(environment, session, keys);
	json_object_object_add(o, "environment", environment);
}

/* What the kernel or an oracle said, as far as KCIDB takes it. */
static void put_excerpt(struct json_object *o, struct json_object *run)
{
	const char *console = sm_member_text(run, "console");
	size_t i, nr, len = 0, whole = strlen(console);
	struct json_object *all;
	char text[EXCERPT / 4];

	all = sm_member_array(run, "violations", &nr);
	for (i = 0; i < nr && len < sizeof(text); i++) {
		struct json_object *v = json_object_array_get_idx(all, i);

		len += snprintf(text + len, sizeof(text) - len, "%s: %s\n",
				sm_member_text(v, "oracle"),
				sm_member_text(v, "text"));
	}
	/* How it went down is at the end. */
	if (whole && len + 1 < sizeof(text)) {
		size_t room = sizeof(text) - len - 1;

		len += snprintf(text + len, sizeof(text) - len, "%s",
				console + (whole < room ? 0 : whole - room));
	}
	if (len)
		put(o, "log_excerpt", text);
}

static struct json_object *test_new(struct kcidb *k, struct json_object *session,
				    const char *number, const char *name,
				    const char *status)
{
	char id[ID], rest[ID], key[SM_KEY];
	struct json_object *o;

	sm_key_of_session(session, key);
	snprintf(rest, sizeof(rest), "%s-%.40s", key, number);
	make_id(k, id, rest);
	o = object_of(k, id);
	make_build_id(k, session, id);
	sm_member_string(o, "build_id", id);
	put_path(o, name);
	sm_member_string(o, "status", status);
	put_environment(o, session);
	json_object_array_add(k->tests, o);
	return o;
}

static void add_test(struct kcidb *k, struct json_object *session,
		     struct json_object *run)
{
	static const char *const keys[] = { "seed", "defect", "again", NULL };
	char *again = sm_replay_command(run);
	struct json_object *o, *all;
	char number[24];
	size_t i, nr;

	snprintf(number, sizeof(number), "%llu",
		 (unsigned long long)sm_member_number(run, "test"));
	o = test_new(k, session, number, sm_member_text(run, "name"),
		     words[sm_outcome_of_run(session, run)]);
	put(o, "start_time", sm_member_text(run, "start"));
	if (sm_member_get(run, "seconds"))
		json_object_object_add(o, "duration",
				       json_object_get(sm_member_get(run, "seconds")));
	put(o, "comment", sm_member_text(run, "reason"));
	if (!sm_outcome_is_proof(session, run))
		put_excerpt(o, run);
	sm_member_string(run, "again", again);
	put_misc(o, run, keys);
	json_object_object_del(run, "again");
	free(again);
	all = sm_member_array(run, "violations", &nr);
	for (i = 0; i < nr && !sm_outcome_is_proof(session, run); i++)
		add_found(k, sm_member_text(o, "id"),
			  json_object_array_get_idx(all, i));
}

/* Tests that a session owes are a test of their own. */
static void add_rest(struct kcidb *k, struct json_object *session)
{
	struct json_object *o;
	enum sm_verdict v;
	char why[SM_OUTCOME_WHY];

	v = sm_outcome_of_rest(session, why, sizeof(why));
	if (v == SM_PASS)
		return;
	o = test_new(k, session, "rest", SM_OUTCOME_REST, words[v]);
	put(o, "start_time", sm_member_text(session, "start"));
	put(o, "comment", why);
}

/* A measurement is no verdict. */
static void add_measure(struct kcidb *k, struct json_object *session, size_t i,
			struct json_object *score)
{
	struct json_object *value = sm_member_get(score, "cost_ns"), *o, *number;
	enum sm_verdict v = sm_status_verdict(score);
	char name[128], id[40];

	snprintf(name, sizeof(name), "bench.%.50s.%.50s",
		 sm_member_text(score, "name"), sm_member_text(score, "profile"));
	snprintf(id, sizeof(id), "bench-%zu", i);
	o = test_new(k, session, id, name, v == SM_PASS ? "DONE" : words[v]);
	put(o, "start_time", sm_member_text(session, "start"));
	put(o, "comment", sm_member_text(score, "cost"));
	if (v != SM_PASS || !value)
		return;
	number = json_object_new_object();
	json_object_object_add(number, "value", json_object_get(value));
	snprintf(name, sizeof(name), "ns/%.40s", sm_member_text(score, "unit"));
	sm_member_string(number, "unit", name);
	json_object_object_add(o, "number", number);
}

static void add_session(struct kcidb *k, struct json_object *session)
{
	struct json_object *a;
	size_t i, nr;

	add_kernel(k, session);
	a = sm_member_array(session, "runs", &nr);
	for (i = 0; i < nr; i++)
		add_test(k, session, json_object_array_get_idx(a, i));
	add_rest(k, session);
	a = sm_member_array(session, "bench", &nr);
	for (i = 0; i < nr; i++)
		add_measure(k, session, i, json_object_array_get_idx(a, i));
}

struct json_object *sm_kcidb_make(struct json_object *sessions, const char *origin)
{
	struct json_object *root = json_object_new_object();
	struct json_object *version = json_object_new_object();
	struct kcidb k = { .origin = origin };
	size_t i;

	sm_member_u64(version, "major", 5);
	sm_member_u64(version, "minor", 3);
	json_object_object_add(root, "version", version);
	k.checkouts = json_object_new_array();
	k.builds = json_object_new_array();
	k.tests = json_object_new_array();
	k.issues = json_object_new_array();
	k.incidents = json_object_new_array();
	for (i = 0; i < json_object_array_length(sessions); i++)
		add_session(&k, json_object_array_get_idx(sessions, i));
	json_object_object_add(root, "checkouts", k.checkouts);
	json_object_object_add(root, "builds", k.builds);
	json_object_object_add(root, "tests", k.tests);
	json_object_object_add(root, "issues", k.issues);
	json_object_object_add(root, "incidents", k.incidents);
	return root;
}
