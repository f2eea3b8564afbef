// SPDX-License-Identifier: GPL-2.0-only
/*
 * Oracle "kernel" over a whole run, by a log and a taint mask that are ours: what
 * is said, when, and what excuses it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "base/taint.h"
#include "in_process.h"
#include "judge/oracles.h"
#include "module/defects.h"
#include "real_ops.h"
#include "session/allow.h"
#include "session/oracle_kernel.h"
#include "tests/one_backend.h"
#include "wrap_kernel.h"

#define WARNED	"WARNING: CPU: 0 PID: 9 at drv.c:1 drv_free_region+0x1/0x2"
#define QUIET	"6,10,1,-;drv: bye"

static struct sm_run_result result;
static struct sm_allow allow;
static bool unreadable;
static int log_fd[2];
static uint64_t taint;

/* What the backend's driver does to them when it lets go. */
static const char *last_words[4];
static uint64_t last_taint;

/* What is said after that, while somebody waits. */
static const char *later_words;
static bool detached;

/* The log and the mask as they are when somebody looks: a message between. */
static const char *words_between;
static uint64_t taint_between;

/* What is heard while nothing runs, and what the kernel says of it, at once and later. */
static struct sm_run_result before;
static bool running;
static const char *words_after;
static const char *words_then;
static uint64_t missed;

static struct sm_set defects;

struct sm_klog *__wrap_sm_klog_open(const struct sm_allow *a, char *why,
				    size_t size)
{
	why[0] = '\0';
	if (unreadable) {
		snprintf(why, size, "nobody may");
		return NULL;
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK,
				    0, log_fd), 0);
	return sm_klog_attach(log_fd[0], a);
}

static void say(const char *record)
{
	assert_int_equal(write(log_fd[1], record, strlen(record)),
			 strlen(record));
}

/* As the kernel does: first the message, then the bit. */
static void say_between(void)
{
	if (!detached || !words_between)
		return;
	say(words_between);
	taint |= taint_between;
	words_between = NULL;
}

uint64_t __wrap_sm_taint_read(void)
{
	say_between();
	return taint;
}

void __wrap_sm_util_nap(uint64_t ns)
{
	if ((detached || !running) && later_words) {
		say(later_words);
		later_words = NULL;
	}
	__real_sm_util_nap(ns);
}

/* Nobody here has a module that could break a driver. */
int __wrap_sm_device_open(struct sm_device *d, char *why, size_t size)
{
	(void)d;
	snprintf(why, size, "no module");
	return -ENOENT;
}

static void detach(struct sm_host *host)
{
	unsigned int i;

	sm_template_backend.detach(host);
	for (i = 0; i < 4 && last_words[i]; i++)
		say(last_words[i]);
	taint |= last_taint;
	detached = true;
}

/* As the session does. */
static void hear(void *arg, const char *line, int pid)
{
	struct sm_run_result *r = running ? &result : &before;
	struct sm_finding *f = &r->findings[r->nr_findings++];

	(void)arg;
	(void)pid;
	r->violations_total++;
	snprintf(f->oracle, sizeof(f->oracle), "kernel");
	snprintf(f->text, sizeof(f->text), "%s", line);
	if (!running && words_after) {
		say(words_after);
		words_after = NULL;
	} else if (!running && words_then) {
		later_words = words_then;
		words_then = NULL;
	}
}

static void miss(void *arg, uint64_t nr)
{
	(void)arg;
	missed += nr;
}

static struct sm_oracle_kernel listener = { .hear = hear, .miss = miss };

static enum sm_verdict run(void)
{
	struct sm_backend backend = sm_template_backend;
	struct sm_run_spec spec = {
		.backend = &backend,
		.ops = sm_set_below(SM_MAX_OPS),
		.defects = defects,
		.threads = 1,
		.arena = 2 * SM_GRANULE_SIZE,
		.memory = SM_BIT(SM_MEM_ANON),
		.count = 20,
		.seed = 1,
		.allow = &allow,
	};

	detached = false;
	backend.detach = detach;
	one_backend(&backend);
	memset(&before, 0, sizeof(before));
	sm_oracle_kernel_begin(&listener, &spec);
	running = true;
	in_process_run(&spec, &result);
	sm_oracle_kernel_end(&listener, &spec, &result);
	running = false;
	return result.violations_total ? SM_FAIL : result.verdict;
}

static void no_log(void)
{
	if (listener.log)
		close(log_fd[1]);
	sm_oracle_kernel_close(&listener);
	unreadable = true;
}

static int fresh(void **state)
{
	(void)state;
	no_log();
	sm_allow_free(&allow);
	memset(last_words, 0, sizeof(last_words));
	last_taint = 0;
	later_words = NULL;
	words_between = NULL;
	words_after = NULL;
	missed = 0;
	defects = (struct sm_set){ { 0 } };
	taint = SM_BIT(12);
	unreadable = false;
	return 0;
}

