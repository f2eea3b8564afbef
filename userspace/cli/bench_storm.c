// SPDX-License-Identifier: GPL-2.0-only
/* How fast ops are applied, and where the time goes: see bench_storm.h. */
#include <stdio.h>

#include "answer.h"
#include "backends/backends.h"
#include "base/ops.h"
#include "base/util.h"
#include "bench_storm.h"
#include "run/runner.h"
#include "session/member.h"
#include "session/run_json.h"
#include "session/session.h"

#define THREADS		2
#define AGENTS		2
#define ARENA		(64ULL << 20)
#define AMPLIFY_NS	(50 * SM_USEC)
#define MEMORY		((unsigned int)SM_BIT(SM_MEM_FILE) - 1)
#define TIMES		10

/* Nobody looks, but the mirror is there, and the witness. */
#define NOBODY		(SM_ABSENT_ALL & ~SM_ABSENT_WITNESS)

/**
 * struct way - with what else an op is applied
 * @name: heads its column
 * @mirror: there is one
 * @absent: what is left out, mask of SM_ABSENT_*
 * @muted: nobody may accuse: where pagemap may there are no victims
 */
struct way {
	const char *name;
	bool mirror;
	unsigned int absent;
	bool muted;
};

static const struct way ways[] = {
	{ "bare", false, SM_ABSENT_ALL, false },
	{ "mirror", true, NOBODY, false },
	{ "compare", true, NOBODY & ~SM_ABSENT_COMPARE, false },
	{ "device", true, NOBODY & ~SM_ABSENT_DEVICE, false },
	{ "meet", true, NOBODY & ~SM_ABSENT_MEET, false },
	{ "victim", true, NOBODY & ~SM_ABSENT_VICTIM, true },
	{ "all", true, 0, false },
};

static struct sm_run_result result;

static struct sm_run_spec spec_of(const struct way *way, struct sm_set ops,
				  uint64_t duration_ns)
{
	return (struct sm_run_spec){
		.backend = way->mirror ? &sm_mock_backend :
					 &sm_template_backend,
		.profiles = { SM_PROFILE_HMM },
		.nr_profiles = way->mirror,
		.ops = ops,
		.absent = way->absent,
		.muted = way->muted ? UINT64_MAX : 0,
		.threads = THREADS,
		.agents = way->absent & SM_ABSENT_DEVICE ? 0 : AGENTS,
		.arena = ARENA,
		.memory = MEMORY,
		.duration_ns = duration_ns,
		.seed = 1,
		.amplify_ns = AMPLIFY_NS,
	};
}

/* Returns false if a signal ended it. */
static bool storm(const struct sm_run_spec *spec)
{
	struct sm_session session = {
		.runner = sm_runner_run,
		.sabotaged = sm_answer_sabotaged,
	};
	int signal;

	sm_session_begin(&session);
	sm_session_run(&session, spec, &result);
	signal = sm_session_end(&session);
	sm_session_release();
	return !signal;
}

static double rate(uint64_t ops)
{
	return result.seconds > 0 ? ops / result.seconds : 0;
}

/*
 * What a loop would make of an op that did nothing else: no storm can be faster. All
 * that an op writes to its pages, and all that devices do, is on another account.
 */
static double rate_of_calls(uint64_t ops)
{
	uint64_t ns = result.time.spent[SM_SPENT_CALL];

	return ns ? ops * THREADS * (double)SM_NSEC / ns : 0;
}

static void put_rate(struct json_object *o, const char *name, double rate)
{
	sm_member_seconds(o, name, rate);
	printf(" %9.1f", rate);
	fflush(stdout);
}

/* One line: an op, in each way. */
static bool measure_op(unsigned int row, uint64_t duration_ns,
		       struct json_object *scores)
{
	struct json_object *o = json_object_new_object();
	struct sm_run_spec spec;
	unsigned int i;
	double ms = 0;

	sm_member_string(o, "name", sm_ops[row].name);
	json_object_array_add(scores, o);
	printf("%-18s", sm_ops[row].name);
	for (i = 0; i < SM_ARRAY_SIZE(ways); i++) {
		spec = spec_of(&ways[i], sm_set_of(row), duration_ns);
		if (!storm(&spec))
			break;
		if (!i)
			put_rate(o, "calls", rate_of_calls(result.ops[row]));
		put_rate(o, ways[i].name, rate(result.ops[row]));
		if (result.ops[row])
			ms = result.time.op[row] / 1e6 / result.ops[row];
	}
	sm_member_seconds(o, "ms", ms);
	printf(" %9.2f\n", ms);
	return i == SM_ARRAY_SIZE(ways);
}

static bool can_be_measured(unsigned int row, const struct sm_set *ops)
{
	const char *why;

	return sm_set_has(ops, row) && sm_ops[row].apply &&
	       (sm_ops[row].memory & MEMORY & ~sm_ops_lacks(&sm_ops[row], &why));
}

static bool measure_ops(struct sm_report *report, const struct sm_set *ops,
			uint64_t duration_ns)
{
	struct json_object *scores = json_object_new_array();
	unsigned int i;
	bool all = true;

	printf("ops a second, by what is beside it\n%-18s %9s", "op", "calls");
	for (i = 0; i < SM_ARRAY_SIZE(ways); i++)
		printf(" %9s", ways[i].name);
	printf(" %9s\n", "ms/op");
	for (i = 0; all && sm_ops[i].name; i++)
		if (can_be_measured(i, ops))
			all = measure_op(i, duration_ns, scores);
	sm_report_put(report, "bench_ops", scores);
	return all;
}

static void show_share(const char *name, uint64_t ns, uint64_t all, uint64_t ops)
{
	printf("%-18s %8.1f %% %9.2f\n", name, all ? 100.0 * ns / all : 0,
	       ops ? ns / 1e6 / ops : 0);
}

/* By what the threads were at; and the same by what a processor did for them. */
static void show_time(const struct sm_time *t, uint64_t ops)
{
	uint64_t awake = t->running + t->ready, all = 0;
	unsigned int i;

	for (i = 0; i < SM_SPENT_NR; i++)
		all += t->spent[i];
	printf("\na storm of all of them: %.1f ops/s, %.1f calls/s between them\n"
	       "%-18s %10s %9s\n",
	       rate(ops), rate(result.met), "its threads", "time", "ms/op");
	for (i = 0; i < SM_SPENT_NR; i++)
		show_share(sm_spent_names[i], t->spent[i], all, ops);
	show_share("running", t->running, all, ops);
	show_share("ready", t->ready, all, ops);
	show_share("asleep", all > awake ? all - awake : 0, all, ops);
}

static bool measure_storm(struct sm_report *report, struct sm_set ops,
			  uint64_t duration_ns)
{
	const struct way *way = &ways[SM_ARRAY_SIZE(ways) - 1];
	struct sm_run_spec spec = spec_of(way, ops, duration_ns);
	uint64_t all = 0;
	unsigned int i;

	if (!storm(&spec))
		return false;
	for (i = 0; i < SM_MAX_OPS; i++)
		all += result.ops[i];
	show_time(&result.time, all);
	sm_report_put(report, "bench_storm", sm_run_json_make(&spec, &result));
	return all;
}

enum sm_verdict sm_bench_storm(struct sm_report *report, struct sm_set ops,
			       uint64_t duration_ns)
{
	bool all = measure_ops(report, &ops, duration_ns);

	return all && measure_storm(report, ops, TIMES * duration_ns) ?
		       SM_PASS : SM_BROKEN;
}
