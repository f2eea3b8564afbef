// SPDX-License-Identifier: GPL-2.0-only
/*
 * Forking, and breaking copy-on-write in the parent.
 *
 * The arena is not inherited (sm_arena_map()); the op lifts that for its span
 * alone. While the child lives, the pages of the span belong to both, so every
 * write in the parent must go to a copy, be it the CPU's or a device's. The
 * child watches its pages: nobody may change those.
 *
 *	parent				child		device
 *							writes to some pages
 *	fork: write protects the span
 *					adds up its pages
 *							writes again: copies
 *	stamps the span: copies				may write to the copies
 *	wakes the child
 *					adds up again: the same
 *
 * Or it lifts that for a part of it, and of the rest the child has empty pages, or none.
 * There nothing happens to the parent's, and the kernel has nothing to tell of it.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/ops.h"
#include "judge/known.h"
#include "judge/legal.h"
#include "judge/oracle.h"
#include "op.h"
#include "storm/touch.h"

#define FORK_INTACT	0
#define FORK_CHANGED	1
#define FORK_LOST	2
#define FORK_TOO_MUCH	3

#define FORK_WORDS	(SM_WORD_AGENT + SM_MAX_AGENTS)	/* that anybody writes to */

/**
 * struct fork_parts - what becomes of a span when its owner forks
 * @copied: the child has it, too
 * @wiped: it has empty pages there
 * @absent: and nothing here
 */
struct fork_parts {
	struct sm_span copied;
	struct sm_span wiped;
	struct sm_span absent;
};

static uint64_t fork_sum(const struct sm_span *s)
{
	const uint64_t *words = (const uint64_t *)s->start;
	uint64_t i, w, sum = 0;

	for (i = 0; i < s->nr; i++, words += SM_PAGE_WORDS)
		for (w = 0; w < FORK_WORDS; w++)
			sum = sm_rng_mix(sum ^ sm_read(&words[w]));
	return sum;
}

static bool fork_empty(const struct sm_span *s)
{
	const uint64_t *words = (const uint64_t *)s->start;
	uint64_t i, w;

	for (i = 0; i < s->nr; i++, words += SM_PAGE_WORDS)
		for (w = 0; w < FORK_WORDS; w++)
			if (sm_read(&words[w]))
				return false;
	return true;
}

static bool fork_absent(const struct sm_span *s)
{
	unsigned char there;
	uint64_t va;

	for (va = s->start; va < s->end; va += SM_PAGE_SIZE)
		if (!mincore((void *)va, SM_PAGE_SIZE, &there) ||
		    errno != ENOMEM)
			return false;
	return true;
}

/* In the child of a threaded process: no function that might take a lock. */
static void fork_child(const struct sm_storm_thread *t,
		       const struct fork_parts *p)
{
	uint64_t sum, wake;

	if (!fork_empty(&p->wiped) || !fork_absent(&p->absent))
		_exit(FORK_TOO_MUCH);
	sum = fork_sum(&p->copied);
	if (read(t->wake, &wake, sizeof(wake)) != sizeof(wake))
		_exit(FORK_LOST);
	_exit(fork_sum(&p->copied) == sum ? FORK_INTACT : FORK_CHANGED);
}

static void fork_accuse(struct sm_storm_thread *t, const struct sm_span *s,
			const char *what)
{
	struct sm_hit h = {
		.oracle = "content",
		.kind = SM_KIND_SHARED,
		.va = s->start,
	};

	sm_docket_hit(t->host->docket, &h, "%s [%llx, %llx)", what,
		      (unsigned long long)s->start, (unsigned long long)s->end);
}

static int fork_end(struct sm_storm_thread *t, pid_t child, int *status)
{
	return sm_end_child(t->end, child,
			    sm_ops[sm_read(&t->flight->row) - 1].name,
			    &t->flight->beats, status);
}

static int fork_finish(struct sm_storm_thread *t, const struct fork_parts *p,
		       pid_t child)
{
	uint64_t wake = 1;
	int status, err;

	/* Nobody reads it but the child: it is never full. */
	if (write(t->wake, &wake, sizeof(wake)) != sizeof(wake))
		kill(child, SIGKILL);
	err = fork_end(t, child, &status);
	if (err)
		return err;
	switch (WIFEXITED(status) ? WEXITSTATUS(status) : FORK_LOST) {
	case FORK_CHANGED:
		fork_accuse(t, &p->copied,
			    "a write of the parent reached its child's copy of");
		return 0;
	case FORK_TOO_MUCH:
		fork_accuse(t, &p->wiped,
			    "a child has what it was not to have, at or behind");
		return 0;
	default:
		return status ? -ECHILD : 0;
	}
}

