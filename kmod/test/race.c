// SPDX-License-Identifier: GPL-2.0-only
/* Several threads that do the same thing at the same time. */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>

#include "race.h"

/* Where the racers meet before they start. */
struct sm_race {
	struct completion go;
	atomic_t missing;
};

struct sm_racer {
	struct task_struct *task;
	struct sm_race *race;
	struct completion done;
	void (*fn)(void *arg, unsigned int racer);
	void *arg;
	unsigned int i;
};

static int sm_racer_thread(void *data)
{
	struct sm_racer *r = data;

	wait_for_completion(&r->race->go);
	/* Those who wake up first wait for the others, awake. */
	atomic_dec(&r->race->missing);
	while (atomic_read(&r->race->missing) > 0)
		cond_resched();
	r->fn(r->arg, r->i);
	complete(&r->done);

	return 0;
}

static bool sm_racer_start(struct sm_racer *r)
{
	init_completion(&r->done);
	r->task = kthread_create(sm_racer_thread, r, "sm_racer/%u", r->i);
	if (IS_ERR(r->task))
		return false;
	/* It may be gone when it is joined. */
	get_task_struct(r->task);
	wake_up_process(r->task);

	return true;
}

/* Returns when the thread has left the module's text. */
static void sm_racer_join(struct sm_racer *r)
{
	wait_for_completion(&r->done);
	kthread_stop(r->task);
	put_task_struct(r->task);
}

/* Call @fn in SM_RACERS threads, released together, and wait for them. */
void sm_test_race(struct kunit *test,
		  void (*fn)(void *arg, unsigned int racer), void *arg)
{
	struct sm_racer racer[SM_RACERS];
	struct sm_race race;
	unsigned int i, started;

	init_completion(&race.go);
	for (started = 0; started < SM_RACERS; started++) {
		struct sm_racer *r = &racer[started];

		r->race = &race;
		r->fn = fn;
		r->arg = arg;
		r->i = started;
		if (!sm_racer_start(r))
			break;
	}
	atomic_set(&race.missing, started);
	complete_all(&race.go);
	for (i = 0; i < started; i++)
		sm_racer_join(&racer[i]);
	/* Not sooner: this may end the case, and with it this stack. */
	KUNIT_ASSERT_EQ(test, started, SM_RACERS);
}
