// SPDX-License-Identifier: GPL-2.0-only
/* The files of a session: where they are, and what a full disk leaves of them. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/util.h"
#include "report_bed.h"
#include "session/resume.h"

static void where_the_journal_is(void **state)
{
	static const char *const names[][2] = {
		{ "a.json", "a.jsonl" }, { "b", "b.jsonl" },
		{ "c.json.txt", "c.json.txt.jsonl" }, { ".json", ".jsonl" },
	};
	struct sm_report_head head;
	char name[SCRATCH_PATH];
	unsigned int i;

	(void)state;
	for (i = 0; i < SM_ARRAY_SIZE(names); i++) {
		scratch_path(name, names[i][0]);
		assert_int_equal(sm_report_close(report_new(name), SM_PASS), 0);
		assert_int_equal(unlink(name), 0);
		scratch_path(name, names[i][1]);
		assert_int_equal(unlink(name), 0);
	}
	/* Where it was asked for, and with no results at all. */
	head = head_of(NULL);
	head.journal = other;
	assert_int_equal(sm_report_close(sm_report_new(&head), SM_PASS), 0);
	assert_int_equal(access(other, F_OK), 0);
	assert_int_equal(scratch_empty(), 1);
	head.json = other;
	assert_null(sm_report_new(&head));
	assert_int_equal(scratch_empty(), 0);
}

static void expect_journal_kept(const struct sm_report_head *head)
{
	char *was = scratch_read(journal), *is;

	errno = 0;
	assert_null(sm_report_new(head));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(sm_report_not_begun(), 64);
	is = scratch_read(journal);
	assert_string_equal(was, is);
	free(was);
	free(is);
}

/* By whatever name: what is written in its place would be all that is left. */
static void results_are_not_written_over_the_journal(void **state)
{
	struct sm_report_head head = head_of(journal);
	char name[SCRATCH_PATH + 8];
	struct sm_resume *e;

	(void)state;
	assert_int_equal(sm_report_close(report_new(path), SM_PASS), 0);
	head.journal = journal;
	expect_journal_kept(&head);
	snprintf(name, sizeof(name), "%s/./run.jsonl", scratch_dir);
	head.journal = name;
	expect_journal_kept(&head);
	assert_int_equal(symlink(journal, other), 0);
	head.json = other;
	expect_journal_kept(&head);
	head.journal = NULL;
	e = sm_resume_open(journal, name, sizeof(name));
	assert_non_null(e);
	head.resume = e;
	expect_journal_kept(&head);
	sm_resume_free(e);
	/* Neither is there yet. */
	scratch_empty();
	snprintf(name, sizeof(name), "%s/./run.jsonl", scratch_dir);
	head = head_of(journal);
	head.journal = name;
	assert_null(sm_report_new(&head));
	assert_int_equal(errno, EINVAL);
}

static void only_files_are_replaced(void **state)
{
	struct sm_report *r;
	char text[4096];
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_NONBLOCK);
	assert_int_not_equal(fd, -1);
	r = report_new(path);
	assert_non_null(r);
	assert_int_equal(read(fd, text, sizeof(text)), -1);
	assert_int_equal(sm_report_close(r, SM_PASS), 0);
	assert_true(read(fd, text, sizeof(text)) > 0);
	assert_memory_equal(text, "{", 1);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	close(fd);
	/* And has no journal. */
	assert_int_equal(scratch_empty(), 1);
}

/* In /tmp anybody can be there first, with a link to what is not his. */
static void no_link_is_followed(void **state)
{
	mode_t mask = umask(027);
	char link[SCRATCH_PATH];
	struct stat st;

	(void)state;
	scratch_path(link, "run.json.tmp");
	scratch_write(other, "", 0);
	assert_int_equal(symlink(other, link), 0);
	assert_int_equal(symlink(other, journal), 0);
	assert_int_equal(sm_report_close(report_new(path), SM_PASS), 0);
	umask(mask);
	expect_file(0, "pass");
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(unlink(link), 0);
	/* The results, the journal, the link that had its name, and what it was to. */
	assert_int_equal(scratch_empty(), 4);
}

/* A full disk: what was there stays, alone, and the session goes on. */
static void a_full_disk_ends_nothing(void **state)
{
	struct rlimit none = { .rlim_cur = 0 }, old;
	struct sm_report *r = report_new(path);
	int ret;

	(void)state;
	assert_non_null(r);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	sm_report_begin(r, &spec);
	sm_report_ended(r, 1, &spec, &result, false);
	assert_int_equal(sm_report_verdict(r), SM_PASS);
	ret = sm_report_close(r, SM_PASS);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(ret, -EFBIG);
	expect_file(0, "incomplete");
	assert_int_equal(scratch_empty(), 2);
}

/* Full for a while: the results are whole, but something was not safe. */
static void a_disk_that_was_full_is_told_of(void **state)
{
	struct rlimit none = { .rlim_cur = 0 }, old;
	struct sm_report *r = report_new(path);

	(void)state;
	assert_non_null(r);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	sm_report_begin(r, &spec);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	sm_report_ended(r, 1, &spec, &result, false);
	expect_run("pass", 0, NULL);
	assert_int_equal(sm_report_end(r, SM_PASS, 0), 69);
	expect_file(1, "broken");
}

static void errors_are_told(void **state)
{
	(void)state;
	errno = 0;
	assert_null(report_new("/nowhere/at/all.json"));
	assert_int_equal(errno, ENOENT);
}

static void no_file_is_fine(void **state)
{
	struct sm_report *r = report_new(NULL);

	(void)state;
	assert_non_null(r);
	assert_int_equal(sm_report_begin(r, &spec), 1);
	assert_int_equal(sm_report_close(r, SM_PASS), 0);
	assert_int_equal(sm_report_close(NULL, SM_PASS), 0);
	assert_int_equal(scratch_empty(), 0);
}

static void a_full_disk_hides_no_finding(void **state)
{
	static const char full[] = "/dev/full";

	(void)state;
	assert_int_equal(sm_report_end(report_new(full), SM_FAIL, 0), 1);
	assert_int_equal(sm_report_end(report_new(full), SM_PASS, 0), 69);
	assert_int_equal(sm_report_end(report_new(NULL), SM_FAIL, -ENOSPC), 1);
	assert_int_equal(sm_report_end(report_new(NULL), SM_SKIP, -ENOSPC), 69);
	assert_int_equal(sm_report_end(report_new(NULL), SM_SKIP, 0), 4);
}

/* A runner that cannot be killed must not keep the next session from going on. */
static void a_child_holds_no_lock(void **state)
{
	struct sm_journal *j;
	int end[2], status;
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(sm_report_close(report_new(path), SM_PASS), 0);
	j = sm_journal_open(journal);
	assert_non_null(j);
	assert_int_equal(pipe(end), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(end[1]);
		_exit(read(end[0], &c, 1));
	}
	close(end[0]);
	sm_journal_free(j);
	j = sm_journal_open(journal);
	assert_non_null(j);
	sm_journal_free(j);
	close(end[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define TEST(fn)	cmocka_unit_test_setup(fn, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(where_the_journal_is),
		TEST(results_are_not_written_over_the_journal),
		TEST(only_files_are_replaced),
		TEST(no_link_is_followed),
		TEST(a_full_disk_ends_nothing),
		TEST(a_disk_that_was_full_is_told_of),
		TEST(errors_are_told),
		TEST(no_file_is_fine),
		TEST(a_full_disk_hides_no_finding),
		TEST(a_child_holds_no_lock),
	};

	stub_catalogue();
	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
