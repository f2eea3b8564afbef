// SPDX-License-Identifier: GPL-2.0-only
/*
 * The JSON of results: its shape, and that the file is valid at all times.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "report.h"
#include "stub_tables.h"

static char dir[32];
static char path[sizeof(dir) + 16];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/stalemate-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/run.json", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void fill_history(struct sm_history *h)
{
	h->record.t_ns = 100;
	h->record.start = 0x1000000;
	h->record.end = UINT64_MAX;
	h->record.tid = 7;
	h->record.gen = 15;
	h->record.phase = SM_PHASE_START;
	h->record.event = SM_EVENT_UNMAP;
	h->record.flags = SM_RECORD_BLOCKABLE;
	snprintf(h->emitter, sizeof(h->emitter), "unmap_vmas");
}

static void fill(struct sm_run_spec *spec, struct sm_run_result *r)
{
	struct sm_finding *f = &r->findings[0];

	memset(spec, 0, sizeof(*spec));
	memset(r, 0, sizeof(*r));
	spec->backend = &stub_mock;
	spec->profiles[0] = SM_PROFILE_KVM;
	spec->nr_profiles = 1;
	spec->ops = 7;
	spec->defects = 1ULL << SM_DEFECT_NO_RETRY;
	spec->memory = 1U << SM_MEM_ANON | 1U << SM_MEM_SHMEM_THP;
	spec->seed = UINT64_MAX;
	r->verdict = SM_FAIL;
	r->seconds = 1.5;
	r->ops[0] = 12;
	r->unreached = 1;
	r->pages_compared = 99;
	r->windows_accepted = 9;
	r->events[SM_EVENT_UNMAP] = 12;
	snprintf(r->emitters[0].name, sizeof(r->emitters[0].name),
		 "unmap_vmas");
	r->emitters[0].count = 12;
	r->nr_emitters = 1;
	r->violations_total = 3;
	r->pages_swept = 77;
	r->nr_findings = 1;
	r->t_start_ns = 99;
	r->nr_mirrors = 2;
	r->mirrors[0].name = "kvm";
	r->mirrors[0].pages_compared = 99;
	r->mirrors[1].name = "hfi1";
	r->mirrors[1].refused = 5;
	r->mirrors[1].windows_rejected = 6;
	r->oracles[1].sight = SM_SIGHT_IDLE;
	snprintf(r->oracles[1].reason, sizeof(r->oracles[1].reason),
		 "no device access succeeded");
	f->oracle = "pagemap";
	f->profile = "kvm";
	f->op = "munmap";
	f->va = 0x10000000000;
	f->mirror_entry = SM_ENT_PRESENT | SM_ENT_WRITE | 0x1234;
	f->cpu_entry = 0;
	f->t_ns = 123;
	snprintf(f->text, sizeof(f->text), "mirror has a page that is gone");
	f->nr_history = 1;
	fill_history(&f->history[0]);
}

static struct json_object *at(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(o, key, &value))
		fail_msg("no \"%s\"", key);
	return value;
}

static const char *text_at(struct json_object *o, const char *key)
{
	return json_object_get_string(at(o, key));
}

static uint64_t number_at(struct json_object *o, const char *key)
{
	assert_true(json_object_is_type(at(o, key), json_type_int));
	return json_object_get_uint64(at(o, key));
}

static void a_run_has_the_agreed_shape(void **state)
{
	struct sm_run_result *r = malloc(sizeof(*r));
	struct sm_run_spec spec;
	struct json_object *o;

	(void)state;
	assert_non_null(r);
	fill(&spec, r);
	o = sm_report_run(&spec, r);
	assert_string_equal(text_at(o, "name"), "mock.kvm.storm.no-retry");
	assert_string_equal(text_at(o, "backend"), "mock");
	assert_string_equal(text_at(o, "profile"), "kvm");
	assert_string_equal(text_at(o, "defect"), "no-retry");
	assert_string_equal(text_at(o, "verdict"), "fail");
	assert_null(at(o, "reason"));
	assert_string_equal(text_at(o, "seconds"), "1.500");
	assert_int_equal(number_at(o, "seed"), UINT64_MAX);
	assert_int_equal(number_at(at(o, "ops"), "munmap"), 12);
	assert_int_equal(json_object_object_length(at(o, "ops")), 1);
	assert_int_equal(number_at(o, "pages_compared"), 99);
	assert_int_equal(number_at(at(o, "windows"), "accepted"), 9);
	assert_int_equal(number_at(at(o, "windows"), "rejected"), 0);
	assert_int_equal(number_at(o, "accesses"), 0);
	assert_int_equal(number_at(at(o, "emitters"), "unmap_vmas"), 12);
	assert_int_equal(number_at(at(o, "events"), "unmap"), 12);
	assert_int_equal(number_at(o, "violations_total"), 3);
	assert_int_equal(number_at(o, "pages_swept"), 77);
	assert_int_equal(json_object_array_length(at(o, "unreached")), 1);
	json_object_put(o);
	spec.defects = 0;
	o = sm_report_run(&spec, r);
	assert_null(at(o, "defect"));
	json_object_put(o);
	free(r);
}

static void each_mirror_and_oracle_is_listed(void **state)
{
	struct sm_run_result *r = malloc(sizeof(*r));
	struct json_object *o, *x;
	struct sm_run_spec spec;

	(void)state;
	assert_non_null(r);
	fill(&spec, r);
	o = sm_report_run(&spec, r);
	assert_int_equal(json_object_array_length(at(o, "mirrors")), 2);
	x = json_object_array_get_idx(at(o, "mirrors"), 0);
	assert_string_equal(text_at(x, "name"), "kvm");
	assert_int_equal(number_at(x, "pages_compared"), 99);
	x = json_object_array_get_idx(at(o, "mirrors"), 1);
	assert_string_equal(text_at(x, "name"), "hfi1");
	assert_int_equal(number_at(x, "accesses"), 0);
	assert_int_equal(number_at(x, "refused"), 5);
	assert_int_equal(number_at(at(x, "windows"), "rejected"), 6);
	x = json_object_array_get_idx(at(o, "oracles"), 0);
	assert_string_equal(text_at(x, "name"), "pagemap");
	assert_string_equal(text_at(x, "state"), "on");
	assert_null(at(x, "reason"));
	x = json_object_array_get_idx(at(o, "oracles"), 1);
	assert_string_equal(text_at(x, "name"), "content");
	assert_string_equal(text_at(x, "state"), "idle");
	assert_string_equal(text_at(x, "reason"), "no device access succeeded");
	json_object_put(o);
	/* Nothing is known of a run that did not begin. */
	r->t_start_ns = 0;
	o = sm_report_run(&spec, r);
	assert_int_equal(json_object_array_length(at(o, "oracles")), 0);
	json_object_put(o);
	free(r);
}

