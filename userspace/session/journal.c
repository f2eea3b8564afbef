// SPDX-License-Identifier: GPL-2.0-only
/* The journal of a session. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"
#include "lines.h"
#include "member.h"
#include "save.h"

#define OLD_JOURNALS	99	/* beside the first, that have no end */
#define LAST_RECORD	4096	/* bytes that hold the record of an end */

/**
 * struct sm_journal - a journal
 * @path: its file, or NULL
 * @fd: the file, if records can be added; else -1
 * @shared: it is our own output
 * @torn: the file ends inside a line, or may do so
 * @kept: where a journal without an end was put aside, or NULL
 * @dev: device and
 * @ino: number of the file, if there is one
 * @records: all records
 * @next: the first of them that is not in the file
 * @damaged: lines that could not be read
 */
struct sm_journal {
	char *path;
	int fd;
	bool shared;
	bool torn;
	char *kept;
	dev_t dev;
	ino_t ino;
	struct json_object *records;
	size_t next;
	unsigned int damaged;
};

static struct sm_journal *journal_alloc(const char *path)
{
	struct sm_journal *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->fd = -1;
	j->records = json_object_new_array();
	j->path = path ? strdup(path) : NULL;
	if (j->records && (j->path || !path))
		return j;
	sm_journal_free(j);
	errno = ENOMEM;
	return NULL;
}

static struct sm_journal *journal_failed(struct sm_journal *j, int err)
{
	sm_journal_free(j);
	errno = err;
	return NULL;
}

static void know_file(struct sm_journal *j, int fd)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return;
	j->dev = st.st_dev;
	j->ino = st.st_ino;
}

/*
 * A lock of the process, not of the open file: a child that does not die must not
 * keep the next session from going on.
 */
static int file_lock(int fd, int cmd, struct flock *lock)
{
	*lock = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
	return fcntl(fd, cmd, lock);
}

static int lock_file(int fd)
{
	struct flock lock;

	if (!file_lock(fd, F_SETLK, &lock))
		return 0;
	/* Where there are no locks nobody has one. */
	return errno == EAGAIN || errno == EACCES ? -EBUSY : 0;
}

/* --- a new one */

