// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal: what is told is on disk, whatever happens to who tells it, and what
 * is no journal, or another's, is neither read as one nor lost.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "journal_bed.h"
#include "wrap_disk.h"

static char old[SCRATCH_PATH], other[SCRATCH_PATH];

static unsigned int syncs, writes;

int __wrap_fsync(int fd)
{
	syncs++;
	return __real_fsync(fd);
}

ssize_t __wrap_write(int fd, const void *buf, size_t len)
{
	writes++;
	return __real_write(fd, buf, len);
}

static int start(void **state)
{
	scratch_path(old, "run.jsonl.old");
	scratch_path(other, "other");
	return journal_start(state);
}

static void a_record_is_a_line_written_at_once(void **state)
{
	struct sm_journal *j = sm_journal_new(path);
	char *text;

	(void)state;
	assert_non_null(j);
	syncs = 0;
	writes = 0;
	assert_int_equal(add(j, 1), 0);
	assert_int_equal(writes, 1);
	assert_int_equal(syncs, 1);
	EXPECT_FILE(0, 1);
	text = scratch_read(path);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	assert_int_equal(add(j, 2), 0);
	assert_int_equal(writes, 2);
	assert_int_equal(syncs, 2);
	EXPECT_FILE(0, 1, 2);
	EXPECT(j, 1, 2);
	sm_journal_free(j);
}

static void without_a_file_it_is_in_memory(void **state)
{
	struct sm_journal *j = sm_journal_new(NULL);

	(void)state;
	assert_non_null(j);
	assert_int_equal(add(j, 7), 0);
	EXPECT(j, 7);
	assert_null(sm_journal_path(j));
	sm_journal_free(j);
	sm_journal_free(NULL);
	assert_int_equal(scratch_empty(), 0);
}

/* Who dies while he writes leaves a piece of a line; who goes on begins a new one. */
static void a_cut_last_line_is_fine(void **state)
{
	struct sm_journal *j = begin();
	struct stat st;

	(void)state;
	sm_journal_free(j);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 5), 0);
	EXPECT_FILE(0, 1);
	j = sm_journal_open(path);
	EXPECT(j, 1);
	assert_int_equal(add(j, 3), 0);
	EXPECT(j, 1, 3);
	sm_journal_free(j);
	EXPECT_FILE(1, 1, 3);
	/* One that lacks its end alone is there. */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 1), 0);
	EXPECT_FILE(1, 1, 3);
	j = sm_journal_open(path);
	assert_int_equal(add(j, 4), 0);
	sm_journal_free(j);
	EXPECT_FILE(1, 1, 3, 4);
}

static void torn_lines_are_counted(void **state)
{
	char text[1024], *end;
	size_t len;
	char *one;

	(void)state;
	sm_journal_free(begin());
	one = scratch_read(path);
	end = strchr(one, '\n') + 1;
	len = snprintf(text, sizeof(text), "%.*s{\"record\":\"fin\n\n[1]\n{}\n",
		       (int)(end - one), one);
	/* What a file system makes of a block that was not written. */
	memset(text + len, 0, 40);
	len += 40;
	len += snprintf(text + len, sizeof(text) - len, "\n%s", end);
	scratch_write(path, text, len);
	free(one);
	EXPECT_FILE(4, 1, 2);
}

static void what_is_no_journal_is_told(void **state)
{
	static const char words[] = "this is\nnot a journal\n";

	(void)state;
	assert_null(sm_journal_read(path));
	assert_int_equal(errno, ENOENT);
	assert_null(sm_journal_open(path));
	assert_int_equal(errno, ENOENT);
	scratch_write(path, words, strlen(words));
	assert_null(sm_journal_read(path));
	assert_int_equal(errno, EBADMSG);
	assert_null(sm_journal_open(path));
	assert_int_equal(errno, EBADMSG);
	assert_null(sm_journal_new("/nowhere/at/all.jsonl"));
	assert_int_equal(errno, ENOENT);
	assert_null(sm_journal_new(scratch_dir));
	assert_int_equal(errno, EISDIR);
}

static void put_end(struct sm_journal *j)
{
	struct json_object *o = json_object_new_object();

	sm_member_string(o, "record", "close");
	assert_int_equal(sm_journal_add(j, o), 0);
}

