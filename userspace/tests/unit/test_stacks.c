// SPDX-License-Identifier: GPL-2.0-only
/* Where processes are in the kernel: a group of our own, asleep. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/stacks.h"

static pid_t group;
static int ready[2], hold[2];

/* In read(): until the test lets go of the other end. */
static void *wait_there(void *arg)
{
	char c;

	if (write(ready[1], "x", 1) != 1 || read(hold[0], &c, 1) < 0)
		_exit(1);
	return arg;
}

static void be_group(void)
{
	pthread_t thread;

	setpgid(0, 0);
	close(hold[1]);
	prctl(PR_SET_NAME, "odd\1) (\nx");
	/* A child of the runner: in its group, and not its thread. */
	if (!fork()) {
		prctl(PR_SET_NAME, "victim");
		wait_there(NULL);
		_exit(0);
	}
	if (pthread_create(&thread, NULL, wait_there, NULL))
		_exit(1);
	pthread_setname_np(thread, "storm-1");
	wait_there(NULL);
	_exit(0);
}

static int start(void **state)
{
	unsigned int n = 0;
	char c;

	(void)state;
	if (pipe(ready) || pipe(hold))
		return -1;
	group = fork();
	if (!group)
		be_group();
	while (n < 3)
		n += read(ready[0], &c, 1) == 1;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	close(hold[1]);
	kill(-group, SIGKILL);
	return waitpid(group, NULL, 0) != group;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

/* The three may be on their way into read() yet, and so be seen as running. */
static void each_thread_is_told_of(void **state)
{
	char text[16384], first[64];

	(void)state;
	assert_int_equal(sm_stacks_read(group, text, sizeof(text)), 3);
	snprintf(first, sizeof(first), "thread %d (odd?) () of process %d: ", group,
		 group);
	has(text, first);
	has(text, "(storm-1) of process ");
	has(text, "(victim) of process ");
	if (strstr(text, "system call not readable"))
		has(text, "stack not readable: ");
}

static void where_it_sleeps_is_told(void **state)
{
	char text[16384];
	unsigned int tries;

	(void)state;
	for (tries = 0; tries < 10000; tries++) {
		sm_stacks_read(group, text, sizeof(text));
		if (!strstr(text, "running"))
			break;
	}
	if (strstr(text, "not readable"))
		skip();
	has(text, "asleep, wchan ");
	/* The number of read(), and the pipe. */
	has(text, "system call ");
	has(text, "\t[<0>] ");
	has(text, "pipe_read+0x");
}

static void too_much_is_cut(void **state)
{
	char *text;
	size_t size;

	(void)state;
	for (size = 8; size < 3000; size += 7) {
		text = malloc(size);
		assert_non_null(text);
		sm_stacks_read(group, text, size);
		assert_non_null(memchr(text, '\0', size));
		assert_true(strlen(text) >= 4);
		assert_int_equal(text[strlen(text) - 1], '\n');
		if (size < 64)
			has(text, "...\n");
		free(text);
	}
}

static void nobody_is_nothing(void **state)
{
	char text[64];

	(void)state;
	/* More than a PID may be. */
	assert_int_equal(sm_stacks_read(1 << 30, text, sizeof(text)), 0);
	assert_string_equal(text, "");
}

static void the_dead_have_no_stack(void **state)
{
	char text[4096];
	siginfo_t info;

	(void)state;
	kill(-group, SIGKILL);
	assert_int_equal(waitid(P_PID, group, &info, WEXITED | WNOWAIT), 0);
	assert_true(sm_stacks_read(group, text, sizeof(text)) >= 1);
	if (!strstr(text, "not readable"))
		has(text, "has ended");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_thread_is_told_of),
		cmocka_unit_test(where_it_sleeps_is_told),
		cmocka_unit_test(too_much_is_cut),
		cmocka_unit_test(nobody_is_nothing),
		cmocka_unit_test(the_dead_have_no_stack),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
