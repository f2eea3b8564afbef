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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "klog.h"

/* The kernel never returns more than 8 KiB per record. */
#define RECORD_MAX	(8 * 1024)

struct sm_klog {
	int fd;
	bool started;
	uint64_t next;
	uint64_t lost;
	char record[RECORD_MAX + 1];
};

const struct sm_klog_allow sm_klog_allowed[] = {
	{ NULL, NULL, NULL, 0 }
};

/* What marks a line as a complaint; the first match wins. */
static const char *const marks[] = {
	"KASAN:",
	"KCSAN:",
	"KMSAN:",
	"KFENCE:",
	"UBSAN:",
	"ODEBUG:",
	"sleeping function called from invalid context",
	"scheduling while atomic",
	"kernel BUG at",
	"soft lockup",
	"hard LOCKUP",
	"workqueue lockup",
	"blocked for more than",
	"self-detected stall",
	"detected stalls on CPUs/tasks",
	"possible circular locking dependency",
	"possible recursive locking",
	"possible irq lock inversion",
	"possible deadlock",
	"inconsistent lock state",
	"lock held when returning to user space",
	"held lock freed",
	"bad unlock balance",
	"bad contention detected",
	"still has locks held",
	"unsafe lock order detected",
	"suspicious RCU usage",
	"Invalid wait context",
	"trying to register non-static key",
	"turning off the locking correctness validator",
	"DEBUG_LOCKS_WARN_ON",
	"refcount_t:",
	"list_add corruption",
	"list_del corruption",
	"Bad page state",
	"Bad page map",
	"Bad rss-counter",
	"bad pmd",
	"bad pud",
	"non-zero pgtables_bytes",
	"Poison overwritten",
	"Redzone overwritten",
	"Object already free",
	"pagealloc: memory corruption",
	"pagealloc: single bit error",
	"page dumped because: VM_BUG",
	"stack-protector:",
	"new suspected memory leaks",
	"general protection fault",
	"unable to handle",
	"Unable to handle",
	"invalid opcode:",
	"divide error:",
	"Internal error:",
	"Kernel panic",
	"Oops",
	" in blockable context",
	"WARNING:",
	"BUG:",
	NULL
};

const char *sm_klog_splat(const char *line)
{
	unsigned int i;

	for (i = 0; marks[i]; i++)
		if (strstr(line, marks[i]))
			return marks[i];
	return NULL;
}

const struct sm_klog_allow *
sm_klog_excused(const struct sm_klog_allow *table, const char *line,
		unsigned int today)
{
	for (; table->text; table++)
		if (today < table->expires && strstr(line, table->text))
			return table;
	return NULL;
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
	snprintf(m->text, sizeof(m->text), "%.*s", (int)strcspn(text, "\n"),
		 text);
	return true;
}

static unsigned int today(void)
{
	time_t now = time(NULL);
	struct tm tm;

	if (!gmtime_r(&now, &tm))
		return 0;
	return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

struct sm_klog *sm_klog_attach(int fd)
{
	struct sm_klog *k = calloc(1, sizeof(*k));

	if (k)
		k->fd = fd;
	return k;
}

struct sm_klog *sm_klog_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct sm_klog *k;

	if (fd < 0)
		return NULL;
	k = lseek(fd, 0, SEEK_END) < 0 ? NULL : sm_klog_attach(fd);
	if (!k)
		close(fd);
	return k;
}

/* Return: true if there may be more to read. */
static bool read_message(struct sm_klog *k, struct sm_klog_message *m,
			 bool *valid)
{
	ssize_t len = read(k->fd, k->record, RECORD_MAX);

	*valid = false;
	if (len < 0) {
		/* EPIPE: overrun; the next read continues at the oldest. */
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

unsigned int sm_klog_poll(struct sm_klog *k,
			  void (*splat)(const char *line, void *arg), void *arg)
{
	struct sm_klog_message m;
	unsigned int nr = 0;
	bool valid;

	while (k && read_message(k, &m, &valid)) {
		if (!valid || m.facility || !sm_klog_splat(m.text))
			continue;
		if (sm_klog_excused(sm_klog_allowed, m.text, today()))
			continue;
		nr++;
		if (splat)
			splat(m.text, arg);
	}
	return nr;
}

uint64_t sm_klog_lost(const struct sm_klog *k)
{
	return k ? k->lost : 0;
}

void sm_klog_close(struct sm_klog *k)
{
	if (!k)
		return;
	close(k->fd);
	free(k);
}
