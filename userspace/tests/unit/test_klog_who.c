// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose complaint of the kernel it is: by reports that were seen, and such as come
 * when two CPUs print at once.
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

#include "base/util.h"
#include "klog_reports.h"
#include "session/allow.h"
#include "session/klog.h"
#include "session/klog_who.h"

static struct sm_klog *k;
static int fd[2];
static uint64_t seq;

/* What was told of, and whether that is what the report wants. */
static const struct report *now;
static unsigned int told;

static void hear(const struct sm_klog_complaint *c, void *arg)
{
	const char *text;

	(void)arg;
	assert_true(told < WANTS);
	text = now->wants[told].text;
	if (!text)
		fail_msg("%s: too much: '%s'", now->name, c->text);
	if (strncmp(c->text, text, strlen(text)) ||
	    c->pid != now->wants[told].pid ||
	    strcmp(c->comm, now->wants[told].comm))
		fail_msg("%s: '%s' is %d '%s'", now->name, c->text, c->pid,
			 c->comm);
	told++;
}

static void say(const char *line)
{
	const char *bar = strchr(line, '|');
	char record[512], caller[32] = "";

	if (bar && (line[0] == 'T' || line[0] == 'C') && bar - line < 8)
		snprintf(caller, sizeof(caller), ",caller=%.*s",
			 (int)(bar - line), line);
	seq++;
	snprintf(record, sizeof(record), "4,%llu,1,-%s;%s\n",
		 (unsigned long long)seq, caller, caller[0] ? bar + 1 : line);
	assert_int_equal(write(fd[1], record, strlen(record)), strlen(record));
}

static void is_told(const struct report *r)
{
	unsigned int i;

	now = r;
	told = 0;
	for (i = 0; i < LINES && r->lines[i]; i++) {
		say(r->lines[i]);
		sm_klog_poll(k, hear, NULL);
	}
	sm_klog_flush(k, hear, NULL);
	if (told < WANTS && r->wants[told].text)
		fail_msg("%s: '%s' is not told of", r->name,
			 r->wants[told].text);
}

static void reports_have_owners(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < SM_ARRAY_SIZE(reports); i++)
		is_told(&reports[i]);
}

static void the_innocent_are_not_named(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < SM_ARRAY_SIZE(puzzles); i++)
		is_told(&puzzles[i]);
}

static const struct report lone = {
	"alone", { NULL }, { { "UBSAN", 0, "" }, { "UBSAN", 0, "" } },
};

static void a_silence_ends_the_wait(void **state)
{
	unsigned int i;

	(void)state;
	now = &lone;
	told = 0;
	say("UBSAN: one");
	for (i = 0; i < SM_KLOG_WHO_POLLS; i++)
		assert_int_equal(sm_klog_poll(k, hear, NULL), 0);
	assert_int_equal(sm_klog_poll(k, hear, NULL), 1);
	assert_int_equal(told, 1);
	/* It is over, and no line after it is its own. */
	say("CPU: 1 PID: 7 Comm: seven Not tainted");
	for (i = 0; i < 2 * SM_KLOG_WHO_POLLS; i++)
		assert_int_equal(sm_klog_poll(k, hear, NULL), 0);
	assert_int_equal(sm_klog_flush(k, hear, NULL), 0);
}

static void so_does_any_amount_of_chatter(void **state)
{
	unsigned int i;

	(void)state;
	now = &lone;
	told = 0;
	say("UBSAN: one");
	for (i = 0; i < SM_KLOG_WHO_LINES; i++) {
		if (i % 50 == 0)
			assert_int_equal(sm_klog_poll(k, hear, NULL), 0);
		say("chatter");
	}
	assert_int_equal(sm_klog_poll(k, hear, NULL), 1);
	/* Or little of it, for long. */
	say("UBSAN: two");
	for (i = 0; i <= SM_KLOG_WHO_AGE / 2; i++) {
		assert_int_equal(sm_klog_poll(k, hear, NULL), 0);
		say("chatter");
	}
	while (i++ < 2 * SM_KLOG_WHO_AGE) {
		sm_klog_poll(k, hear, NULL);
		say("chatter");
	}
	assert_int_equal(told, 2);
}

