// SPDX-License-Identifier: GPL-2.0-only
/* Results on disk. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/util.h"
#include "save.h"

#define SAVE_TRIES	16	/* for a name that is not taken */

static int write_all(int fd, const char *s, size_t len)
{
	while (len) {
		ssize_t n = write(fd, s, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		s += n;
		len -= n;
	}
	return 0;
}

/* Write all of it, and close the file. */
static int write_file(int fd, const char *s)
{
	int ret = write_all(fd, s, strlen(s));

	if (!ret)
		ret = write_all(fd, "\n", 1);
	/* A pipe or a terminal cannot be synced, which is fine. */
	if (!ret && fsync(fd) && errno != EINVAL && errno != EROFS)
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

void sm_save_sync_directory(const char *path)
{
	char *copy = strdup(path);
	int fd;

	if (!copy)
		return;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

/*
 * A new file beside @path. Who else may write to the directory, as in /tmp, must
 * not lead root elsewhere by a link of that name: only what is not there yet is
 * opened. (mkostemp() does that too, and leaves the umask out.)
 */
static int create_beside(const char *path, char **name)
{
	unsigned int tries;
	int fd = -1;

	*name = NULL;
	for (tries = 0; tries < SAVE_TRIES && fd < 0; tries++) {
		free(*name);
		if (asprintf(name, "%s.%08x", path,
			     (uint32_t)sm_rng_mix(sm_util_now())) < 0) {
			*name = NULL;
			return -ENOMEM;
		}
		fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
			  O_CLOEXEC, 0644);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	return fd < 0 ? -errno : fd;
}

int sm_save_replace(const char *path, const char *s)
{
	char *temp;
	int fd = create_beside(path, &temp);
	int ret = fd;

	if (fd >= 0) {
		ret = write_file(fd, s);
		if (!ret && rename(temp, path))
			ret = -errno;
		if (ret)
			unlink(temp);
		else
			sm_save_sync_directory(path);
	}
	free(temp);
	return ret;
}

int sm_save_to(const char *path, const char *s)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : write_file(fd, s);
}

bool sm_save_is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) || S_ISREG(st.st_mode);
}

/* A symbolic link stays one. */
char *sm_save_resolve(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : strdup(path);
}
