// SPDX-License-Identifier: GPL-2.0-only
/* A thread that waits in the kernel, and is nudged. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/thread.h"
#include "base/util.h"

#define LONG_MS	20000

static int pipes[2];
static bool waits;
static int polled;
static ssize_t got;

/* A wait that may not begin again, and one that does. */
static void *wait_twice(void *arg)
{
	char c;

	sm_thread_take_nudges();
	sm_store_release(&waits, true);
	polled = poll(NULL, 0, LONG_MS) < 0 ? errno : 0;
	sm_store_release(&waits, false);
	got = read(pipes[0], &c, 1);
	return arg;
}

static void nap(void)
{
	const struct timespec ms = { .tv_nsec = SM_MSEC };

	nanosleep(&ms, NULL);
}

static void who_waits_is_nudged(void **state)
{
	pthread_t thread;
	unsigned int i;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(sm_thread_start(&thread, "waiter", wait_twice, NULL), 0);
	while (!sm_load_acquire(&waits))
		nap();
	while (sm_load_acquire(&waits)) {
		sm_thread_nudge(thread);
		nap();
	}
	assert_int_equal(polled, EINTR);
	for (i = 0; i < 10; i++) {
		sm_thread_nudge(thread);
		nap();
	}
	assert_int_equal(write(pipes[1], "", 1), 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(got, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_waits_is_nudged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
