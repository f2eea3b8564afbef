// SPDX-License-Identifier: GPL-2.0-only
/* Keeping a process that may crash, hang or refuse to die: see keeper.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"
#include "keeper.h"
#include "signals.h"

#define END_POLL_MS	20

#ifndef SYS_close_range
#define SYS_close_range	436
#endif

static struct timespec keeper_time(int ms)
{
	return (struct timespec){
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * SM_MSEC,
	};
}

/* Memory that runs out is the runner's doing, and never the session's. */
static void keeper_offer(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "1000", 4) < 0)
		errno = 0;	/* it is a wish */
	close(fd);
}

/*
 * The descriptors are the session's: its journal, its kernel log, the pipe that its
 * output goes to. Whoever hangs in the kernel would hold them for ever.
 */
static void keeper_let_go(void)
{
	int fd, null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
}

static void __attribute__((noreturn))
keeper_child(pid_t parent, void (*fn)(void *arg), void *arg)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	setpgid(0, 0);
	keeper_let_go();
	sm_signals_release();
	signal(SIGXFSZ, SIG_DFL);
	keeper_offer();
	fn(arg);
	_exit(EXIT_SUCCESS);
}

int sm_keeper_start(struct sm_keeper *k, void (*fn)(void *arg), void *arg)
{
	pid_t parent = getpid();
	int err;

	memset(k, 0, sizeof(*k));
	/* What the runner's children leave behind comes to us, to be waited for. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* Else the child would print it once more. */
	fflush(NULL);
	k->pid = fork();
	if (!k->pid)
		keeper_child(parent, fn, arg);
	if (k->pid < 0)
		return -errno;
	/* Both do it, as nobody knows who comes first. */
	setpgid(k->pid, k->pid);
	k->fd = syscall(SYS_pidfd_open, k->pid, 0);
	if (k->fd >= 0)
		return 0;
	err = -errno;
	sm_keeper_end(k, NULL, SM_KEEPER_LOOKS);
	return err;
}

static void keeper_reap(struct sm_keeper *k)
{
	if (waitpid(k->pid, &k->status, WNOHANG) != k->pid)
		return;
	k->gone = true;
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}

bool sm_keeper_wait(struct sm_keeper *k, int other, int ms,
		    const sigset_t *mask)
{
	struct timespec limit = keeper_time(ms);
	struct pollfd fds[] = {
		{ .fd = k->fd, .events = POLLIN },
		{ .fd = other, .events = POLLIN },
	};

	if ((ppoll(fds, SM_ARRAY_SIZE(fds), &limit, mask) > 0 &&
	     fds[0].revents) || k->fd < 0)
		keeper_reap(k);
	return k->gone;
}

/*
 * A group exists for as long as there is a process in it, dead ones included: those
 * that have become ours are waited for.
 */
bool sm_keeper_is_gone(pid_t group)
{
	int status;

	while (waitpid(-group, &status, WNOHANG) > 0)
		continue;
	return kill(-group, 0) < 0 && errno == ESRCH;
}

bool sm_keeper_end(struct sm_keeper *k, const sigset_t *mask,
		   unsigned int looks)
{
	unsigned int i;

	for (i = 0; i < looks; i++) {
		kill(-k->pid, SIGKILL);
		if (k->gone || sm_keeper_wait(k, -1, END_POLL_MS, mask)) {
			if (sm_keeper_is_gone(k->pid))
				return true;
			sm_util_nap(i ? END_POLL_MS * SM_MSEC : SM_MSEC);
		}
	}
	return false;
}

static unsigned int keeper_add_tasks(const char *pid, pid_t *tids,
				     unsigned int nr)
{
	struct dirent *d;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.16s/task", pid);
	dir = opendir(path);
	while (dir && nr < SM_KEEPER_TASKS && (d = readdir(dir)))
		if (d->d_name[0] != '.')
			tids[nr++] = atoi(d->d_name);
	if (dir)
		closedir(dir);
	return nr;
}

unsigned int sm_keeper_tasks(const struct sm_keeper *k,
			     pid_t tids[SM_KEEPER_TASKS])
{
	DIR *proc = opendir("/proc");
	unsigned int nr = 0;
	struct dirent *d;

	while (proc && (d = readdir(proc)))
		if (atoi(d->d_name) > 0 &&
		    getpgid(atoi(d->d_name)) == k->pid)
			nr = keeper_add_tasks(d->d_name, tids, nr);
	if (proc)
		closedir(proc);
	return nr;
}
