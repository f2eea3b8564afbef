// SPDX-License-Identifier: GPL-2.0-only
/*
 * stalemate report: the results of sessions by their journals, whether they have
 * ended, go on, or were cut short; or of a night of the history.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "export/html.h"
#include "export/junit.h"
#include "export/kcidb.h"
#include "export/markdown.h"
#include "session/member.h"
#include "session/results.h"
#include "session/save.h"
#include "session/status.h"
#include "sessions.h"
#include "show_json.h"

#define ORIGIN_CHARACTERS	"abcdefghijklmnopqrstuvwxyz0123456789_"

enum sm_format { TEXT, JSON, JUNIT, KCIDB, MARKDOWN, HTML };

/**
 * struct options - what is wanted
 * @source: a journal, a folder, or a history
 * @out: file to write to, or NULL
 * @night: of a history: which night
 * @origin: of KCIDB: who reports
 * @format: what is written
 */
struct options {
	const char *source;
	const char *out;
	const char *night;
	const char *origin;
	enum sm_format format;
};

enum { OPT_JUNIT = 256, OPT_KCIDB, OPT_MD, OPT_HTML, OPT_NIGHT, OPT_ORIGIN };

static error_t parse_format(struct options *o, enum sm_format format,
			    struct argp_state *state)
{
	if (o->format != TEXT && o->format != format)
		argp_error(state, "one format at a time");
	o->format = format;
	return 0;
}

static error_t parse_origin(struct options *o, const char *arg,
			    struct argp_state *state)
{
	if (!*arg || arg[strspn(arg, ORIGIN_CHARACTERS)])
		argp_error(state, "--origin %s: want a-z, 0-9 and _", arg);
	o->origin = arg;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'j':
		return parse_format(o, JSON, state);
	case OPT_JUNIT:
		return parse_format(o, JUNIT, state);
	case OPT_KCIDB:
		return parse_format(o, KCIDB, state);
	case OPT_MD:
		return parse_format(o, MARKDOWN, state);
	case OPT_HTML:
		return parse_format(o, HTML, state);
	case OPT_ORIGIN:
		return parse_origin(o, arg, state);
	case OPT_NIGHT:
		o->night = arg;
		return 0;
	case 'o':
		o->out = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (o->source)
			argp_error(state, "one journal or folder at a time");
		o->source = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which journal?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "JSON, as run --json writes it", 0 },
	{ "junit", OPT_JUNIT, NULL, 0, "JUnit's XML", 0 },
	{ "kcidb", OPT_KCIDB, NULL, 0, "JSON as KernelCI's KCIDB takes it (5.3)", 0 },
	{ "md", OPT_MD, NULL, 0, "Markdown", 0 },
	{ "html", OPT_HTML, NULL, 0, "A page", 0 },
	{ "night", OPT_NIGHT, "NAME", 0, "Of a history: which night (latest)", 0 },
	{ "origin", OPT_ORIGIN, "NAME", 0, "Of KCIDB: who reports (stalemate)", 0 },
	{ "output", 'o', "OUT", 0, "Write to OUT (standard output)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "FILE|DIR|DB",
	.doc = "Tell what sessions found: by a journal, those in DIR, or a night of DB.",
};

/* @before, and what the results say. */
static void print(FILE *f, struct json_object *root, const char *before,
		  const char *key)
{
	fputs(before, f);
	sm_show_json_text(f, root, key, 0);
}

static void print_head(FILE *f, struct json_object *root)
{
	print(f, root, "stalemate ", "stalemate");
	print(f, root, ", kernel ", "kernel");
	print(f, root, " ", "arch");
	fprintf(f, ", seed %llu",
		(unsigned long long)sm_member_number(root, "seed"));
	print(f, root, ", ", "command");
	print(f, root, " on ", "host");
	print(f, root, " at ", "start");
	fputc('\n', f);
}

static void print_text(FILE *f, struct json_object *root)
{
	struct json_object *runs;
	size_t i, nr;

	print_head(f, root);
	runs = sm_member_array(root, "runs", &nr);
	for (i = 0; i < nr; i++)
		sm_show_json_run(f, "", json_object_array_get_idx(runs, i));
	sm_show_json_text(f, root, "verdict", 10);
	fprintf(f, " %zu of %llu tests", nr,
		(unsigned long long)sm_member_number(root, "tests"));
	if (sm_member_number(root, "damaged"))
		fprintf(f, ", %llu damaged lines of the journal left out",
			(unsigned long long)sm_member_number(root, "damaged"));
	if (sm_member_number(root, "kernel_log_lost"))
		fprintf(f, ", %llu messages of the kernel lost between tests",
			(unsigned long long)sm_member_number(root,
							     "kernel_log_lost"));
	if (*sm_member_text(root, "reason"))
		print(f, root, ": ", "reason");
	else if (!sm_member_get(root, "end"))
		fprintf(f, ": the session has not ended");
	fputc('\n', f);
}

static void print_texts(FILE *f, struct json_object *sessions)
{
	size_t i;

	for (i = 0; i < json_object_array_length(sessions); i++)
		print_text(f, json_object_array_get_idx(sessions, i));
}

