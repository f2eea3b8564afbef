// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log of a run.
 *
 * Only messages of the kernel itself count: userspace can write to /dev/kmsg
 * as well, but not with facility 0.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "allow.h"
#include "klog.h"
#include "util.h"

#define KLOG		"/dev/kmsg"
#define KLOG_OTHER	"/proc/kmsg"

/* The kernel never returns more than 8 KiB per record. */
#define RECORD_MAX	(8 * 1024)

/**
 * struct sm_klog - a log that is followed
 * @fd: /dev/kmsg
 * @allow: what is not held against a run, or NULL
 * @started: there was a message, and so it is known which comes next
 * @next: its number
 * @lost: messages that were overwritten before they were read
 * @excused: complaints that @allow excused
 * @explained: taint bits that go with the complaints so far, excused or not
 * @first: the first that was excused, and why
 * @record: room for a message
 */
struct sm_klog {
	int fd;
	const struct sm_allow *allow;
	bool started;
	uint64_t next;
	uint64_t lost;
	uint64_t excused;
	uint64_t explained;
	char first[256];
	char record[RECORD_MAX + 1];
};

static const struct sm_klog_mark marks[] = {
#include "splats.h"
};

static regex_t regexes[SM_ARRAY_SIZE(marks)];

/* One that does not compile would be a complaint that nobody sees. */
static void compile_marks(void)
{
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(marks); i++)
		if (regcomp(&regexes[i], marks[i].pattern,
			    REG_EXTENDED | REG_NOSUB | REG_NEWLINE))
			abort();
}

const struct sm_klog_mark *sm_klog_splat(const char *line)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	unsigned int i;

	pthread_once(&once, compile_marks);
	for (i = 0; i < SM_ARRAY_SIZE(marks); i++)
		if (!regexec(&regexes[i], line, 0, NULL, 0))
			return &marks[i];
	return NULL;
}

/* What ends a line inside of a message is written as an escape. */
static void copy_text(char *to, size_t size, const char *from)
{
	size_t left = strcspn(from, "\n");

	while (left && --size) {
		if (left >= 4 && !strncmp(from, "\\x0a", 4)) {
			*to++ = '\n';
			from += 4;
			left -= 4;
			continue;
		}
		*to++ = *from++;
		left--;
	}
	*to = '\0';
}

/* "6,339,5140900,-;message", continued by lines that start with a space. */
bool sm_klog_parse(const char *record, struct sm_klog_message *m)
{
	const char *text = strchr(record, ';');
	char *end;

	if (!text || !isdigit((unsigned char)record[0]))
		return false;
	m->facility = strtoul(record, &end, 10) >> 3;
	if (*end != ',' || !isdigit((unsigned char)end[1]))
		return false;
	m->seq = strtoull(end + 1, &end, 10);
	if (*end != ',')
		return false;
	text++;
	copy_text(m->text, sizeof(m->text), text);
	return true;
}

struct sm_klog *sm_klog_attach(int fd, const struct sm_allow *allow)
{
	struct sm_klog *k = calloc(1, sizeof(*k));

	if (k) {
		k->fd = fd;
		k->allow = allow;
	}
	return k;
}

static void explain(int err, char *why, size_t size)
{
	switch (err) {
	case ENOENT:
		/* This one is there if the kernel has a log. */
		snprintf(why, size, access(KLOG_OTHER, F_OK) ?
			 "this kernel has no log (CONFIG_PRINTK)" :
			 "there is no node /dev/kmsg (mknod -m 644 /dev/kmsg c 1 11)");
		break;
	case EPERM:
		snprintf(why, size,
			 "/dev/kmsg is for root alone (CAP_SYSLOG in the first user namespace, or kernel.dmesg_restrict=0)");
		break;
	case EACCES:
		snprintf(why, size, "no permission to read " KLOG);
		break;
	default:
		snprintf(why, size, KLOG ": %s", strerror(err));
	}
}

/* In a container it may well be another device under that name. */
static bool is_log(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(1, 11);
}

