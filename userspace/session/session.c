// SPDX-License-Identifier: GPL-2.0-only
/* A session: see session.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ask.h"
#include "base/stacks.h"
#include "base/taint.h"
#include "base/util.h"
#include "catalogue.h"
#include "groups.h"
#include "judge.h"
#include "report.h"
#include "session.h"
#include "signals.h"
#include "signature.h"
#include "switches.h"
#include "take.h"

#define TICK_MS		50
#define PROGRESS_NS	(250 * SM_MSEC)

/* The engine gives its own threads 30 s, and then 10 s to end. */
#define LIFE_TICKS	1200
#define LEAVE_TICKS	200	/* of one that is through with everything */
#define CUT_LOOKS	100	/* some 2 s: somebody waits at the terminal */
#define LET_GO_TIMES	5	/* what it gives back may be large */

/* ---- findings ------------------------------------------------------------ */

static void session_tell(struct sm_session *s, unsigned int test,
			 const struct sm_finding *f)
{
	if (s->report)
		sm_report_finding(s->report, test, f);
}

static void run_found(struct session_run *run, const struct sm_finding *f)
{
	struct sm_run_result *r = run->result;

	if (r->nr_findings < SM_MAX_VIOLATIONS)
		r->findings[r->nr_findings++] = *f;
	session_tell(run->s, run->test, f);
}

static void run_take_findings(struct session_run *run)
{
	unsigned int nr = sm_load_acquire(&run->wire->result.nr_findings);
	struct sm_finding f;

	while (run->taken < nr && run->taken < SM_MAX_VIOLATIONS) {
		sm_take_finding(&f, &run->wire->result.findings[run->taken++]);
		run_found(run, &f);
	}
}

