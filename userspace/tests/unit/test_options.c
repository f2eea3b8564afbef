// SPDX-License-Identifier: GPL-2.0-only
/*
 * What command lines mean: the tests that they are, those of them that are not to
 * be run, and what is said of wrong ones. Nothing here needs the module, and
 * nothing loads it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "judge/known.h"
#include "scratch.h"
#include "session/status.h"

#define PROGRAM	"userspace/stalemate"	/* tests run at the top */
#define ARGS	16

static char out[32768], err[4096];	/* what the program said */
static char path[SCRATCH_PATH];

static int make_file(void **state)
{
	int ret = scratch_make(state);

	scratch_path(path, "file");
	return ret;
}

static void write_text(const char *text)
{
	scratch_write(path, text, strlen(text));
}

static void take(FILE *f, char *buf, size_t size)
{
	size_t len;

	rewind(f);
	len = fread(buf, 1, size, f);
	assert_true(len < size);
	buf[len] = '\0';
	fclose(f);
}

/* Returns the exit status. */
static int run(const char *const *args)
{
	const char *argv[ARGS + 2] = { PROGRAM };
	FILE *o = tmpfile(), *e = tmpfile();
	unsigned int i;
	int status;
	pid_t pid;

	assert_non_null(o);
	assert_non_null(e);
	for (i = 0; i < ARGS && args[i]; i++)
		argv[i + 1] = args[i];
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (dup2(fileno(o), STDOUT_FILENO) >= 0 &&
		    dup2(fileno(e), STDERR_FILENO) >= 0)
			execv(PROGRAM, (char *const *)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	take(o, out, sizeof(out));
	take(e, err, sizeof(err));
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define RUN(...)	run((const char *const []){ __VA_ARGS__, NULL })

static void expect_list(int got, const char *want)
{
	if (got != SM_EXIT_PASS || strcmp(out, want) || err[0])
		fail_msg("status %d, printed: %s, said: %s", got, out, err);
}

static void expect_usage(int got, const char *what)
{
	const char *end = strchr(err, '\n');

	if (got != SM_EXIT_USAGE || !end || end[1] || !strstr(err, what) ||
	    out[0])
		fail_msg("status %d, not '%s': %s", got, what, err);
}

static void expect_said(const char *what)
{
	if (!strstr(out, what))
		fail_msg("not '%s': %s", what, out);
}

#define LIST_RUN(...)	RUN("run", "--list-only", __VA_ARGS__)
#define LIST_MATRIX(...)	RUN("matrix", "--list-only", __VA_ARGS__)

static void runs_are_listed(void **state)
{
	(void)state;
	expect_list(LIST_RUN("--profile", "kvm,kvm+hmm"),
		    "mock.kvm.storm\nmock.kvm_hmm.storm\n");
	expect_list(LIST_RUN("--profile", "kvm", "--ops", "munmap",
			     "--defect", "no-retry"),
		    "mock.kvm.munmap.no-retry\n");
	/* Of a class with one op that is the name, of another it is a storm. */
	expect_list(LIST_RUN("--profile", "kvm", "--ops", "thp"),
		    "mock.kvm.storm\n");
	expect_list(LIST_RUN("--profile", "kvm", "--ops",
			     "@do_pagemap_scan"),
		    "mock.kvm.wp-scan\n");
	/* Whether they can run here or not. */
	expect_list(LIST_RUN("--backend", "amdgpu,template,hfi1"),
		    "amdgpu.native.storm\nhfi1.native.storm\ntemplate.native.storm\n");
}

static void profiles_are_taken_away(void **state)
{
	(void)state;
	expect_list(LIST_RUN("--profile", "kvm,hmm,kvm+hmm,-kvm"),
		    "mock.hmm.storm\nmock.kvm_hmm.storm\n");
	expect_list(LIST_RUN("--profile", "kvm,kvm+hmm,-kvm+hmm"),
		    "mock.kvm.storm\n");
	expect_list(LIST_RUN("--profile", "-all,hmm"), "mock.hmm.storm\n");
	/* As with "all", those that the defect does not fit are not meant. */
	expect_list(LIST_RUN("--profile", "-gru", "--defect", "start-only"),
		    "mock.kvm.storm.start-only\n");
	expect_usage(LIST_RUN("--profile", "kvm,-kvm"), "no profile is left");
}

/* Cells, and the names by which KTAP knows them; once, whatever the seeds. */
static void cells_are_listed(void **state)
{
	(void)state;
	expect_list(LIST_MATRIX("--profile", "kvm", "--defect", "no-retry",
				"--ops", "munmap", "--seeds", "3"),
		    "matrix.mock.kvm.munmap\nmatrix.mock.kvm.munmap.no-retry\n");
	expect_list(LIST_MATRIX("--profile", "kvm,hmm", "--defect",
				"no-retry,start-only"),
		    "matrix.mock.kvm.storm\nmatrix.mock.hmm.storm\n"
		    "matrix.mock.kvm.storm.no-retry\n"
		    "matrix.mock.hmm.storm.no-retry\n"
		    "matrix.mock.kvm.storm.start-only\n");
}

static void rows_that_cannot_show_are_dropped(void **state)
{
	(void)state;
	assert_int_equal(LIST_MATRIX("--profile", "kvm", "--memory", "anon",
				     "--ops", "-reap"), SM_EXIT_PASS);
	expect_said("matrix.mock.kvm.storm.no-retry\n");
	assert_null(strstr(out, "refuse-with-end"));
	assert_null(strstr(out, "thp-head-only"));
	expect_usage(LIST_MATRIX("--defect", "refuse-with-end", "--ops",
				 "-reap"),
		     "refuse-with-end shows only with op reap");
	expect_usage(LIST_MATRIX("--defect", "thp-head-only", "--memory",
				 "anon"),
		     "thp-head-only shows only in other memory, such as --memory anon-thp");
}

/* The names in a KTAP report, a line each. */
static void names_of(char *ktap, char *names)
{
	char *line, *save, name[256];

	*names = '\0';
	for (line = strtok_r(ktap, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "ok %*u %255s", name) == 1 ||
		    sscanf(line, "not ok %*u %255s", name) == 1)
			names += sprintf(names, "%s\n", name);
}

#define TESTS	"--backend", "mock,template", "--profile", "kvm,hmm+scif",	\
		"--ops", "munmap", "--count", "50", "--arena", "4M"

static void ktap_has_the_names_that_are_listed(void **state)
{
	char listed[sizeof(out)], names[sizeof(out)];

	(void)state;
	write_text("mock.*\tno module here\n");
	assert_int_equal(LIST_RUN(TESTS, "--skip", path), SM_EXIT_PASS);
	assert_string_equal(err, "");
	snprintf(listed, sizeof(listed), "%s", out);
	assert_int_equal(RUN("run", TESTS, "--skip", path, "--ktap"),
			 SM_EXIT_PASS);
	expect_said("ok 1 mock.kvm.munmap # SKIP no module here (/tmp/");
	expect_said("ok 3 template.native.munmap\n");
	names_of(out, names);
	assert_string_equal(names, listed);
}

static void what_is_skipped_is_told(void **state)
{
	(void)state;
	write_text("# all of it\ntemplate.*  hangs\ntemplate.nativ.*\n");
	assert_int_equal(RUN("run", "--backend", "template", "--skip", path),
			 SM_EXIT_SKIP);
	expect_said("skip       template.native.storm");
	expect_said("hangs (/tmp/");
	assert_non_null(strstr(err, ":3: 'template.nativ.*' matches no test"));
	/* The reason is not what it lacks. */
	write_text("amdgpu.native.storm slow\n");
	assert_int_equal(RUN("run", "--backend", "amdgpu", "--skip", path),
			 SM_EXIT_SKIP);
	expect_said("slow (/tmp/");
}

static void a_bad_file_is_told(void **state)
{
	(void)state;
	write_text("mock.kvm.storm\nmock,kvm\n");
	expect_usage(LIST_RUN("--skip", path), ":2: 'mock,kvm' is no test");
	expect_usage(LIST_MATRIX("--skip", "/nosuch"),
		     "/nosuch: No such file");
}

/* To avoid what a kernel is without would leave out what it does well. */
static void a_kernel_is_without_what_is_gone(void **state)
{
	const uint64_t uprobe = SM_BIT(SM_KNOWN_UPROBE_RANGE);
	const uint64_t hugetlb = SM_BIT(SM_KNOWN_HUGETLB_RANGE);
	const uint64_t migrate = SM_BIT(SM_KNOWN_MIGRATE_LEAK);
	const uint64_t dax = SM_BIT(SM_KNOWN_DAX_WAIT) |
			     SM_BIT(SM_KNOWN_DAX_WRITE);
	const uint64_t old = uprobe | hugetlb;
	const uint64_t all = old | SM_BIT(SM_KNOWN_HUGETLB_FORK);

	(void)state;
	assert_int_equal(sm_known_gone("6.12.117+deb12-amd64"), all | dax);
	assert_int_equal(sm_known_gone("6.14.8"), all | dax);
	assert_int_equal(sm_known_gone("6.15.0-rc1"), all);
	assert_int_equal(sm_known_gone("7.3.4+deb13-amd64"), all | migrate);
	assert_int_equal(sm_known_gone("10.0"), all | migrate);
	assert_int_equal(sm_known_gone("6.1.192-amd64"), (all & ~uprobe) | dax);
	assert_int_equal(sm_known_gone("5.16.20"), (all & ~old) | dax);
	assert_int_equal(sm_known_gone("5.10.0-30-amd64"), dax);
}

static void what_the_matrix_has_not_is_told(void **state)
{
	(void)state;
	expect_usage(RUN("matrix", "--count", "5"), "use --duration and --limit");
	expect_usage(RUN("matrix", "--backend=kvm"), "--backend: the mock alone");
	expect_usage(RUN("matrix", "--keep-going"), "first violation");
	expect_usage(RUN("matrix", "--oracles", "late"), "all of them may accuse");
	expect_usage(RUN("matrix", "--avoid", "all"), "--avoid: nothing");
	expect_usage(RUN("matrix", "--ops", "nosuch"), "unknown op 'nosuch'");
	expect_usage(LIST_MATRIX("--arena", "3M"), "arena");
	/* And of run what only the matrix has. */
	assert_int_equal(RUN("run", "--limit", "5"), SM_EXIT_USAGE);
}

/* Each of them, by both commands; what others make of them is theirs to test. */
static void what_both_have_is_taken(void **state)
{
	static const char *const commands[] = { "run", "matrix" };
	unsigned int i;

	(void)state;
	write_text("");
	for (i = 0; i < 2; i++) {
		assert_int_equal(RUN(commands[i], "--list-only", "--threads=1",
				     "--agents=1", "--arena=4M", "--amplify=0",
				     "--memory=-file", "--seed=1",
				     "--allow-splat=x", "--ktap", "--skip", path,
				     "--json=/nosuch/j", "--journal=/nosuch/a",
				     "--resume=/nosuch/b"), SM_EXIT_PASS);
		assert_string_equal(err, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_are_listed),
		cmocka_unit_test(a_kernel_is_without_what_is_gone),
		cmocka_unit_test(profiles_are_taken_away),
		cmocka_unit_test(cells_are_listed),
		cmocka_unit_test(rows_that_cannot_show_are_dropped),
		cmocka_unit_test(ktap_has_the_names_that_are_listed),
		cmocka_unit_test(what_is_skipped_is_told),
		cmocka_unit_test(a_bad_file_is_told),
		cmocka_unit_test(what_the_matrix_has_not_is_told),
		cmocka_unit_test(what_both_have_is_taken),
	};

	return cmocka_run_group_tests(tests, make_file, scratch_remove);
}
