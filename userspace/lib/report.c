// SPDX-License-Identifier: GPL-2.0-only
/*
 * Results as JSON, and verdicts as exit status.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "allow.h"
#include "ktap.h"
#include "report.h"
#include "save.h"
#include "tables.h"
#include "util.h"

#define SAVE_LARGE	(1 << 20)	/* bytes */
#define SAVE_EVERY_NS	(5 * SM_NSEC)
#define JSON_STYLE	(JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | \
			 JSON_C_TO_STRING_NOSLASHESCAPE)

struct sm_report {
	char *path;
	bool direct;
	struct json_object *root;
	struct json_object *runs;
	uint64_t next_save_ns;
};

static void put_string(struct json_object *o, const char *key, const char *s)
{
	json_object_object_add(o, key,
			       s && *s ? json_object_new_string(s) : NULL);
}

static void put_u64(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

static void put_bool(struct json_object *o, const char *key, bool value)
{
	json_object_object_add(o, key, json_object_new_boolean(value));
}

static void put_hex(struct json_object *o, const char *key, uint64_t value)
{
	char s[24];

	snprintf(s, sizeof(s), "0x%llx", (unsigned long long)value);
	put_string(o, key, s);
}

static void put_seconds(struct json_object *o, const char *key, double value)
{
	char s[32];

	snprintf(s, sizeof(s), "%.3f", value);
	json_object_object_add(o, key, json_object_new_double_s(value, s));
}

static void add_word(struct json_object *array, const char *word)
{
	json_object_array_add(array, json_object_new_string(word));
}

static uint64_t entry_pfn(uint64_t entry)
{
	return entry & SM_ENT_PRESENT ? entry & SM_ENT_PFN : 0;
}

static struct json_object *history_json(const struct sm_history *h)
{
	const struct sm_record *r = &h->record;
	struct json_object *o = json_object_new_object();

	put_u64(o, "t_ns", r->t_ns);
	put_string(o, "phase", r->phase < SM_PHASE_NR ?
		   sm_phase_names[r->phase] : "?");
	put_string(o, "event", r->event < SM_EVENT_NR ?
		   sm_event_names[r->event] : "?");
	put_hex(o, "start", r->start);
	put_hex(o, "end", r->end);
	put_hex(o, "pair", r->pair);
	put_u64(o, "tid", r->tid);
	put_u64(o, "gen", r->gen);
	put_bool(o, "blockable", r->flags & SM_RECORD_BLOCKABLE);
	put_string(o, "emitter", h->emitter);
	return o;
}

static struct json_object *finding_json(const struct sm_finding *f)
{
	struct json_object *o = json_object_new_object();
	struct json_object *history = json_object_new_array();
	unsigned int i;

	put_string(o, "oracle", f->oracle);
	put_string(o, "profile", f->profile);
	put_hex(o, "va", f->va);
	put_u64(o, "mirror_pfn", entry_pfn(f->mirror_entry));
	put_u64(o, "cpu_pfn", entry_pfn(f->cpu_entry));
	put_hex(o, "mirror_entry", f->mirror_entry);
	put_hex(o, "cpu_entry", f->cpu_entry);
	put_string(o, "op", f->op);
	put_u64(o, "gen", f->gen);
	put_u64(o, "last_inval", f->last_inval);
	put_u64(o, "t_ns", f->t_ns);
	put_string(o, "text", f->text);
	put_bool(o, "truncated", f->truncated);
	for (i = 0; i < f->nr_history; i++)
		json_object_array_add(history, history_json(&f->history[i]));
	json_object_object_add(o, "history", history);
	return o;
}

static struct json_object *ops_json(const struct sm_run_result *result)
{
	struct json_object *o = json_object_new_object();
	unsigned int i;

	for (i = 0; i < SM_MAX_OPS && sm_ops[i].name; i++)
		if (result->ops[i])
			put_u64(o, sm_ops[i].name, result->ops[i]);
	return o;
}

static struct json_object *unreached_json(const struct sm_run_result *result)
{
	struct json_object *a = json_object_new_array();
	unsigned int i;

	for (i = 0; i < SM_MAX_OPS && sm_ops[i].name; i++)
		if (result->unreached >> i & 1)
			add_word(a, sm_ops[i].name);
	return a;
}

static struct json_object *events_json(const struct sm_run_result *result)
{
	struct json_object *o = json_object_new_object();
	unsigned int i;

	for (i = 0; i < SM_EVENT_NR; i++)
		if (result->events[i])
			put_u64(o, sm_event_names[i], result->events[i]);
	return o;
}

static struct json_object *emitters_json(const struct sm_run_result *result)
{
	struct json_object *o = json_object_new_object();
	unsigned int i;

	for (i = 0; i < result->nr_emitters; i++)
		put_u64(o, result->emitters[i].name, result->emitters[i].count);
	return o;
}

static struct json_object *stats_json(const struct sm_ioc_stats *s)
{
	struct json_object *o = json_object_new_object();

	put_u64(o, "faults", s->faults);
	put_u64(o, "retries", s->retries);
	put_u64(o, "installed", s->installed);
	put_u64(o, "huge", s->huge);
	put_u64(o, "events", s->events);
	put_u64(o, "dropped", s->dropped);
	put_u64(o, "reads", s->reads);
	put_u64(o, "writes", s->writes);
	put_u64(o, "amplified", s->amplified);
	put_u64(o, "present", s->present);
	put_u64(o, "leaves", s->leaves);
	return o;
}

static struct json_object *memory_json(unsigned int memory)
{
	struct json_object *a = json_object_new_array();
	unsigned int i;

	for (i = 0; i < SM_MEM_NR; i++)
		if (memory >> i & 1)
			add_word(a, sm_memory_names[i]);
	return a;
}

static struct json_object *avoid_json(uint64_t avoid)
{
	struct json_object *a = json_object_new_array();
	unsigned int i;

	for (i = 0; i < SM_KNOWN_NR; i++)
		if (avoid >> i & 1)
			add_word(a, sm_known[i].name);
	return a;
}

static struct json_object *judges_json(uint64_t muted)
{
	struct json_object *o = json_object_new_array();
	const char *name;
	unsigned int i;

	for (i = 0; (name = sm_oracles[i].name); i++)
		if (!(muted >> i & 1))
			json_object_array_add(o, json_object_new_string(name));
	return o;
}

static struct json_object *allow_json(const struct sm_allow *allow)
{
	struct json_object *a = json_object_new_array();
	const struct sm_allow_entry *n;
	struct json_object *o;
	unsigned int i;

	for (i = 0; allow && i < allow->nr; i++) {
		n = &allow->entries[i];
		o = json_object_new_object();
		put_string(o, "pattern", n->pattern);
		put_string(o, "reason", n->reason);
		put_string(o, "where", n->where);
		put_u64(o, "expires", n->expires);
		json_object_array_add(a, o);
	}
	return a;
}

static struct json_object *log_json(const struct sm_run_result *result)
{
	struct json_object *o = json_object_new_object();

	put_string(o, "off", result->log_off);
	put_u64(o, "lost", result->log_lost);
	put_u64(o, "excused", result->log_excused);
	put_string(o, "first_excused", result->excused);
	put_string(o, "tainted", result->tainted);
	return o;
}

static struct json_object *options_json(const struct sm_run_spec *spec)
{
	struct json_object *o = json_object_new_object();

	put_u64(o, "threads", spec->threads);
	put_u64(o, "agents", spec->agents);
	put_u64(o, "arena", spec->arena);
	json_object_object_add(o, "memory", memory_json(spec->memory));
	put_seconds(o, "duration", spec->duration_ns / 1e9);
	put_u64(o, "count", spec->count);
	put_u64(o, "amplify_ns", spec->amplify_ns);
	json_object_object_add(o, "avoid", avoid_json(spec->avoid));
	json_object_object_add(o, "oracles", judges_json(spec->muted));
	json_object_object_add(o, "allow", allow_json(spec->allow));
	put_bool(o, "keep_going", spec->keep_going);
	return o;
}

static void put_identity(struct json_object *o, const struct sm_run_spec *spec)
{
	char name[SM_KTAP_NAME];

	sm_ktap_name(spec, name, sizeof(name));
	put_string(o, "name", name);
	put_string(o, "backend", spec->backend->name);
	sm_ktap_profiles(spec, '+', name, sizeof(name));
	put_string(o, "profile", name);
	sm_ktap_defects(spec, ',', name, sizeof(name));
	put_string(o, "defect", name);
	put_u64(o, "seed", spec->seed);
	json_object_object_add(o, "options", options_json(spec));
}

static void put_windows(struct json_object *o, uint64_t accepted,
			uint64_t rejected)
{
	struct json_object *windows = json_object_new_object();

	put_u64(windows, "accepted", accepted);
	put_u64(windows, "rejected", rejected);
	json_object_object_add(o, "windows", windows);
}

static struct json_object *mirror_json(const struct sm_mirror_result *m)
{
	struct json_object *o = json_object_new_object();

	put_string(o, "name", m->name);
	put_u64(o, "pages_compared", m->pages_compared);
	put_u64(o, "pages_swept", m->pages_swept);
	put_windows(o, m->windows_accepted, m->windows_rejected);
	put_u64(o, "perm_pages", m->perm_pages);
	put_u64(o, "accesses", m->accesses);
	put_u64(o, "refused", m->refused);
	put_u64(o, "dirty_pages", m->dirty_pages);
	put_u64(o, "unsettled", m->unsettled);
	return o;
}

static struct json_object *mirrors_json(const struct sm_run_result *result)
{
	struct json_object *a = json_object_new_array();
	unsigned int i;

	for (i = 0; i < result->nr_mirrors; i++)
		json_object_array_add(a, mirror_json(&result->mirrors[i]));
	return a;
}

/* Of a run that never began there is nothing to say. */
static struct json_object *oracles_json(const struct sm_run_result *result)
{
	struct json_object *a = json_object_new_array();
	unsigned int i;

	for (i = 0; result->t_start_ns && sm_oracles[i].name; i++) {
		const struct sm_oracle_result *r = &result->oracles[i];
		struct json_object *o = json_object_new_object();

		put_string(o, "name", sm_oracles[i].name);
		put_string(o, "state", sm_sight_names[r->sight]);
		put_string(o, "reason", r->reason);
		json_object_array_add(a, o);
	}
	return a;
}

static void put_work(struct json_object *o, const struct sm_run_result *result)
{
	json_object_object_add(o, "ops", ops_json(result));
	put_u64(o, "pages_compared", result->pages_compared);
	put_u64(o, "pages_swept", result->pages_swept);
	put_windows(o, result->windows_accepted, result->windows_rejected);
	put_u64(o, "perm_pages", result->perm_pages);
	put_u64(o, "accesses", result->accesses);
	json_object_object_add(o, "mirrors", mirrors_json(result));
	json_object_object_add(o, "oracles", oracles_json(result));
	put_u64(o, "recycled", result->recycled);
	put_u64(o, "unnoted", result->unnoted);
	put_string(o, "unwatched", result->unwatched);
	put_string(o, "unread", result->unread);
	put_string(o, "mended", result->mended);
	put_string(o, "note", result->note);
	json_object_object_add(o, "kernel_log", log_json(result));
	json_object_object_add(o, "emitters", emitters_json(result));
	json_object_object_add(o, "events", events_json(result));
	put_u64(o, "records_lost", result->records_lost);
	put_u64(o, "untracked", result->untracked);
	json_object_object_add(o, "unreached", unreached_json(result));
	json_object_object_add(o, "mirror", stats_json(&result->stats));
}

struct json_object *sm_report_run(const struct sm_run_spec *spec,
				  const struct sm_run_result *result)
{
	struct json_object *o = json_object_new_object();
	struct json_object *violations = json_object_new_array();
	unsigned int i;

	put_identity(o, spec);
	put_string(o, "verdict", sm_verdict_names[result->verdict]);
	put_string(o, "reason", result->reason);
	put_u64(o, "t_start_ns", result->t_start_ns);
	put_seconds(o, "seconds", result->seconds);
	put_work(o, result);
	put_u64(o, "violations_total", result->violations_total);
	put_u64(o, "first_ns", result->first_ns);
	put_u64(o, "first_ops", result->first_ops);
	for (i = 0; i < result->nr_findings; i++)
		json_object_array_add(violations,
				      finding_json(&result->findings[i]));
	json_object_object_add(o, "violations", violations);
	return o;
}

/*
 * Every finished run is written at once, but a report of megabytes is written
 * only every few seconds: else a matrix would do little else.
 */
static int report_save(struct sm_report *r, bool last)
{
	uint64_t now = sm_util_now();
	const char *s;

	if (!r->path || ((r->direct || now < r->next_save_ns) && !last))
		return 0;
	s = json_object_to_json_string_ext(r->root, JSON_STYLE);
	if (!s)
		return -ENOMEM;
	if (strlen(s) > SAVE_LARGE)
		r->next_save_ns = now + SAVE_EVERY_NS;
	if (r->direct)
		return sm_save_to(r->path, s);
	return sm_save_replace(r->path, s);
}

static void report_free(struct sm_report *r)
{
	json_object_put(r->root);
	free(r->path);
	free(r);
}

static void put_machine(struct json_object *root)
{
	struct utsname u;

	if (uname(&u))
		return;
	put_string(root, "kernel", u.release);
	put_string(root, "arch", u.machine);
}

/* A symbolic link stays one; a device or a pipe is written once, at the end. */
static int report_path(struct sm_report *r, const char *path)
{
	struct stat st;

	if (!path)
		return 0;
	r->path = realpath(path, NULL);
	if (!r->path)
		r->path = strdup(path);
	if (!r->path)
		return -ENOMEM;
	r->direct = !stat(r->path, &st) && !S_ISREG(st.st_mode);
	return 0;
}

struct sm_report *sm_report_new(const char *path, uint64_t seed)
{
	struct sm_report *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return NULL;
	r->root = json_object_new_object();
	r->runs = json_object_new_array();
	put_string(r->root, "stalemate", STALEMATE_VERSION);
	put_machine(r->root);
	put_u64(r->root, "seed", seed);
	put_string(r->root, "verdict", sm_verdict_names[SM_INCOMPLETE]);
	json_object_object_add(r->root, "runs", r->runs);
	ret = report_path(r, path);
	if (!ret)
		ret = report_save(r, false);
	if (!ret)
		return r;
	report_free(r);
	errno = -ret;
	return NULL;
}

int sm_report_add(struct sm_report *r, const struct sm_run_spec *spec,
		  const struct sm_run_result *result)
{
	json_object_array_add(r->runs, sm_report_run(spec, result));
	return report_save(r, false);
}

void sm_report_set(struct sm_report *r, const char *key,
		   struct json_object *value)
{
	json_object_object_add(r->root, key, value);
}

int sm_report_put(struct sm_report *r, const char *key,
		  struct json_object *value)
{
	sm_report_set(r, key, value);
	return report_save(r, false);
}

int sm_report_close(struct sm_report *r, enum sm_verdict verdict)
{
	int ret;

	if (!r)
		return 0;
	put_string(r->root, "verdict", sm_verdict_names[verdict]);
	ret = report_save(r, true);
	report_free(r);
	return ret;
}

int sm_report_end(struct sm_report *r, const char *path,
		  enum sm_verdict verdict, int err)
{
	int ret;

	if (err && verdict != SM_FAIL)
		verdict = SM_BROKEN;
	ret = sm_report_close(r, verdict);
	if (!err)
		err = ret;
	if (!err)
		return sm_report_exit(verdict);
	fprintf(stderr, "stalemate: %s: %s\n", path ? path : "report",
		strerror(-err));
	return verdict == SM_FAIL ? SM_EXIT_FAIL : SM_EXIT_BROKEN;
}

int sm_report_refuse(const char *path, uint64_t seed, enum sm_verdict verdict,
		     const char *why)
{
	struct sm_report *r = sm_report_new(path, seed);

	fprintf(stderr, "stalemate: %s: %s\n", sm_verdict_names[verdict], why);
	if (r) {
		put_string(r->root, "reason", why);
		if (!sm_report_close(r, verdict))
			return sm_report_exit(verdict);
	}
	fprintf(stderr, "stalemate: cannot write %s\n", path);
	return SM_EXIT_BROKEN;
}

int sm_report_print(FILE *stream, struct json_object *object)
{
	const char *s = json_object_to_json_string_ext(object, JSON_STYLE);
	int ret = s && fprintf(stream, "%s\n", s) >= 0 ? 0 : -EIO;

	json_object_put(object);
	return ret;
}

enum sm_verdict sm_report_overall(const struct sm_report_tally *t)
{
	if (t->nr[SM_FAIL])
		return SM_FAIL;
	if (t->nr[SM_BROKEN] || t->nr[SM_INCOMPLETE])
		return SM_BROKEN;
	if (t->nr[SM_TIMEOUT])
		return SM_TIMEOUT;
	return t->nr[SM_SKIP] && !t->nr[SM_PASS] ? SM_SKIP : SM_PASS;
}

int sm_report_exit(enum sm_verdict verdict)
{
	switch (verdict) {
	case SM_PASS:
		return SM_EXIT_PASS;
	case SM_FAIL:
		return SM_EXIT_FAIL;
	case SM_SKIP:
		return SM_EXIT_SKIP;
	case SM_TIMEOUT:
		return SM_EXIT_TIMEOUT;
	default:
		return SM_EXIT_BROKEN;
	}
}