/* The line that is missing may have been of another report's begin. */
static void a_gap_ends_it_too(void **state)
{
	(void)state;
	now = &lone;
	told = 0;
	say("UBSAN: one");
	assert_int_equal(sm_klog_poll(k, hear, NULL), 0);
	seq++;
	say("CPU: 1 PID: 7 Comm: seven Not tainted");
	assert_int_equal(sm_klog_poll(k, hear, NULL), 1);
	assert_int_equal(sm_klog_flush(k, hear, NULL), 0);
}

static void what_is_said_at_once_is_told_at_once(void **state)
{
	static const struct report r = {
		"at once", { NULL }, { { "INFO", 12, "a" } },
	};

	(void)state;
	now = &r;
	told = 0;
	say("INFO: task a:12 blocked for more than 120 seconds.");
	assert_int_equal(sm_klog_poll(k, hear, NULL), 1);
}

/* It is excused, and so is what it says of whose it is. */
static void an_excuse_takes_its_lines(void **state)
{
	static const struct report r = {
		"excused", {
			"UBSAN: one",
			"UBSAN: two, which is known",
			"CPU: 1 PID: 7 Comm: seven Not tainted",
			"Call Trace:",
		}, { { "UBSAN: one", 0, "" } },
	};
	struct sm_allow allow = { NULL, 0 };
	const char *first;
	char why[128];

	(void)state;
	sm_klog_close(k);
	close(fd[1]);
	assert_int_equal(sm_allow_add(&allow, "known", why, sizeof(why)), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK,
				    0, fd), 0);
	k = sm_klog_attach(fd[0], &allow);
	is_told(&r);
	assert_int_equal(sm_klog_excused(k, &first), 1);
	sm_allow_free(&allow);
}

static void the_starved_are_known(void **state)
{
	unsigned int i;

	(void)state;
	say("Out of memory: Killed process 1234 (stalemate) total-vm:10kB, anon-rss:1kB");
	say("Memory cgroup out of memory: Killed process 1235 (storm 1) total-vm:10kB");
	say("Out of memory (oom_kill_allocating_task): Killed process 1236 (a) total-vm:1kB");
	say("a: Killed process 1237 (b)");
	assert_int_equal(sm_klog_poll(k, NULL, NULL), 0);
	assert_true(sm_klog_oom_killed(k, 1234));
	assert_true(sm_klog_oom_killed(k, 1235));
	assert_true(sm_klog_oom_killed(k, 1236));
	assert_false(sm_klog_oom_killed(k, 1237));
	assert_false(sm_klog_oom_killed(k, 0));
	assert_false(sm_klog_oom_killed(NULL, 1234));
	for (i = 0; i < 16; i++)
		say("Out of memory: Killed process 7 (x) total-vm:10kB");
	sm_klog_poll(k, NULL, NULL);
	assert_false(sm_klog_oom_killed(k, 1234));
	assert_true(sm_klog_oom_killed(k, 7));
}

/* Who can write there is the kernel; but its names are anybody's. */
static void odd_lines_are_survived(void **state)
{
	static const char *const odd[] = {
		"INFO: task :99999999999999999999 blocked for more than 1 seconds.",
		"UBSAN: x",
		"CPU: 99999999999999999999 PID: 99999999999999999999 Comm: ",
		"CPU: 0 PID: 1 Comm: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"/1 is trying to acquire lock:",
		"WARNING: CPU: 0 PID: ",
		"BUG: Bad page state in process   pfn:",
		"T|T|T|",
		"C|BUG: x",
		"T99999|BUG: x",
	};
	unsigned int i, n;

	(void)state;
	for (n = 0; n < 50; n++)
		for (i = 0; i < SM_ARRAY_SIZE(odd); i++) {
			say(odd[(i * (n + 1)) % SM_ARRAY_SIZE(odd)]);
			sm_klog_poll(k, NULL, NULL);
		}
}

static int begin(void **state)
{
	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fd))
		return -1;
	k = sm_klog_attach(fd[0], NULL);
	return !k;
}

static int end(void **state)
{
	(void)state;
	sm_klog_close(k);
	close(fd[1]);
	return 0;
}

#define follows(test)	cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		follows(reports_have_owners),
		follows(the_innocent_are_not_named),
		follows(a_silence_ends_the_wait),
		follows(so_does_any_amount_of_chatter),
		follows(a_gap_ends_it_too),
		follows(what_is_said_at_once_is_told_at_once),
		follows(an_excuse_takes_its_lines),
		follows(the_starved_are_known),
		follows(odd_lines_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
