// SPDX-License-Identifier: GPL-2.0-only
/*
 * The template of a backend under a real storm on this machine, which needs
 * neither the module nor root: as it is, and with what a stale translation
 * does. So the engine, too, is seen to pass and to fail.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends.h"
#include "engine.h"
#include "ops.h"

#define PAGES	(4 * SM_GRANULE_PAGES)

static struct sm_run_result result;
static struct sm_backend broken;
static uint64_t cached[PAGES];

static enum sm_verdict storm(const struct sm_backend *backend)
{
	struct sm_run_spec spec = {
		.backend = backend,
		.ops = ~0ULL,
		.threads = 2,
		.agents = 1,
		.arena = PAGES * SM_PAGE_SIZE,
		.memory = SM_BIT(SM_MEM_ANON) | SM_BIT(SM_MEM_SHMEM),
		.count = 1000,
		.seed = 1,
	};
	char why[256] = "";

	assert_true(sm_run_check(&spec, why, sizeof(why)));
	return sm_run(&spec, &result, NULL, NULL);
}

/* A translation that outlives its page reads what was there before. */
static int stale_access(struct sm_engine *e, const struct sm_mirror *m,
			unsigned int lane, struct sm_access *a,
			unsigned int nr)
{
	uint64_t *word, fresh;
	int err;

	for (; nr; nr--, a++) {
		word = &cached[(a->va - e->arena.start) >> SM_PAGE_SHIFT];
		err = sm_template_backend.access(e, m, lane, a, 1);
		if (err)
			return err;
		if (a->write || a->va % SM_PAGE_SIZE)
			continue;
		fresh = a->error ? 0 : a->value;
		if (sm_read(word)) {
			a->value = sm_read(word);
			a->error = 0;
		}
		sm_write(word, fresh);
	}
	return 0;
}

/* A write that goes elsewhere: where it belongs, all stays as it was. */
static int losing_access(struct sm_engine *e, const struct sm_mirror *m,
			 unsigned int lane, struct sm_access *a,
			 unsigned int nr)
{
	struct sm_access old;
	int err = 0;

	for (; nr && !err; nr--, a++) {
		if (!a->write) {
			err = sm_template_backend.access(e, m, lane, a, 1);
			continue;
		}
		old = (struct sm_access){ .va = a->va };
		err = sm_template_backend.access(e, m, lane, &old, 1);
		old.write = true;
		if (!err && !old.error)
			err = sm_template_backend.access(e, m, lane, &old, 1);
		a->error = old.error;
	}
	return err;
}

static uint64_t asked;

/* A device that stops to answer who sweeps, or a storm thread. */
static int silent_sweep(struct sm_engine *e, const struct sm_mirror *m,
			unsigned int lane, struct sm_access *a,
			unsigned int nr)
{
	if (lane != SM_LANE_SWEEP)
		return sm_template_backend.access(e, m, lane, a, nr);
	asked = a->va;
	return -ETIMEDOUT;
}

static int silent_thread(struct sm_engine *e, const struct sm_mirror *m,
			 unsigned int lane, struct sm_access *a,
			 unsigned int nr)
{
	if (lane >= SM_LANE_SWEEP)
		return sm_template_backend.access(e, m, lane, a, nr);
	asked = a->va;
	return -ETIMEDOUT;
}

static uint64_t silent_flight(struct sm_engine *e,
			      const struct sm_device_agent *agent,
			      unsigned int lane)
{
	(void)e;
	(void)agent;
	(void)lane;
	return asked;
}

static enum sm_verdict storm_with(int (*access)(struct sm_engine *e,
						const struct sm_mirror *m,
						unsigned int lane,
						struct sm_access *a,
						unsigned int nr))
{
	broken = sm_template_backend;
	broken.access = access;
	broken.flight = silent_flight;
	return storm(&broken);
}

static void it_passes(void **state)
{
	(void)state;
	assert_int_equal(storm(&sm_template_backend), SM_PASS);
	assert_true(result.accesses > 0);
	assert_true(result.pages_swept > 0);
	assert_true(result.perm_pages > 0);
}

static void stale_reads_are_caught(void **state)
{
	(void)state;
	assert_int_equal(storm_with(stale_access), SM_FAIL);
	/* What it held before, or anything where nothing may be read. */
	assert_true(!strcmp(result.findings[0].oracle, "content") ||
		    !strcmp(result.findings[0].oracle, "perm"));
}

static void lost_writes_are_caught(void **state)
{
	(void)state;
	assert_int_equal(storm_with(losing_access), SM_FAIL);
	assert_string_equal(result.findings[0].oracle, "content");
}

/* What a device may still use is not freed, so each has a process of its own. */
static void hang(int (*access)(struct sm_engine *e, const struct sm_mirror *m,
			       unsigned int lane, struct sm_access *a,
			       unsigned int nr),
		 const char *who)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		status = storm_with(access);
		if (strncmp(result.reason, who, strlen(who)))
			_exit(255);
		_exit(status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), SM_TIMEOUT);
}

static void a_hang_is_told(void **state)
{
	(void)state;
	hang(silent_sweep, "a sweep hangs, its device ");
	hang(silent_thread, "a direct access hangs, its device ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_passes),
		cmocka_unit_test(stale_reads_are_caught),
		cmocka_unit_test(lost_writes_are_caught),
		cmocka_unit_test(a_hang_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
