// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is found out: a device that writes to a page that was freed and recycled,
 * by the sink or the process that has the page now; and an agent that hangs. And that
 * it is listed, whatever else is found.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "actors/actor.h"
#include "actors/sampler.h"
#include "actors/victim.h"
#include "backends/backends.h"
#include "host_bed.h"
#include "judge/sink.h"

#define TURNS		64	/* more than a sink has batches */
#define CANARY_TOP	0x4ca7	/* 16 bits */

static struct host_bed bed;
static struct sm_victims victims;
static struct sm_sampler sampler;
static struct sm_run_result result;
static struct sm_wire wire;
static struct sm_backend backend;
static struct sm_run_spec spec;

static int set_up(void **state)
{
	(void)state;
	memset(&result, 0, sizeof(result));
	memset(&backend, 0, sizeof(backend));
	memset(&spec, 0, sizeof(spec));
	spec.backend = &backend;
	spec.keep_going = true;
	host_bed_init(&bed, &spec, &wire, &result);
	memset(&victims, 0, sizeof(victims));
	memset(&sampler, 0, sizeof(sampler));
	bed.scene.arena.start = SM_ARENA_START;
	bed.scene.arena.end = SM_ARENA_START + SM_GRANULE_SIZE;
	bed.scene.model.pages = SM_GRANULE_PAGES;
	bed.scene.cookie = 0x600d;
	bed.scene.model.cookie = bed.scene.cookie;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	host_bed_destroy(&bed);
	return 0;
}

static void turn(struct sm_sink *s, unsigned int nr)
{
	while (nr--)
		sm_sink_take(s);
}

/* These words, and an address of the arena. */
static void expect_text(const char *text, const char *words, uint64_t offset)
{
	char wanted[128];

	snprintf(wanted, sizeof(wanted), "%s%llx", words,
		 (unsigned long long)(SM_ARENA_START + offset));
	if (!strstr(text, wanted))
		fail_msg("%s: not %s", text, wanted);
}

static void a_sink_alone_is_silent(void **state)
{
	struct sm_sink s = { .words = NULL };

	(void)state;
	assert_int_equal(sm_sink_init(&s, &bed.docket, 0), 0);
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
	assert_int_equal(sm_sink_init(&s, &bed.docket, 0), 0);
	turn(&s, 1);
	s.words[3 * SM_PAGE_WORDS + SM_WORD_AGENT] = value;
	turn(&s, TURNS);
	sm_sink_free(&s);
	assert_int_equal(result.violations_total, 1);
	assert_string_equal(result.findings[0].oracle, "content");
	expect_text(result.findings[0].text, "meant for ", 0x7000);
}

static void and_when_the_sink_is_freed(void **state)
{
	struct sm_sink s = { .words = NULL };

	(void)state;
	assert_int_equal(sm_sink_init(&s, &bed.docket, 0), 0);
	turn(&s, TURNS);
	s.words[(s.next + 20) % 256 * SM_PAGE_WORDS] = 1;
	sm_sink_free(&s);
	assert_int_equal(result.violations_total, 1);
}

/* Of a file there is no more than it takes: what is dropped is a hole. */
static void a_sink_of_blocks(void **state)
{
	uint64_t value = sm_model_mark(SM_MARK_AGENT, 7, 1);
	struct sm_sink s[2] = { { .words = NULL } };
	int fd = memfd_create("blocks", MFD_CLOEXEC);
	struct stat st;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(sm_sink_init_file(&s[0], &bed.docket, 0, fd,
					   SM_GRANULE_SIZE), 0);
	assert_int_equal(sm_sink_init_file(&s[1], &bed.docket, 1, fd,
					   SM_GRANULE_SIZE), 0);
	turn(&s[0], TURNS);
	turn(&s[1], 1);
	assert_int_equal(fstat(fd, &st), 0);
	assert_in_range(st.st_blocks * 512, 1, 272 * SM_PAGE_SIZE);
	assert_int_equal(result.violations_total, 0);
	s[1].words[3 * SM_PAGE_WORDS + SM_WORD_AGENT] = value;
	turn(&s[1], TURNS);
	sm_sink_free(&s[0]);
	sm_sink_free(&s[1]);
	close(fd);
	assert_int_equal(result.violations_total, 1);
	expect_text(result.findings[0].text, "meant for ", 0x7000);
}

