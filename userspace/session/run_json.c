// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs and violations as JSON.
 */
#include <stdio.h>

#include "allow.h"
#include "base/symbols.h"
#include "base/util.h"
#include "catalogue.h"
#include "ktap.h"
#include "member.h"
#include "run_json.h"
#include "signature.h"

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

	sm_member_u64(o, "t_ns", r->t_ns);
	sm_member_string(o, "phase", r->phase < SM_PHASE_NR ?
		   sm_phase_names[r->phase] : "?");
	sm_member_string(o, "event", r->event < SM_EVENT_NR ?
		   sm_event_names[r->event] : "?");
	sm_member_hex(o, "start", r->start);
	sm_member_hex(o, "end", r->end);
	sm_member_hex(o, "pair", r->pair);
	sm_member_u64(o, "tid", r->tid);
	sm_member_u64(o, "gen", r->gen);
	sm_member_bool(o, "blockable", r->flags & SM_RECORD_BLOCKABLE);
	sm_member_string(o, "emitter", h->emitter);
	return o;
}

static void put_signature(struct json_object *o, const struct sm_finding *f)
{
	struct sm_signature s;

	sm_signature(f, &s);
	sm_member_string(o, "signature", s.hash);
	sm_member_string(o, "kind", s.kind);
	sm_member_string(o, "title", s.title);
}

struct json_object *sm_run_json_finding(const struct sm_finding *f)
{
	struct json_object *o = json_object_new_object();
	struct json_object *history = json_object_new_array();
	unsigned int i;

	sm_member_string(o, "oracle", f->oracle);
	put_signature(o, f);
	sm_member_string(o, "profile", f->profile);
	sm_member_hex(o, "va", f->va);
	sm_member_u64(o, "mirror_pfn", entry_pfn(f->mirror_entry));
	sm_member_u64(o, "cpu_pfn", entry_pfn(f->cpu_entry));
	sm_member_hex(o, "mirror_entry", f->mirror_entry);
	sm_member_hex(o, "cpu_entry", f->cpu_entry);
	sm_member_string(o, "op", f->op);
	sm_member_u64(o, "gen", f->gen);
	sm_member_u64(o, "last_inval", f->last_inval);
	sm_member_u64(o, "t_ns", f->t_ns);
	sm_member_string(o, "text", f->text);
	sm_member_bool(o, "truncated", f->truncated);
	for (i = 0; i < f->nr_history; i++)
		json_object_array_add(history, history_json(&f->history[i]));
	json_object_object_add(o, "history", history);
	return o;
}

static struct json_object *ops_json(const struct sm_run_result *result)
{
	struct json_object *o = json_object_new_object();
	const char *op;
	unsigned int i;

	for (i = 0; i < SM_MAX_OPS && (op = sm_catalogue_op(i)); i++)
		if (result->ops[i])
			sm_member_u64(o, op, result->ops[i]);
	return o;
}

static void put_ns(struct json_object *o, const char *name, uint64_t ns)
{
	if (ns)
		sm_member_seconds(o, name, ns / 1e9);
}

/* Seconds of all storm threads: by what they did, by op, and on a processor. */
static struct json_object *time_json(const struct sm_time *t)
{
	struct json_object *o = json_object_new_object();
	struct json_object *spent = json_object_new_object();
	struct json_object *ops = json_object_new_object();
	const char *op;
	unsigned int i;

	for (i = 0; i < SM_SPENT_NR; i++)
		put_ns(spent, sm_spent_names[i], t->spent[i]);
	for (i = 0; i < SM_MAX_OPS && (op = sm_catalogue_op(i)); i++)
		put_ns(ops, op, t->op[i]);
	json_object_object_add(o, "spent", spent);
	json_object_object_add(o, "ops", ops);
	put_ns(o, "running", t->running);
	put_ns(o, "ready", t->ready);
	return o;
}

/* The names of some ops. */
static struct json_object *words_json(const struct sm_set *ops)
{
	struct json_object *a = json_object_new_array();
	const char *op;
	unsigned int i;

	for (i = 0; i < SM_MAX_OPS && (op = sm_catalogue_op(i)); i++)
		if (sm_set_has(ops, i))
			add_word(a, op);
	return a;
}

/* Ops that could not be done, each with its reason. */
static struct json_object *skipped_json(const struct sm_run_result *result)
{
	struct json_object *a = json_object_new_array();
	struct json_object *o;
	const char *op;
	unsigned int i;

	for (i = 0; i < SM_MAX_OPS && (op = sm_catalogue_op(i)); i++) {
		if (!result->skipped[i][0])
			continue;
		o = json_object_new_object();
		sm_member_string(o, "name", op);
		sm_member_string(o, "reason", result->skipped[i]);
		json_object_array_add(a, o);
	}
	return a;
}