/* What is open as our own output is where others write as well. Returns -1 if not. */
static int find_ours(const struct stat *st)
{
	struct stat ours;
	int fd;

	for (fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (!fstat(fd, &ours) && ours.st_dev == st->st_dev &&
		    ours.st_ino == st->st_ino)
			return fd;
	return -1;
}

/*
 * What is no file, or is our own output, stays where it is. Of a file the place
 * at which it is written is shared with the output: opened once more it has one
 * of its own, and each would overwrite the other.
 */
static bool open_in_place(struct sm_journal *j, const char *path, int *ret)
{
	struct stat st;
	int ours;

	if (stat(path, &st))
		return false;
	ours = S_ISREG(st.st_mode) ? find_ours(&st) : -1;
	if (S_ISREG(st.st_mode) && ours < 0)
		return false;
	j->fd = ours < 0 ? open(path, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC) :
			   fcntl(ours, F_DUPFD_CLOEXEC, 0);
	j->shared = ours >= 0;
	*ret = j->fd < 0 ? -errno : 0;
	return true;
}

static bool has_end(int fd)
{
	char text[LAST_RECORD + 1];
	struct stat st;
	char *last;
	ssize_t n;

	if (fstat(fd, &st))
		return true;
	n = pread(fd, text, LAST_RECORD,
		  st.st_size > LAST_RECORD ? st.st_size - LAST_RECORD : 0);
	if (n <= 0 || text[n - 1] != '\n')
		return !n;
	text[n - 1] = '\0';
	last = strrchr(text, '\n');
	return strstr(last ? last : text, "\"record\":\"close\"");
}

/* Is something there that nobody else may have seen yet? */
static bool is_precious(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool precious;

	if (fd < 0)
		return errno != ENOENT && errno != ELOOP;
	precious = !has_end(fd);
	close(fd);
	return precious;
}

/* What has no end may be all that is known of why the machine went down. */
static int find_old(const char *path, char **old)
{
	unsigned int i;

	if (asprintf(old, "%s.old", path) < 0)
		return -ENOMEM;
	for (i = 1; is_precious(*old); i++) {
		free(*old);
		*old = NULL;
		if (i > OLD_JOURNALS)
			return -EEXIST;
		if (asprintf(old, "%s.old.%u", path, i) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int rename_old(struct sm_journal *j, const char *path, bool kept)
{
	char *old;
	int ret = find_old(path, &old);

	if (ret)
		return ret;
	if (rename(path, old))
		ret = errno == ENOENT ? 0 : -errno;
	else if (kept)
		j->kept = strdup(old);
	free(old);
	return ret;
}

/*
 * Another session's journal is kept, but not while that goes on. It is locked until
 * it has its new name, so that who has just created it cannot think it his.
 */
static int put_aside(struct sm_journal *j, const char *path)
{
	static const int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	struct flock lock;
	bool kept = false;
	int fd, ret = 0;

	fd = open(path, O_RDWR | flags);
	if (fd >= 0) {
		ret = lock_file(fd);
	} else {
		fd = open(path, O_RDONLY | flags);
		if (fd >= 0 && !file_lock(fd, F_GETLK, &lock) &&
		    lock.l_type != F_UNLCK)
			ret = -EBUSY;
	}
	if (fd >= 0)
		kept = !has_end(fd);
	if (!ret)
		ret = rename_old(j, path, kept);
	if (fd >= 0)
		close(fd);
	return ret;
}

/* Another session may have begun at the same time, and have put it aside. */
static int lock_new(int fd, const char *path)
{
	struct stat ours, there;
	int ret = lock_file(fd);

	if (ret)
		return ret;
	if (fstat(fd, &ours) || lstat(path, &there) ||
	    ours.st_dev != there.st_dev || ours.st_ino != there.st_ino)
		return -EBUSY;
	return 0;
}

/*
 * Root may be writing to /tmp, where a link of that name leads wherever somebody
 * else wants: what is there is renamed, and only what is not is opened.
 */
static int open_new(struct sm_journal *j, const char *path)
{
	int ret;

	if (open_in_place(j, path, &ret))
		return ret;
	ret = put_aside(j, path);
	if (ret)
		return ret;
	j->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL |
		     O_NOFOLLOW | O_CLOEXEC, 0644);
	if (j->fd < 0)
		return -errno;
	ret = lock_new(j->fd, path);
	if (!ret)
		sm_save_sync_directory(path);
	return ret;
}

struct sm_journal *sm_journal_new(const char *path)
{
	struct sm_journal *j = journal_alloc(path);
	int ret;

	if (!j || !path)
		return j;
	ret = open_new(j, path);
	if (!ret)
		know_file(j, j->fd);
	return ret ? journal_failed(j, -ret) : j;
}

/* --- one that is there */

static int read_records(struct sm_journal *j, int fd, bool brief)
{
	size_t len;
	char *text;
	int ret;

	know_file(j, fd);
	ret = sm_lines_read(fd, &text, &len);
	if (!ret)
		j->torn = sm_lines_parse(j->records, text, len, brief, &j->damaged);
	free(text);
	j->next = json_object_array_length(j->records);
	return !ret && !j->next ? -EBADMSG : ret;
}

struct sm_journal *sm_journal_open(const char *path)
{
	struct sm_journal *j = journal_alloc(path);
	struct stat st;
	int ret;

	if (!j)
		return NULL;
	j->fd = open(path, O_RDWR | O_APPEND | O_NOCTTY | O_CLOEXEC);
	if (j->fd < 0 || fstat(j->fd, &st))
		return journal_failed(j, errno);
	if (!S_ISREG(st.st_mode))
		return journal_failed(j, EBADMSG);
	ret = lock_file(j->fd);
	if (!ret)
		ret = read_records(j, j->fd, false);
	return ret ? journal_failed(j, -ret) : j;
}

static struct sm_journal *read_only(const char *path, bool brief)
{
	struct sm_journal *j = journal_alloc(path);
	int fd, ret;

	if (!j)
		return NULL;
	fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return journal_failed(j, errno);
	ret = read_records(j, fd, brief);
	close(fd);
	return ret ? journal_failed(j, -ret) : j;
}

struct sm_journal *sm_journal_read(const char *path)
{
	return read_only(path, false);
}

struct sm_journal *sm_journal_read_brief(const char *path)
{
	return read_only(path, true);
}

/* --- records */

static int write_line(int fd, const char *line, size_t len, size_t *done)
{
	ssize_t n;

	for (*done = 0; *done < len; *done += n) {
		do {
			n = write(fd, line + *done, len - *done);
		} while (n < 0 && errno == EINTR);
		if (n <= 0)
			return n ? -errno : -ENOSPC;
	}
	return 0;
}

/*
 * After a line that was not written as a whole the next one begins a new one. If
 * its end alone is missing, it is complete then.
 */
static int put_record(struct sm_journal *j)
{
	struct json_object *o = json_object_array_get_idx(j->records, j->next);
	const char *text = json_object_to_json_string_ext(o, SM_MEMBER_LINE);
	size_t done;
	char *line;
	int len, ret;

	if (!text)
		return -ENOMEM;
	len = asprintf(&line, "%s%s\n", j->torn ? "\n" : "", text);
	if (len < 0)
		return -ENOMEM;
	ret = write_line(j->fd, line, len, &done);
	free(line);
	j->torn = ret;
	j->next += done + 1 >= (size_t)len;
	return ret;
}

int sm_journal_add(struct sm_journal *j, struct json_object *record)
{
	size_t nr;
	int ret = 0;

	if (!record || json_object_array_add(j->records, record)) {
		json_object_put(record);
		return -ENOMEM;
	}
	if (j->fd < 0)
		return 0;
	/* What was printed before comes before. */
	if (j->shared)
		fflush(stdout);
	nr = json_object_array_length(j->records);
	while (!ret && j->next < nr)
		ret = put_record(j);
	/* A pipe or a terminal cannot be synced, which is fine. */
	if (fsync(j->fd) && errno != EINVAL && errno != EROFS && !ret)
		ret = -errno;
	return ret;
}

struct json_object *sm_journal_records(const struct sm_journal *j)
{
	return j->records;
}

unsigned int sm_journal_damaged(const struct sm_journal *j)
{
	return j->damaged;
}

bool sm_journal_torn(const struct sm_journal *j)
{
	return j->torn;
}

const char *sm_journal_path(const struct sm_journal *j)
{
	return j->path;
}

bool sm_journal_is(const struct sm_journal *j, const char *path)
{
	struct stat st;

	return j->ino && !stat(path, &st) && st.st_dev == j->dev &&
	       st.st_ino == j->ino;
}

const char *sm_journal_kept(const struct sm_journal *j)
{
	return j->kept;
}

void sm_journal_free(struct sm_journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		close(j->fd);
	json_object_put(j->records);
	free(j->kept);
	free(j->path);
	free(j);
}
