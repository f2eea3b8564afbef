// SPDX-License-Identifier: GPL-2.0-only
/*
 * DAMON looks how memory is used: of each part it ages a page, and asks later whether
 * anybody has used it, be it a device. It asks mirrors itself (clear_young() and
 * test_young()), as nothing goes from the page table.
 *
 * It is one for the machine: one thread at a time has it. The session takes it away, and
 * stops it before, which it may have been left to do.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/util.h"
#include "module/needs.h"
#include "op.h"
#include "storm/touch.h"

#define STAT		"/sys/module/damon_stat/parameters/enabled"
#define KDAMONDS	"/sys/kernel/mm/damon/admin/kdamonds/"
#define KDAMOND		KDAMONDS "0/"
#define CONTEXT		KDAMOND "contexts/0/"
#define TARGET		CONTEXT "targets/0/"
#define REGION		TARGET "regions/0/"

#define DAMON_SAMPLE_US	1000
#define DAMON_LOOKS	20
#define DAMON_NAP_NS	(5 * SM_MSEC)

static pthread_mutex_t damon_lock = PTHREAD_MUTEX_INITIALIZER;

static int damon_put(const char *path, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return sm_util_write_file(path, text);
}

/* A context that is made anew has nothing of the one before. */
static int damon_make(const struct sm_span *s)
{
	const struct {
		const char *path;
		uint64_t value;
	} wanted[] = {
		{ CONTEXT "monitoring_attrs/intervals/sample_us",
		  DAMON_SAMPLE_US },
		{ CONTEXT "targets/nr_targets", 1 },
		{ TARGET "pid_target", getpid() },
		{ TARGET "regions/nr_regions", 1 },
		{ REGION "start", s->start },
		{ REGION "end", s->end },
	};
	int err = damon_put(KDAMOND "contexts/nr_contexts", 1);
	unsigned int i;

	if (!err)
		err = sm_util_write_file(CONTEXT "operations", "fvaddr");
	for (i = 0; i < SM_ARRAY_SIZE(wanted) && !err; i++)
		err = damon_put(wanted[i].path, wanted[i].value);
	return err;
}

/* Somebody else may have DAMON; there is none then for us. */
static int damon_look(struct sm_storm_thread *t, const struct sm_span *s)
{
	unsigned int i;
	int err;

	t->counted = false;
	if (pthread_mutex_trylock(&damon_lock))
		return 0;
	err = damon_make(s);
	if (!err)
		err = sm_util_write_file(KDAMOND "state", "on");
	t->counted = !err;
	for (i = 0; i < DAMON_LOOKS && !err && !sm_end_stopping(t->end); i++) {
		sm_touch_before(t);
		sm_storm_beat(t);
		sm_util_nap(DAMON_NAP_NS);
	}
	if (!err)
		sm_util_write_file(KDAMOND "state", "off");
	pthread_mutex_unlock(&damon_lock);
	return err == -EBUSY || err == -EINVAL || err == -ENOMEM ? 0 : err;
}

static const char *damon_lacks(const struct sm_need *n)
{
	if (access(KDAMONDS "nr_kdamonds", F_OK))
		return n->why;
	if (sm_util_read_u64(KDAMOND "contexts/nr_contexts", 0))
		return "somebody has set up DAMON";
	return sm_needs_switch(KDAMONDS "nr_kdamonds");
}

const struct sm_op sm_ops_damon[] = {
	{
		.name = "damon",
		.class = "machine",
		.about = "has DAMON look how pages are used",
		.memory = SM_MEM_ANY,
		.silent = true,
		.slow = true,
		.rare = true,
		.machine = true,
		/* There is one user at a time, and one of them runs from boot on 7.x. */
		.switches = { STAT "=N", KDAMONDS "nr_kdamonds?0=1",
			      KDAMOND "state", NULL },
		.needs_root = true,
		.unused = true,
		.emitters = { NULL },
		.needs = { {
			.lacks = damon_lacks,
			.why = "no DAMON (CONFIG_DAMON_SYSFS, Linux 5.18)",
		} },
		.apply = damon_look,
	},
	{ .name = NULL }
};