static void run_end_storm(struct session_run *run, uint32_t why)
{
	uint32_t not = SM_STOP_NOT;

	__atomic_compare_exchange_n(&run->wire->stop, &not, why, false,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* Its storm ends as if it had found something itself. */
static void run_complained(struct session_run *run, const struct sm_finding *f)
{
	struct sm_run_result *seen = &run->wire->result;
	uint64_t begun = sm_read(&seen->t_start_ns);

	if (run->s->last_muted)
		return;
	run_take_findings(run);
	if (!run->own++ && !run->taken) {
		run->first = true;
		run->first_ns = begun ? f->t_ns - begun : 0;
		run->first_ops = sm_read(&run->wire->progress.ops);
	}
	run_found(run, f);
	if (!run->spec->keep_going)
		run_end_storm(run, SM_STOP_FOUND);
}

/*
 * A number that others have by now is theirs. One that nobody has may be that of a
 * thread which has just died of what is complained of.
 */
static bool left_is_of(const struct sm_session_left *l, int pid)
{
	pid_t group = getpgid(pid);
	unsigned int i;

	for (i = 0; group < 0 && i < l->nr_tids; i++)
		if (l->tids[i] == pid)
			return true;
	return group == l->group;
}

static struct sm_session_left *session_left_of(struct sm_session *s, int pid)
{
	unsigned int i;

	for (i = 0; pid && i < s->nr_left; i++)
		if (left_is_of(&s->left[i], pid))
			return &s->left[i];
	return NULL;
}

static void session_hear_late(struct sm_session *s, unsigned int test,
			      const char *name, const struct sm_finding *f)
{
	s->late++;
	fprintf(stderr, "stalemate: %s, which ended before: kernel: %s\n", name,
		f->text);
	session_tell(s, test, f);
}

/*
 * A complaint that names a task of an earlier runner is that run's. What comes
 * between two runs is the last one's, as the next has not begun.
 */
static void session_hear(void *session, const char *line, int pid)
{
	struct sm_session *s = session;
	struct sm_session_left *l = session_left_of(s, pid);
	struct sm_finding f = { .t_ns = sm_util_now(), .kind = SM_KIND_COMPLAINT };

	snprintf(f.oracle, sizeof(f.oracle), "kernel");
	snprintf(f.text, sizeof(f.text), "%s", line);
	if (l)
		session_hear_late(s, l->test, l->name, &f);
	else if (s->now)
		run_complained(s->now, &f);
	else if (!s->last_muted)
		session_hear_late(s, s->last_test, s->last_name, &f);
}

/* Nobody can tell what they would have said, but that they were. */
static void session_miss(void *session, uint64_t nr)
{
	struct sm_session *s = session;

	fprintf(stderr, "stalemate: %s, which ended before: %llu messages of the kernel lost\n",
		s->last_name, (unsigned long long)nr);
	if (s->report)
		sm_report_add(s->report, "kernel_log_lost", nr);
}

/* ---- watching ------------------------------------------------------------ */

/*
 * Those of its main thread: that alone ends the storm, heeds us, and watches that
 * the others move.
 */
static uint64_t run_life(const struct session_run *run)
{
	return sm_read(&run->wire->beats) + sm_judge_stage(run);
}

static unsigned int run_patience(const struct session_run *run)
{
	const struct sm_session_limits *l = &run->s->limits;

	switch (sm_judge_stage(run)) {
	case SM_STAGE_LET_GO:
		return LET_GO_TIMES * l->life;
	case SM_STAGE_DONE:
		return l->leave;
	default:
		return l->life;
	}
}

/* Returns true if it is to be killed. */
static bool run_is_lifeless(struct session_run *run, uint64_t now)
{
	uint64_t life = run_life(run);

	if (life != run->life) {
		run->life = life;
		run->lifeless = 0;
	} else if (now - run->looked_ns >= TICK_MS * SM_MSEC) {
		run->looked_ns = now;
		run->lifeless++;
	}
	run->hung = run->lifeless > run_patience(run);
	return run->hung;
}

static void run_show(struct session_run *run, uint64_t now)
{
	struct sm_progress p;

	if (!run->s->progress || now - run->shown_ns < PROGRESS_NS)
		return;
	run->shown_ns = now;
	memcpy(&p, &run->wire->progress, sizeof(p));
	run->s->progress(&p, run->taken + run->own);
}

/* Returns true if it is to be killed. */
static bool run_heeds_signals(struct session_run *run)
{
	if (sm_signals_nr())
		run_end_storm(run, SM_STOP_ASKED);
	run->cut = sm_signals_nr() > 1;
	return run->cut;
}

/* An oops that the log does not tell of ends the storm, too: who will judge it? */
static void run_listen(struct session_run *run)
{
	struct sm_oracle_kernel *k = &run->s->kernel;
	bool silent = sm_oracle_kernel_died(k);

	sm_oracle_kernel_look(k);
	if (sm_oracle_kernel_died(k))
		sm_write(&run->wire->oopsed, 1);
	if (silent && !(sm_klog_explained(k->log) & SM_TAINT_DIE))
		run_end_storm(run, SM_STOP_FOUND);
	run_take_findings(run);
}

static void run_watch(struct session_run *run)
{
	int log = sm_klog_fd(run->s->kernel.log);
	uint64_t now;

	while (!sm_keeper_wait(&run->keeper, log, TICK_MS, &run->s->wait)) {
		run_listen(run);
		now = sm_util_now();
		run_show(run, now);
		if (run_heeds_signals(run) || run_is_lifeless(run, now))
			break;
	}
}

/* ---- a run --------------------------------------------------------------- */

static void session_leave(struct session_run *run)
{
	struct sm_session *s = run->s;
	struct sm_session_left *l;

	run->left = true;
	if (s->nr_left == SM_SESSION_LEFT)
		return;
	l = &s->left[s->nr_left++];
	l->test = run->test;
	l->backend = run->spec->backend;
	l->group = run->keeper.pid;
	sm_ktap_name(run->spec, l->name, sizeof(l->name));
	l->nr_tids = sm_keeper_tasks(&run->keeper, l->tids);
}

static void run_child(void *arg)
{
	struct session_run *run = arg;

	sm_groups_enter(&run->groups);
	run->s->runner(run->spec, run->wire);
}

static int run_share(struct session_run *run)
{
	void *p = mmap(NULL, sizeof(*run->wire), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	run->wire = p;
	return 0;
}

/* How often to look at one that was killed; who wants an end at once waits less. */
static unsigned int run_looks(const struct session_run *run)
{
	return run->cut ? run->s->limits.cut : run->s->limits.death;
}

static void run_follow(struct session_run *run, uint64_t forked)
{
	struct sm_session *s = run->s;

	run->life = run_life(run);
	run_watch(run);
	if (!sm_keeper_end(&run->keeper, &s->wait, run_looks(run)))
		session_leave(run);
	run_listen(run);
	sm_judge_take(run);
	run->result->t_fork_ns = forked;
	if (run->left)
		sm_stacks_read(run->keeper.pid, run->result->stacks,
			       sizeof(run->result->stacks));
	sm_oracle_kernel_end(&s->kernel, run->spec, run->result);
	run->oom = sm_klog_oom_killed(s->kernel.log, run->keeper.pid);
	sm_judge_count(run);
	sm_signature_settle(run->result);
	sm_judge_end(run);
}

static void run_make(struct session_run *run)
{
	uint64_t forked;
	struct sm_switches switches = { .nr = 0 };
	int err = run_share(run);

	if (run->s->warm)
		run->s->warm();
	if (run->spec->machine)
		sm_switches_set(&switches, &run->spec->ops,
				run->spec->memory);
	sm_groups_make(&run->groups, &run->spec->ops);
	forked = sm_util_now();
	if (!err)
		err = sm_keeper_start(&run->keeper, run_child, run);
	if (err)
		sm_judge_set(run, SM_BROKEN, "cannot start a runner: %s",
			     strerror(-err));
	else
		run_follow(run, forked);
	sm_groups_remove(&run->groups);
	sm_switches_restore(&switches);
	/* One that is left behind may write to it still. */
	if (run->wire && !run->left)
		munmap(run->wire, sizeof(*run->wire));
}

/* Those that have gone after all stand in nobody's way. */
static void session_look_at_left(struct sm_session *s)
{
	unsigned int i = 0;

	while (i < s->nr_left) {
		if (sm_keeper_is_gone(s->left[i].group))
			s->left[i] = s->left[--s->nr_left];
		else
			i++;
	}
}

static bool session_is_sabotaged(struct sm_session *s)
{
	int answer = s->silent ? -ETIMEDOUT : sm_ask_sabotaged(s->sabotaged);

	s->silent = answer < 0;
	return answer;
}

/* Returns false if a run cannot be made here any more. */
static bool session_may_run(struct sm_session *s, struct session_run *run)
{
	unsigned int i;

	if (s->died[0]) {
		sm_judge_set(run, SM_INCOMPLETE,
			     "not run: the kernel has oopsed under %s, and can judge nothing",
			     s->died);
		return false;
	}
	session_look_at_left(s);
	for (i = 0; i < s->nr_left; i++) {
		if (s->left[i].backend != run->spec->backend)
			continue;
		sm_judge_set(run, SM_INCOMPLETE,
			     "not run: %s hangs in %s, and cannot be killed",
			     s->left[i].name,
			     sm_catalogue_backend(s->left[i].backend)->name);
		return false;
	}
	if (s->nr_left && session_is_sabotaged(s)) {
		sm_judge_set(run, SM_INCOMPLETE, "not run: %s hangs, and %s",
			     s->left[0].name,
			     s->silent ? "the module does not answer" :
					 "a driver is broken on purpose");
		return false;
	}
	return true;
}

/* The kernel may have oopsed since the last run, too. */
static void session_note_death(struct sm_session *s)
{
	if (s->kernel.died && !s->died[0])
		snprintf(s->died, sizeof(s->died), "%s", s->last_name);
}

/* May the kernel not accuse? */
static bool session_is_muted(const struct sm_run_spec *spec)
{
	int row = sm_catalogue_oracle_row("kernel");

	return row >= 0 && spec->muted >> row & 1;
}

enum sm_verdict sm_session_run(struct sm_session *s,
			       const struct sm_run_spec *spec,
			       struct sm_run_result *result)
{
	struct session_run run = { .s = s, .spec = spec, .result = result };

	memset(result, 0, sizeof(*result));
	sm_oracle_kernel_begin(&s->kernel, spec);
	session_note_death(s);
	if (s->report)
		run.test = sm_report_begin(s->report, spec);
	s->now = &run;
	s->last_test = run.test;
	s->last_muted = session_is_muted(spec);
	sm_ktap_name(spec, s->last_name, sizeof(s->last_name));
	if (session_may_run(s, &run))
		run_make(&run);
	session_note_death(s);
	s->now = NULL;
	if (s->report)
		sm_report_ended(s->report, run.test, spec, result,
				result->verdict == SM_INCOMPLETE &&
					sm_signals_nr());
	return result->verdict;
}

void sm_session_skip(struct sm_session *s, const struct sm_run_spec *spec,
		     struct sm_run_result *result, enum sm_verdict verdict,
		     const char *why)
{
	unsigned int test = sm_report_begin(s->report, spec);

	memset(result, 0, sizeof(*result));
	result->verdict = verdict;
	snprintf(result->reason, sizeof(result->reason), "%s", why);
	sm_report_ended(s->report, test, spec, result, false);
}

void sm_session_begin(struct sm_session *s)
{
	s->limits.life = LIFE_TICKS;
	s->limits.leave = LEAVE_TICKS;
	s->limits.death = SM_KEEPER_LOOKS;
	s->limits.cut = CUT_LOOKS;
	s->last_muted = true;
	s->kernel.hear = session_hear;
	s->kernel.miss = session_miss;
	s->kernel.arg = s;
	sm_signals_catch(&s->wait);
}

int sm_session_end(struct sm_session *s)
{
	sm_oracle_kernel_close(&s->kernel);
	sm_signals_drain();
	return sm_signals_first();
}

void sm_session_release(void)
{
	sm_signals_release();
}

const char *sm_session_stopped(const struct sm_session *s)
{
	(void)s;
	return sm_signals_name();
}
