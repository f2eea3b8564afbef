// SPDX-License-Identifier: GPL-2.0-only
/*
 * Oracle "kernel" over a whole run, by a log and a taint mask that are ours: what
 * is said, when, and what excuses it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "allow.h"
#include "backends.h"
#include "engine.h"
#include "taint.h"
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

uint64_t __wrap_sm_taint_read(void)
{
	return taint;
}

static void say(const char *record)
{
	assert_int_equal(write(log_fd[1], record, strlen(record)),
			 strlen(record));
}

static void detach(struct sm_engine *e)
{
	unsigned int i;

	sm_template_backend.detach(e);
	for (i = 0; i < 4 && last_words[i]; i++)
		say(last_words[i]);
	taint |= last_taint;
}

static enum sm_verdict run(void)
{
	struct sm_backend backend = sm_template_backend;
	struct sm_run_spec spec = {
		.backend = &backend,
		.ops = ~0ULL,
		.threads = 1,
		.arena = 2 * SM_GRANULE_SIZE,
		.memory = SM_BIT(SM_MEM_ANON),
		.count = 20,
		.seed = 1,
		.allow = &allow,
	};

	backend.detach = detach;
	sm_run(&spec, &result, NULL, NULL);
	if (!unreadable)
		close(log_fd[1]);
	return result.verdict;
}

static int fresh(void **state)
{
	(void)state;
	sm_allow_free(&allow);
	memset(last_words, 0, sizeof(last_words));
	last_taint = 0;
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
	assert_true(result.first_ops > 0);
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
	unreadable = true;
	last_taint = SM_BIT(9);
	assert_int_equal(run(), SM_FAIL);
	says("W (9, warned)");
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

static void what_was_not_read_is_said(void **state)
{
	(void)state;
	last_words[0] = QUIET;
	last_words[1] = "6,110,2,-;drv: really";
	assert_int_equal(run(), SM_PASS);
	assert_int_equal(result.log_lost, 99);
	sight_is(SM_SIGHT_ON, "99 messages were overwritten");
	unreadable = true;
	last_words[0] = NULL;
	assert_int_equal(run(), SM_PASS);
	sight_is(SM_SIGHT_OFF, "nobody may: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(silence_passes, fresh),
		cmocka_unit_test_setup(a_complaint_at_the_end_counts, fresh),
		cmocka_unit_test_setup(what_a_program_writes_does_not, fresh),
		cmocka_unit_test_setup(new_taint_counts, fresh),
		cmocka_unit_test_setup(taint_is_told_once, fresh),
		cmocka_unit_test_setup(what_is_allowed_is_excused, fresh),
		cmocka_unit_test_setup(what_was_not_read_is_said, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
