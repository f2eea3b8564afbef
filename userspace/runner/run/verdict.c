// SPDX-License-Identifier: GPL-2.0-only
/* From a finished storm to its result. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "backends/call.h"
#include "base/ops.h"
#include "base/reach.h"
#include "engine.h"
#include "judge/known.h"
#include "judge/lacks.h"
#include "least.h"
#include "module/sabotage.h"
#include "seen.h"
#include "storm/ops/op.h"
#include "verdict.h"

#define REACHED_OPS	20	/* fewer say nothing about their emitters */

static void verdict_add_stats(struct sm_ioc_stats *sum,
			      const struct sm_ioc_stats *s)
{
	sum->faults += s->faults;
	sum->retries += s->retries;
	sum->installed += s->installed;
	sum->huge += s->huge;
	sum->events += s->events;
	sum->dropped += s->dropped;
	sum->reads += s->reads;
	sum->writes += s->writes;
	sum->amplified += s->amplified;
	sum->present += s->present;
	sum->leaves += s->leaves;
}

static void verdict_count_ops(struct sm_engine *e)
{
	struct sm_run_result *r = e->scene.result;
	unsigned int row;

	sm_storm_count(&e->storm, r);
	for (row = 0; sm_ops[row].name; row++) {
		if (!strcmp(sm_ops[row].name, SM_OPS_EXIT))
			r->ops[row] = e->scene.result->exits;
		if (!strcmp(sm_ops[row].name, SM_OPS_REAP))
			r->ops[row] = e->scene.result->reaped;
		if (!strcmp(sm_ops[row].name, SM_OPS_EXEC))
			r->ops[row] = e->scene.result->execs;
	}
}

/*
 * What happens to a child once need not come about: nobody faults as it is killed, or no
 * page table is shared. Then the op was not done, and that is said.
 */
static void verdict_note_undone(struct sm_engine *e)
{
	struct sm_run_result *r = e->scene.result;
	const struct sm_op *op;
	unsigned int row;

	if (!e->scene.spec->backend->profiled || !r->t_start_ns)
		return;
	for (row = 0, op = sm_ops; op->name; row++, op++)
		if (sm_set_has(&e->scene.ops, row) && !op->apply && !op->backend &&
		    (op->memory & ~e->scene.lacks[row]) && !r->ops[row] &&
		    !r->skipped[row][0])
			snprintf(r->skipped[row], sizeof(r->skipped[row]),
				 "it was tried, and did not come about");
}

static void verdict_count_mirrors(struct sm_run_result *r)
{
	const struct sm_mirror_result *m;

	for (m = r->mirrors; m < r->mirrors + r->nr_mirrors; m++) {
		r->pages_compared += sm_read(&m->pages_compared);
		r->pages_changed += sm_read(&m->pages_changed);
		r->pages_swept += sm_read(&m->pages_swept);
		r->windows_accepted += sm_read(&m->windows_accepted);
		r->windows_rejected += sm_read(&m->windows_rejected);
		r->perm_pages += sm_read(&m->perm_pages);
		r->accesses += sm_read(&m->accesses);
	}
}

/* What only the witness of a child saw, once for each time that the op was done. */
static void verdict_count_children(struct sm_engine *e)
{
	static const char *const children[] = { SM_OPS_BRK, SM_OPS_PART };
	const uint64_t *done = e->scene.result->ops;
	unsigned int row, i;

	for (row = 0; sm_ops[row].name; row++)
		for (i = 0; i < SM_ARRAY_SIZE(children); i++)
			if (done[row] && !strcmp(sm_ops[row].name, children[i]))
				sm_witness_add(&e->scene.witness,
					       sm_ops[row].emitters[0],
					       done[row]);
}

static void verdict_count_events(struct sm_engine *e)
{
	if (e->scene.dev.witness)
		sm_witness_drain(&e->scene.witness);
	if (e->scene.result->released)
		sm_witness_add(&e->scene.witness, "exit_mmap",
			       e->scene.result->released);
	if (e->scene.result->reaped)
		sm_witness_add(&e->scene.witness, "__oom_reap_task_mm",
			       e->scene.result->reaped);
	verdict_count_children(e);
	sm_witness_finish(&e->scene.witness, e->scene.result);
}

/* sm_verdict_mirrors() - what the mirrors did, while they are still there. */
void sm_verdict_mirrors(struct sm_engine *e)
{
	const struct sm_backend *backend = e->scene.spec->backend;
	struct sm_ioc_stats s;
	unsigned int i;

	for (i = 0; i < e->scene.nr_mirrors; i++)
		if (backend->stats &&
		    !sm_call_stats(&e->host, &e->scene.mirrors[i], &s))
			verdict_add_stats(&e->scene.result->stats, &s);
	if (backend->describe)
		sm_call_describe(&e->host, e->scene.result->note,
				 sizeof(e->scene.result->note));
}

static bool verdict_fired(const struct sm_run_result *r, const char *emitter)
{
	unsigned int i;

	for (i = 0; i < r->nr_emitters; i++)
		if (r->emitters[i].count && !strcmp(r->emitters[i].name, emitter))
			return true;
	return false;
}