static void a_violation_has_its_history(void **state)
{
	struct sm_run_result *r = malloc(sizeof(*r));
	struct json_object *o, *v, *h;
	struct sm_run_spec spec;

	(void)state;
	assert_non_null(r);
	fill(&spec, r);
	o = sm_report_run(&spec, r);
	v = json_object_array_get_idx(at(o, "violations"), 0);
	assert_string_equal(text_at(v, "oracle"), "pagemap");
	assert_string_equal(text_at(v, "va"), "0x10000000000");
	assert_int_equal(number_at(v, "mirror_pfn"), 0x1234);
	assert_int_equal(number_at(v, "cpu_pfn"), 0);
	assert_string_equal(text_at(v, "op"), "munmap");
	assert_int_equal(number_at(v, "t_ns"), 123);
	h = json_object_array_get_idx(at(v, "history"), 0);
	assert_string_equal(text_at(h, "phase"), "start");
	assert_string_equal(text_at(h, "event"), "unmap");
	assert_string_equal(text_at(h, "end"), "0xffffffffffffffff");
	assert_string_equal(text_at(h, "emitter"), "unmap_vmas");
	assert_true(json_object_get_boolean(at(h, "blockable")));
	json_object_put(o);
	free(r);
}

static void expect_file(unsigned int runs, const char *verdict)
{
	struct json_object *o = json_object_from_file(path);

	assert_non_null(o);
	assert_string_equal(text_at(o, "stalemate"), STALEMATE_VERSION);
	assert_int_equal(number_at(o, "seed"), 42);
	assert_string_equal(text_at(o, "verdict"), verdict);
	assert_int_equal(json_object_array_length(at(o, "runs")), runs);
	assert_non_null(at(o, "kernel"));
	assert_non_null(at(o, "arch"));
	json_object_put(o);
}