static void says(const char *part)
{
	assert_int_equal(result.violations_total, 1);
	assert_string_equal(result.findings[0].oracle, "kernel");
	if (!strstr(result.findings[0].text, part))
		fail_msg("'%s' does not say '%s'", result.findings[0].text,
			 part);
}

static void sight_is(enum sm_sight sight, const char *reason)
{
	const struct sm_oracle_result *o = result.oracles;
	unsigned int i;

	for (i = 0; strcmp(sm_oracles[i].name, "kernel"); i++)
		o++;
	assert_int_equal(o->sight, sight);
	assert_int_equal(strncmp(o->reason, reason, strlen(reason)), 0);
}

static void silence_passes(void **state)
{
	(void)state;
	last_words[0] = QUIET;
	assert_int_equal(run(), SM_PASS);
	assert_int_equal(result.log_lost, 0);
	assert_int_equal(result.log_excused, 0);
}

/* The run is over by then, and all that it did was right. */
static void a_complaint_at_the_end_counts(void **state)
{
	(void)state;
	last_words[0] = QUIET;
	last_words[1] = "4,11,2,-;" WARNED;
	assert_int_equal(run(), SM_FAIL);
	says(WARNED);
}

static void what_a_program_writes_does_not(void **state)
{
	(void)state;
	last_words[0] = "12,10,1,-;" WARNED;
	assert_int_equal(run(), SM_PASS);
}

static void new_taint_counts(void **state)
{
	(void)state;
	last_taint = SM_BIT(5) | SM_BIT(12) | SM_BIT(13);
	assert_int_equal(run(), SM_FAIL);
	says("B (5, bad page)");
	/* It is not new any more. */
	assert_int_equal(run(), SM_PASS);
	/* Nor does it take a log. */
	no_log();
	last_taint = SM_BIT(9);
	assert_int_equal(run(), SM_FAIL);
	says("W (9, warned)");
}

/* Another driver, a live patch, a firmware's bug: nothing that ours did. */
static void others_taint_is_told_alone(void **state)
{
	(void)state;
	last_taint = 0x3ffff & ~(SM_BIT(4) | SM_BIT(5) | SM_BIT(7) | SM_BIT(9) |
				 SM_BIT(12) | SM_BIT(14));
	assert_int_equal(run(), SM_PASS);
	assert_non_null(strstr(result.tainted, "P (0, proprietary module)"));
	assert_null(strstr(result.tainted, "(13, "));
	assert_int_equal(run(), SM_PASS);
	assert_string_equal(result.tainted, "");
	last_taint = SM_BIT(4) | SM_BIT(19);
	assert_int_equal(run(), SM_FAIL);
	says("M (4, machine check)");
	assert_non_null(strstr(result.tainted, "J (19, "));
}

static void taint_is_told_once(void **state)
{
	(void)state;
	last_words[0] = "4,11,2,-;" WARNED;
	last_taint = SM_BIT(9);
	assert_int_equal(run(), SM_FAIL);
	says(WARNED);
}

static void what_is_allowed_is_excused(void **state)
{
	char why[256];

	(void)state;
	assert_int_equal(sm_allow_add(&allow, "drv_(free|make)_region", why,
				      sizeof(why)), 0);
	last_words[0] = "4,11,2,-;" WARNED;
	last_taint = SM_BIT(9);
	assert_int_equal(run(), SM_PASS);
	assert_int_equal(result.log_excused, 1);
	assert_non_null(strstr(result.excused, WARNED));
	/* One does not hide another. */
	last_words[1] = "1,12,3,-;BUG: Bad page state in process a  pfn:1";
	last_taint = SM_BIT(5);
	assert_int_equal(run(), SM_FAIL);
	says("Bad page state");
}

static void allow_warning(void)
{
	char why[256];

	assert_int_equal(sm_allow_add(&allow, "drv_free_region", why,
				      sizeof(why)), 0);
}

/* Its message is in the log whenever its bit is in the mask. */
static void the_log_is_read_after_the_mask(void **state)
{
	(void)state;
	allow_warning();
	words_between = "4,11,2,-;" WARNED;
	taint_between = SM_BIT(9);
	assert_int_equal(run(), SM_PASS);
	assert_int_equal(result.log_excused, 1);
}

/* What is told in one run may be in the mask in the next alone. */
static void late_taint_is_the_complaints_own(void **state)
{
	(void)state;
	allow_warning();
	last_words[0] = "4,11,2,-;" WARNED;
	assert_int_equal(run(), SM_PASS);
	last_words[0] = NULL;
	last_taint = SM_BIT(9);
	assert_int_equal(run(), SM_PASS);
	/* Once. */
	taint = 0;
	assert_int_equal(run(), SM_FAIL);
	says("W (9, warned)");
}

