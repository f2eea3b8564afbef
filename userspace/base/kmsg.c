// SPDX-License-Identifier: GPL-2.0-only
/* The kernel log, as it can be read. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kmsg.h"

#define KMSG		"/dev/kmsg"
#define KMSG_OTHER	"/proc/kmsg"

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

/* "...,caller=T12;": a field that only some kernels have. */
static void copy_caller(char *to, const char *record, const char *text)
{
	static const char key[] = ",caller=";
	const char *from = strstr(record, key);
	size_t len;

	to[0] = '\0';
	if (!from || from > text)
		return;
	from += sizeof(key) - 1;
	len = strcspn(from, ",;");
	if (len < SM_KMSG_CALLER)
		snprintf(to, SM_KMSG_CALLER, "%.*s", (int)len, from);
}

/* "6,339,5140900,-;message", continued by lines that start with a space. */
bool sm_kmsg_parse(const char *record, struct sm_kmsg_message *m)
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
	copy_caller(m->caller, record, text);
	text++;
	copy_text(m->text, sizeof(m->text), text);
	return true;
}

static void explain(int err, char *why, size_t size)
{
	switch (err) {
	case ENOENT:
		/* This one is there if the kernel has a log. */
		snprintf(why, size, access(KMSG_OTHER, F_OK) ?
			 "this kernel has no log (CONFIG_PRINTK)" :
			 "there is no node /dev/kmsg (mknod -m 644 /dev/kmsg c 1 11)");
		break;
	case EPERM:
		snprintf(why, size,
			 "/dev/kmsg is for root alone (CAP_SYSLOG in the first user namespace, or kernel.dmesg_restrict=0)");
		break;
	case EACCES:
		snprintf(why, size, "no permission to read " KMSG);
		break;
	default:
		snprintf(why, size, KMSG ": %s", strerror(err));
	}
}

/* In a container it may well be another device under that name. */
static bool is_log(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(1, 11);
}

int sm_kmsg_open(char *why, size_t size)
{
	int fd = open(KMSG, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	why[0] = '\0';
	if (fd < 0) {
		explain(errno, why, size);
		return -1;
	}
	if (is_log(fd) && lseek(fd, 0, SEEK_END) >= 0)
		return fd;
	snprintf(why, size, KMSG " is not the kernel's log here");
	close(fd);
	return -1;
}

bool sm_kmsg_readable(char *why, size_t size)
{
	int fd = sm_kmsg_open(why, size);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}
