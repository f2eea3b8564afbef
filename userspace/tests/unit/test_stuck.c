// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run whose parts do not answer: it says who, in bounded time, and leaves no
 * process behind.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "actors/actor.h"
#include "backends/backends.h"
#include "base/ops.h"
#include "host_bed.h"
#include "in_process.h"
#include "real_ops.h"
#include "wrap_child.h"

#define PAGES	(4 * SM_GRANULE_PAGES)
#define NAPS	60	/* of 20 ms each, for what has to run out */
#define ENOUGH	3000	/* for all else */

static struct sm_run_result result;
static struct sm_wire wire;
static struct sm_backend backend;
static struct host_bed *bed;
static uint64_t beats;
static bool stops_children;
static bool immortal;
static bool storming;
static pid_t forked;	/* the last one */
static pid_t victim; /* the first one */

/* What has to run out has done so: from then on nobody is to be in a hurry. */
int __wrap_kill(pid_t pid, int sig)
{
	if (immortal)
		return 0;
	if (sig == SIGKILL)
		sm_await_naps = ENOUGH;
	return __real_kill(pid, sig);
}

/* A child of an op stops before it does anything. */
pid_t __wrap_sm_child_fork(void)
{
	pid_t pid = __real_sm_child_fork();

	forked = pid;
	if (pid > 0 && (!victim || kill(victim, 0) < 0))
		victim = pid;
	if (pid > 0 && stops_children && storming)
		sm_await_naps = NAPS;
	if (!pid && stops_children && storming)
		raise(SIGSTOP);
	return pid;
}

/* The child that op exit makes never gets to know the device. */
int __wrap_sm_device_open(struct sm_device *d, char *why, size_t size)
{
	if (bed)
		for (;;)
			pause();
	return __real_sm_device_open(d, why, size);
}

static void nobody_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static int set_up(void **state)
{
	(void)state;
	sm_await_naps = ENOUGH;
	backend = sm_template_backend;
	stops_children = false;
	storming = false;
	immortal = false;
	bed = NULL;
	victim = 0;
	return 0;
}

static struct sm_set op_of(const char *name)
{
	unsigned int row;

	for (row = 0; sm_ops[row].name; row++)
		if (!strcmp(sm_ops[row].name, name))
			return sm_set_of(row);
	fail_msg("no op %s", name);
	return sm_set_below(0);
}

static enum sm_verdict storm(struct sm_set ops)
{
	struct sm_run_spec spec = {
		.backend = &backend,
		.ops = ops,
		.threads = stops_children ? 1 : 2,
		.agents = 1,
		.arena = PAGES * SM_PAGE_SIZE,
		.memory = SM_BIT(SM_MEM_ANON),
		.count = 200,
		.seed = 1,
	};

	return in_process_run(&spec, &result);
}

static int stop_a_victim(struct sm_host *host, const struct sm_mirror *m,
			 unsigned int lane, struct sm_access *a,
			 unsigned int nr)
{
	kill(victim, SIGSTOP);
	return sm_template_backend.access(host, m, lane, a, nr);
}

/* Its threads have ended, and victims are next. */
static void be_impatient(struct sm_host *host, char *buf, size_t size)
{
	(void)host;
	(void)buf;
	(void)size;
	sm_await_naps = NAPS;
}

static void a_victim_that_is_stopped(void **state)
{
	(void)state;
	backend.access = stop_a_victim;
	backend.describe = be_impatient;
	assert_int_equal(storm(sm_set_below(SM_MAX_OPS)), SM_TIMEOUT);
	assert_string_equal(result.reason,
			    "victim 0 does not answer: it was stopped, and not by us");
	nobody_is_left();
	/* And the next run is none the worse for it. */
	backend = sm_template_backend;
	assert_int_equal(storm(sm_set_below(SM_MAX_OPS)), SM_PASS);
	nobody_is_left();
}

static int tell_of_storm(struct sm_host *host, const struct sm_mirror *m,
			 unsigned int lane, struct sm_access *a,
			 unsigned int nr)
{
	sm_write(&storming, true);
	return sm_template_backend.access(host, m, lane, a, nr);
}

static void a_child_of_an_op_that_is_stopped(void **state)
{
	(void)state;
	stops_children = true;
	backend.access = tell_of_storm;
	assert_int_equal(storm(op_of("fork-cow")), SM_TIMEOUT);
	assert_string_equal(result.reason,
			    "a child of op fork-cow does not answer: it was stopped, and not by us");
	nobody_is_left();
}

/* The main thread looks at every page twice in the end, and is seen to do so. */
static void count_beats(struct sm_host *host)
{
	beats = host->scene->wire->beats;
	sm_template_backend.detach(host);
}

static void there_are_signs_of_life(void **state)
{
	(void)state;
	backend.detach = count_beats;
	assert_int_equal(storm(sm_set_below(SM_MAX_OPS)), SM_PASS);
	assert_true(beats > 2 * PAGES);
}

/* ---- before the storm ---------------------------------------------------- */

static struct sm_run_spec release_spec = { .backend = &backend };

static void release(bool reap)
{
	memset(&wire, 0, sizeof(wire));
	bed = calloc(1, sizeof(*bed));
	assert_non_null(bed);
	host_bed_init(bed, &release_spec, &wire, &wire.result);
	backend.profiled = true;
	bed->scene.ops = op_of(reap ? SM_OPS_REAP : SM_OPS_EXIT);
	sm_await_naps = NAPS;
	assert_false(sm_actor_release.prepare(&bed->host, NULL));
}

static void release_says(const char *op, const char *what)
{
	bool stuck = bed->end.stuck, alive = wire.beats > 0;
	char said[sizeof(bed->end.why)], why[sizeof(bed->end.why)];

	snprintf(why, sizeof(why), "the child of op %s does not answer: it %s",
		 op, what);
	memcpy(said, bed->end.why, sizeof(said));
	host_bed_destroy(bed);
	free(bed);
	bed = NULL;
	assert_true(stuck);
	assert_true(alive);
	assert_string_equal(said, why);
	assert_int_equal(wire.result.violations_total, 0);
}

static void a_dying_process_that_tells_nothing(void **state)
{
	(void)state;
	release(false);
	release_says("exit", "waited");
	nobody_is_left();
}

static void and_one_that_is_to_be_reaped(void **state)
{
	(void)state;
	release(true);
	if (bed->end.broken)
		skip();		/* ptrace is not for everybody */
	release_says("reap", "waited");
	nobody_is_left();
}

static void and_one_that_no_signal_reaches(void **state)
{
	(void)state;
	immortal = true;
	release(false);
	immortal = false;
	release_says("exit", "hangs in the kernel, and cannot be killed");
	assert_int_equal(waitpid(forked, NULL, WNOHANG), 0);
	kill(forked, SIGKILL);
	assert_int_equal(waitpid(forked, NULL, 0), forked);
	nobody_is_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_victim_that_is_stopped, set_up),
		cmocka_unit_test_setup(a_child_of_an_op_that_is_stopped, set_up),
		cmocka_unit_test_setup(there_are_signs_of_life, set_up),
		cmocka_unit_test_setup(a_dying_process_that_tells_nothing,
				       set_up),
		cmocka_unit_test_setup(and_one_that_is_to_be_reaped, set_up),
		cmocka_unit_test_setup(and_one_that_no_signal_reaches, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