/* A workqueue of the driver, say. */
static void what_comes_after_the_close_counts(void **state)
{
	(void)state;
	later_words = "4,11,2,-;" WARNED;
	assert_int_equal(run(), SM_FAIL);
	says(WARNED);
}

static void an_old_oops_keeps_nothing(void **state)
{
	(void)state;
	taint = SM_BIT(7);
	defects = sm_set_of(SM_DEFECT_OF_DRIVER(SM_SABOTAGE_NO_INVALIDATE));
	assert_int_not_equal(run(), SM_PASS);
	defects = (struct sm_set){ { 0 } };
	assert_int_equal(run(), SM_PASS);
}

static void what_was_not_read_is_said(void **state)
{
	(void)state;
	last_words[0] = QUIET;
	last_words[1] = "6,110,2,-;drv: really";
	assert_int_equal(run(), SM_PASS);
	assert_int_equal(result.log_lost, 99);
	sight_is(SM_SIGHT_ON, "99 messages were overwritten");
	last_words[0] = NULL;
	last_words[1] = NULL;
	assert_int_equal(run(), SM_PASS);
	assert_int_equal(result.log_lost, 0);
	no_log();
	assert_int_equal(run(), SM_PASS);
	sight_is(SM_SIGHT_OFF, "nobody may: ");
}

static void before_says(unsigned int nr, const char *part)
{
	assert_int_equal(before.violations_total, nr);
	assert_non_null(strstr(before.findings[nr - 1].text, part));
}

/* Once, and before the next run begins; so is what is said while it is told of. */
static void what_comes_between_is_heard_there(void **state)
{
	(void)state;
	assert_int_equal(run(), SM_PASS);
	say("4,11,2,-;" WARNED);
	words_after = "1,12,3,-;BUG: Bad page state in process a  pfn:1";
	taint |= SM_BIT(9) | SM_BIT(5);
	assert_int_equal(run(), SM_PASS);
	before_says(2, "Bad page state");
	assert_int_equal(run(), SM_PASS);
	assert_int_equal(before.violations_total, 0);
	/* The last one has none that follows. */
	say("4,13,4,-;" WARNED);
	sm_oracle_kernel_close(&listener);
	before_says(1, WARNED);
}

/* What follows from what was heard takes a moment to be said. */
static void what_is_said_of_it_later_is_heard_there(void **state)
{
	(void)state;
	assert_int_equal(run(), SM_PASS);
	say("4,11,2,-;" WARNED);
	words_then = "1,12,3,-;BUG: Bad page state in process a  pfn:1";
	assert_int_equal(run(), SM_PASS);
	before_says(2, "Bad page state");
}

/* It is half printed when the next run is about to begin. */
static void a_report_is_one_runs(void **state)
{
	(void)state;
	assert_int_equal(run(), SM_PASS);
	say("1,11,2,-;BUG: unable to handle page fault for address: 1");
	later_words = "1,12,3,-;Oops: 0002 [#1] SMP";
	assert_int_equal(run(), SM_PASS);
	before_says(2, "Oops: ");
}

/* What nobody could read is of none that ran, and what was excused is counted there. */
static void each_run_counts_anew(void **state)
{
	(void)state;
	allow_warning();
	last_words[0] = "4,11,2,-;" WARNED;
	assert_int_equal(run(), SM_PASS);
	assert_int_equal(result.log_excused, 1);
	last_words[0] = NULL;
	say("6,111,5,-;drv: hello");
	assert_int_equal(run(), SM_PASS);
	assert_int_equal(result.log_excused, 0);
	assert_int_equal(result.log_lost, 0);
	assert_int_equal(missed, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(silence_passes, fresh),
		cmocka_unit_test_setup(a_complaint_at_the_end_counts, fresh),
		cmocka_unit_test_setup(what_a_program_writes_does_not, fresh),
		cmocka_unit_test_setup(new_taint_counts, fresh),
		cmocka_unit_test_setup(others_taint_is_told_alone, fresh),
		cmocka_unit_test_setup(taint_is_told_once, fresh),
		cmocka_unit_test_setup(what_is_allowed_is_excused, fresh),
		cmocka_unit_test_setup(the_log_is_read_after_the_mask, fresh),
		cmocka_unit_test_setup(late_taint_is_the_complaints_own, fresh),
		cmocka_unit_test_setup(what_comes_after_the_close_counts, fresh),
		cmocka_unit_test_setup(an_old_oops_keeps_nothing, fresh),
		cmocka_unit_test_setup(what_was_not_read_is_said, fresh),
		cmocka_unit_test_setup(what_comes_between_is_heard_there, fresh),
		cmocka_unit_test_setup(what_is_said_of_it_later_is_heard_there, fresh),
		cmocka_unit_test_setup(a_report_is_one_runs, fresh),
		cmocka_unit_test_setup(each_run_counts_anew, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
