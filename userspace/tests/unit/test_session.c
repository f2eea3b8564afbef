// SPDX-License-Identifier: GPL-2.0-only
/*
 * However a runner ends, the session says truly what happened, and nothing of it
 * is left. The runners here are made for that; the kernel is ours as well.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "base/rng.h"
#include "base/taint.h"
#include "base/util.h"
#include "real_ops.h"
#include "run/run.h"
#include "session/catalogue.h"
#include "session/report.h"
#include "session/session.h"
#include "session_runners.h"
#include "wrap_session.h"

#define SCRIBBLES	10

static struct sm_backend other;
static bool broken;
static struct sm_session session;
static struct sm_run_result result;
static struct sm_run_spec spec;
static uint64_t taint;
static pid_t self;
static bool deathless;

struct sm_klog *__wrap_sm_klog_open(const struct sm_allow *a, char *why,
				    size_t size)
{
	(void)a;
	snprintf(why, size, "ours");
	return NULL;
}

uint64_t __wrap_sm_taint_read(void)
{
	return taint;
}

/* The kernel says nothing that would have to be waited for. */
void __wrap_sm_util_nap(uint64_t ns)
{
	__real_sm_util_nap(getpid() == self ? SM_USEC : ns);
}

/* As if it waited in the kernel for what never comes. */
int __wrap_kill(pid_t pid, int sig)
{
	return deathless && sig ? 0 : __real_kill(pid, sig);
}

static bool sabotaged(void)
{
	return broken;
}

static void use_catalogue(void)
{
	static const struct sm_catalogue_backend backends[] = {
		{ &sm_template_backend, "template", false },
		{ &other, "other", false },
		{ NULL, NULL, false }
	};
	static const char *const ops[] = { "munmap", NULL };
	static const char *const oracles[] = { "content", "kernel", NULL };
	static const char *const profiles[] = { NULL };
	static const struct sm_catalogue_defect defects[] = { { NULL, NULL } };
	static const struct sm_catalogue_known known[] = { { NULL, NULL } };
	static const struct sm_catalogue catalogue = {
		.backends = backends,
		.ops = ops,
		.oracles = oracles,
		.profiles = profiles,
		.defects = defects,
		.known = known,
	};

	sm_catalogue_use(&catalogue);
}

static int fresh(void **state)
{
	const struct sm_report_head head = { .command = "run", .seed = 1 };

	(void)state;
	memset(&session, 0, sizeof(session));
	taint = 0;
	deathless = false;
	broken = false;
	self = getpid();
	sm_session_begin(&session);
	session.sabotaged = sabotaged;
	session.limits.life = 4;
	session.limits.leave = 4;
	session.limits.death = 1000000;
	session.report = sm_report_new(&head);
	spec = (struct sm_run_spec){
		.backend = &sm_template_backend,
		.ops = sm_set_below(SM_MAX_OPS),
		.threads = 2,
		.arena = 4 * SM_GRANULE_SIZE,
		.memory = SM_BIT(SM_MEM_ANON),
		.count = 1000,
		.seed = 1,
	};
	return session.report ? 0 : -1;
}

static int stale(void **state)
{
	(void)state;
	return sm_report_close(session.report, SM_PASS);
}

static enum sm_verdict run(void (*runner)(const struct sm_run_spec *spec,
					  struct sm_wire *wire))
{
	session.runner = runner;
	return sm_session_run(&session, &spec, &result);
}

static void nothing_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void says(enum sm_verdict verdict, const char *part)
{
	if (result.verdict != verdict || !strstr(result.reason, part))
		fail_msg("verdict %d, '%s'; wanted %d and '%s'",
			 result.verdict, result.reason, verdict, part);
}

/* ---- tests --------------------------------------------------------------- */

static void one_that_passes_passes(void **state)
{
	(void)state;
	assert_int_equal(run(passes), SM_PASS);
	assert_string_equal(result.reason, "");
	nothing_is_left();
}

static pid_t warmed;

static void warm(void)
{
	warmed = getpid();
}

static void passes_if_warm(const struct sm_run_spec *s, struct sm_wire *wire)
{
	if (warmed == getppid() && warmed == self)
		passes(s, wire);
}

/* In the session, before the runner is there, which finds what was read. */
static void it_is_warm_when_a_runner_comes(void **state)
{
	(void)state;
	session.warm = warm;
	assert_int_equal(run(passes_if_warm), SM_PASS);
	nothing_is_left();
}

static void death_breaks_a_run(void **state)
{
	(void)state;
	run(dies);
	says(SM_BROKEN, "SIGSEGV");
	run(leaves);
	says(SM_BROKEN, "status 3");
	run(passes_and_dies);
	says(SM_BROKEN, "SIGSEGV");
	run(counts_and_dies);
	says(SM_BROKEN, "SIGSEGV");
	run(fails_without_reason);
	says(SM_BROKEN, "does not say of what");
	nothing_is_left();
}

