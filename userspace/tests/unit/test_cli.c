// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program itself, as it is started: by whom it is, and where to it prints.
 * Nothing here needs the module, and nothing loads it.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "session/status.h"

#define PROGRAM		"userspace/stalemate"	/* tests run at the top */
#define ARGS		16
#define COMBOS		300

/* A storm that needs nothing, and is over soon. */
#define STORM		"run", "--backend", "template", "--count", "50",	\
			"--arena", "4M"

static char dir[32];
static char json[sizeof(dir) + 16];
static char journal[sizeof(dir) + 16];
static char said[4096];		/* on standard error */
static bool ignore_children;

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/stalemate-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(json, sizeof(json), "%s/run.json", dir);
	snprintf(journal, sizeof(journal), "%s/run.jsonl", dir);
	return 0;
}

static int remove_dir(void **state)
{
	char old[sizeof(journal) + 4];

	(void)state;
	snprintf(old, sizeof(old), "%s.old", journal);
	unlink(json);
	unlink(journal);
	unlink(old);
	return rmdir(dir);
}

/* In the child: standard output is @out, closed if that is -1. */
static void start(int out, int err, const char *const *args)
{
	const char *argv[ARGS + 2] = { PROGRAM };
	unsigned int i;

	for (i = 0; i < ARGS && args[i]; i++)
		argv[i + 1] = args[i];
	if (dup2(err, STDERR_FILENO) < 0)
		_exit(127);
	if (out < 0)
		close(STDOUT_FILENO);
	else if (dup2(out, STDOUT_FILENO) < 0)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, ignore_children ? SIG_IGN : SIG_DFL);
	execv(PROGRAM, (char *const *)argv);
	_exit(127);
}

