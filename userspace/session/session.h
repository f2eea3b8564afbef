/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session: runs, one after the other, each in a process of its own, the runner.
 *
 * What may die is in there; here is what must remember. The session has one thread,
 * opens no driver, and never waits for anything without an end. It takes what a
 * runner finds as it is found, listens to the kernel, and tells in the end what
 * came of the run, however that ended:
 *
 *   - the runner has come to its end: it has judged, and the kernel's complaints
 *     are added to that;
 *   - it died: fail if there was a finding, else broken, and by what it died;
 *   - it showed no sign of life, and was killed: fail, or time-out;
 *   - it cannot be killed: the same, and it is left behind, with what it waits for.
 *     Later runs on its backend are not made, and those on others only while no
 *     driver is broken on purpose;
 *   - the kernel has oopsed: fail, and nothing can be judged here any more.
 */
#ifndef SM_SESSION_H
#define SM_SESSION_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "keeper.h"
#include "ktap.h"
#include "oracle_kernel.h"
#include "wire.h"

#define SM_SESSION_LEFT	8

struct sm_report;
struct session_run;

/**
 * struct sm_session_left - a runner that could not be killed
 * @test: its test's number
 * @name: and its name
 * @backend: what it hangs in
 * @group: its process group
 * @tids: its tasks
 * @nr_tids: how many
 */
struct sm_session_left {
	unsigned int test;
	char name[SM_KTAP_NAME];
	const struct sm_backend *backend;
	pid_t group;
	pid_t tids[SM_KEEPER_TASKS];
	unsigned int nr_tids;
};

/**
 * struct sm_session_limits - when a runner is given up, in looks at it
 * @life: looks, one each 50 ms, without a sign of life
 * @leave: the same of one that is through with everything
 * @death: looks, one each 20 ms, at one that was killed
 * @cut: the same if somebody wants an end at once
 *
 * Looks are counted and no seconds: a machine that has no time for the runner has
 * none for the session.
 */
struct sm_session_limits {
	unsigned int life;
	unsigned int leave;
	unsigned int death;
	unsigned int cut;
};

/**
 * struct sm_session - a session
 * @runner: makes a run, in the runner
 * @warm: before each fork: has what all runners need and none changes, so that they
 *	find it there; NULL: there is nothing of the kind
 * @sabotaged: is a driver broken on purpose? Called in a process of its own, and
 *	only if a runner could not be killed
 * @progress: shows it; called about four times a second, or NULL
 * @report: gets what is found as it is found; or NULL
 * @kernel: listens to the kernel
 * @limits: set by sm_session_begin(); shorter in tests
 * @wait: signals that are blocked while it waits
 * @now: the run that goes on, or NULL
 * @last_test: number of the test before
 * @last_name: its name; "" if there was none
 * @last_muted: the kernel may not accuse there, or nothing has run yet
 * @died: name of the run under which the kernel has oopsed, or ""
 * @left: runners that could not be killed
 * @nr_left: how many
 * @silent: the module does not answer
 * @late: findings on runs that had ended already
 */
struct sm_session {
	void (*runner)(const struct sm_run_spec *spec, struct sm_wire *wire);
	void (*warm)(void);
	bool (*sabotaged)(void);
	void (*progress)(const struct sm_progress *p, uint64_t violations);
	struct sm_report *report;
	struct sm_oracle_kernel kernel;
	struct sm_session_limits limits;
	sigset_t wait;
	struct session_run *now;
	unsigned int last_test;
	char last_name[SM_KTAP_NAME];
	bool last_muted;
	char died[SM_KTAP_NAME];
	struct sm_session_left left[SM_SESSION_LEFT];
	unsigned int nr_left;
	bool silent;
	unsigned int late;
};

/**
 * sm_session_begin() - begin a session
 * @s: zeroed, but for what its user sets: @runner, @sabotaged, @progress and
 *	@report
 */
void sm_session_begin(struct sm_session *s);

/**
 * sm_session_end() - end a session, before its verdict is known
 * @s: the session
 *
 * What the kernel has to say still goes to the run that was the last. Signals stay
 * blocked, as the results come next; sm_session_release() lets them through.
 *
 * Return: the signal that asked it to end, or 0.
 */
int sm_session_end(struct sm_session *s);

/**
 * sm_session_release() - signals do again what they did before
 */
void sm_session_release(void);

/**
 * sm_session_run() - make a run
 * @s: the session
 * @spec: what to run; checked already
 * @result: gets what came of it
 *
 * Return: the verdict, as in @result.
 */
enum sm_verdict sm_session_run(struct sm_session *s,
			       const struct sm_run_spec *spec,
			       struct sm_run_result *result);

/**
 * sm_session_skip() - tell of a run that cannot be made
 * @s: the session
 * @spec: what would have been run
 * @result: filled in
 * @verdict: skip, or what else became of it
 * @why: one line
 */
void sm_session_skip(struct sm_session *s, const struct sm_run_spec *spec,
		     struct sm_run_result *result, enum sm_verdict verdict,
		     const char *why);

/**
 * sm_session_stopped() - has somebody asked the session to end?
 * @s: the session
 *
 * Return: the signal's name ("SIGINT"), or NULL.
 */
const char *sm_session_stopped(const struct sm_session *s);

#endif /* SM_SESSION_H */
