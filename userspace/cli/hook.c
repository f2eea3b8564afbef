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

/* A group of its own: what it has started goes with it. */
static void __attribute__((noreturn)) hook_exec(const char *command, int text)
{
	sigset_t none;

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(text, STDIN_FILENO);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

int sm_hook_run(const char *command, struct json_object *compared,
		unsigned int seconds)
{
	struct sm_patience p = { .naps = seconds * 1000 / SM_AWAIT_NAP_MS };
	struct sm_child_end end;
	int err, text;
	pid_t pid;

	set_environment(compared);
	text = open_text(compared);
	if (text < 0)
		return -EIO;
	fflush(NULL);
	pid = sm_child_fork();
	if (!pid)
		hook_exec(command, text);
	close(text);
	if (pid < 0)
		return pid;
	setpgid(pid, pid);
	err = sm_child_wait(pid, &end, &p);
	if (err == -ETIMEDOUT)
		kill(-pid, SIGKILL);
	if (err)
		return err;
	return end.status ? -ECHILD : 0;
}
