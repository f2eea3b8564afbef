// SPDX-License-Identifier: GPL-2.0-only
/* What holds for each operation of a backend: what comes first, and whose it is. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "call_bed.h"

static void call_access(void)
{
	access_on(0);
}

static void call_agent_start(void)
{
	agent_start(1);
}

static void call_agent_stop(void)
{
	sm_call_agent_stop(&bed.host, &agents[0]);
}

static void call_agent_free(void)
{
	sm_call_agent_free(&bed.host, &agents[0]);
}

static void call_fault(void)
{
	uint64_t done;

	sm_call_fault(&bed.host, NULL, 0, 0, 0, SM_PAGE_SIZE, &done);
}

static void call_stats(void)
{
	sm_call_stats(&bed.host, NULL, NULL);
}

static void call_apply(void)
{
	sm_call_apply(&turn);
}

static void call_rest(void)
{
	sm_call_rest(&bed.host);
}

static void call_worker(void)
{
	sm_call_worker(&bed.host);
}

static void call_describe(void)
{
	char text[32];

	sm_call_describe(&bed.host, text, sizeof(text));
}

static void call_detach(void)
{
	sm_call_detach(&bed.host);
}

/* @main: the thread that attached is the only one that may call it. */
static const struct {
	const char *name;
	void (*call)(void);
	bool main;
} operations[] = {
	{ "access", call_access, false },
	{ "agent_start", call_agent_start, true },
	{ "agent_stop", call_agent_stop, true },
	{ "agent_free", call_agent_free, true },
	{ "fault", call_fault, false },
	{ "stats", call_stats, false },
	{ "apply", call_apply, false },
	{ "rest", call_rest, true },
	{ "worker", call_worker, false },
	{ "describe", call_describe, true },
	{ "detach", call_detach, true },
};

static unsigned int at;

static void *call_from(void *arg)
{
	(void)arg;
	operations[at].call();
	return NULL;
}

static void call_by_another(void)
{
	pthread_t thread;

	attach();
	agent_start(0);
	assert_int_equal(pthread_create(&thread, NULL, call_from, NULL), 0);
	pthread_join(thread, NULL);
}

static void each_comes_after_attach(void **state)
{
	char says[64];

	for (at = 0; at < SM_ARRAY_SIZE(operations); at++) {
		snprintf(says, sizeof(says), "%s() before attach()",
			 operations[at].name);
		call_bed_tell(state, operations[at].call, says);
	}
}

static void some_are_the_main_threads(void **state)
{
	char says[64];

	for (at = 0; at < SM_ARRAY_SIZE(operations); at++) {
		snprintf(says, sizeof(says),
			 "%s() not from the thread that attached",
			 operations[at].name);
		if (operations[at].main)
			call_bed_tell(state, call_by_another, says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_comes_after_attach),
		cmocka_unit_test(some_are_the_main_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
