// SPDX-License-Identifier: GPL-2.0-only
/* Processes of a run: they go with who forked them, and nobody waits for ever. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/await.h"
#include "base/child.h"
#include "base/util.h"
#include "wrap_child.h"

#define NAPS	25	/* patience of what has to run out */

static bool immortal;
static bool orphaned;

/* A process that hangs in the kernel is one that no signal reaches. */
int __wrap_kill(pid_t pid, int sig)
{
	return immortal ? 0 : __real_kill(pid, sig);
}

/* The parent dies just before its child says that it wants to die with it. */
int __wrap_prctl(int option, ...)
{
	unsigned long arg;
	pid_t parent = getppid();
	va_list args;

	va_start(args, option);
	arg = va_arg(args, unsigned long);
	va_end(args);
	if (orphaned && option == PR_SET_PDEATHSIG) {
		kill(parent, SIGKILL);
		while (getppid() == parent)
			sm_util_nap(SM_MSEC);
	}
	return __real_prctl(option, arg);
}

static void nobody_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static int set_up(void **state)
{
	(void)state;
	sm_await_naps = 3000;
	immortal = false;
	orphaned = false;
	/* Children of children that lose their parent become ours. */
	return __real_prctl(PR_SET_CHILD_SUBREAPER, 1UL);
}

static void wait_for_ever(void)
{
	for (;;)
		pause();
}

static struct sm_patience patience(unsigned int naps)
{
	return (struct sm_patience){ .naps = naps };
}

static void it_ends_by_itself(void **state)
{
	struct sm_patience p = patience(sm_await_naps);
	struct sm_child_end end;
	pid_t pid = sm_child_fork();

	(void)state;
	if (!pid)
		_exit(7);
	assert_true(pid > 0);
	assert_int_equal(sm_child_wait(pid, &end, &p), 0);
	assert_true(WIFEXITED(end.status));
	assert_int_equal(WEXITSTATUS(end.status), 7);
	assert_int_equal(sm_child_wait(pid, &end, &p), -ECHILD);
	nobody_is_left();
}

static void one_that_is_stopped_is_killed(void **state)
{
	uint64_t beats = 0;
	struct sm_patience p = { .naps = NAPS, .beats = &beats };
	struct sm_child_end end;
	pid_t pid = sm_child_fork();

	(void)state;
	if (!pid) {
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(sm_child_wait(pid, &end, &p), -ETIMEDOUT);
	assert_true(beats >= NAPS);
	assert_false(end.left);
	assert_int_equal(end.state, 'T');
	assert_true(WIFSIGNALED(end.status));
	assert_string_equal(sm_child_tell(&end), "was stopped, and not by us");
	nobody_is_left();
}

static void one_that_cannot_be_killed_is_left(void **state)
{
	struct sm_patience p = patience(NAPS);
	struct sm_child_end end;
	pid_t pid = sm_child_fork();

	(void)state;
	if (!pid)
		wait_for_ever();
	immortal = true;
	sm_await_naps = NAPS;
	assert_int_equal(sm_child_wait(pid, &end, &p), -ETIMEDOUT);
	assert_true(end.left);
	assert_non_null(strstr(sm_child_tell(&end), "cannot be killed"));
	immortal = false;
	p = patience(0);
	sm_await_naps = 3000;
	assert_int_equal(sm_child_wait(pid, &end, &p), -ETIMEDOUT);
	assert_false(end.left);
	nobody_is_left();
}

/* It would stop once more on its way out. */
static void a_tracee_is_killed_as_well(void **state)
{
	struct sm_patience p = patience(NAPS);
	struct sm_child_end end;
	pid_t pid = sm_child_fork();

	(void)state;
	if (!pid)
		wait_for_ever();
	if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXIT) < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		skip();
	}
	assert_int_equal(sm_child_stop(pid, &end.status, &p), -ETIMEDOUT);
	assert_int_equal(sm_child_wait(pid, &end, &p), -ETIMEDOUT);
	assert_false(end.left);
	assert_true(WIFSIGNALED(end.status));
	nobody_is_left();
}

