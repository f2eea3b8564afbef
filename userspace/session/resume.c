// SPDX-License-Identifier: GPL-2.0-only
/* Going on with the tests of an earlier session. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "machine.h"
#include "member.h"
#include "report_head.h"
#include "results.h"
#include "resume.h"
#include "run_json.h"
#include "status.h"

/**
 * struct entry - a test of the earlier session
 * @key: what it was, seed and all
 * @run: its run, as in the results
 * @state: what became of it
 * @found: sm_resume_find() has told of it
 * @again: it runs again
 */
struct entry {
	char *key;
	struct json_object *run;
	enum sm_resume_state state;
	bool found;
	bool again;
};

/**
 * struct sm_resume - an earlier session
 * @journal: its journal, until somebody goes on with it
 * @session: the first record
 * @srcversion: of the module, as far as it is known
 * @results: made of the journal
 * @entries: the tests
 * @nr: how many
 */
struct sm_resume {
	struct sm_journal *journal;
	struct json_object *session;
	char srcversion[64];
	struct json_object *results;
	struct entry *entries;
	size_t nr;
};

static bool refuse(char *why, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return false;
}

/* --- what is run, in a word */

/* Who excused something, and why, makes no other test of it. */
static void forget_excuses(struct json_object *run)
{
	struct json_object *allow, *options = NULL;
	size_t i, nr;

	if (json_object_deep_copy(sm_member_get(run, "options"), &options, NULL))
		return;
	allow = sm_member_array(options, "allow", &nr);
	for (i = 0; i < nr; i++) {
		struct json_object *o = json_object_array_get_idx(allow, i);

		json_object_object_del(o, "reason");
		json_object_object_del(o, "where");
	}
	json_object_object_add(run, "options", options);
}

static char *key_of(struct json_object *run)
{
	static const char *const keys[] = {
		"name", "backend", "profile", "defect", "seed", "options", NULL
	};
	struct json_object *o = json_object_new_object();
	const char *s;
	char *key;

	sm_member_copy(o, run, keys);
	forget_excuses(o);
	s = json_object_to_json_string_ext(o, SM_MEMBER_LINE);
	key = s ? strdup(s) : NULL;
	json_object_put(o);
	return key;
}

static char *key_of_spec(const struct sm_run_spec *spec)
{
	struct json_object *o = sm_run_json_identity(spec);
	char *key = key_of(o);

	json_object_put(o);
	return key;
}

/* FNV-1a, 64 bits. */
uint64_t sm_resume_plan(uint64_t plan, const struct sm_run_spec *spec)
{
	struct json_object *o = sm_run_json_identity(spec);
	const char *s;

	json_object_object_del(o, "seed");
	forget_excuses(o);
	if (!plan)
		plan = 0xcbf29ce484222325;
	s = json_object_to_json_string_ext(o, SM_MEMBER_LINE);
	for (; s && *s; s++)
		plan = (plan ^ (unsigned char)*s) * 0x100000001b3;
	json_object_put(o);
	return plan;
}

/* --- the earlier session */

static enum sm_resume_state state_of(struct json_object *run)
{
	if (sm_member_get(run, "interrupted"))
		return SM_RESUME_INTERRUPTED;
	if (sm_status_verdict(run) == SM_INCOMPLETE)
		return SM_RESUME_STOPPED;
	return SM_RESUME_ENDED;
}

static bool take_runs(struct sm_resume *r)
{
	struct json_object *runs;
	size_t i, nr;

	runs = sm_member_array(r->results, "runs", &nr);
	r->entries = calloc(nr + 1, sizeof(*r->entries));
	for (i = 0; r->entries && i < nr; i++) {
		struct entry *e = &r->entries[i];

		e->run = json_object_array_get_idx(runs, i);
		e->state = state_of(e->run);
		e->key = key_of(e->run);
		r->nr++;
		if (!e->key)
			return false;
	}
	return r->entries;
}

static void take_session(struct sm_resume *r)
{
	struct json_object *records = sm_journal_records(r->journal);
	struct json_object *o;
	const char *s;
	size_t i;

	for (i = 0; i < json_object_array_length(records); i++) {
		o = json_object_array_get_idx(records, i);
		if (!r->session &&
		    !strcmp(sm_member_text(o, "record"), "session"))
			r->session = json_object_get(o);
		s = sm_member_text(sm_member_get(o, "module"), "srcversion");
		if (*s)
			snprintf(r->srcversion, sizeof(r->srcversion), "%s", s);
	}
}

static const char *error_text(int err)
{
	if (err == EBADMSG)
		return "is no journal";
	if (err == EBUSY)
		return "its session still goes on";
	return strerror(err);
}

struct sm_resume *sm_resume_open(const char *path, char *why, size_t size)
{
	struct sm_resume *r = calloc(1, sizeof(*r));

