// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ops with another process: one that must not inherit maps, and one that makes
 * its own, and leaves without unmapping them.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/guard.h"
#include "common.h"
#include "finish.h"
#include "map.h"
#include "op.h"
#include "page.h"
#include "word.h"

#define CHILD_PAGES	4
#define CHILD_SLOT	GNT_SLOTS	/* for its notification's place */

/* How a child says what it saw; 69 and others: it could not look. */
enum {
	CHILD_FINE,
	CHILD_INHERITED,
	CHILD_STALE,
	CHILD_BROKEN = 69,
};

/* How it leaves. */
enum child_end {
	CHILD_EXITS,
	CHILD_IS_KILLED,
	CHILD_EXECS,
	CHILD_ENDS,
};

/**
 * struct child - what a child shall do
 * @page: pages to map
 * @nr: how many
 * @fd: gntdev, where they are listed already; -1: its own
 * @offset: where
 * @part: unmap the last page first
 * @end: how it leaves
 */
struct child {
	struct gnt_page *page[CHILD_PAGES];
	unsigned int nr;
	int fd;
	uint64_t offset;
	bool part;
	enum child_end end;
};

/* ---- one that has nothing ------------------------------------------------- */

static int child_look(const struct gnt_thread *g)
{
	const struct gnt_map *m;
	unsigned int i;
	uint64_t value;

	for (m = g->map; m < g->map + GNT_SLOTS; m++)
		for (i = m->first; i < m->end; i++)
			if (gnt_map_holds(m, i) &&
			    sm_guard_read(m->base + i * SM_PAGE_SIZE, &value))
				return CHILD_INHERITED;
	return CHILD_FINE;
}

/* A process that is forked has none of the maps. */
static int child_fork(struct gnt_thread *g, struct gnt_map *m)
{
	int status, err;
	pid_t pid = gnt_fork(g);

	if (!pid)
		_exit(child_look(g));
	err = pid < 0 ? pid :
			sm_end_child(g->host->end, pid, g->op,
				     &g->t->flight->beats, &status);
	if (err)
		return err;
	g->children++;
	if (!WIFEXITED(status))
		return -ECHILD;
	if (WEXITSTATUS(status) == CHILD_INHERITED)
		gnt_accuse(g->host, "perm", SM_KIND_FORBIDDEN, g->op,
			   g->map->base,
			   "a forked process has maps that nobody will take from it");
	return gnt_finish(g, m);
}

/* ---- one that has its own ------------------------------------------------- */

static bool child_access(const struct child *c, uint64_t *map)
{
	const struct gnt_page *p;
	uint64_t *word;
	unsigned int i;

	for (i = 0; i < c->nr; i++) {
		p = c->page[i];
		word = map + i * SM_PAGE_WORDS;
		if (sm_read(&word[GNT_WORD_STAMP]) !=
		    gnt_word_make(p->id, p->committed, GNT_WORD_STAMP))
			return false;
		sm_write(&word[GNT_WORD_DIRECT],
			 gnt_word_make(p->id, p->direct + 1, GNT_WORD_DIRECT));
	}
	return true;
}

static int child_leave(const struct child *c)
{
	int null;

	switch (c->end) {
	case CHILD_IS_KILLED:
		kill(getpid(), SIGKILL);
		break;
	case CHILD_EXECS:
		null = open("/dev/null", O_WRONLY);
		dup2(null, STDOUT_FILENO);
		execl("/proc/self/exe", "stalemate", "--version", NULL);
		return CHILD_BROKEN;
	default:
		break;
	}
	return CHILD_FINE;
}

static int child_run(struct child *c)
{
	uint32_t refs[CHILD_PAGES];
	unsigned int i;
	uint64_t *map;

	for (i = 0; i < c->nr; i++)
		refs[i] = c->page[i]->ref;
	if (c->fd < 0) {
		c->fd = gnt_dev_open(GNT_DEVICE);
		if (c->fd < 0 ||
		    gnt_dev_list(c->fd, refs, c->nr, &c->offset))
			return CHILD_BROKEN;
	}
	map = mmap(NULL, c->nr * SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
		   MAP_SHARED, c->fd, c->offset);
	if (map == MAP_FAILED ||
	    gnt_dev_notify(c->fd, c->offset + gnt_word_notify(CHILD_SLOT)))
		return CHILD_BROKEN;
	if (!child_access(c, map))
		return CHILD_STALE;
	if (c->part && c->nr > 1)
		munmap(map + (c->nr - 1) * SM_PAGE_WORDS, SM_PAGE_SIZE);
	return child_leave(c);
}

