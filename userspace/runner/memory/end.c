// SPDX-License-Identifier: GPL-2.0-only
/* How a run ends, before its time perhaps: see end.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/child.h"
#include "base/stacks.h"
#include "end.h"

#define CHILD_SHARE 3 /* of sm_await_naps */
#define END_SLICE_NS (10 * SM_MSEC)

void sm_end_init(struct sm_end *end, struct sm_wire *wire)
{
	end->wire = wire;
	pthread_mutex_init(&end->lock, NULL);
}

void sm_end_destroy(struct sm_end *end)
{
	pthread_mutex_destroy(&end->lock);
}

/*
 * The first reason stays: what goes wrong in a run that is over already mostly
 * comes of that.
 */
static bool __attribute__((format(printf, 3, 0)))
end_set(struct sm_end *end, bool *how, const char *fmt, va_list args)
{
	bool first;

	pthread_mutex_lock(&end->lock);
	first = !end->broken && !end->stuck;
	if (first) {
		vsnprintf(end->why, sizeof(end->why), fmt, args);
		sm_write(how, true);
	}
	pthread_mutex_unlock(&end->lock);
	sm_write(&end->stop, true);
	return first;
}

/* sm_end_break() - the run cannot be judged. */
void sm_end_break(struct sm_end *end, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	end_set(end, &end->broken, fmt, args);
	va_end(args);
}

/*
 * sm_end_stick() - the run takes too long, and is not judged. Where its threads are
 * in the kernel is noted while they are there.
 */
void sm_end_stick(struct sm_end *end, const char *fmt, ...)
{
	struct sm_run_result *result = &end->wire->result;
	va_list args;
	bool first;

	va_start(args, fmt);
	first = end_set(end, &end->stuck, fmt, args);
	va_end(args);
	if (first)
		sm_stacks_read(getpgrp(), result->stacks,
			       sizeof(result->stacks));
}

/* sm_end_lose() - a child, @who, did not end in time: see sm_child_wait(). */
void sm_end_lose(struct sm_end *end, const char *who,
		 const struct sm_child_end *child)
{
	sm_end_stick(end, "%s does not answer: it %s", who,
		     sm_child_tell(child));
}

/*
 * sm_end_child() - wait for a child of the storm thread whose signs of life @beats
 * are, at @op. That has a limit of its own, so the thread shows signs of life: who
 * watches threads would know less of the child. Returns 0 or a negative errno,
 * after which the run ends.
 */
int sm_end_child(struct sm_end *end, pid_t child, const char *op,
		 uint64_t *beats, int *status)
{
	struct sm_patience p = {
		.naps = sm_await_naps / CHILD_SHARE,
		.beats = beats,
	};
	struct sm_child_end how;
	char who[64];
	int err = sm_child_wait(child, &how, &p);

	*status = how.status;
	snprintf(who, sizeof(who), "a child of op %s", op);
	if (err == -ETIMEDOUT)
		sm_end_lose(end, who, &how);
	return err;
}

/* sm_end_nap() - in short naps, as the run may end meanwhile */
void sm_end_nap(const struct sm_end *end, uint64_t ns)
{
	uint64_t slice;

	for (; ns && !sm_end_stopping(end); ns -= slice) {
		slice = ns < END_SLICE_NS ? ns : END_SLICE_NS;
		sm_util_nap(slice);
	}
}