	if (r)
		r->journal = sm_journal_open(path);
	if (!r || !r->journal) {
		refuse(why, size, "%s: %s", path, error_text(errno));
		free(r);
		return NULL;
	}
	r->results = sm_results_make(r->journal);
	take_session(r);
	if (r->session && take_runs(r))
		return r;
	refuse(why, size, "%s: %s", path, r->session ? strerror(ENOMEM) :
	       "does not say which session it is of");
	sm_resume_free(r);
	return NULL;
}

uint64_t sm_resume_seed(const struct sm_resume *r)
{
	return sm_member_number(r->session, "seed");
}

/* --- is it the same? */

static bool same_text(struct json_object *was, struct json_object *is,
		      const char *key, const char *what, char *why, size_t size)
{
	const char *a = sm_member_text(was, key), *b = sm_member_text(is, key);

	return !strcmp(a, b) || refuse(why, size, "%s was %s, and is %s now",
				       what, a, b);
}

static bool same_machine(const struct sm_resume *r, char *why, size_t size)
{
	struct json_object *now = json_object_new_object();
	const char *s;
	bool same;

	sm_machine_put_kernel(now);
	sm_machine_put_module(now);
	s = sm_member_text(sm_member_get(now, "module"), "srcversion");
	same = same_text(r->session, now, "kernel", "the kernel", why, size) &&
	       same_text(r->session, now, "kernel_version", "the kernel", why,
			 size);
	if (same && *s && r->srcversion[0] && strcmp(s, r->srcversion))
		same = refuse(why, size,
			      "the module was stalemate %s, and is %s now",
			      r->srcversion, s);
	json_object_put(now);
	return same;
}

static bool same_tests(const struct sm_resume *r,
		       const struct sm_report_head *head, char *why,
		       size_t size)
{
	unsigned int tests = sm_member_number(r->session, "tests");
	unsigned long long seed = sm_resume_seed(r);
	char plan[24];

	snprintf(plan, sizeof(plan), "0x%llx", (unsigned long long)head->plan);
	if (tests != head->tests)
		return refuse(why, size, "%u tests were planned, %u are now",
			      tests, head->tests);
	if (strcmp(plan, sm_member_text(r->session, "plan")))
		return refuse(why, size,
			      "other tests, or options, were planned");
	if (seed != head->seed)
		return refuse(why, size, "the seed was %llu, and is %llu now",
			      seed, (unsigned long long)head->seed);
	return true;
}

bool sm_resume_check(const struct sm_resume *r,
		     const struct sm_report_head *head, char *why, size_t size)
{
	const char *command = sm_member_text(r->session, "command");
	char what[256];

	if (strcmp(command, head->command))
		refuse(what, sizeof(what), "the command was %s, and is %s now",
		       command, head->command);
	else if (same_tests(r, head, what, sizeof(what)) &&
		 same_machine(r, what, sizeof(what)))
		return true;
	return refuse(why, size, "%s: cannot be gone on with: %s",
		      r->journal ? sm_journal_path(r->journal) : "the journal",
		      what);
}

/* --- its tests */

static struct entry *find(const struct sm_resume *r,
			  const struct sm_run_spec *spec, bool found)
{
	char *key = key_of_spec(spec);
	struct entry *e = NULL;
	size_t i;

	for (i = 0; key && i < r->nr && !e; i++)
		if (r->entries[i].found == found && !r->entries[i].again &&
		    !strcmp(r->entries[i].key, key))
			e = &r->entries[i];
	free(key);
	return e;
}

enum sm_resume_state sm_resume_find(struct sm_resume *r,
				    const struct sm_run_spec *spec,
				    struct json_object **run)
{
	struct entry *e = r ? find(r, spec, false) : NULL;

	*run = NULL;
	if (!e)
		return SM_RESUME_NEW;
	e->found = true;
	if (e->state != SM_RESUME_STOPPED)
		*run = e->run;
	return e->state;
}

unsigned int sm_resume_number(struct sm_resume *r,
			      const struct sm_run_spec *spec)
{
	struct entry *e;

	/* Those that do not run again are none of the caller's. */
	while ((e = find(r, spec, true))) {
		e->again = true;
		if (e->state == SM_RESUME_STOPPED)
			return sm_member_number(e->run, "test");
	}
	return 0;
}

struct sm_journal *sm_resume_take(struct sm_resume *r)
{
	struct sm_journal *j = r->journal;

	r->journal = NULL;
	return j;
}

void sm_resume_free(struct sm_resume *r)
{
	size_t i;

	if (!r)
		return;
	for (i = 0; i < r->nr; i++)
		free(r->entries[i].key);
	free(r->entries);
	json_object_put(r->results);
	json_object_put(r->session);
	sm_journal_free(r->journal);
	free(r);
}