/* What the terminal tells all of us, the parent acts on. */
static void signals_are_for_the_parent(void **state)
{
	struct sm_patience p = patience(sm_await_naps);
	struct sm_child_end end;
	sigset_t before, after;
	pid_t pid;
	int sig;

	(void)state;
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	pid = sm_child_fork();
	if (!pid) {
		raise(SIGINT);
		raise(SIGTERM);
		_exit(0);
	}
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_int_equal(sm_child_wait(pid, &end, &p), 0);
	assert_true(WIFEXITED(end.status));
	for (sig = 1; sig < NSIG; sig++)
		assert_int_equal(sigismember(&before, sig),
				 sigismember(&after, sig));
}

/* ---- who goes with whom -------------------------------------------------- */

/* A process that forks one that tells its number, and waits. */
static pid_t family(int *fd)
{
	int pipe_fds[2];
	pid_t parent, child, self;

	assert_int_equal(pipe(pipe_fds), 0);
	parent = fork();
	assert_true(parent >= 0);
	if (!parent) {
		child = sm_child_fork();
		self = getpid();
		if (!child && write(pipe_fds[1], &self, sizeof(self)) < 0)
			_exit(1);
		wait_for_ever();
	}
	close(pipe_fds[1]);
	*fd = pipe_fds[0];
	return parent;
}

/* It is ours by now: how it ended, or that it did not. */
static int orphan_end(struct sm_child_end *end)
{
	struct sm_patience p = patience(sm_await_naps / 10);
	pid_t pid;

	do {
		pid = waitpid(-1, &end->status, WNOHANG);
		if (pid)
			return pid;
		sm_util_nap(SM_AWAIT_NAP_MS * SM_MSEC);
	} while (sm_await_more(&p));
	return -ETIMEDOUT;
}

static void it_dies_with_its_parent(void **state)
{
	struct sm_child_end end;
	pid_t parent, child;
	int fd;

	(void)state;
	parent = family(&fd);
	assert_int_equal(read(fd, &child, sizeof(child)), sizeof(child));
	close(fd);
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	if (orphan_end(&end) != child) {
		kill(child, SIGKILL);
		fail_msg("it lives on");
	}
	assert_true(WIFSIGNALED(end.status));
	assert_int_equal(WTERMSIG(end.status), SIGKILL);
	nobody_is_left();
}

static void it_goes_if_its_parent_is_gone_already(void **state)
{
	struct sm_child_end end;
	pid_t parent;
	int fd;

	(void)state;
	orphaned = true;
	parent = family(&fd);
	close(fd);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	if (orphan_end(&end) <= 0)
		fail_msg("it lives on");
	assert_true(WIFEXITED(end.status));
	nobody_is_left();
}

/* ---- others that are waited for ------------------------------------------ */

static void a_pipe_that_is_full_is_no_trap(void **state)
{
	struct sm_patience p = patience(NAPS);
	static char block[65536];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(sm_await_fd(fds[0], POLLIN, &p), -ETIMEDOUT);
	p = patience(NAPS);
	assert_int_equal(sm_await_fd(fds[1], POLLOUT, &p), 0);
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	while (write(fds[1], block, sizeof(block)) > 0)
		;
	assert_int_equal(sm_await_fd(fds[1], POLLOUT, &p), -ETIMEDOUT);
	assert_int_equal(p.naps, 0);
	close(fds[0]);
	close(fds[1]);
}

static bool go_on;

static void *lingers(void *unused)
{
	while (!sm_read(&go_on))
		sm_util_nap(SM_MSEC);
	return unused;
}

static void a_thread_is_not_waited_for_either(void **state)
{
	struct sm_patience p = patience(NAPS);
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, lingers, NULL), 0);
	assert_int_equal(sm_await_thread(thread, &p), -ETIMEDOUT);
	sm_write(&go_on, true);
	p = patience(sm_await_naps);
	assert_int_equal(sm_await_thread(thread, &p), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(it_ends_by_itself, set_up),
		cmocka_unit_test_setup(one_that_is_stopped_is_killed, set_up),
		cmocka_unit_test_setup(one_that_cannot_be_killed_is_left, set_up),
		cmocka_unit_test_setup(a_tracee_is_killed_as_well, set_up),
		cmocka_unit_test_setup(signals_are_for_the_parent, set_up),
		cmocka_unit_test_setup(it_dies_with_its_parent, set_up),
		cmocka_unit_test_setup(it_goes_if_its_parent_is_gone_already,
				       set_up),
		cmocka_unit_test_setup(a_pipe_that_is_full_is_no_trap, set_up),
		cmocka_unit_test_setup(a_thread_is_not_waited_for_either, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