static void print_json(FILE *f, struct json_object *o)
{
	const char *s = json_object_to_json_string_ext(o, SM_MEMBER_FILE);

	fprintf(f, "%s\n", s ? s : "");
}

/* Of one journal it is what the session itself would have written. */
static void print_sessions(FILE *f, struct json_object *sessions)
{
	if (json_object_array_length(sessions) == 1)
		sessions = json_object_array_get_idx(sessions, 0);
	print_json(f, sessions);
}

/* Returns false if it would not be what it has to be, which is said. */
static bool print_kcidb(FILE *f, struct json_object *sessions,
			const char *origin)
{
	struct json_object *report = sm_kcidb_make(sessions, origin);
	char why[256];
	bool ok;

	ok = sm_kcidb_check(report, why, sizeof(why));
	if (ok)
		print_json(f, report);
	else
		fprintf(stderr, "stalemate: KCIDB would refuse this: %s\n", why);
	json_object_put(report);
	return ok;
}

static bool print_as(FILE *f, const struct options *o,
		     const struct sm_sessions *s)
{
	struct json_object *all = s->all;

	switch (o->format) {
	case JSON:
		print_sessions(f, all);
		return true;
	case JUNIT:
		sm_junit_print(f, all);
		return true;
	case KCIDB:
		return print_kcidb(f, all, o->origin);
	case HTML:
		sm_html_print(f, all, s->compared);
		return true;
	case MARKDOWN:
		sm_markdown_print(f, all);
		return true;
	default:
		print_texts(f, all);
		return true;
	}
}

/* As a whole, so that what is written is written like any results. */
static int to_text(const struct options *o, const struct sm_sessions *s,
		   char **text)
{
	size_t size;
	FILE *f;
	bool ok;

	*text = NULL;
	f = open_memstream(text, &size);
	if (!f)
		return -ENOMEM;
	ok = print_as(f, o, s);
	if (fclose(f))
		return -ENOMEM;
	if (!ok)
		return -EINVAL;
	if (size && (*text)[size - 1] == '\n')
		(*text)[size - 1] = '\0';
	return 0;
}

static int write_out(const char *out, const char *text)
{
	char *path;
	int ret;

	if (!out)
		return puts(text) < 0 ? -EIO : 0;
	path = sm_save_resolve(out);
	if (!path)
		return -ENOMEM;
	ret = sm_save_is_file(path) ? sm_save_replace(path, text) :
				      sm_save_to(path, text);
	free(path);
	return ret;
}

/* That of the only session; of several the worst, as of several runs of one. */
static int status_of(struct json_object *all)
{
	size_t i, nr = json_object_array_length(all);
	struct sm_status_tally t = { { 0 } };

	if (nr == 1)
		return sm_results_exit(json_object_array_get_idx(all, 0));
	for (i = 0; i < nr; i++)
		t.nr[sm_status_verdict(json_object_array_get_idx(all, i))]++;
	return sm_status_exit(sm_status_overall(&t));
}

static int report(const struct options *o, const struct sm_sessions *s)
{
	int status = status_of(s->all), ret;
	char *text;

	if (s->status && status != SM_EXIT_FAIL)
		status = s->status;
	ret = to_text(o, s, &text);
	if (!ret)
		ret = write_out(o->out, text);
	free(text);
	if (!ret)
		return status;
	if (ret != -EINVAL)
		fprintf(stderr, "stalemate: %s: %s\n",
			o->out ? o->out : "standard output", strerror(-ret));
	return status == SM_EXIT_FAIL ? SM_EXIT_FAIL : SM_EXIT_BROKEN;
}

/* What is written there would destroy what is read: a journal, or the history. */
static bool is_source(const struct options *o, const struct sm_sessions *s)
{
	struct stat a, b;
	size_t i;

	if (!o->out || stat(o->out, &a) || !S_ISREG(a.st_mode))
		return false;
	if (!stat(o->source, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return true;
	for (i = 0; i < json_object_array_length(s->all); i++)
		if (!stat(sm_member_text(json_object_array_get_idx(s->all, i),
					 "journal"), &b) &&
		    a.st_dev == b.st_dev && a.st_ino == b.st_ino)
			return true;
	return false;
}

static bool is_history(const char *path)
{
	static const char magic[] = "SQLite format 3";
	char text[sizeof(magic)] = "";
	ssize_t n = 0;
	int fd;

	fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text));
		close(fd);
	}
	return n == sizeof(text) && !memcmp(text, magic, sizeof(magic));
}

static int read_source(const struct options *o, struct sm_sessions *s)
{
	if (is_history(o->source))
		return sm_sessions_of_night(s, o->source, o->night);
	return sm_sessions_of_journals(s, o->source);
}

int sm_report_command(int argc, char **argv)
{
	struct options o = { .night = "latest", .origin = "stalemate" };
	struct sm_sessions s;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	status = read_source(&o, &s);
	if (status)
		return status;
	if (is_source(&o, &s)) {
		fprintf(stderr, "stalemate: %s: is the journal itself\n", o.out);
		status = SM_EXIT_USAGE;
	} else {
		status = report(&o, &s);
	}
	sm_sessions_close(&s);
	return status;
}