/* Returns the exit status; what it said is in @said. */
static int run(int out, const char *const *args)
{
	size_t len = 0;
	int pipe_fds[2];
	int status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		start(out, pipe_fds[1], args);
	close(pipe_fds[1]);
	while (len + 1 < sizeof(said)) {
		n = read(pipe_fds[0], said + len, sizeof(said) - 1 - len);
		if (n <= 0)
			break;
		len += n;
	}
	said[len] = '\0';
	close(pipe_fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		fail_msg("%s: killed by signal %d", args[0], WTERMSIG(status));
	return WEXITSTATUS(status);
}

#define RUN(out, ...)							\
	run(out, (const char *const []){ __VA_ARGS__, NULL })

static int open_null(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* A pipe that nobody reads any more. */
static int open_closed(void)
{
	int pipe_fds[2];

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	close(pipe_fds[0]);
	return pipe_fds[1];
}

/* The results' own verdict, and that of each run. */
static void expect_results(unsigned int runs, const char *verdict)
{
	struct json_object *root = json_object_from_file(json);
	struct json_object *value;

	assert_non_null(root);
	value = json_object_object_get(root, "runs");
	assert_int_equal(json_object_array_length(value), runs);
	value = json_object_object_get(root, "verdict");
	assert_string_equal(json_object_get_string(value), verdict);
	json_object_put(root);
	unlink(json);
}

static void expect_broken(int got, const char *what)
{
	const char *end = strchr(said, '\n');

	if (got != SM_EXIT_BROKEN || !end || end[1] ||
	    !strstr(said, "cannot write to standard output"))
		fail_msg("%s: status %d, said: %s", what, got, said);
}

static void a_full_disk_is_told(void **state)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(full >= 0);
	expect_broken(RUN(full, "--version"), "--version");
	expect_broken(RUN(full, "--help"), "--help");
	expect_broken(RUN(full, "run", "--help"), "run --help");
	expect_broken(RUN(full, "list", "ops"), "list");
	expect_broken(RUN(full, "list", "ops", "--json"), "list --json");
	expect_broken(RUN(full, "probe"), "probe");
	expect_broken(RUN(full, "probe", "--json"), "probe --json");
	expect_broken(RUN(full, STORM, "--json", json), "run");
	expect_results(1, "pass");
	expect_broken(RUN(full, STORM, "--ktap"), "run --ktap");
	close(full);
}

/* What is printed would go to the first file that is opened. */
static void a_closed_output_is_told(void **state)
{
	(void)state;
	expect_broken(RUN(-1, "list", "ops"), "list");
	expect_broken(RUN(-1, STORM, "--json", json), "run");
	expect_results(1, "pass");
}

static void who_prints_nothing_does_not_fail_to(void **state)
{
	(void)state;
	assert_int_equal(RUN(-1, "list", "nosuch"), SM_EXIT_USAGE);
}

static void a_reader_that_goes_loses_no_results(void **state)
{
	int out = open_closed();

	(void)state;
	expect_broken(RUN(out, STORM, "--json", json), "run");
	expect_results(1, "pass");
	expect_broken(RUN(out, STORM, "--ktap", "--json", json), "run --ktap");
	expect_results(1, "pass");
	expect_broken(RUN(out, "list", "ops"), "list");
	close(out);
}

/* Who ignores SIGCHLD leaves that to the programs that he starts. */
static void children_can_be_waited_for(void **state)
{
	int out = open_null(), got;

	(void)state;
	ignore_children = true;
	got = RUN(out, STORM, "--ops", "fork-cow", "--json", json);
	ignore_children = false;
	close(out);
	assert_int_equal(got, SM_EXIT_PASS);
	expect_results(1, "pass");
}

/* What became of the runs of a backend, the first of which says why. */
static struct json_object *find_run(struct json_object *root,
				    const char *backend)
{
	struct json_object *runs = json_object_object_get(root, "runs");
	struct json_object *o;
	size_t i;

	for (i = 0; i < json_object_array_length(runs); i++) {
		o = json_object_array_get_idx(runs, i);
		if (!strcmp(json_object_get_string(json_object_object_get(o,
									  "backend")),
			    backend))
			return o;
	}
	fail_msg("no run of %s", backend);
	return NULL;
}

static void expect_left_out(const char *backend, const char *why)
{
	struct json_object *root = json_object_from_file(json);
	struct json_object *o, *v;

	assert_non_null(root);
	o = find_run(root, backend);
	v = json_object_object_get(o, "verdict");
	assert_string_equal(json_object_get_string(v), "skip");
	v = json_object_object_get(o, "reason");
	assert_non_null(v);
	if (!strstr(json_object_get_string(v), why))
		fail_msg("%s: %s", backend, json_object_get_string(v));
	json_object_put(root);
}

/* Ops of gntdev, where there may be one or not; it is not started here. */
static void all_leaves_out_who_has_none(void **state)
{
	int out = open_null(), got;

	(void)state;
	if (!access("/sys/hypervisor/type", F_OK))
		skip();
	got = RUN(out, "run", "--backend", "all", "--ops", "grant-pin",
		  "--json", json);
	assert_int_equal(got, SM_EXIT_SKIP);
	expect_left_out("mock", "none of the ops is one of backend mock");
	expect_left_out("kvm", "none of the ops is one of backend kvm");
	expect_left_out("gntdev", "Xen");
	got = RUN(out, "run", "--backend", "all", "--ops", "grant-pin",
		  "--defect", "no-invalidate", "--json", json);
	assert_int_equal(got, SM_EXIT_SKIP);
	expect_left_out("mock", "no-invalidate is for real drivers");
	unlink(json);
	/* Asked for by name, or nobody has them: a mistake. */
	assert_int_equal(RUN(out, "run", "--backend", "mock,gntdev",
			     "--ops", "grant-pin"), SM_EXIT_USAGE);
	assert_int_equal(RUN(out, "run", "--backend", "all", "--ops",
			     "grant-pin", "--defect", "no-retry"),
			 SM_EXIT_USAGE);
	close(out);
}

/*
 * The last of @nr combinations of profiles cannot have the defect that all others
 * can have: who looks at all of them says so.
 */
static void expect_all_seen(unsigned int nr)
{
	static const char *const names[] = {
		"hmm", "umem-odp", "amdgpu", "hfi1", "scif", "gru", "gntdev",
	};
	const unsigned int n = SM_ARRAY_SIZE(names);
	char list[COMBOS * 32] = "";
	size_t used = 0;
	unsigned int i;
	int out;

	for (i = 0; i + 1 < nr; i++)
		used += snprintf(list + used, sizeof(list) - used,
				 "kvm+%s+%s+%s,", names[i % n],
				 names[i / n % n], names[i / n / n]);
	snprintf(list + used, sizeof(list) - used, "hmm");
	out = open_null();
	assert_int_equal(RUN(out, "run", "--profile", list, "--defect",
			     "no-release"), SM_EXIT_USAGE);
	close(out);
	assert_non_null(strstr(said, "defect no-release exists only in profile"));
}

static void nothing_is_cut(void **state)
{
	(void)state;
	expect_all_seen(33);
	expect_all_seen(COMBOS);
}

/* Nothing that a run does could be left out; but "all" goes on. */
static void what_cannot_be_avoided_is_told(void **state)
{
	int out = open_null();

	(void)state;
	assert_int_equal(RUN(out, STORM, "--avoid", "rxe-copy,refused-start"),
			 SM_EXIT_USAGE);
	assert_non_null(strstr(said, "refused-start: nothing can be left out"));
	assert_int_equal(RUN(out, STORM, "--avoid", "all"), SM_EXIT_PASS);
	assert_int_equal(RUN(out, STORM, "--avoid", "rxe-copy"), SM_EXIT_PASS);
	assert_int_equal(RUN(out, STORM, "--avoid", "zap-dirty,mprotect-dirty"),
			 SM_EXIT_PASS);
	close(out);
}

/* Does it run modprobe? One of ours comes first, and leaves a file. */
static bool loads(const char *const *args)
{
	char path[4096], mark[sizeof(dir) + 16], tool[sizeof(dir) + 16];
	const char *old = getenv("PATH");
	int out = open_null();
	bool loaded;
	FILE *f;

	snprintf(mark, sizeof(mark), "%s/loaded", dir);
	snprintf(tool, sizeof(tool), "%s/modprobe", dir);
	f = fopen(tool, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n: >%s\nexit 1\n", mark);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(tool, 0755), 0);
	snprintf(path, sizeof(path), "%s:%s", dir, old ? old : "/bin");
	setenv("PATH", path, 1);
	run(out, args);
	setenv("PATH", strchr(path, ':') + 1, 1);
	close(out);
	unlink(tool);
	loaded = !access(mark, F_OK);
	unlink(mark);
	return loaded;
}

#define LOADS(...)	loads((const char *const []){ __VA_ARGS__, NULL })

/* A backend of which nothing is left to run is not probed. */
static void who_skips_all_loads_nothing(void **state)
{
	char path[sizeof(dir) + 16];
	FILE *f;

	(void)state;
	if (geteuid() || !access("/dev/stalemate", F_OK))
		skip();
	snprintf(path, sizeof(path), "%s/skip", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs("mock.*\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	/* "all" would ask which profiles there are. */
	assert_false(LOADS("run", "--profile", "kvm", "--skip", path));
	unlink(path);
}

static void who_asks_loads_nothing(void **state)
{
	static const char *const tables[] = {
		"backends", "profiles", "ops", "oracles", "defects",
		"emitters", "known",
	};
	unsigned int i;

	(void)state;
	/* Nobody but root tries to, and there is nothing to try then. */
	if (geteuid() || !access("/dev/stalemate", F_OK))
		skip();
	assert_false(LOADS("probe"));
	assert_false(LOADS("probe", "--json"));
	for (i = 0; i < SM_ARRAY_SIZE(tables); i++)
		assert_false(LOADS("list", tables[i]));
	assert_false(LOADS("run", "--list-only"));
	assert_false(LOADS("matrix", "--list-only"));
	assert_true(LOADS("probe", "--load"));
	assert_true(LOADS("list", "ops", "--load"));
	assert_true(LOADS("run", "--duration", "1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_disk_is_told),
		cmocka_unit_test(a_closed_output_is_told),
		cmocka_unit_test(who_prints_nothing_does_not_fail_to),
		cmocka_unit_test(a_reader_that_goes_loses_no_results),
		cmocka_unit_test(children_can_be_waited_for),
		cmocka_unit_test(all_leaves_out_who_has_none),
		cmocka_unit_test(nothing_is_cut),
		cmocka_unit_test(what_cannot_be_avoided_is_told),
		cmocka_unit_test(who_asks_loads_nothing),
		cmocka_unit_test(who_skips_all_loads_nothing),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