static void a_finding_outlives_the_runner(void **state)
{
	(void)state;
	run(finds_and_dies);
	says(SM_FAIL, "content: stale");
	says(SM_FAIL, "SIGSEGV");
	assert_int_equal(result.nr_findings, 1);
	assert_int_equal(result.violations_total, 1);
	nothing_is_left();
}

static void one_that_hangs_is_killed(void **state)
{
	(void)state;
	run(hangs);
	says(SM_TIMEOUT, "no sign of life");
	run(passes_and_hangs);
	says(SM_TIMEOUT, "leaving");
	run(hangs_in_a_storm);
	says(SM_TIMEOUT, "no sign of life");
	run(finds_and_hangs);
	says(SM_FAIL, "no sign of life");
	nothing_is_left();
}

static void one_that_is_slow_is_not(void **state)
{
	(void)state;
	run(is_slow);
	says(SM_PASS, "");
}

static void its_children_go_with_it(void **state)
{
	(void)state;
	session.limits.leave = 1000;
	session.limits.life = 1000;
	run(has_children);
	says(SM_PASS, "");
	nothing_is_left();
	run(has_children_and_dies);
	says(SM_BROKEN, "SIGSEGV");
	nothing_is_left();
}

static void what_is_scribbled_is_not_believed(void **state)
{
	unsigned int i;

	(void)state;
	for (spec.seed = 0; spec.seed < SCRIBBLES; spec.seed++) {
		run(scribbles);
		assert_true(result.verdict != SM_PASS);
		assert_true(result.verdict != SM_FAIL || result.nr_findings);
		assert_true(result.nr_findings <= SM_MAX_VIOLATIONS);
		assert_true(result.nr_mirrors <= SM_MAX_PROFILES);
		for (i = 0; i < result.nr_findings; i++) {
			const struct sm_finding *f = &result.findings[i];

			assert_non_null(memchr(f->text, 0, sizeof(f->text)));
			assert_true(f->nr_history <= SM_MAX_HISTORY);
		}
	}
}

static void complain(const struct sm_progress *p, uint64_t violations)
{
	(void)p;
	if (!violations)
		session.kernel.hear(session.kernel.arg, "BUG: of ours", 0);
}

static void a_complaint_ends_the_storm(void **state)
{
	(void)state;
	session.progress = complain;
	run(waits_to_be_stopped);
	says(SM_FAIL, "kernel: BUG: of ours");
	assert_int_equal(result.violations_total, 1);
	assert_true(result.first_ns > 0);
}

static void die(const struct sm_progress *p, uint64_t violations)
{
	complain(p, violations);
	taint |= SM_TAINT_DIE;
}

static void after_an_oops_nothing_is_judged(void **state)
{
	(void)state;
	session.progress = die;
	run(waits_to_be_stopped);
	says(SM_FAIL, "kernel: BUG: of ours");
	run(passes);
	says(SM_INCOMPLETE, "the kernel has oopsed under template.native.storm");
}

/* Nobody's run goes on: it is the last one's. */
static void what_comes_between_is_the_last_ones(void **state)
{
	(void)state;
	session.kernel.hear(session.kernel.arg, "BUG: before all", 0);
	assert_int_equal(session.late, 0);
	run(passes);
	says(SM_PASS, "");
	session.kernel.hear(session.kernel.arg, "BUG: between", 0);
	assert_int_equal(session.late, 1);
	taint |= SM_TAINT_DIE;
	run(passes);
	says(SM_INCOMPLETE, "the kernel has oopsed under");
	assert_int_equal(session.late, 2);
}

static int stuck_task;

static void complain_of_the_stuck(const struct sm_progress *p,
				  uint64_t violations)
{
	(void)p;
	(void)violations;
	if (!session.late)
		session.kernel.hear(session.kernel.arg, "INFO: task blocked",
				    stuck_task);
}

static void let_go_of_the_stuck(void)
{
	deathless = false;
	assert_int_equal(kill(-session.left[0].tids[0], SIGKILL), 0);
	assert_int_equal(waitpid(stuck_task, NULL, 0), stuck_task);
}

static void one_that_cannot_be_killed_is_left(void **state)
{
	(void)state;
	deathless = true;
	session.limits.death = 50;
	run(hangs);
	says(SM_TIMEOUT, "cannot be killed");
	assert_int_equal(session.nr_left, 1);
	assert_int_equal(session.left[0].nr_tids, 1);
	stuck_task = session.left[0].tids[0];
	run(passes);
	says(SM_INCOMPLETE, "hangs in template, and cannot be killed");
	/* Others can run, but where a driver is broken on purpose. */
	spec.backend = &other;
	broken = true;
	run(passes);
	says(SM_INCOMPLETE, "and a driver is broken on purpose");
	/* And they do not get what is said of it. */
	broken = false;
	session.progress = complain_of_the_stuck;
	run(is_slow);
	says(SM_PASS, "");
	assert_int_equal(session.late, 1);
	let_go_of_the_stuck();
}