static struct json_object *events_json(const struct sm_run_result *result)
{
	struct json_object *o = json_object_new_object();
	unsigned int i;

	for (i = 0; i < SM_EVENT_NR; i++)
		if (result->events[i])
			sm_member_u64(o, sm_event_names[i], result->events[i]);
	return o;
}

/* What could have fired on this kernel, and what of it did not. */
static struct json_object *coverage_json(const struct sm_run_result *result)
{
	struct json_object *o = json_object_new_object();
	struct json_object *missed = json_object_new_array();
	unsigned int i;

	sm_member_u64(o, "reached", __builtin_popcountll(result->reached));
	sm_member_u64(o, "reachable", __builtin_popcountll(result->reachable));
	for (i = 0; sm_emitters[i].name; i++)
		if (result->reachable & ~result->reached & SM_BIT(i))
			json_object_array_add(missed,
					      json_object_new_string(sm_emitters[i].name));
	json_object_object_add(o, "missed", missed);
	return o;
}

static struct json_object *emitters_json(const struct sm_run_result *result)
{
	struct json_object *o = json_object_new_object();
	unsigned int i;

	for (i = 0; i < result->nr_emitters; i++)
		sm_member_u64(o, result->emitters[i].name, result->emitters[i].count);
	return o;
}

static struct json_object *stats_json(const struct sm_ioc_stats *s)
{
	struct json_object *o = json_object_new_object();

	sm_member_u64(o, "faults", s->faults);
	sm_member_u64(o, "retries", s->retries);
	sm_member_u64(o, "installed", s->installed);
	sm_member_u64(o, "huge", s->huge);
	sm_member_u64(o, "events", s->events);
	sm_member_u64(o, "dropped", s->dropped);
	sm_member_u64(o, "reads", s->reads);
	sm_member_u64(o, "writes", s->writes);
	sm_member_u64(o, "amplified", s->amplified);
	sm_member_u64(o, "present", s->present);
	sm_member_u64(o, "leaves", s->leaves);
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
	const struct sm_catalogue_known *known;
	unsigned int i;

	for (i = 0; (known = sm_catalogue_known(i)); i++)
		if (avoid >> i & 1)
			add_word(a, known->name);
	return a;
}

static struct json_object *judges_json(uint64_t muted)
{
	struct json_object *o = json_object_new_array();
	const char *name;
	unsigned int i;

	for (i = 0; (name = sm_catalogue_oracle(i)); i++)
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
		sm_member_string(o, "pattern", n->pattern);
		sm_member_string(o, "reason", n->reason);
		sm_member_string(o, "where", n->where);
		sm_member_u64(o, "expires", n->expires);
		json_object_array_add(a, o);
	}
	return a;
}

static struct json_object *log_json(const struct sm_run_result *result)
{
	struct json_object *o = json_object_new_object();

	sm_member_string(o, "off", result->log_off);
	sm_member_u64(o, "lost", result->log_lost);
	sm_member_u64(o, "excused", result->log_excused);
	sm_member_string(o, "first_excused", result->excused);
	sm_member_string(o, "tainted", result->tainted);
	return o;
}

static struct json_object *options_json(const struct sm_run_spec *spec)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "ops", words_json(&spec->ops));
	sm_member_u64(o, "threads", spec->threads);
	sm_member_u64(o, "agents", spec->agents);
	sm_member_u64(o, "arena", spec->arena);
	json_object_object_add(o, "memory", memory_json(spec->memory));
	sm_member_seconds(o, "duration", spec->duration_ns / 1e9);
	sm_member_u64(o, "count", spec->count);
	sm_member_u64(o, "amplify_ns", spec->amplify_ns);
	json_object_object_add(o, "avoid", avoid_json(spec->avoid));
	json_object_object_add(o, "oracles", judges_json(spec->muted));
	json_object_object_add(o, "allow", allow_json(spec->allow));
	sm_member_bool(o, "keep_going", spec->keep_going);
	return o;
}

struct json_object *sm_run_json_identity(const struct sm_run_spec *spec)
{
	struct json_object *o = json_object_new_object();
	char name[SM_KTAP_NAME];

	sm_ktap_name(spec, name, sizeof(name));
	sm_member_string(o, "name", name);
	sm_member_string(o, "backend",
			 sm_catalogue_backend(spec->backend)->name);
	sm_ktap_profiles(spec, '+', name, sizeof(name));
	sm_member_string(o, "profile", name);
	sm_ktap_defects(spec, ',', name, sizeof(name));
	sm_member_string(o, "defect", name);
	sm_member_u64(o, "seed", spec->seed);
	json_object_object_add(o, "options", options_json(spec));
	return o;
}