static void the_file_is_valid_at_all_times(void **state)
{
	struct sm_run_result *r = malloc(sizeof(*r));
	struct sm_run_spec spec;
	struct sm_report *report;

	(void)state;
	assert_non_null(r);
	fill(&spec, r);
	report = sm_report_new(path, 42);
	assert_non_null(report);
	expect_file(0, "incomplete");
	assert_int_equal(sm_report_add(report, &spec, r), 0);
	expect_file(1, "incomplete");
	assert_int_equal(sm_report_add(report, &spec, r), 0);
	assert_int_equal(sm_report_put(report, "matrix",
				       json_object_new_array()), 0);
	expect_file(2, "incomplete");
	assert_int_equal(sm_report_close(report, SM_FAIL), 0);
	expect_file(2, "fail");
	free(r);
}

static void only_files_are_replaced(void **state)
{
	struct sm_report *report;
	struct stat st;
	char text[4096];
	int fd;

	(void)state;
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_NONBLOCK);
	assert_int_not_equal(fd, -1);
	report = sm_report_new(path, 1);
	assert_non_null(report);
	assert_int_equal(read(fd, text, sizeof(text)), -1);
	assert_int_equal(sm_report_close(report, SM_PASS), 0);
	assert_true(read(fd, text, sizeof(text)) > 0);
	assert_memory_equal(text, "{", 1);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	close(fd);
}

static unsigned int files_in_dir(void)
{
	struct dirent *entry;
	unsigned int nr = 0;
	DIR *d = opendir(dir);

	assert_non_null(d);
	while ((entry = readdir(d)))
		nr += entry->d_name[0] != '.';
	closedir(d);
	return nr;
}

/* In /tmp anybody can be there first, with a link to what is not his. */
static void no_link_is_followed(void **state)
{
	char link[sizeof(path) + 4], other[sizeof(path) + 4];
	mode_t mask = umask(027);
	struct stat st;
	int fd;

	(void)state;
	unlink(path);
	snprintf(link, sizeof(link), "%s.tmp", path);
	snprintf(other, sizeof(other), "%s.not", path);
	fd = open(other, O_CREAT | O_WRONLY, 0600);
	assert_int_not_equal(fd, -1);
	close(fd);
	assert_int_equal(symlink(other, link), 0);
	assert_int_equal(sm_report_close(sm_report_new(path, 42), SM_PASS), 0);
	umask(mask);
	expect_file(0, "pass");
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(files_in_dir(), 1);
}

/* A full disk: what was there stays, alone. */
static void failure_leaves_nothing(void **state)
{
	struct rlimit none = { .rlim_cur = 0 }, old;
	struct sm_report *report = sm_report_new(path, 42);
	int ret;

	(void)state;
	assert_non_null(report);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	ret = sm_report_close(report, SM_PASS);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(ret, -EFBIG);
	expect_file(0, "incomplete");
	assert_int_equal(files_in_dir(), 1);
}

static void errors_are_told(void **state)
{
	(void)state;
	errno = 0;
	assert_null(sm_report_new("/nowhere/at/all.json", 1));
	assert_int_equal(errno, ENOENT);
}

static void no_file_is_fine(void **state)
{
	struct sm_report *report = sm_report_new(NULL, 1);

	(void)state;
	assert_non_null(report);
	assert_int_equal(sm_report_close(report, SM_PASS), 0);
	assert_int_equal(sm_report_close(NULL, SM_PASS), 0);
}

