// SPDX-License-Identifier: GPL-2.0-only
/*
 * stalemate: finds stale translations in secondary MMUs.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/backends.h"
#include "cli.h"
#include "run/choose.h"
#include "session/status.h"

const char *argp_program_version = "stalemate " STALEMATE_VERSION;

struct command {
	const char *name;
	int (*main)(int argc, char **argv);
};

static const struct command commands[] = {
	{ "probe", sm_probe_command },
	{ "list", sm_list_command },
	{ "run", sm_run_command },
	{ "matrix", sm_matrix_command },
	{ "bench", sm_bench_command },
	{ "report", sm_report_command },
	{ "history", sm_history_command },
	{ NULL, NULL }
};

static const char doc[] =
	"Find stale translations in secondary MMUs.\vCommands:\n"
	"  probe    which backends can run here, and what the others lack\n"
	"  list     backends, profiles, ops, oracles, defects or emitters\n"
	"  run      run storms and judge them\n"
	"  matrix   every seeded defect against every profile\n"
	"  bench    what mirroring and checking costs\n"
	"  report   what a session found, by its journal\n"
	"  history  what many nights found, and what got worse\n"
	"\n"
	"Exit status:\n"
	"  0 pass, 1 fail, 4 skip, 64 usage, 69 broken, 124 time-out\n"
	"\n"
	"`stalemate COMMAND --help' tells more, stalemate(1) tells all.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_ARG:
		/* The rest belongs to the command. */
		state->next--;
		*(int *)state->input = state->next;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no command given");
		return 0;
	default:
		(void)arg;
		return ARGP_ERR_UNKNOWN;
	}
}

static void unknown_command(const char *name)
{
	const struct command *c;

	fprintf(stderr, "stalemate: unknown command '%s'; known:", name);
	for (c = commands; c->name; c++)
		fprintf(stderr, " %s", c->name);
	fputc('\n', stderr);
}

/*
 * Who started us may have closed what everybody expects to be open: a file of
 * ours would take its place, and get what is printed. So it is taken, by something
 * that cannot be written to, or read from.
 */
static void hold_standard(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd ? O_RDONLY : O_WRONLY) < 0)
			_exit(SM_EXIT_BROKEN);
}

/*
 * A reader that goes away, or a file that must not grow any more, is no reason to
 * die with a run half done: it ends, its results are written, and then what could
 * not be written is an error. A child that ends has to be there to wait for, which
 * it is not while SIGCHLD is ignored; that, too, can be inherited.
 */
static void set_signals(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
}

/* What the command returned. */
static int status;

/*
 * At exit, as argp exits by itself after --help. A finding is not hidden by this;
 * who has printed nothing has not failed to.
 */
static void close_stdout(void)
{
	bool failed = ferror(stdout);

	/* Why is forgotten, if it was not the end that could not be written. */
	if (failed)
		putchar('\n');
	errno = 0;
	if (fclose(stdout))
		failed = true;
	if (!failed)
		return;
	fprintf(stderr, "stalemate: cannot write to standard output%s%s\n",
		errno ? ": " : "", errno ? strerror(errno) : "");
	_exit(status == SM_EXIT_FAIL ? SM_EXIT_FAIL : SM_EXIT_BROKEN);
}

int main(int argc, char **argv)
{
	const struct argp argp = {
		.parser = parse,
		.args_doc = "COMMAND [OPTION...]",
		.doc = doc,
	};
	const struct command *c;
	char name[64];
	int first = argc;

	hold_standard();
	set_signals();
	atexit(close_stdout);
	argp_err_exit_status = SM_EXIT_USAGE;
	if (sm_choose_fill(sm_backends)) {
		fprintf(stderr, "stalemate: more ops than there is room for\n");
		return SM_EXIT_BROKEN;
	}
	sm_cli_catalogue();
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &first);
	if (first >= argc)
		return SM_EXIT_USAGE;
	for (c = commands; c->name; c++) {
		if (strcmp(c->name, argv[first]))
			continue;
		snprintf(name, sizeof(name), "stalemate %s", c->name);
		argv[first] = name;
		status = c->main(argc - first, argv + first);
		return status;
	}
	unknown_command(argv[first]);
	return SM_EXIT_USAGE;
}
