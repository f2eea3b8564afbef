// SPDX-License-Identifier: GPL-2.0-only
/* What became of a run, however its runner ended. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/util.h"
#include "catalogue.h"
#include "death.h"
#include "judge.h"
#include "signals.h"
#include "take.h"

static const char *const stage_names[SM_STAGE_NR] = {
	[SM_STAGE_SET_UP] = "setting up",
	[SM_STAGE_STORM] = "storming",
	[SM_STAGE_JOIN] = "waiting for its threads",
	[SM_STAGE_REST] = "looking at everything once more",
	[SM_STAGE_LET_GO] = "giving back what it had",
	[SM_STAGE_DONE] = "leaving",
};

/* sm_judge_stage() - how far the runner is, or was. */
unsigned int sm_judge_stage(const struct session_run *run)
{
	unsigned int stage = sm_load_acquire(&run->wire->stage);

	return stage < SM_STAGE_NR ? stage : SM_STAGE_SET_UP;
}

void sm_judge_set(struct session_run *run, enum sm_verdict v, const char *fmt,
		  ...)
{
	struct sm_run_result *r = run->result;
	va_list args;

	r->verdict = v;
	va_start(args, fmt);
	vsnprintf(r->reason, sizeof(r->reason), fmt, args);
	va_end(args);
}

/* It has ended itself, and has said that all is said. */
static bool judge_is_whole(const struct session_run *run)
{
	return run->keeper.gone && sm_judge_stage(run) == SM_STAGE_DONE &&
	       WIFEXITED(run->keeper.status) &&
	       !WEXITSTATUS(run->keeper.status);
}

/* The op that a thread is at, or NULL. */
static const char *judge_op(const struct sm_flight *f)
{
	unsigned int row = sm_read(&f->row);

	return row ? sm_catalogue_op(row - 1) : NULL;
}

/* What the thread was at that died, if it was one of the storm's. */
static void judge_fill_flight(const struct session_run *run,
			      struct sm_death_flight *f)
{
	const struct sm_wire *w = run->wire;
	const char *op;
	unsigned int i;

	f->arena_start = sm_read(&w->arena_start);
	f->arena_end = sm_read(&w->arena_end);
	for (i = 0; i < SM_WIRE_THREADS; i++) {
		op = judge_op(&w->flight[i]);
		if (!op ||
		    sm_read(&w->flight[i].tid) != sm_read(&w->crash.tid))
			continue;
		snprintf(f->op, sizeof(f->op), "%s", op);
		f->start = sm_read(&w->flight[i].start);
		f->end = sm_read(&w->flight[i].end);
	}
}

/* What its storm threads were at, if it could not note what it died of. */
static const char *judge_ops(const struct session_run *run, char *buf,
			     size_t size)
{
	const struct sm_wire *w = run->wire;
	const char *op;
	unsigned int i;
	size_t len = 0;

	buf[0] = '\0';
	for (i = 0; i < SM_WIRE_THREADS && !sm_read(&w->crash.signal); i++) {
		op = judge_op(&w->flight[i]);
		if (!op || len >= size)
			continue;
		len += snprintf(buf + len, size - len, "%s%s",
				len ? ", " : ", in ", op);
	}
	return buf;
}

static void judge_describe_end(const struct session_run *run, char *buf,
			       size_t size)
{
	const char *stage = stage_names[sm_judge_stage(run)];
	struct sm_death_flight f = { .oom = run->oom };
	char ops[80];
	size_t len;

	if (run->left) {
		snprintf(buf, size, "the runner cannot be killed, %s", stage);
	} else if (run->hung) {
		snprintf(buf, size,
			 "the runner showed no sign of life, %s, and was killed",
			 stage);
	} else {
		judge_fill_flight(run, &f);
		snprintf(buf, size, "%s%s: ", stage, judge_ops(run, ops, sizeof(ops)));
		len = strlen(buf);
		sm_death_describe(run->keeper.status, &run->wire->crash, &f,
				  buf + len, size - len);
	}
}

/*
 * sm_judge_end() - what became of it. What was found counts first: a driver that
 * is broken breaks things besides.
 */
void sm_judge_end(struct session_run *run)
{
	const char *stopped = sm_signals_name();
	struct sm_run_result *r = run->result;
	const struct sm_finding *f = r->findings;
	bool whole = judge_is_whole(run);
	char end[480] = "", said[sizeof(r->reason)];

	snprintf(said, sizeof(said), "%s", r->reason);
	if (!whole && (run->left || !run->cut))
		judge_describe_end(run, end, sizeof(end));
	if (r->violations_total)
		sm_judge_set(run, SM_FAIL, "%s: %s%s%s", f->oracle, f->text,
			     end[0] ? "; " : "", end);
	else if (end[0])
		sm_judge_set(run, run->hung || run->left ? SM_TIMEOUT : SM_BROKEN,
			     "%s%s%s", said, said[0] ? "; " : "", end);
	else if (r->verdict == SM_FAIL)
		sm_judge_set(run, SM_BROKEN,
			     "the runner has failed, and does not say of what");
	else if (stopped && r->verdict == SM_PASS && r->t_start_ns)
		sm_judge_set(run, SM_INCOMPLETE,
			     "stopped by %s after %.1f s: nothing was found until then",
			     stopped, r->seconds);
	else if (stopped && (r->verdict == SM_PASS || !whole))
		sm_judge_set(run, SM_INCOMPLETE, "stopped by %s", stopped);
	if (r->verdict != SM_PASS)
		r->mended[0] = '\0';
}

/* Of one that was cut short nobody has taken the time, or said what it saw. */
static void judge_fill_in(struct session_run *run)
{
	struct sm_run_result *r = run->result;
	const char *oracle;
	unsigned int i;

	if (r->t_start_ns && !r->seconds)
		r->seconds = (sm_util_now() - r->t_start_ns) / (double)SM_NSEC;
	if (!r->t_start_ns || sm_judge_stage(run) == SM_STAGE_DONE)
		return;
	for (i = 0; i < SM_MAX_ORACLES && (oracle = sm_catalogue_oracle(i)); i++)
		if (strcmp(oracle, "kernel"))
			sm_wire_see(&r->oracles[i], SM_SIGHT_OFF,
				    "the runner did not come to its end");
}

/* sm_judge_take() - what the runner counted, and said of itself. */
void sm_judge_take(struct session_run *run)
{
	sm_take_result(run->result, &run->wire->result);
	judge_fill_in(run);
}

/* sm_judge_count() - those of the kernel come on top of what the runner counted. */
void sm_judge_count(struct session_run *run)
{
	struct sm_run_result *r = run->result;

	/* One that died while it counted has found what we have got. */
	if (r->violations_total < run->taken || !run->taken)
		r->violations_total = run->taken;
	r->violations_total += run->own;
	if (run->first) {
		r->first_ns = run->first_ns;
		r->first_ops = run->first_ops;
	}
}