/* In a process of its own, as a session that was stopped stays so. */
static int stopped_by(void (*runner)(const struct sm_run_spec *spec,
				     struct sm_wire *wire),
		      enum sm_verdict verdict, const char *part)
{
	int status, pid = fork();

	if (!pid) {
		session.limits.life = 1000;
		run(runner);
		if (result.verdict != verdict || !strstr(result.reason, part)) {
			print_error("%d: %s\n", result.verdict, result.reason);
			_exit(99);
		}
		_exit(sm_session_end(&session));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_signal_ends_the_storm(void **state)
{
	(void)state;
	assert_int_equal(stopped_by(is_interrupted, SM_INCOMPLETE,
				    "stopped by SIGINT after "), SIGINT);
	assert_int_equal(stopped_by(times_out_when_asked, SM_TIMEOUT, "stuck"),
			 SIGINT);
	assert_int_equal(stopped_by(finds_and_is_interrupted, SM_FAIL,
				    "content: stale"), SIGINT);
}

static void the_second_one_ends_it_at_once(void **state)
{
	(void)state;
	assert_int_equal(stopped_by(must_be_cut, SM_INCOMPLETE,
				    "stopped by SIGTERM"), SIGTERM);
}

/* A storm of the template, killed at any moment. */
static void storms(const struct sm_run_spec *s, struct sm_wire *wire)
{
	int pid = getpid();
	struct sm_rng rng;

	sm_rng_seed(&rng, s->seed, SM_STREAM_STORM, 1);
	if (!fork()) {
		sm_util_nap(sm_rng_below(&rng, 40) * SM_MSEC);
		kill(pid, SIGKILL);
		_exit(0);
	}
	sm_run(s, wire);
}

static unsigned int kills(void)
{
	const char *s = getenv("STALEMATE_TEST_KILLS");

	return s ? strtoul(s, NULL, 10) : 50;
}

/* Lines of the journal that tell of an end. */
static unsigned int ends_in(FILE *journal)
{
	static char line[1 << 20];
	unsigned int nr = 0;

	rewind(journal);
	while (fgets(line, sizeof(line), journal))
		nr += strstr(line, "\"record\": \"end\"") ||
		      strstr(line, "\"record\":\"end\"");
	return nr;
}

static void killed_at_any_moment_it_is_told_of(void **state)
{
	char path[] = "/tmp/stalemate-test-XXXXXX";
	struct sm_report_head head = { .command = "run", .journal = path };
	int fd = mkstemp(path);
	FILE *journal;
	unsigned int i;

	(void)state;
	assert_int_equal(close(fd), 0);
	unlink(path);
	sm_report_close(session.report, SM_PASS);
	session.report = sm_report_new(&head);
	assert_non_null(session.report);
	journal = fopen(path, "r");
	assert_non_null(journal);
	unlink(path);
	spec.count = 1000000;
	session.limits.life = 1000;
	session.limits.leave = 1000;
	for (i = 0; i < kills(); i++) {
		spec.seed = i;
		run(storms);
		says(SM_BROKEN, "SIGKILL");
		nothing_is_left();
		assert_int_equal(ends_in(journal), i + 1);
	}
	fclose(journal);
}

/* Of what an oracle could not see, the first reason counts. */
static void what_blinds_an_oracle_first_is_said(void **state)
{
	struct sm_oracle_result o = { .sight = SM_SIGHT_ON };

	(void)state;
	sm_wire_see(&o, SM_SIGHT_ON, "it missed %u", 3);
	assert_string_equal(o.reason, "it missed 3");
	sm_wire_see(&o, SM_SIGHT_OFF, "muted");
	sm_wire_see(&o, SM_SIGHT_BLIND, "another");
	assert_int_equal(o.sight, SM_SIGHT_OFF);
	assert_string_equal(o.reason, "muted");
}

#define TEST(fn)	cmocka_unit_test_setup_teardown(fn, fresh, stale)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_passes_passes),
		TEST(it_is_warm_when_a_runner_comes),
		TEST(death_breaks_a_run),
		TEST(a_finding_outlives_the_runner),
		TEST(one_that_hangs_is_killed),
		TEST(one_that_is_slow_is_not),
		TEST(its_children_go_with_it),
		TEST(what_is_scribbled_is_not_believed),
		TEST(a_complaint_ends_the_storm),
		TEST(after_an_oops_nothing_is_judged),
		TEST(what_comes_between_is_the_last_ones),
		TEST(one_that_cannot_be_killed_is_left),
		TEST(a_signal_ends_the_storm),
		TEST(the_second_one_ends_it_at_once),
		TEST(killed_at_any_moment_it_is_told_of),
		TEST(what_blinds_an_oracle_first_is_said),
	};

	use_catalogue();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
