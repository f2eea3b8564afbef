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

#include "backends/backends.h"
#include "in_process.h"
#include "judge/oracles.h"
#include "module/profiles.h"
#include "real_ops.h"

#define PAGES	(4 * SM_GRANULE_PAGES)

static struct sm_run_result result;
static struct sm_backend broken;
static uint64_t cached[PAGES];
static unsigned int agents = 1;	/* of each mirror */

static enum sm_verdict storm_of(const struct sm_backend *backend,
				uint64_t count)
{
	struct sm_run_spec spec = {
		.backend = backend,
		.ops = sm_set_below(SM_MAX_OPS),
		.threads = 2,
		.agents = agents,
		.arena = PAGES * SM_PAGE_SIZE,
		.memory = SM_BIT(SM_MEM_ANON) | SM_BIT(SM_MEM_SHMEM),
		.count = count,
		.seed = 1,
	};
	char why[256] = "";

	assert_true(sm_run_check(&spec, why, sizeof(why)));
	return in_process_run(&spec, &result);
}

static enum sm_verdict storm(const struct sm_backend *backend)
{
	return storm_of(backend, 1000);
}

/* A translation that outlives its page reads what was there before. */
static int stale_access(struct sm_host *host, const struct sm_mirror *m,
			unsigned int lane, struct sm_access *a, unsigned int nr)
{
	uint64_t *word, fresh;
	int err;

	for (; nr; nr--, a++) {
		word = &cached[(a->va - host->scene->arena.start) >>
			       SM_PAGE_SHIFT];
		err = sm_template_backend.access(host, m, lane, a, 1);
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
static int losing_access(struct sm_host *host, const struct sm_mirror *m,
			 unsigned int lane, struct sm_access *a,
			 unsigned int nr)
{
	struct sm_access old;
	int err = 0;

	for (; nr && !err; nr--, a++) {
		if (!a->write) {
			err = sm_template_backend.access(host, m, lane, a, 1);
			continue;
		}
		old = (struct sm_access){ .va = a->va };
		err = sm_template_backend.access(host, m, lane, &old, 1);
		old.write = true;
		if (!err && !old.error)
			err = sm_template_backend.access(host, m, lane, &old,
							 1);
		a->error = old.error;
	}
	return err;
}

static uint64_t asked;

/* A device that stops to answer who sweeps, or a storm thread. */
static int silent_sweep(struct sm_host *host, const struct sm_mirror *m,
			unsigned int lane, struct sm_access *a, unsigned int nr)
{
	if (lane != SM_LANE_SWEEP)
		return sm_template_backend.access(host, m, lane, a, nr);
	asked = a->va;
	return -ETIMEDOUT;
}

static int silent_thread(struct sm_host *host, const struct sm_mirror *m,
			 unsigned int lane, struct sm_access *a,
			 unsigned int nr)
{
	if (lane >= SM_LANE_SWEEP)
		return sm_template_backend.access(host, m, lane, a, nr);
	asked = a->va;
	return -ETIMEDOUT;
}

static uint64_t silent_flight(struct sm_host *host,
			      const struct sm_device_agent *agent,
			      unsigned int lane)
{
	(void)host;
	(void)agent;
	(void)lane;
	return asked;
}

static enum sm_verdict storm_with(int (*access)(struct sm_host *host,
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

/* Whether an agent met a page that it may not write to is for the scheduler to say. */
static void it_passes(void **state)
{
	unsigned int tries = 30;

	(void)state;
	do {
		assert_int_equal(storm(&sm_template_backend), SM_PASS);
	} while (!result.perm_pages && --tries);
	assert_true(result.accesses > 0);
	assert_true(result.pages_swept > 0);
	assert_true(result.perm_pages > 0);
}

static enum sm_sight sight(const char *oracle)
{
	unsigned int i;

	for (i = 0; sm_oracles[i].name; i++)
		if (!strcmp(sm_oracles[i].name, oracle))
			return result.oracles[i].sight;
	fail_msg("no oracle %s", oracle);
	return SM_SIGHT_NR;
}

static void each_oracle_says_what_it_saw(void **state)
{
	it_passes(state);
	assert_int_equal(sight("content"), SM_SIGHT_ON);
	assert_int_equal(sight("perm"), SM_SIGHT_ON);
	assert_int_equal(sight("pagemap"), SM_SIGHT_BLIND);
	assert_int_equal(sight("refs"), SM_SIGHT_BLIND);
	assert_int_equal(sight("late"), SM_SIGHT_BLIND);
}

static int refusing_access(struct sm_host *host, const struct sm_mirror *m,
			   unsigned int lane, struct sm_access *a,
			   unsigned int nr)
{
	(void)host;
	(void)m;
	(void)lane;
	for (; nr; nr--, a++)
		a->error = -EFAULT;
	return 0;
}

/* However short the run was. */
static void nothing_seen_is_no_pass(void **state)
{
	(void)state;
	assert_int_equal(storm_with(refusing_access), SM_BROKEN);
	assert_non_null(strstr(result.reason, "mirror template: 0 accesses"));
}

/* One op each: the device goes on until it has done its least. */
static void one_op_is_not_the_end(void **state)
{
	(void)state;
	broken = sm_template_backend;
	assert_int_equal(storm_of(&broken, 1), SM_PASS);
	assert_true(result.mirrors[0].accesses >= 16);
	assert_true(result.mirrors[0].pages_swept >= 64);
}

static int careless_access(struct sm_host *host, const struct sm_mirror *m,
			   unsigned int lane, struct sm_access *a,
			   unsigned int nr)
{
	return sm_template_backend.access(host, m, lane, a, nr) ?: 7;
}

/* Who breaks the contract (see call.h) is not judged, and accused of nothing. */
static void a_broken_contract_breaks_the_run(void **state)
{
	(void)state;
	assert_int_equal(storm_with(careless_access), SM_BROKEN);
	assert_string_equal(result.reason,
			    "the contract of backend template was broken: access() returned 7");
	assert_int_equal(result.violations_total, 0);
}

/* ---- two mirrors side by side -------------------------------------------- */

static int two_attach(struct sm_host *host)
{
	int err = sm_template_backend.attach(host);

	host->scene->mirrors[1].name = "other";
	host->scene->nr_mirrors = 2;
	return err;
}

static int two_attach_pinned(struct sm_host *host)
{
	host->scene->mirrors[0].profile = &sm_profiles[SM_PROFILE_HFI1];
	host->scene->pinned = true;
	return two_attach(host);
}

static int two_refuse(struct sm_host *host, const struct sm_mirror *m,
		      unsigned int lane, struct sm_access *a, unsigned int nr)
{
	return m == host->scene->mirrors ?
		       sm_template_backend.access(host, m, lane, a, nr) :
		       refusing_access(host, m, lane, a, nr);
}

/* The first mirror is always right. */
static int two_stale(struct sm_host *host, const struct sm_mirror *m,
		     unsigned int lane, struct sm_access *a, unsigned int nr)
{
	return m == host->scene->mirrors ?
		       sm_template_backend.access(host, m, lane, a, nr) :
		       stale_access(host, m, lane, a, nr);
}

static void each_mirror_must_be_used(void **state)
{
	(void)state;
	broken = sm_template_backend;
	broken.attach = two_attach;
	assert_int_equal(storm(&broken), SM_PASS);
	assert_true(result.mirrors[1].pages_swept > 0);
	broken.access = two_refuse;
	assert_int_equal(storm(&broken), SM_BROKEN);
	assert_non_null(strstr(result.reason, "mirror other: 0 accesses"));
}

/* Each of them has a lane of its own, whichever mirror it goes through. */
static void each_mirror_has_its_agents(void **state)
{
	(void)state;
	broken = sm_template_backend;
	broken.attach = two_attach;
	agents = 4;
	assert_int_equal(storm(&broken), SM_PASS);
	agents = 1;
}

/* What one may read is not what the other may. */
static void a_pinned_neighbour_excuses_nobody(void **state)
{
	(void)state;
	broken = sm_template_backend;
	broken.attach = two_attach_pinned;
	broken.access = two_stale;
	assert_int_equal(storm(&broken), SM_FAIL);
	assert_string_equal(result.findings[0].profile, "other");
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
static void hang(int (*access)(struct sm_host *host, const struct sm_mirror *m,
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
		cmocka_unit_test(each_oracle_says_what_it_saw),
		cmocka_unit_test(nothing_seen_is_no_pass),
		cmocka_unit_test(one_op_is_not_the_end),
		cmocka_unit_test(a_broken_contract_breaks_the_run),
		cmocka_unit_test(each_mirror_must_be_used),
		cmocka_unit_test(each_mirror_has_its_agents),
		cmocka_unit_test(a_pinned_neighbour_excuses_nobody),
		cmocka_unit_test(stale_reads_are_caught),
		cmocka_unit_test(lost_writes_are_caught),
		cmocka_unit_test(a_hang_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