/* Pages that differ, each with its granter's side. */
static int child_pick(struct gnt_thread *g, struct child *c)
{
	unsigned int i, k, nr = 1 + sm_rng_below(&g->rng, CHILD_PAGES);
	uint32_t refs[CHILD_PAGES];
	struct gnt_page *p;

	c->nr = 0;
	for (i = 0; i < nr; i++) {
		p = gnt_page_pick(g);
		if (!p)
			return -errno;
		for (k = 0; k < c->nr && c->page[k] != p; k++)
			continue;
		if (k < c->nr)
			continue;
		refs[c->nr] = p->ref;
		c->page[c->nr++] = p;
	}
	c->part = sm_rng_one_in(&g->rng, 2);
	c->end = sm_rng_below(&g->rng, CHILD_ENDS);
	c->fd = sm_rng_one_in(&g->rng, 2) ? g->fd : -1;
	return c->fd < 0 ? 0 : gnt_dev_list(c->fd, refs, c->nr, &c->offset);
}

static void child_judge(struct gnt_thread *g, const struct child *c)
{
	const uint8_t *view = (const uint8_t *)c->page[0]->view;
	struct gnt_page *p;
	unsigned int i;

	if (sm_read(view + gnt_word_notify(CHILD_SLOT)))
		gnt_accuse(g->host, "refs", SM_KIND_TOLD_FALSE, g->op, 0,
			   "the driver did not unmap a page of a process that is gone");
	else
		g->notified++;
	for (i = 0; i < c->nr; i++) {
		p = c->page[i];
		p->direct++;
		if (sm_read(&p->view[GNT_WORD_DIRECT]) !=
		    gnt_word_make(p->id, p->direct, GNT_WORD_DIRECT))
			gnt_accuse(g->host, "content", SM_KIND_LOST, g->op, 0,
				   "what a process wrote to page %u is not there",
				   p->id);
	}
}

/* A process ends, one way or the other, and its maps too. */
static int child_exit(struct gnt_thread *g, struct gnt_map *m)
{
	struct child c;
	int status, err = child_pick(g, &c);
	int parents = c.fd;
	pid_t pid;

	if (err)
		return err;
	sm_write((uint8_t *)c.page[0]->view + gnt_word_notify(CHILD_SLOT), 0xa5);
	pid = gnt_fork(g);
	if (!pid)
		_exit(child_run(&c));
	err = pid < 0 ? pid :
			sm_end_child(g->host->end, pid, g->op,
				     &g->t->flight->beats, &status);
	if (!err && parents >= 0)
		err = gnt_dev_unlist(parents, c.offset, c.nr);
	if (err)
		return err;
	g->children++;
	if (WIFSIGNALED(status) && c.end != CHILD_IS_KILLED)
		sm_end_break(g->host->end, "a child was killed by signal %d",
			     WTERMSIG(status));
	else if (!WIFEXITED(status) || !WEXITSTATUS(status))
		child_judge(g, &c);
	else if (WEXITSTATUS(status) == CHILD_STALE)
		gnt_accuse(g->host, "content", SM_KIND_WRONG_DATA, g->op, 0,
			   "a new map does not hold what its granter wrote");
	else
		err = -ECHILD;
	return err ? err : gnt_finish(g, m);
}

const struct gnt_op gnt_child[] = {
	{
		.op = {
			.name = "grant-fork",
			.class = "fork",
			.about = "forks: the child has no maps",
			.backend = "gntdev",
			.needs_root = true,
			.silent = true,
		},
		.apply = child_fork,
	},
	{
		.op = {
			.name = "grant-exit",
			.class = "fork",
			.about = "a process with maps exits, is killed, or execs",
			.backend = "gntdev",
			.needs_root = true,
			.silent = true,
		},
		.apply = child_exit,
	},
	{ .op = { .name = NULL } }
};
