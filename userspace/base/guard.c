// SPDX-License-Identifier: GPL-2.0-only
/* Accesses that may fault. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

#include "crash.h"
#include "guard.h"
#include "util.h"

static struct sigaction guard_old[2];
static __thread sigjmp_buf guard_env;
static __thread bool guard_armed;
static __thread bool guard_ready;

/* A fault that is not ours happens again, and then ends the process: see crash.h. */
static void guard_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (sm_crash_expected(sig, info->si_code))
		return;
	if (!sm_read(&guard_armed))
		sigaction(sig, &guard_old[sig == SIGBUS], NULL);
	else
		siglongjmp(guard_env, 1);
}

/* sm_guard_start() - before the first access of any thread. */
int sm_guard_start(void)
{
	/* Nothing is blocked in the handler, so nothing is to be restored. */
	struct sigaction act = {
		.sa_sigaction = guard_fault,
		.sa_flags = SA_NODEFER | SA_SIGINFO,
	};

	sigemptyset(&act.sa_mask);
	if (sigaction(SIGSEGV, &act, &guard_old[0]) < 0 ||
	    sigaction(SIGBUS, &act, &guard_old[1]) < 0)
		return -errno;
	return 0;
}

void sm_guard_stop(void)
{
	sigaction(SIGSEGV, &guard_old[0], NULL);
	sigaction(SIGBUS, &guard_old[1], NULL);
}

/* The engine's threads block all signals; these two would kill them then. */
static void guard_prepare(void)
{
	sigset_t faults;

	if (guard_ready)
		return;
	sigemptyset(&faults);
	sigaddset(&faults, SIGSEGV);
	sigaddset(&faults, SIGBUS);
	pthread_sigmask(SIG_UNBLOCK, &faults, NULL);
	guard_ready = true;
}

/* The access is on the right side of this, whatever the compiler does. */
static void guard_arm(bool armed)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	sm_write(&guard_armed, armed);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* sm_guard_read() - returns false if it faulted. */
bool sm_guard_read(uint64_t va, uint64_t *value)
{
	guard_prepare();
	if (sigsetjmp(guard_env, 0)) {
		guard_arm(false);
		return false;
	}
	guard_arm(true);
	*value = __atomic_load_n((uint64_t *)va, __ATOMIC_SEQ_CST);
	guard_arm(false);
	return true;
}

/* sm_guard_write() - returns false if it faulted. */
bool sm_guard_write(uint64_t va, uint64_t value)
{
	guard_prepare();
	if (sigsetjmp(guard_env, 0)) {
		guard_arm(false);
		return false;
	}
	guard_arm(true);
	sm_write((uint64_t *)va, value);
	guard_arm(false);
	return true;
}

/* sm_guard_touch() - a write that changes nothing. Returns false if it faulted. */
bool sm_guard_touch(uint64_t va)
{
	guard_prepare();
	if (sigsetjmp(guard_env, 0)) {
		guard_arm(false);
		return false;
	}
	guard_arm(true);
	__atomic_fetch_add((uint64_t *)va, 0, __ATOMIC_SEQ_CST);
	guard_arm(false);
	return true;
}