static enum sm_verdict overall(unsigned int pass, unsigned int fail,
			       unsigned int broken, unsigned int skip,
			       unsigned int timeout)
{
	struct sm_report_tally t = { { 0 } };

	t.nr[SM_PASS] = pass;
	t.nr[SM_FAIL] = fail;
	t.nr[SM_BROKEN] = broken;
	t.nr[SM_SKIP] = skip;
	t.nr[SM_TIMEOUT] = timeout;
	return sm_report_overall(&t);
}

/* What was found is worth more than where it could not be written. */
static void a_full_disk_hides_no_finding(void **state)
{
	static const char full[] = "/dev/full";

	(void)state;
	assert_int_equal(sm_report_end(sm_report_new(full, 1), full, SM_FAIL,
				       0), 1);
	assert_int_equal(sm_report_end(sm_report_new(full, 1), full, SM_PASS,
				       0), 69);
	assert_int_equal(sm_report_end(sm_report_new(NULL, 1), NULL, SM_FAIL,
				       -ENOSPC), 1);
	assert_int_equal(sm_report_end(sm_report_new(NULL, 1), NULL, SM_SKIP,
				       -ENOSPC), 69);
	assert_int_equal(sm_report_end(sm_report_new(NULL, 1), NULL, SM_SKIP,
				       0), 4);
}

static void the_worst_verdict_wins(void **state)
{
	(void)state;
	assert_int_equal(overall(1, 1, 1, 1, 1), SM_FAIL);
	assert_int_equal(overall(1, 0, 1, 1, 1), SM_BROKEN);
	assert_int_equal(overall(1, 0, 0, 1, 1), SM_TIMEOUT);
	assert_int_equal(overall(1, 0, 0, 1, 0), SM_PASS);
	assert_int_equal(overall(0, 0, 0, 2, 0), SM_SKIP);
}

static void verdicts_become_exit_codes(void **state)
{
	(void)state;
	assert_int_equal(sm_report_exit(SM_PASS), 0);
	assert_int_equal(sm_report_exit(SM_FAIL), 1);
	assert_int_equal(sm_report_exit(SM_SKIP), 4);
	assert_int_equal(sm_report_exit(SM_BROKEN), 69);
	assert_int_equal(sm_report_exit(SM_INCOMPLETE), 69);
	assert_int_equal(sm_report_exit(SM_TIMEOUT), 124);
}

static void tables_are_whole(void **state)
{
	const char *const *name;
	unsigned int i, j;

	(void)state;
	for (i = 0; i < SM_DEFECT_NR; i++) {
		assert_non_null(sm_defects[i].name);
		assert_non_null(sm_defects[i].models);
		for (name = sm_defects[i].oracles; *name; name++) {
			for (j = 0; sm_oracles[j].name; j++)
				if (!strcmp(sm_oracles[j].name, *name))
					break;
			assert_non_null(sm_oracles[j].name);
		}
	}
	/* For real drivers, not for profiles. */
	assert_int_equal(sm_defects[SM_DEFECT_NO_INVALIDATE].profiles, 0);
	assert_int_equal(sm_defects[SM_DEFECT_NO_RELEASE].profiles &
			 (1 << SM_PROFILE_KVM | 1 << SM_PROFILE_HMM),
			 1 << SM_PROFILE_KVM);
	for (i = 0; i < SM_EVENT_NR; i++)
		assert_non_null(sm_event_names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_has_the_agreed_shape),
		cmocka_unit_test(each_mirror_and_oracle_is_listed),
		cmocka_unit_test(a_violation_has_its_history),
		cmocka_unit_test(the_file_is_valid_at_all_times),
		cmocka_unit_test(only_files_are_replaced),
		cmocka_unit_test(no_link_is_followed),
		cmocka_unit_test(failure_leaves_nothing),
		cmocka_unit_test(errors_are_told),
		cmocka_unit_test(no_file_is_fine),
		cmocka_unit_test(a_full_disk_hides_no_finding),
		cmocka_unit_test(the_worst_verdict_wins),
		cmocka_unit_test(verdicts_become_exit_codes),
		cmocka_unit_test(tables_are_whole),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