/* In other pages: how they are taken, looked at and dropped is the same. */
static void begin_huge(struct sm_sink *s)
{
	assert_int_equal(sm_sink_init(s, &bed.docket, 0), 0);
	s->huge = mmap(NULL, SM_SINK_HUGE * SM_GRANULE_SIZE,
		       PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	assert_true(s->huge != MAP_FAILED);
}

static void turn_huge(struct sm_sink *s, unsigned int nr)
{
	while (nr--)
		sm_sink_take_huge(s);
}

static void a_huge_sink_alone_is_silent(void **state)
{
	struct sm_sink s = { .words = NULL };

	(void)state;
	begin_huge(&s);
	turn_huge(&s, 3 * SM_SINK_HUGE);
	assert_int_equal(s.huge_round, 3 * SM_SINK_HUGE);
	sm_sink_free(&s);
	assert_int_equal(result.violations_total, 0);
}

/* In whatever of its small pages; and the page is given up when that was seen. */
static void a_late_write_shows_in_a_huge_page(void **state)
{
	uint64_t value = sm_model_mark(SM_MARK_AGENT, 5, 1);
	struct sm_sink s = { .words = NULL };

	(void)state;
	begin_huge(&s);
	turn_huge(&s, 1);
	s.huge[300 * SM_PAGE_WORDS + SM_WORD_AGENT] = value;
	turn_huge(&s, SM_SINK_HUGE - 2);
	assert_int_equal(result.violations_total, 0);
	turn_huge(&s, 1);
	assert_int_equal(result.violations_total, 1);
	expect_text(result.findings[0].text, "meant for ", 0x5000);
	assert_int_equal(s.huge[0], 0);
	turn_huge(&s, SM_SINK_HUGE);
	s.huge[(s.huge_round - 1) % SM_SINK_HUGE * SM_GRANULE_PAGES *
	       SM_PAGE_WORDS] = 1;
	sm_sink_free(&s);
	assert_int_equal(result.violations_total, 2);
}

static void a_sink_of_hugetlb(void **state)
{
	struct sm_sink s = { .words = NULL };
	int err;

	(void)state;
	assert_int_equal(sm_sink_init(&s, &bed.docket, 0), 0);
	err = sm_sink_init_huge(&s, 0);
	if (err) {
		sm_sink_free(&s);
		print_message("no hugetlb pages of 2 MiB: %s\n",
			      strerror(-err));
		skip();
	}
	turn_huge(&s, 2 * SM_SINK_HUGE);
	sm_sink_free(&s);
	assert_int_equal(result.violations_total, 0);
}

/* What floods the list leaves room in it. */
static void what_is_seldom_is_listed(void **state)
{
	struct sm_hit h = { .oracle = "content", .kind = SM_KIND_MISPLACED };
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * SM_MAX_VIOLATIONS; i++)
		sm_docket_hit(&bed.docket, &h, "often, at %u", i);
	sm_docket_hit(&bed.docket, &h, "seldom");
	assert_int_equal(result.violations_total, 2 * SM_MAX_VIOLATIONS + 1);
	assert_int_equal(result.nr_findings, SM_MAX_ALIKE + 1);
	assert_string_equal(result.findings[SM_MAX_ALIKE].text, "seldom");
	/* So does another mirror's. */
	bed.scene.mirrors[1].name = "another";
	h.mirror = &bed.scene.mirrors[1];
	sm_docket_hit(&bed.docket, &h, "often, at %u", 0);
	assert_int_equal(result.nr_findings, SM_MAX_ALIKE + 2);
}

static void processes_alone_are_silent(void **state)
{
	(void)state;
	assert_true(sm_actor_victims.prepare(&bed.host, &victims));
	assert_true(victims.nr > 0);
	sm_util_nap(50 * SM_MSEC);
	sm_actor_victims.count(&bed.host, &victims);
	assert_true(result.recycled > 0);
	assert_int_equal(result.violations_total, 0);
	assert_false(bed.end.broken);
}

/* The pool of a victim is the only mapping of its size that holds canaries. */
static bool is_pool(pid_t pid, uint64_t va)
{
	uint64_t word = 0;
	struct iovec to = { &word, sizeof(word) };
	struct iovec from = { (void *)va, sizeof(word) };

	/* Who may not look has to believe it. */
	return process_vm_readv(pid, &to, 1, &from, 1, 0) < 0 ||
	       word >> 48 == CANARY_TOP;
}

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
		    end - start == 512 * SM_PAGE_SIZE && is_pool(pid, start))
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
	assert_true(sm_actor_victims.prepare(&bed.host, &victims));
	for (i = 0; i < 200 && !pool; i++) {
		sm_util_nap(5 * SM_MSEC);
		pool = pool_of(victims.pids[0]);
	}
	assert_true(pool);
	to.iov_base = (void *)(pool + 8 * SM_WORD_DIRECT);
	/* A page that was about to be filled anyway forgets it: once more. */
	for (i = 0; i < 2000 && n >= 0 && !result.violations_total; i++) {
		n = process_vm_writev(victims.pids[0], &from, 1, &to, 1, 0);
		sm_util_nap(5 * SM_MSEC);
		sm_actor_victims.tick(&bed.host, &victims);
	}
	sm_actor_victims.count(&bed.host, &victims);
	if (n < 0)
		skip();		/* ptrace is not for everybody */
	assert_true(result.violations_total >= 1);
	assert_non_null(strstr(result.findings[0].text, "another process"));
	expect_text(result.findings[0].text, "meant for ", 0x9000);
}

static int hang(struct sm_host *host, struct sm_device_agent *agent)
{
	(void)host;
	(void)agent;
	return -ETIMEDOUT;
}

static uint64_t at_work(struct sm_host *host,
			const struct sm_device_agent *agent, unsigned int lane)
{
	(void)host;
	(void)agent;
	(void)lane;
	return SM_ARENA_START + 0x1040 + 1;
}

static void an_agent_that_hangs_is_named(void **state)
{
	(void)state;
	backend.agent_stop = hang;
	backend.flight = at_work;
	/* As if it were attached, and the agent started. */
	bed.host.calls.phase = SM_CALL_ATTACHED;
	bed.host.calls.owner = pthread_self();
	bed.host.calls.agents[0] = SM_CALL_RUNS;
	sampler.host = &bed.host;
	sampler.nr = 1;
	sampler.agents[0].running = true;
	snprintf(sampler.agents[0].name, 16, "agent 0");
	assert_false(sm_sampler_stop(&sampler));
	assert_true(bed.end.stuck);
	expect_text(bed.end.why, "agent 0 hangs, its device writes to ",
		    0x1040);
}

/* What is found while memory is filled comes before there are agents. */
static void no_agent_is_none_to_stop(void **state)
{
	(void)state;
	assert_true(sm_sampler_stop(&sampler));
	sm_sampler_free(&sampler);
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
		cmocka_unit_test_setup_teardown(a_sink_of_blocks, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_huge_sink_alone_is_silent,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_late_write_shows_in_a_huge_page,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_sink_of_hugetlb, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_seldom_is_listed,
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
