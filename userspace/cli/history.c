// SPDX-License-Identifier: GPL-2.0-only
/* stalemate history: what many nights have found. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "history/compare.h"
#include "history/db.h"
#include "history/import.h"
#include "history/query.h"
#include "history_show.h"
#include "hook.h"
#include "options.h"
#include "session/journals.h"
#include "session/member.h"
#include "session/report.h"
#include "session/status.h"

#define DAY		86400.0
#define MOST_DAYS	36500
#define MOST_WORDS	64
#define MOST_SECONDS	86400

/**
 * struct options - what is wanted
 * @verb: the first word
 * @words: those that follow it
 * @nr: how many
 * @db: file of the history
 * @night: name for what is imported, or NULL
 * @keep: days after which nights go; 0: never
 * @hook: command to run if something got worse, or NULL
 * @hook_seconds: how long that may take
 * @json: JSON, and no text
 */
struct options {
	const char *verb;
	char *words[MOST_WORDS];
	unsigned int nr;
	const char *db;
	const char *night;
	unsigned int keep;
	const char *hook;
	unsigned int hook_seconds;
	bool json;
};

enum { OPT_DB = 256, OPT_NIGHT, OPT_KEEP, OPT_HOOK, OPT_HOOK_SECONDS };

static const struct argp_option options[] = {
	{ "db", OPT_DB, "DB", 0, "File of the history (" SM_HISTORY_DB ")", 0 },
	{ "night", OPT_NIGHT, "NAME", 0,
	  "import: what the night is called (the day, which begins at noon, UTC)", 0 },
	{ "keep", OPT_KEEP, "DAYS", 0,
	  "import: forget nights that are older (none)", 0 },
	{ "hook", OPT_HOOK, "COMMAND", 0,
	  "compare: run this if something got worse, with the text on its input", 0 },
	{ "hook-seconds", OPT_HOOK_SECONDS, "SECONDS", 0,
	  "compare: kill it if it has not ended by then (60)", 0 },
	{ "json", 'j', NULL, 0, "query, compare: JSON", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static error_t parse_word(struct options *o, char *arg, struct argp_state *state)
{
	if (!o->verb) {
		o->verb = arg;
		return 0;
	}
	/* A lab has as many journals as it likes: of the others there are a few. */
	if (o->nr == MOST_WORDS)
		argp_error(state, "more than %d files: name their folder",
			   MOST_WORDS);
	o->words[o->nr++] = arg;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case OPT_DB:
		o->db = arg;
		return 0;
	case OPT_NIGHT:
		o->night = arg;
		return 0;
	case OPT_KEEP:
		o->keep = sm_options_number("keep", arg, 1, MOST_DAYS);
		return 0;
	case OPT_HOOK:
		o->hook = arg;
		return 0;
	case OPT_HOOK_SECONDS:
		o->hook_seconds = sm_options_number("hook-seconds", arg, 1,
						    MOST_SECONDS);
		return 0;
	case 'j':
		o->json = true;
		return 0;
	case ARGP_KEY_ARG:
		return parse_word(o, arg, state);
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "import, query or compare?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "import FILE|DIR...\n"
		    "query findings|tests|nights [PATTERN]\n"
		    "compare [A [B]]",
	.doc = "Keep what many nights have found, and tell what got worse.",
};

static int complain(const char *what, const char *why, int status)
{
	fprintf(stderr, "stalemate: %s: %s\n", what, why);
	return status;
}

static struct sm_db *open_db(const struct options *o, bool create, int *status)
{
	char why[256];
	struct sm_db *db;

	db = sm_db_open(o->db, create, why, sizeof(why));
	if (!db)
		*status = complain(o->db, why, errno == EIO ? SM_EXIT_BROKEN :
							      SM_EXIT_USAGE);
	return db;
}

/* --- import */

struct importing {
	const struct options *o;
	struct sm_db *db;
	double now;
	unsigned int sessions;
	unsigned int known;
	unsigned int refused;
	uint64_t tests;
};

static void tell(const char *path, struct json_object *root, bool cut,
		 const struct sm_import *i)
{
	size_t nr;

	sm_member_array(root, "runs", &nr);
	if (i->notes & SM_IMPORT_LESS)
		complain(path, "more is known of this session already", 0);
	if (i->notes & SM_IMPORT_AHEAD)
		fprintf(stderr, "stalemate: %s: %.1f hours ahead of time: put at now\n",
			path, i->ahead / 3600);
	if (i->notes & (SM_IMPORT_KNOWN | SM_IMPORT_LESS))
		return;
	if (cut || !sm_member_get(root, "end"))
		fprintf(stderr, "stalemate: %s: %s: %zu of %llu tests are in it\n",
			path, cut ? "lines are cut or damaged" :
				    "the session has not ended", nr,
			(unsigned long long)sm_member_number(root, "tests"));
}

static int import_one(void *arg, const char *path, struct json_object *root,
		      bool cut)
{
	struct importing *m = arg;
	struct sm_import i;
	int ret;

	ret = sm_import_results(m->db, root, path, m->o->night, m->now, &i);
	if (ret == -EINVAL) {
		complain(path, sm_db_why(m->db), 0);
		m->refused++;
		return 0;
	}
	if (ret)
		return ret;
	tell(path, root, cut, &i);
	if (i.notes & (SM_IMPORT_KNOWN | SM_IMPORT_LESS))
		m->known++;
	else
		m->sessions++;
	m->tests += i.tests;
	return 0;
}

static int import_all(struct importing *m, int *status)
{
	unsigned int i, unread = 0;
	int ret = 0;

	for (i = 0; !ret && i < m->o->nr; i++) {
		ret = sm_journals_each(true, m->o->words[i], import_one, m,
				       &unread);
		if (ret != -ENOENT)
			continue;
		*status = complain(m->o->words[i], "there is no journal",
				   SM_EXIT_USAGE);
		ret = 0;
	}
	if (unread || m->refused)
		*status = SM_EXIT_USAGE;
	return ret;
}

static int import(const struct options *o)
{
	struct importing m = { .o = o, .now = time(NULL) };
	int status = SM_EXIT_PASS, ret;
	uint64_t dropped = 0;

	if (!o->nr)
		return complain("history", "import which journals?", SM_EXIT_USAGE);
	m.db = open_db(o, true, &status);
	if (!m.db)
		return status;
	ret = import_all(&m, &status);
	if (!ret && o->keep)
		ret = sm_import_forget(m.db, m.now - o->keep * DAY, &dropped);
	if (ret)
		status = complain(o->db, sm_db_why(m.db), SM_EXIT_BROKEN);
	printf("%u sessions with %llu tests, %u were there already, %llu nights forgotten\n",
	       m.sessions, (unsigned long long)m.tests, m.known,
	       (unsigned long long)dropped);
	sm_db_close(m.db);
	return status;
}

/* --- query */

static struct json_object *ask(struct sm_db *db, const char *what,
			       const char *pattern)
{
	if (!strcmp(what, "tests"))
		return sm_query_tests(db, pattern);
	if (!strcmp(what, "nights"))
		return sm_query_nights(db);
	return sm_query_findings(db, pattern);
}

static int query(const struct options *o)
{
	const char *what = o->nr ? o->words[0] : "findings";
	int status = SM_EXIT_PASS;
	struct json_object *a;
	struct sm_db *db;

	if (strcmp(what, "findings") && strcmp(what, "tests") &&
	    strcmp(what, "nights"))
		return complain(what, "want findings, tests or nights",
				SM_EXIT_USAGE);
	db = open_db(o, false, &status);
	if (!db)
		return status;
	a = ask(db, what, o->nr > 1 ? o->words[1] : NULL);
	if (!a)
		status = complain(o->db, sm_db_why(db), SM_EXIT_BROKEN);
	else if (o->json)
		sm_report_print(stdout, json_object_get(a));
	else
		sm_history_show_query(stdout, what, a);
	json_object_put(a);
	sm_db_close(db);
	return status;
}

/* --- compare */

static bool find(struct sm_db *db, const char *name, struct sm_db_night *night)
{
	int ret = sm_db_find_night(db, name, night);

	if (ret == -ENOENT)
		complain(name, "there is no such night in the history", 0);
	else if (ret)
		complain(name, sm_db_why(db), 0);
	return !ret;
}

/* "previous" of a night that is named is the one before it. */
static bool find_before(struct sm_db *db, const struct sm_db_night *b,
			struct sm_db_night *a)
{
	int ret = sm_db_find_before(db, b, a);

	if (ret == -ENOENT)
		complain(b->name, "there is no night before it in the history", 0);
	else if (ret)
		complain(b->name, sm_db_why(db), 0);
	return !ret;
}

/* Whatever becomes of it, the nights are what they are. */
static void run_hook(const struct options *o, struct json_object *root)
{
	int err = sm_hook_run(o->hook, root, o->hook_seconds);

	if (err == -ETIMEDOUT)
		fprintf(stderr, "stalemate: %s: the hook has not ended in %u s, and was killed\n",
			o->hook, o->hook_seconds);
	else if (err)
		complain(o->hook, "the hook has failed", 0);
}

static int show(const struct options *o, struct json_object *root)
{
	uint64_t worse = sm_member_number(sm_member_get(root, "counts"), "new");
	int status = worse ? SM_EXIT_FAIL : SM_EXIT_PASS;

	if (o->json)
		sm_report_print(stdout, json_object_get(root));
	else
		sm_history_show_compare(stdout, root);
	if (worse && o->hook)
		run_hook(o, root);
	return status;
}

static int compare_in(struct sm_db *db, const struct options *o)
{
	struct sm_db_night a, b;
	struct json_object *root;
	int status;

	if (!find(db, o->nr > 1 ? o->words[1] : "latest", &b))
		return SM_EXIT_USAGE;
	if (!o->nr || !strcmp(o->words[0], "previous") ?
	    !find_before(db, &b, &a) : !find(db, o->words[0], &a))
		return SM_EXIT_USAGE;
	if (a.id == b.id || a.start > b.start) {
		fprintf(stderr, "stalemate: %s: is not before %s\n", a.name, b.name);
		return SM_EXIT_USAGE;
	}
	root = sm_compare_nights(db, &a, &b);
	if (!root)
		return complain(o->db, sm_db_why(db), SM_EXIT_BROKEN);
	status = show(o, root);
	json_object_put(root);
	return status;
}

static int compare(const struct options *o)
{
	int status = SM_EXIT_PASS;
	struct sm_db *db;

	if (o->nr > 2)
		return complain(o->words[2], "want two nights", SM_EXIT_USAGE);
	db = open_db(o, false, &status);
	if (!db)
		return status;
	status = compare_in(db, o);
	sm_db_close(db);
	return status;
}

int sm_history_command(int argc, char **argv)
{
	struct options o = {
		.db = SM_HISTORY_DB,
		.hook_seconds = SM_HOOK_SECONDS,
	};

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (!strcmp(o.verb, "import"))
		return import(&o);
	if (!strcmp(o.verb, "query"))
		return query(&o);
	if (!strcmp(o.verb, "compare"))
		return compare(&o);
	return complain(o.verb, "want import, query or compare", SM_EXIT_USAGE);
}
