// SPDX-License-Identifier: GPL-2.0-only
/* Processes of a run: forking them, and waiting for them. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "await.h"
#include "child.h"
#include "util.h"

#define DEATH_SHARE	6	/* of sm_await_naps, for one that was killed */

/* ---- forking ------------------------------------------------------------- */

/*
 * Nobody but its parent ends a child: a signal that is meant for all of us, like
 * the terminal's, is for the parent to act on. Faults cannot be put off, and one
 * of them may have a handler.
 */
static void child_signals(sigset_t *set)
{
	static const int faults[] = {
		SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT,
	};
	unsigned int i;

	sigfillset(set);
	for (i = 0; i < SM_ARRAY_SIZE(faults); i++)
		sigdelset(set, faults[i]);
}

/* The parent may have gone before the kernel was told to look after it. */
static void child_begin(pid_t parent, const sigset_t *blocked)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	pthread_sigmask(SIG_SETMASK, blocked, NULL);
}

/*
 * sm_child_fork() - as fork(), but it returns a negative errno. It keeps all
 * descriptors. The parent may have threads: as with _Fork(), which C libraries
 * have only of late, no handlers are run, whose locks another thread may hold;
 * so the child must not allocate, nor call anything else that takes a lock.
 * Neither a stack nor thread-local storage is asked for: the child goes on here.
 */
pid_t sm_child_fork(void)
{
	pid_t parent = getpid(), child;
	sigset_t all, blocked, old;

	sigfillset(&all);
	child_signals(&blocked);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	child = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (child < 0)
		child = -errno;
	if (!child)
		child_begin(parent, &blocked);
	else
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	return child;
}

/* ---- waiting ------------------------------------------------------------- */

/* The letter behind the name, which may hold anything; 0 if there is none. */
static char child_state(pid_t pid)
{
	char path[32], stat[256], *name;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (sm_util_read_file(path, stat, sizeof(stat)) <= 0)
		return 0;
	name = strrchr(stat, ')');
	return name && name[1] == ' ' ? name[2] : 0;
}

/* @fd wakes who waits for its end: no stop does that, nor a kernel without. */
static int child_await(pid_t pid, int fd, int *status, struct sm_patience *p)
{
	struct pollfd f = { .fd = fd, .events = POLLIN };
	pid_t who;

	for (;;) {
		who = waitpid(pid, status, WNOHANG);
		if (who)
			return who < 0 ? -errno : 0;
		if (!sm_await_more(p))
			return -ETIMEDOUT;
		poll(&f, 1, SM_AWAIT_NAP_MS);
	}
}

/* A tracee that stops on the way is let go. */
static int child_await_end(pid_t pid, int fd, int *status,
			   struct sm_patience *p)
{
	int err;

	for (;;) {
		err = child_await(pid, fd, status, p);
		if (err || !WIFSTOPPED(*status))
			return err;
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
	}
}

/*
 * sm_child_wait() - wait until @pid has ended, or kill it.
 *
 * Returns 0 if it ended by itself. Else -ETIMEDOUT, and @end tells what it did
 * and whether it is still there; or another negative errno.
 */
int sm_child_wait(pid_t pid, struct sm_child_end *end, struct sm_patience *p)
{
	struct sm_patience death = { .beats = p->beats };
	int fd = syscall(SYS_pidfd_open, pid, 0);
	int err;

	memset(end, 0, sizeof(*end));
	err = child_await_end(pid, fd, &end->status, p);
	if (err == -ETIMEDOUT) {
		end->state = child_state(pid);
		kill(pid, SIGKILL);
		death.naps = sm_await_naps / DEATH_SHARE;
		end->left = child_await_end(pid, fd, &end->status, &death);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

/*
 * sm_child_stop() - wait until @pid, a tracee, stops or ends. Returns 0,
 * -ETIMEDOUT, or another negative errno; sm_child_wait() must follow.
 */
int sm_child_stop(pid_t pid, int *status, struct sm_patience *p)
{
	return child_await(pid, -1, status, p);
}

/* sm_child_tell() - what a child did that had to be killed, for a message. */
const char *sm_child_tell(const struct sm_child_end *end)
{
	if (end->left)
		return "hangs in the kernel, and cannot be killed";
	switch (end->state) {
	case 'T':
		return "was stopped, and not by us";
	case 't':
		return "was stopped by a debugger";
	case 'D':
		return "waited in the kernel";
	case 'R':
		return "ran on";
	default:
		return "waited";
	}
}