static void another_sessions_journal_is_kept(void **state)
{
	struct sm_journal *j = begin();

	(void)state;
	assert_null(sm_journal_kept(j));
	sm_journal_free(j);
	j = sm_journal_new(path);
	assert_non_null(j);
	assert_string_equal(sm_journal_kept(j), old);
	assert_int_equal(add(j, 5), 0);
	put_end(j);
	sm_journal_free(j);
	j = sm_journal_read(old);
	EXPECT(j, 1, 2);
	sm_journal_free(j);
	/* Of one that is whole nothing need be said. */
	j = sm_journal_new(path);
	assert_non_null(j);
	assert_null(sm_journal_kept(j));
	sm_journal_free(j);
}

/* A machine that dies again and again: each time may have died of another thing. */
static void what_has_no_end_is_never_replaced(void **state)
{
	char name[SCRATCH_PATH + 8];
	struct sm_journal *j;
	unsigned int i;

	(void)state;
	for (i = 0; i <= 100; i++) {
		j = sm_journal_new(path);
		assert_non_null(j);
		assert_int_equal(add(j, i), 0);
		if (i == 2)
			assert_string_equal(strrchr(sm_journal_kept(j), '/'),
					    "/run.jsonl.old.1");
		sm_journal_free(j);
	}
	assert_null(sm_journal_new(path));
	assert_int_equal(errno, EEXIST);
	EXPECT_FILE(0, 100);
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), i ? "%s.%u" : "%s", old, i);
		j = sm_journal_open(name);
		EXPECT(j, i);
		if (i == 3)
			put_end(j);
		sm_journal_free(j);
	}
	/* Somebody has gone on with that one. */
	j = sm_journal_new(path);
	assert_non_null(j);
	assert_string_equal(strrchr(sm_journal_kept(j), '/'),
			    "/run.jsonl.old.3");
	sm_journal_free(j);
}

/* In /tmp anybody can be there first, with a link to what is not his. */
static void no_link_is_followed(void **state)
{
	struct sm_journal *j;
	struct stat st;

	(void)state;
	scratch_write(other, "precious", 8);
	assert_int_equal(symlink(other, path), 0);
	j = begin();
	sm_journal_free(j);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(lstat(old, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_size, 8);
	EXPECT_FILE(0, 1, 2);
}

static void what_is_no_file_is_written_in_place(void **state)
{
	struct sm_journal *j;
	struct stat st;
	char text[512];
	int fd;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_NONBLOCK);
	assert_int_not_equal(fd, -1);
	sm_journal_free(begin());
	assert_true(read(fd, text, sizeof(text)) > 0);
	assert_memory_equal(text, "{\"record\"", 9);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	close(fd);
	j = sm_journal_new("/dev/full");
	assert_non_null(j);
	assert_int_equal(add(j, 1), -ENOSPC);
	sm_journal_free(j);
}

/* "--journal /dev/stdout >FILE": the file is where others write, too. */
static void our_own_output_is_not_moved(void **state)
{
	static const char before[] = "before\n", between[] = "between\n";
	int saved = dup(STDOUT_FILENO), fd, ret;
	struct sm_journal *j;
	char *text;

	(void)state;
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_not_equal(fd, -1);
	fflush(stdout);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	fputs(before, stdout);
	j = sm_journal_new("/dev/stdout");
	ret = j ? add(j, 8) : -1;
	fputs(between, stdout);
	ret = ret ? ret : add(j, 9);
	fflush(stdout);
	assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	close(saved);
	close(fd);
	assert_non_null(j);
	assert_int_equal(ret, 0);
	sm_journal_free(j);
	text = scratch_read(path);
	assert_ptr_equal(strstr(text, before), text);
	assert_non_null(strstr(text, between));
	free(text);
	EXPECT_FILE(2, 8, 9);
	assert_int_equal(scratch_empty(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_record_is_a_line_written_at_once, start),
		cmocka_unit_test_setup(without_a_file_it_is_in_memory, start),
		cmocka_unit_test_setup(a_cut_last_line_is_fine, start),
		cmocka_unit_test_setup(torn_lines_are_counted, start),
		cmocka_unit_test_setup(what_is_no_journal_is_told, start),
		cmocka_unit_test_setup(another_sessions_journal_is_kept, start),
		cmocka_unit_test_setup(what_has_no_end_is_never_replaced, start),
		cmocka_unit_test_setup(no_link_is_followed, start),
		cmocka_unit_test_setup(what_is_no_file_is_written_in_place, start),
		cmocka_unit_test_setup(our_own_output_is_not_moved, start),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
