// SPDX-License-Identifier: GPL-2.0-only
/*
 * A session that dies without a word: what it had told is there, and
 * `stalemate report' tells it.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/util.h"
#include "scratch.h"
#include "session/status.h"

#define PROGRAM		"userspace/stalemate"	/* tests run at the top */
#define LOOKS		60000	/* a millisecond each, on a machine that is busy */

static char json[SCRATCH_PATH], journal[SCRATCH_PATH], out[SCRATCH_PATH];

static int start(void **state)
{
	(void)state;
	scratch_empty();
	scratch_path(json, "run.json");
	scratch_path(journal, "run.jsonl");
	scratch_path(out, "out");
	return 0;
}

/* What it prints goes to @out. */
static pid_t spawn(const char *const *argv)
{
	pid_t pid = fork();
	int fd;

	assert_true(pid >= 0);
	if (pid)
		return pid;
	fd = open(out, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(127);
	execv(PROGRAM, (char *const *)argv);
	_exit(127);
}

static int status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define SPAWN(...)							\
	spawn((const char *const []){ PROGRAM, __VA_ARGS__, NULL })

static void wait_for(const char *path, const char *word)
{
	unsigned int i;
	bool there;
	char *text;

	for (i = 0; i < LOOKS; i++) {
		if (!access(path, F_OK)) {
			text = scratch_read(path);
			there = strstr(text, word);
			free(text);
			if (there)
				return;
		}
		sm_util_nap(SM_MSEC);
	}
	fail_msg("%s never said %s", path, word);
}

static void kill_in_a_test(void)
{
	pid_t pid = SPAWN("run", "--backend", "template", "--arena", "4M",
			  "--duration", "3600", "--json", json);
	int status;

	wait_for(journal, "\"record\":\"begin\"");
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static struct json_object *report_json(void)
{
	struct json_object *root;

	assert_int_equal(status_of(SPAWN("report", journal, "--json")),
			 SM_EXIT_BROKEN);
	root = json_object_from_file(out);
	assert_non_null(root);
	return root;
}

static void what_was_begun_is_told(void **state)
{
	struct json_object *root, *run;
	char *text;

	(void)state;
	kill_in_a_test();
	root = json_object_from_file(json);
	assert_non_null(root);
	assert_int_equal(json_object_array_length(at(root, "runs")), 0);
	assert_string_equal(text_at(root, "verdict"), "incomplete");
	json_object_put(root);
	root = report_json();
	run = nth_of(root, "runs", 0);
	assert_string_equal(text_at(root, "verdict"), "incomplete");
	assert_string_equal(text_at(run, "name"), "template.native.storm");
	assert_string_equal(text_at(run, "verdict"), "incomplete");
	assert_string_equal(text_at(run, "reason"),
			    "the session ended under it");
	json_object_put(root);
	assert_int_equal(status_of(SPAWN("report", journal)), SM_EXIT_BROKEN);
	text = scratch_read(out);
	assert_non_null(strstr(text, "incomplete template.native.storm"));
	assert_non_null(strstr(text, "1 of 1 tests"));
	free(text);
}

static void results_go_where_they_are_asked_for(void **state)
{
	char other[SCRATCH_PATH];
	struct json_object *root;

	(void)state;
	kill_in_a_test();
	scratch_path(other, "other");
	assert_int_equal(status_of(SPAWN("report", journal, "--json", "-o",
					 other)), SM_EXIT_BROKEN);
	root = json_object_from_file(other);
	assert_non_null(root);
	json_object_put(root);
	assert_int_equal(status_of(SPAWN("report", journal, "-o", "/dev/full")),
			 SM_EXIT_BROKEN);
	wait_for(out, "/dev/full: No space left on device");
}

/* Who runs it again is told where the first one's journal is. */
static void the_next_session_keeps_it(void **state)
{
	struct json_object *root;
	char old[SCRATCH_PATH];

	(void)state;
	kill_in_a_test();
	assert_int_equal(status_of(SPAWN("run", "--backend", "template",
					 "--arena", "4M", "--count", "50",
					 "--json", json)), SM_EXIT_PASS);
	wait_for(out, "run.jsonl.old: of a session that did not end");
	assert_int_equal(status_of(SPAWN("report", journal)), SM_EXIT_PASS);
	scratch_path(old, "run.jsonl.old");
	assert_int_equal(status_of(SPAWN("report", old)), SM_EXIT_BROKEN);
	root = json_object_from_file(json);
	assert_string_equal(text_at(root, "verdict"), "pass");
	json_object_put(root);
}

static void what_is_no_journal_is_a_mistake(void **state)
{
	(void)state;
	assert_int_equal(status_of(SPAWN("report", journal)), SM_EXIT_USAGE);
	scratch_write(journal, "hello\n", 6);
	assert_int_equal(status_of(SPAWN("report", journal)), SM_EXIT_USAGE);
	wait_for(out, "is no journal");
	assert_int_equal(status_of(SPAWN("report")), SM_EXIT_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_was_begun_is_told, start),
		cmocka_unit_test_setup(results_go_where_they_are_asked_for, start),
		cmocka_unit_test_setup(the_next_session_keeps_it, start),
		cmocka_unit_test_setup(what_is_no_journal_is_a_mistake, start),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
