// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is found out: a device that writes to a page that was freed and recycled,
 * by the sink or the process that has the page now; and an agent that hangs.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include <cmocka.h>

#include "backends.h"
#include "engine.h"
#include "victim.h"

#define TURNS	64		/* more than a sink has batches */

static struct sm_engine *e;
static struct sm_run_result result;
static struct sm_backend backend;
static struct sm_run_spec spec;

static int set_up(void **state)
{
	(void)state;
	e = calloc(1, sizeof(*e));
	assert_non_null(e);
	memset(&result, 0, sizeof(result));
	memset(&backend, 0, sizeof(backend));
	memset(&spec, 0, sizeof(spec));
	spec.backend = &backend;
	spec.keep_going = true;
	e->spec = &spec;
	e->result = &result;
	e->dev.fd = -1;
	e->arena.start = SM_ARENA_START;
	e->arena.end = SM_ARENA_START + SM_GRANULE_SIZE;
	e->model.pages = SM_GRANULE_PAGES;
	e->model.cookie = 0x600d;
	pthread_mutex_init(&e->lock, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(e);
	return 0;
}

static void turn(struct sm_sink *s, unsigned int nr)
{
	while (nr--)
		sm_sink_take(s);
}

static void a_sink_alone_is_silent(void **state)
{
	struct sm_sink s = { .words = NULL };

	(void)state;
	assert_int_equal(sm_sink_init(&s, e, 0), 0);
	turn(&s, TURNS);
	sm_sink_free(&s);
	assert_int_equal(result.violations_total, 0);
	assert_true(s.round > 256);
}

static void a_late_write_shows_in_the_sink(void **state)
{
	uint64_t value = sm_model_mark(SM_MARK_AGENT, 7, 1);
	struct sm_sink s = { .words = NULL };

	(void)state;
	assert_int_equal(sm_sink_init(&s, e, 0), 0);
	turn(&s, 1);
	s.words[3 * SM_PAGE_WORDS + SM_WORD_AGENT] = value;
	turn(&s, TURNS);
	sm_sink_free(&s);
	assert_int_equal(result.violations_total, 1);
	assert_string_equal(result.findings[0].oracle, "content");
	assert_non_null(strstr(result.findings[0].text, "meant for 10000007000"));
}

static void and_when_the_sink_is_freed(void **state)
{
	struct sm_sink s = { .words = NULL };

	(void)state;
	assert_int_equal(sm_sink_init(&s, e, 0), 0);
	turn(&s, TURNS);
	s.words[(s.next + 20) % 256 * SM_PAGE_WORDS] = 1;
	sm_sink_free(&s);
	assert_int_equal(result.violations_total, 1);
}

static void processes_alone_are_silent(void **state)
{
	(void)state;
	assert_int_equal(sm_victim_start(e), 0);
	assert_true(e->victims.nr > 0);
	sm_util_nap(50 * SM_MSEC);
	assert_true(sm_victim_stop(e) > 0);
	assert_int_equal(result.violations_total, 0);
	assert_false(e->broken);
}

/* The pool of a victim is the only mapping of its size. */
static uint64_t pool_of(pid_t pid)
{
	unsigned long start, end;
	uint64_t pool = 0;
	char path[32], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx rw", &start, &end) == 2 &&
		    end - start == 512 * SM_PAGE_SIZE)
			pool = start;
	fclose(f);
	return pool;
}

/* As a device would that still uses the page: behind the process's back. */
static void a_late_write_shows_in_a_process(void **state)
{
	uint64_t value = sm_model_mark(SM_MARK_DIRECT, 9, 1), pool = 0;
	struct iovec from = { &value, sizeof(value) }, to = { NULL, 8 };
	unsigned int i;
	ssize_t n = 0;

	(void)state;
	assert_int_equal(sm_victim_start(e), 0);
	for (i = 0; i < 200 && !pool; i++) {
		sm_util_nap(5 * SM_MSEC);
		pool = pool_of(e->victims.pids[0]);
	}
	assert_true(pool);
	to.iov_base = (void *)(pool + 8 * SM_WORD_DIRECT);
	/* A page that was about to be filled anyway forgets it: once more. */
	for (i = 0; i < 2000 && n >= 0 && !result.violations_total; i++) {
		n = process_vm_writev(e->victims.pids[0], &from, 1, &to, 1, 0);
		sm_util_nap(5 * SM_MSEC);
		sm_victim_poll(e);
	}
	sm_victim_stop(e);
	if (n < 0)
		skip();		/* ptrace is not for everybody */
	assert_true(result.violations_total >= 1);
	assert_non_null(strstr(result.findings[0].text, "another process"));
	assert_non_null(strstr(result.findings[0].text, "meant for 10000009000"));
}

static int hang(struct sm_engine *engine, struct sm_device_agent *agent)
{
	(void)engine;
	(void)agent;
	return -ETIMEDOUT;
}

static uint64_t at_work(struct sm_engine *engine,
			const struct sm_device_agent *agent, unsigned int lane)
{
	(void)engine;
	(void)agent;
	(void)lane;
	return SM_ARENA_START + 0x1040 + 1;
}

static void an_agent_that_hangs_is_named(void **state)
{
	(void)state;
	backend.agent_stop = hang;
	backend.flight = at_work;
	e->sampler.e = e;
	e->sampler.nr = 1;
	e->sampler.agents[0].running = true;
	snprintf(e->sampler.agents[0].name, 16, "agent 0");
	assert_false(sm_sampler_stop(&e->sampler));
	assert_true(e->stuck);
	assert_string_equal(e->why,
			    "agent 0 hangs, its device writes to 10000001040");
}

/* What is found while memory is filled comes before there are agents. */
static void no_agent_is_none_to_stop(void **state)
{
	(void)state;
	assert_true(sm_sampler_stop(&e->sampler));
	sm_sampler_free(&e->sampler);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_sink_alone_is_silent, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_late_write_shows_in_the_sink,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(and_when_the_sink_is_freed,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(processes_alone_are_silent,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_late_write_shows_in_a_process,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_agent_that_hangs_is_named,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_agent_is_none_to_stop,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