static int fork_advise(const struct fork_parts *p, bool before)
{
	int err = sm_span_advise(&p->copied,
				 before ? MADV_DOFORK : MADV_DONTFORK);

	if (!err)
		err = sm_span_advise(&p->wiped,
				     before ? MADV_DOFORK : MADV_DONTFORK);
	if (!err)
		err = sm_span_advise(&p->wiped, before ? MADV_WIPEONFORK :
							 MADV_KEEPONFORK);
	return err;
}

/* Linux 7 does not let hugetlb be inherited again that was not: other pages are. */
static int fork_lend(struct sm_storm_thread *t, const struct sm_span *s,
		     const struct fork_parts *p)
{
	int err = fork_advise(p, true);

	if (err != -EINVAL || !sm_arena_is(s->region->kind, SM_MEM_ANY_HUGETLB))
		return err;
	err = sm_span_replace_inherited(t, s);
	if (!err)
		sm_span_stamp(t, s);
	return err;
}

static int fork_and_write(struct sm_storm_thread *t, const struct sm_span *s,
			  const struct fork_parts *p)
{
	int err = fork_lend(t, s, p);
	pid_t child;

	if (err)
		return err;
	sm_touch_write(t);
	child = sm_child_fork();
	if (!child)
		fork_child(t, p);
	if (child < 0)
		return child;
	/* Writable before the fork, and shared now: it has to be copied. */
	sm_touch_write(t);
	sm_span_stamp(t, s);
	sm_touch_after(t);
	err = fork_finish(t, p, child);
	return err ? err : fork_advise(p, false);
}

/*
 * Before Linux 5.13 the first to write after a fork leaves a page of hugetlb to the other
 * process, pins and all: docs/found/hugetlb-fork.md. A driver that keeps its pins does
 * not hear of that, and one that gives them up may be at work just then.
 */
static bool fork_loses_pins(const struct sm_storm_thread *t, const struct sm_span *s)
{
	const struct sm_scene *scene = t->scene;
	unsigned int i;

	if (!sm_arena_is(s->region->kind, SM_MEM_ANY_HUGETLB) ||
	    !(scene->spec->avoid & SM_BIT(SM_KNOWN_HUGETLB_FORK)))
		return false;
	for (i = 0; i < scene->nr_mirrors; i++)
		if (sm_legal_mirror(SM_LEGAL_PINNED, &scene->mirrors[i]))
			return true;
	return false;
}

static int fork_cow(struct sm_storm_thread *t, const struct sm_span *s)
{
	const struct fork_parts p = {
		.copied = *s,
		.wiped = sm_span_part(s, s->nr, 0),
		.absent = sm_span_part(s, s->nr, 0),
	};

	if (fork_loses_pins(t, s)) {
		t->counted = false;
		return 0;
	}
	return fork_and_write(t, s, &p);
}

static int fork_part(struct sm_storm_thread *t, const struct sm_span *s)
{
	const uint64_t third = s->nr / 3, rest = s->nr - 2 * third;
	const struct fork_parts p = {
		.copied = sm_span_part(s, 0, rest),
		.wiped = sm_span_part(s, rest, third),
		.absent = sm_span_part(s, rest + third, third),
	};

	t->vmas += 2;
	return fork_and_write(t, s, &p);
}

/*
 * A process of its own, in the same memory, and the thread that began it waits: what it
 * does there is for the device as if we had, and that it ends is nothing to it.
 */
static int fork_same(struct sm_storm_thread *t, const struct sm_span *s)
{
	sigset_t all, old;
	int status, err;
	pid_t child;

	sm_touch_before(t);
	/* A handler would run in the child, and on the stack that both have. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	child = vfork();
	if (!child)
		_exit(-sm_span_drop(t, s));
	err = child < 0 ? -errno : 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		err = fork_end(t, child, &status);
	if (err)
		return err;
	sm_touch_after(t);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

const struct sm_op sm_ops_fork[] = {
	{
		.name = "fork-cow",
		.class = "fork",
		.about = "forks, and breaks copy-on-write in the parent",
		.memory = SM_MEM_ANY_PRIVATE,
		.emitters = { "copy_page_range", "wp_page_copy",
			      "copy_hugetlb_page_range", "hugetlb_wp", NULL },
		.apply = fork_cow,
	},
	{
		.name = "fork-part",
		.class = "fork",
		.about = "forks, and the child gets a part, and a part emptied (MADV_WIPEONFORK)",
		.memory = SM_MEM_ANY_ANON,
		.slow = true,
		.rare = true,
		.emitters = { "copy_page_range", "wp_page_copy", NULL },
		.apply = fork_part,
	},
	{
		.name = "vfork",
		.class = "fork",
		.about = "has a process that shares all memory drop pages (vfork)",
		.memory = SM_MEM_ANY,
		.slow = true,
		.rare = true,
		.emitters = { "zap_page_range_single", NULL },
		.apply = fork_same,
	},
	{ .name = NULL }
};
