// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal where it does not go well: a disk that takes no more, or that does
 * not say that it has; and two sessions that want the same file.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "journal_bed.h"
#include "wrap_disk.h"

static int sync_error;

static bool in_the_meantime, other_has_it;

/* Another session begins, in a process that goes on until it is killed. */
static pid_t begun;

static void begin_another(void)
{
	int ready[2];
	char c;

	in_the_meantime = false;
	assert_int_equal(pipe(ready), 0);
	begun = fork();
	assert_true(begun >= 0);
	if (!begun) {
		struct sm_journal *j = sm_journal_new(path);

		c = j ? 'y' : 'n';
		if (write(ready[1], &c, 1) != 1)
			_exit(1);
		alarm(60);	/* whatever becomes of the test */
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	other_has_it = c == 'y';
}

int __wrap_fsync(int fd)
{
	int ret = __real_fsync(fd);

	if (in_the_meantime)
		begin_another();
	if (!sync_error)
		return ret;
	errno = sync_error;
	return -1;
}

/* Writes until there is no room; returns the number of the record that failed. */
static unsigned int fill(struct sm_journal *j, int error)
{
	unsigned int number = 2;
	int ret;

	do {
		ret = add(j, ++number);
	} while (!ret && number < 10000);
	assert_int_equal(ret, -error);
	return number;
}

/* All that was told is there in the end, and in order. */
static void expect_all(unsigned int last)
{
	struct sm_journal *r = sm_journal_read(path);
	unsigned int i;

	assert_non_null(r);
	assert_int_equal(count(r), last);
	for (i = 0; i < last; i++) {
		struct json_object *o;

		o = json_object_array_get_idx(sm_journal_records(r), i);
		assert_int_equal(number_at(o, "test"), i + 1);
	}
	assert_true(sm_journal_damaged(r) <= 1);
	sm_journal_free(r);
}

/* The line that is cut does not spoil the next. */
static void a_limit_spoils_nothing(void **state)
{
	struct rlimit few, saved;
	struct sm_journal *j = begin();
	unsigned int last;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &saved), 0);
	few = saved;
	few.rlim_cur = 1000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
	last = fill(j, EFBIG);
	assert_int_equal(add(j, last + 1), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
	assert_int_equal(count(j), last + 1);
	expect_all(last - 1);
	assert_int_equal(add(j, last + 2), 0);
	sm_journal_free(j);
	expect_all(last + 2);
}

static void a_full_disk_spoils_nothing(void **state)
{
	struct sm_journal *j;
	unsigned int last;
	char ballast[64];

	(void)state;
	/* For us alone, and gone with us. */
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("stalemate-test", scratch_dir, "tmpfs", 0, "size=16k"))
		skip();
	scratch_path(ballast, "ballast");
	scratch_write(ballast, path, 1);
	j = begin();
	last = fill(j, ENOSPC);
	assert_int_equal(add(j, last + 1), -ENOSPC);
	unlink(ballast);
	assert_int_equal(add(j, last + 2), 0);
	sm_journal_free(j);
	expect_all(last + 2);
	assert_int_equal(umount(scratch_dir), 0);
}

static void what_is_not_synced_is_told(void **state)
{
	struct sm_journal *j = begin();

	(void)state;
	sync_error = EIO;
	assert_int_equal(add(j, 3), -EIO);
	sync_error = EINVAL;	/* a pipe */
	assert_int_equal(add(j, 4), 0);
	sync_error = 0;
	assert_int_equal(add(j, 5), 0);
	sm_journal_free(j);
	EXPECT_FILE(0, 1, 2, 3, 4, 5);
}

/* A session in a process of its own, until @go is closed. */
static pid_t session(int *go)
{
	int ready[2], end[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(end), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct sm_journal *j = sm_journal_new(path);

		close(end[1]);
		if (!j || add(j, 1) || write(ready[1], "", 1) != 1)
			_exit(1);
		_exit(read(end[0], &c, 1));
	}
	close(ready[1]);
	close(end[0]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	*go = end[1];
	return pid;
}

static void one_session_writes_at_a_time(void **state)
{
	struct sm_journal *j;
	int go, status;
	pid_t pid = session(&go);

	(void)state;
	assert_null(sm_journal_open(path));
	assert_int_equal(errno, EBUSY);
	assert_null(sm_journal_new(path));
	assert_int_equal(errno, EBUSY);
	EXPECT_FILE(0, 1);
	close(go);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	j = sm_journal_open(path);
	EXPECT(j, 1);
	sm_journal_free(j);
}

/* Two that begin at once: one of them has the file, and the other knows. */
static void one_of_two_that_begin_has_it(void **state)
{
	struct sm_journal *j;
	int status;

	(void)state;
	in_the_meantime = true;
	j = sm_journal_new(path);
	assert_int_not_equal(!!j, other_has_it);
	if (j)
		assert_int_equal(add(j, 1), 0);
	sm_journal_free(j);
	assert_int_equal(kill(begun, SIGKILL), 0);
	assert_int_equal(waitpid(begun, &status, 0), begun);
	if (j)
		EXPECT_FILE(0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_limit_spoils_nothing, journal_start),
		cmocka_unit_test_setup(a_full_disk_spoils_nothing, journal_start),
		cmocka_unit_test_setup(what_is_not_synced_is_told, journal_start),
		cmocka_unit_test_setup(one_session_writes_at_a_time, journal_start),
		cmocka_unit_test_setup(one_of_two_that_begin_has_it, journal_start),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
