// SPDX-License-Identifier: GPL-2.0-only
/* A command of the user's that is told of what got worse: see hook.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/await.h"
#include "base/child.h"
#include "base/util.h"
#include "history_show.h"
#include "hook.h"
#include "session/member.h"

static void set_number(const char *name, struct json_object *counts,
		       const char *key)
{
	char s[24];

	snprintf(s, sizeof(s), "%llu",
		 (unsigned long long)sm_member_number(counts, key));
	setenv(name, s, 1);
}

static void set_environment(struct json_object *compared)
{
	struct json_object *counts = sm_member_get(compared, "counts");

	setenv("STALEMATE_NIGHT_A", sm_member_text(compared, "a"), 1);
	setenv("STALEMATE_NIGHT_B", sm_member_text(compared, "b"), 1);
	set_number("STALEMATE_NEW", counts, "new");
	set_number("STALEMATE_ONCE", counts, "once");
	set_number("STALEMATE_GONE", counts, "gone");
}

/*
 * All of the text, in a file: who does not read a pipe, or closes it, would hold up
 * or end who writes.
 */
static int open_text(struct json_object *compared)
{
	int fd = memfd_create("compared", MFD_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(dup(fd), "w");

	if (f) {
		sm_history_show_compare(f, compared);
		if (!fclose(f) && !lseek(fd, 0, SEEK_SET))
			return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* ---- signals --------------------------------------------------------------- */

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

/* For a handler: the first that came, and the group that gets them. */
static int asked;
static pid_t group;

/* It is in a group of its own, so a terminal, or who knows us alone, does not reach it. */
static void pass_on(int nr)
{
	if (!sm_read(&asked))
		sm_write(&asked, nr);
	if (sm_read(&group))
		kill(-sm_read(&group), nr);
}

/* What is ignored above stays so below. */
static void catch_signals(struct sigaction *old)
{
	struct sigaction act = { .sa_handler = pass_on };
	unsigned int i;

	sigemptyset(&act.sa_mask);
	for (i = 0; i < SM_ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], NULL, &old[i]);
		if (old[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &act, NULL);
	}
}

static void release_signals(const struct sigaction *old)
{
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &old[i], NULL);
}

/* One may have come before there was a group. */
static void begin_group(pid_t pid)
{
	setpgid(pid, pid);
	sm_write(&group, pid);
	if (sm_read(&asked))
		kill(-pid, sm_read(&asked));
}

/* ---- running it ------------------------------------------------------------ */

/* A group of its own: what it has started goes with it. */
static void __attribute__((noreturn)) hook_exec(const char *command, int text)
{
	struct sigaction act;
	sigset_t none;
	unsigned int i;

	setpgid(0, 0);
	/* What is for it, and comes before it is another program, is not ours to hear. */
	for (i = 0; i < SM_ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], NULL, &act);
		if (act.sa_handler == pass_on)
			signal(signals[i], SIG_DFL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(text, STDIN_FILENO);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static int hook_start(const char *command, struct json_object *compared,
		      pid_t *pid)
{
	int text;

	set_environment(compared);
	text = open_text(compared);
	if (text < 0)
		return -EIO;
	fflush(NULL);
	*pid = sm_child_fork();
	if (!*pid)
		hook_exec(command, text);
	close(text);
	if (*pid < 0)
		return *pid;
	begin_group(*pid);
	return 0;
}

int sm_hook_run(const char *command, struct json_object *compared,
		unsigned int seconds)
{
	struct sm_patience p = { .naps = seconds * 1000 / SM_AWAIT_NAP_MS };
	struct sigaction old[SM_ARRAY_SIZE(signals)];
	struct sm_child_end end = { 0 };
	pid_t pid = 0;
	int err;

	catch_signals(old);
	err = hook_start(command, compared, &pid);
	if (!err)
		err = sm_child_wait(pid, &end, &p);
	sm_write(&group, 0);
	if (pid > 0 && (err == -ETIMEDOUT || sm_read(&asked)))
		kill(-pid, SIGKILL);
	release_signals(old);
	if (sm_read(&asked))
		raise(sm_read(&asked));
	if (err)
		return err;
	return end.status ? -ECHILD : 0;
}
