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
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/ops.h"
#include "judge/oracle.h"
#include "op.h"
#include "storm/touch.h"

#define FORK_INTACT	0
#define FORK_CHANGED	1
#define FORK_LOST	2

static uint64_t fork_sum(const struct sm_span *s)
{
	const uint64_t *words = (const uint64_t *)s->start;
	uint64_t i, w, sum = 0;

	for (i = 0; i < s->nr; i++, words += SM_PAGE_WORDS)
		for (w = 0; w < SM_WORD_AGENT + SM_MAX_AGENTS; w++)
			sum = sm_rng_mix(sum ^ sm_read(&words[w]));
	return sum;
}

/* In the child of a threaded process: no function that might take a lock. */
static void fork_child(const struct sm_storm_thread *t, const struct sm_span *s)
{
	uint64_t sum, wake;

	sum = fork_sum(s);
	if (read(t->wake, &wake, sizeof(wake)) != sizeof(wake))
		_exit(FORK_LOST);
	_exit(fork_sum(s) == sum ? FORK_INTACT : FORK_CHANGED);
}

static int fork_finish(struct sm_storm_thread *t, const struct sm_span *s,
		       pid_t child)
{
	struct sm_hit h = {
		.oracle = "content",
		.kind = SM_KIND_SHARED,
		.va = s->start,
	};
	uint64_t wake = 1;
	int status, err;

	/* Nobody reads it but the child: it is never full. */
	if (write(t->wake, &wake, sizeof(wake)) != sizeof(wake))
		kill(child, SIGKILL);
	err = sm_end_child(t->end, child,
			   sm_ops[sm_read(&t->flight->row) - 1].name,
			   &t->flight->beats, &status);
	if (err)
		return err;
	if (WIFEXITED(status) && WEXITSTATUS(status) == FORK_CHANGED)
		sm_docket_hit(t->host->docket, &h,
			      "a write of the parent reached its child's copy of [%llx, %llx)",
			      (unsigned long long)s->start,
			      (unsigned long long)s->end);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != FORK_INTACT)
		return -ECHILD;
	return 0;
}

static int fork_cow(struct sm_storm_thread *t, const struct sm_span *s)
{
	pid_t child;
	int err;

	err = sm_span_advise(s, MADV_DOFORK);
	if (err)
		return err;
	sm_touch_write(t);
	child = sm_child_fork();
	if (!child)
		fork_child(t, s);
	if (child < 0)
		return child;
	/* Writable before the fork, and shared now: it has to be copied. */
	sm_touch_write(t);
	sm_span_stamp(t, s);
	sm_touch_after(t);
	err = fork_finish(t, s, child);
	if (err)
		return err;
	return sm_span_advise(s, MADV_DONTFORK);
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
	{ .name = NULL }
};