static bool verdict_can_fire(const struct sm_run_result *r, const char *emitter)
{
	unsigned int i;

	for (i = 0; sm_emitters[i].name; i++)
		if (!strcmp(sm_emitters[i].name, emitter))
			return r->reachable & SM_BIT(i);
	return false;
}

/* Has none of those fired that can on this kernel, which has some? */
static bool verdict_missed(const struct sm_run_result *r, const struct sm_op *op)
{
	bool can = false;
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(op->emitters) && op->emitters[i]; i++) {
		if (verdict_fired(r, op->emitters[i]))
			return false;
		can |= verdict_can_fire(r, op->emitters[i]);
	}
	return can;
}

static void verdict_unreached(struct sm_run_result *r)
{
	uint64_t enough;
	unsigned int row;

	for (row = 0; sm_ops[row].name; row++) {
		enough = sm_ops[row].apply || sm_ops[row].backend ?
				 REACHED_OPS : 1;
		if (r->ops[row] >= enough && !sm_ops[row].silent &&
		    verdict_missed(r, &sm_ops[row]))
			sm_set_add(&r->unreached, row);
	}
}

static void verdict_emitters(struct sm_engine *e)
{
	struct sm_run_result *r = e->scene.result;
	unsigned int i;

	r->reachable = sm_reach_here(e->scene.symbols);
	for (i = 0; sm_emitters[i].name; i++)
		if (verdict_fired(r, sm_emitters[i].name))
			r->reached |= r->reachable & SM_BIT(i);
}

/*
 * A run in which a mirror was hardly used or looked at must not pass: NULL, or
 * what was not done.
 */
static const char *verdict_vacuous(struct sm_engine *e, char *why, size_t size)
{
	if (!sm_scene_ops(&e->scene) && !e->scene.result->exits &&
	    !e->scene.result->execs)
		return "no op was applied: none works on this memory";
	return sm_least_lacks(e, why, size) ? why : NULL;
}

static void verdict_set(struct sm_run_result *r, enum sm_verdict v,
			const char *reason)
{
	r->verdict = v;
	snprintf(r->reason, sizeof(r->reason), "%s", reason);
}

/*
 * Refused starts do no harm on a kernel that closes them. That was seen to happen,
 * to each of them, or it is not said.
 */
static void verdict_mended(struct sm_engine *e)
{
	struct sm_run_result *r = e->scene.result;
	struct sm_ioc_query q;

	if (!sm_set_has(&e->scene.spec->defects, SM_DEFECT_REFUSE_NONBLOCK) ||
	    sm_device_query(&e->scene.dev, &q) || q.refused == e->refused ||
	    q.refused - e->refused != q.closed - e->closed)
		return;
	snprintf(r->mended, sizeof(r->mended),
		 "this kernel closed each of %llu starts that were refused (%s)",
		 (unsigned long long)(q.refused - e->refused),
		 sm_known[SM_KNOWN_REFUSED_START].page);
}

/*
 * sm_verdict_decide() - the last word. What was found counts first: a defect may
 * well break things besides.
 */
void sm_verdict_decide(struct sm_engine *e)
{
	struct sm_run_result *r = e->scene.result;

	if (r->violations_total) {
		r->verdict = SM_FAIL;
		snprintf(r->reason, sizeof(r->reason), "%s: %s",
			 r->findings[0].oracle, r->findings[0].text);
	} else if (e->end.broken) {
		verdict_set(r, SM_BROKEN, e->end.why);
	} else if (e->end.stuck) {
		verdict_set(r, SM_TIMEOUT, e->end.why);
	} else if (!r->t_start_ns) {
		/* stages_prepare() has said what is missing. */
	} else if (e->vacuous[0] && !sm_end_asked(&e->end)) {
		verdict_set(r, SM_BROKEN, e->vacuous);
	} else {
		r->verdict = SM_PASS;
	}
	if (r->verdict != SM_PASS)
		r->mended[0] = '\0';
}

/* sm_verdict_count() - count what was done, while the witness is still there. */
void sm_verdict_count(struct sm_engine *e)
{
	const struct sm_lacks l = { .told = sm_device_told() };
	const char *vacuous = NULL;
	char why[sizeof(e->vacuous)];

	verdict_count_ops(e);
	verdict_note_undone(e);
	verdict_count_mirrors(e->scene.result);
	verdict_count_events(e);
	if (e->scene.dev.witness && !sm_lacks_emitters(&l)) {
		verdict_emitters(e);
		verdict_unreached(e->scene.result);
	}
	if (e->scene.result->t_start_ns)
		sm_seen_fill(e);
	verdict_mended(e);
	if (!sm_set_empty(&e->broken))
		vacuous = sm_sabotage_missed(&e->scene.dev, &e->unbroken);
	if (!vacuous)
		vacuous = verdict_vacuous(e, why, sizeof(why));
	snprintf(e->vacuous, sizeof(e->vacuous), "%s", vacuous ? vacuous : "");
}
