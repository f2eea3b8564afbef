// SPDX-License-Identifier: GPL-2.0-only
/* What every part of the gntdev backend does: accuse, access memory, fork. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/child.h"
#include "base/guard.h"
#include "common.h"

/* gnt_accuse() - a violation at @va, 0 if it has no place. */
void gnt_accuse(struct sm_host *host, const char *oracle, enum sm_kind kind,
		const char *op, uint64_t va, const char *fmt, ...)
{
	struct sm_hit h = {
		.oracle = oracle,
		.kind = kind,
		.mirror = &host->scene->mirrors[0],
		.va = va,
		.op = op ? op : "",
	};
	char text[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	sm_docket_hit(host->docket, &h, "%s", text);
}

/* gnt_pfn() - pagemap's entries from @va on. */
int gnt_pfn(const struct gnt_state *s, uint64_t va, uint64_t *entry,
	    unsigned int nr)
{
	size_t size = nr * sizeof(*entry);

	return pread(s->pagemap, entry, size, va / SM_PAGE_SIZE * 8) ==
			       (ssize_t)size ?
		       0 :
		       -EIO;
}

/* gnt_fork() - as sm_child_fork(). The child never needs the lock, nor gets it. */
pid_t gnt_fork(struct gnt_thread *g)
{
	pid_t pid;

	pthread_mutex_lock(&g->s->lock);
	pid = sm_child_fork();
	if (pid)
		pthread_mutex_unlock(&g->s->lock);
	return pid;
}

static bool gnt_count(struct gnt_thread *g, bool done)
{
	struct sm_mirror_result *seen = &g->host->scene->result->mirrors[0];

	if (g->t)
		sm_add(done ? &seen->accesses : &seen->refused, 1);
	return done;
}

/* gnt_read() - as sm_guard_read(), and counted. */
bool gnt_read(struct gnt_thread *g, uint64_t va, uint64_t *value)
{
	return gnt_count(g, sm_guard_read(va, value));
}

bool gnt_write(struct gnt_thread *g, uint64_t va, uint64_t value)
{
	return gnt_count(g, sm_guard_write(va, value));
}
