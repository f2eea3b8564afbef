// SPDX-License-Identifier: GPL-2.0-only
/* Small things that everything here needs: time, and files of sysfs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

/* sm_util_now() - CLOCK_MONOTONIC, the clock of the module's records. */
uint64_t sm_util_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SM_NSEC + t.tv_nsec;
}

void sm_util_nap(uint64_t ns)
{
	struct timespec t = {
		.tv_sec = ns / SM_NSEC,
		.tv_nsec = ns % SM_NSEC,
	};

	nanosleep(&t, NULL);
}

/*
 * sm_util_read_at() - read the start of a small file as a string without its
 * last newline; @dir is as in openat(). Returns its length or a negative errno.
 */
int sm_util_read_at(int dir, const char *path, char *buf, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	if (n && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return n;
}

int sm_util_read_file(const char *path, char *buf, size_t size)
{
	return sm_util_read_at(AT_FDCWD, path, buf, size);
}

uint64_t sm_util_read_u64(const char *path, uint64_t otherwise)
{
	char buf[32];
	char *end;
	uint64_t v;

	if (sm_util_read_file(path, buf, sizeof(buf)) <= 0)
		return otherwise;
	v = strtoull(buf, &end, 10);
	return end == buf ? otherwise : v;
}

/* sm_util_write_file() - at once, as sysfs wants it. Returns 0 or a negative errno. */
int sm_util_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	return n == (ssize_t)strlen(text) ? 0 : -EIO;
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * sm_util_median() - the median of at least one value: of an even number of them
 * the mean of the two in the middle. They are sorted then.
 */
double sm_util_median(double *values, unsigned int nr)
{
	qsort(values, nr, sizeof(*values), compare_double);
	if (nr % 2)
		return values[nr / 2];
	return (values[nr / 2 - 1] + values[nr / 2]) / 2;
}

/* sm_util_human() - bytes as a person writes them: 256M, 1.5G. */
void sm_util_human(uint64_t bytes, char *buf, size_t size)
{
	static const char unit[] = "KMGT";
	double v = bytes / 1024.0;
	unsigned int i = 0;

	while (v >= 1024 && unit[i + 1]) {
		v /= 1024;
		i++;
	}
	if (v - (uint64_t)v < 0.05)
		snprintf(buf, size, "%llu%c", (unsigned long long)v, unit[i]);
	else
		snprintf(buf, size, "%.1f%c", v, unit[i]);
}
