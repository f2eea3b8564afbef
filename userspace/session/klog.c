// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log of a run.
 *
 * Only messages of the kernel itself count: userspace can write to /dev/kmsg
 * as well, but not with facility 0.
 */
#include <errno.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "allow.h"
#include "base/kmsg.h"
#include "base/util.h"
#include "klog.h"
#include "klog_who.h"

/* Name of the first PID namespace: PROC_PID_INIT_INO, which is for ever. */
#define PIDS		"/proc/self/ns/pid"
#define PIDS_FIRST	"pid:[4026531836]"

#define OOM_KILLED	16

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
 * @foreign: a PID means another process there than here: it has those of the
 *	first namespace
 * @who: the complaints that are held, and what is known of whose they are
 * @oom: PIDs of the last that were killed for want of memory
 * @nr_oom: how many there were
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
	bool foreign;
	struct sm_klog_who who;
	pid_t oom[OOM_KILLED];
	unsigned int nr_oom;
	char record[RECORD_MAX + 1];
};

static const struct sm_klog_mark marks[] = {
#include "session/splats.h"
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

struct sm_klog *sm_klog_attach(int fd, const struct sm_allow *allow)
{
	struct sm_klog *k = calloc(1, sizeof(*k));

	if (k) {
		k->fd = fd;
		k->allow = allow;
	}
	return k;
}

/* In a container, or where that cannot be told. */
static bool is_foreign(void)
{
	char name[64];
	ssize_t len = readlink(PIDS, name, sizeof(name));

	return len != sizeof(PIDS_FIRST) - 1 || memcmp(name, PIDS_FIRST, len);
}

struct sm_klog *sm_klog_open(const struct sm_allow *allow, char *why,
			     size_t size)
{
	int fd = sm_kmsg_open(why, size);
	struct sm_klog *k;

	if (fd < 0)
		return NULL;
	k = sm_klog_attach(fd, allow);
	if (k) {
		k->foreign = is_foreign();
		return k;
	}
	snprintf(why, size, "out of memory");
	close(fd);
	return NULL;
}

/* Return: true if there may be more to read. */
static bool read_message(struct sm_klog *k, struct sm_kmsg_message *m,
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
	if (!sm_kmsg_parse(k->record, m))
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

unsigned int sm_klog_flush(struct sm_klog *k, sm_klog_fn *splat, void *arg)
{
	struct sm_klog_complaint c = { 0 };
	struct sm_klog_who *w;
	unsigned int i, nr = 0;

	if (!k)
		return 0;
	w = &k->who;
	c.pid = k->foreign ? 0 : sm_klog_who_pid(w);
	memcpy(c.comm, w->comm, sizeof(c.comm));
	for (i = 0; i < w->nr; i++) {
		if (w->held[i].excused)
			continue;
		c.text = w->held[i].text;
		nr++;
		if (splat)
			splat(&c, arg);
	}
	memset(w, 0, sizeof(*w));
	return nr;
}

/* One that is excused is held as well: what is said of it is of no other. */
static void hold(struct sm_klog *k, const struct sm_klog_mark *mark,
		 const char *line, const char *caller)
{
	struct sm_klog_held *h = sm_klog_who_add(&k->who, line, caller);

	if (mark->taint >= 0)
		k->explained |= SM_BIT(mark->taint);
	h->excused = sm_klog_excuses(k, line, h->text, sizeof(h->text));
}

static unsigned int read_line(struct sm_klog *k, const char *line,
			      const char *caller, sm_klog_fn *splat, void *arg)
{
	const struct sm_klog_mark *mark = sm_klog_splat(line);
	pid_t killed = sm_klog_who_oom(line);
	unsigned int nr = 0;

	if (killed)
		k->oom[k->nr_oom++ % OOM_KILLED] = killed;
	if (!mark) {
		sm_klog_who_read(&k->who, line, caller);
	} else {
		if (!sm_klog_who_continues(&k->who, line, caller))
			nr = sm_klog_flush(k, splat, arg);
		hold(k, mark, line, caller);
	}
	if (k->who.done)
		nr += sm_klog_flush(k, splat, arg);
	return nr;
}

unsigned int sm_klog_poll(struct sm_klog *k, sm_klog_fn *splat, void *arg)
{
	uint64_t lost = sm_klog_lost(k);
	struct sm_kmsg_message m;
	unsigned int nr = 0;
	char *line, *rest;
	bool valid;

	while (k && read_message(k, &m, &valid)) {
		/* What would have told whose it is may be among those. */
		if (k->lost != lost)
			nr += sm_klog_flush(k, splat, arg);
		lost = k->lost;
		if (!valid || m.facility)
			continue;
		for (line = strtok_r(m.text, "\n", &rest); line;
		     line = strtok_r(NULL, "\n", &rest))
			nr += read_line(k, line, m.caller, splat, arg);
	}
	if (k && k->who.nr && (k->who.polls++ >= SM_KLOG_WHO_POLLS ||
			       k->who.age++ >= SM_KLOG_WHO_AGE))
		nr += sm_klog_flush(k, splat, arg);
	return nr;
}

int sm_klog_fd(const struct sm_klog *k)
{
	return k ? k->fd : -1;
}

bool sm_klog_oom_killed(const struct sm_klog *k, pid_t pid)
{
	unsigned int i;

	for (i = 0; k && !k->foreign && pid && i < OOM_KILLED; i++)
		if (k->oom[i] == pid)
			return true;
	return false;
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

bool sm_klog_holds(const struct sm_klog *k)
{
	return k && k->who.nr;
}

void sm_klog_next(struct sm_klog *k, const struct sm_allow *allow)
{
	k->allow = allow;
	k->lost = 0;
	k->excused = 0;
	k->explained = 0;
	k->first[0] = '\0';
	k->nr_oom = 0;
	memset(k->oom, 0, sizeof(k->oom));
}

void sm_klog_close(struct sm_klog *k)
{
	if (!k)
		return;
	close(k->fd);
	free(k);
}