static void put_windows(struct json_object *o, uint64_t accepted,
			uint64_t rejected)
{
	struct json_object *windows = json_object_new_object();

	sm_member_u64(windows, "accepted", accepted);
	sm_member_u64(windows, "rejected", rejected);
	json_object_object_add(o, "windows", windows);
}

static struct json_object *mirror_json(const struct sm_mirror_result *m)
{
	struct json_object *o = json_object_new_object();

	sm_member_string(o, "name", m->name);
	sm_member_u64(o, "pages_compared", m->pages_compared);
	sm_member_u64(o, "pages_changed", m->pages_changed);
	sm_member_u64(o, "pages_swept", m->pages_swept);
	put_windows(o, m->windows_accepted, m->windows_rejected);
	sm_member_u64(o, "perm_pages", m->perm_pages);
	sm_member_u64(o, "accesses", m->accesses);
	sm_member_u64(o, "refused", m->refused);
	sm_member_u64(o, "dirty_pages", m->dirty_pages);
	sm_member_u64(o, "young_pages", m->young_pages);
	sm_member_u64(o, "unsettled", m->unsettled);
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
	const char *name;
	unsigned int i;

	for (i = 0; result->t_start_ns && (name = sm_catalogue_oracle(i)); i++) {
		const struct sm_oracle_result *r = &result->oracles[i];
		struct json_object *o = json_object_new_object();

		sm_member_string(o, "name", name);
		sm_member_string(o, "state", sm_sight_names[r->sight]);
		sm_member_string(o, "reason", r->reason);
		json_object_array_add(a, o);
	}
	return a;
}

static void put_work(struct json_object *o, const struct sm_run_result *result)
{
	json_object_object_add(o, "ops", ops_json(result));
	json_object_object_add(o, "skipped", skipped_json(result));
	sm_member_u64(o, "met", result->met);
	json_object_object_add(o, "time", time_json(&result->time));
	sm_member_u64(o, "pages_compared", result->pages_compared);
	sm_member_u64(o, "pages_changed", result->pages_changed);
	sm_member_u64(o, "pages_swept", result->pages_swept);
	put_windows(o, result->windows_accepted, result->windows_rejected);
	sm_member_u64(o, "perm_pages", result->perm_pages);
	sm_member_u64(o, "accesses", result->accesses);
	json_object_object_add(o, "mirrors", mirrors_json(result));
	json_object_object_add(o, "oracles", oracles_json(result));
	sm_member_u64(o, "recycled", result->recycled);
	sm_member_u64(o, "unnoted", result->unnoted);
	sm_member_string(o, "unwatched", result->unwatched);
	sm_member_string(o, "unread", result->unread);
	sm_member_string(o, "mended", result->mended);
	sm_member_string(o, "note", result->note);
	if (result->hardware != SM_HARDWARE_UNSAID)
		sm_member_bool(o, "hardware",
			       result->hardware == SM_HARDWARE_REAL);
	sm_member_string(o, "stacks", result->stacks);
	json_object_object_add(o, "kernel_log", log_json(result));
	json_object_object_add(o, "emitters", emitters_json(result));
	json_object_object_add(o, "coverage", coverage_json(result));
	json_object_object_add(o, "events", events_json(result));
	sm_member_u64(o, "records_lost", result->records_lost);
	sm_member_u64(o, "untracked", result->untracked);
	json_object_object_add(o, "unreached", words_json(&result->unreached));
	json_object_object_add(o, "mirror", stats_json(&result->stats));
}

struct json_object *sm_run_json_make(const struct sm_run_spec *spec,
				     const struct sm_run_result *result)
{
	struct json_object *o = sm_run_json_identity(spec);
	struct json_object *violations = json_object_new_array();
	unsigned int i;

	sm_member_string(o, "verdict", sm_verdict_names[result->verdict]);
	sm_member_string(o, "reason", result->reason);
	sm_member_u64(o, "t_start_ns", result->t_start_ns);
	sm_member_seconds(o, "seconds", result->seconds);
	put_work(o, result);
	sm_member_u64(o, "violations_total", result->violations_total);
	sm_member_u64(o, "first_ns", result->first_ns);
	sm_member_u64(o, "first_ops", result->first_ops);
	for (i = 0; i < result->nr_findings; i++)
		json_object_array_add(violations,
				      sm_run_json_finding(&result->findings[i]));
	json_object_object_add(o, "violations", violations);
	return o;
}