static int open_log(char *why, size_t size)
{
	int fd = open(KLOG, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	why[0] = '\0';
	if (fd < 0) {
		explain(errno, why, size);
		return -1;
	}
	if (is_log(fd) && lseek(fd, 0, SEEK_END) >= 0)
		return fd;
	snprintf(why, size, KLOG " is not the kernel's log here");
	close(fd);
	return -1;
}

bool sm_klog_readable(char *why, size_t size)
{
	int fd = open_log(why, size);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

struct sm_klog *sm_klog_open(const struct sm_allow *allow, char *why,
			     size_t size)
{
	int fd = open_log(why, size);
	struct sm_klog *k;

	if (fd < 0)
		return NULL;
	k = sm_klog_attach(fd, allow);
	if (k)
		return k;
	snprintf(why, size, "out of memory");
	close(fd);
	return NULL;
}

/* Return: true if there may be more to read. */
static bool read_message(struct sm_klog *k, struct sm_klog_message *m,
			 bool *valid)
{
	ssize_t len = read(k->fd, k->record, RECORD_MAX);

	*valid = false;
	if (len < 0) {
		/*
		 * EPIPE: overrun; the next read continues at the oldest, and its
		 * number tells how many are gone, if that of one before is known.
		 */
		if (errno == EPIPE && !k->started)
			k->lost++;
		return errno == EINTR || errno == EPIPE;
	}
	if (!len)
		return false;
	k->record[len] = '\0';
	if (!sm_klog_parse(k->record, m))
		return true;
	if (k->started && m->seq > k->next)
		k->lost += m->seq - k->next;
	k->started = true;
	k->next = m->seq + 1;
	*valid = true;
	return true;
}

bool sm_klog_excuses(struct sm_klog *k, const char *line, char *text,
		     size_t size)
{
	const struct sm_allow_entry *n, *expired;

	n = sm_allow_find(k ? k->allow : NULL, line, sm_allow_today(),
			  &expired);
	if (n && !k->excused++)
		snprintf(k->first, sizeof(k->first), "%s (%s: %s)", line,
			 n->where, n->reason);
	if (expired)
		snprintf(text, size, "%s (excused until %04u-%02u-%02u, by %s)",
			 line, expired->expires / 10000,
			 expired->expires / 100 % 100, expired->expires % 100,
			 expired->where);
	else
		snprintf(text, size, "%s", line);
	return n;
}

/* Return: true if it is a complaint, and not excused; then @text has it. */
static bool is_complaint(struct sm_klog *k, const char *line, char *text,
			 size_t size)
{
	const struct sm_klog_mark *mark = sm_klog_splat(line);

	if (!mark)
		return false;
	if (mark->taint >= 0)
		k->explained |= SM_BIT(mark->taint);
	return !sm_klog_excuses(k, line, text, size);
}

unsigned int sm_klog_poll(struct sm_klog *k,
			  void (*splat)(const char *line, void *arg), void *arg)
{
	char *line, *rest, text[sizeof(((struct sm_klog_message *)0)->text)];
	struct sm_klog_message m;
	unsigned int nr = 0;
	bool valid;

	while (k && read_message(k, &m, &valid)) {
		if (!valid || m.facility)
			continue;
		for (line = strtok_r(m.text, "\n", &rest); line;
		     line = strtok_r(NULL, "\n", &rest)) {
			if (!is_complaint(k, line, text, sizeof(text)))
				continue;
			nr++;
			if (splat)
				splat(text, arg);
		}
	}
	return nr;
}

uint64_t sm_klog_lost(const struct sm_klog *k)
{
	return k ? k->lost : 0;
}

uint64_t sm_klog_explained(const struct sm_klog *k)
{
	return k ? k->explained : 0;
}

uint64_t sm_klog_excused(const struct sm_klog *k, const char **first)
{
	*first = k ? k->first : "";
	return k ? k->excused : 0;
}

void sm_klog_close(struct sm_klog *k)
{
	if (!k)
		return;
	close(k->fd);
	free(k);
}
