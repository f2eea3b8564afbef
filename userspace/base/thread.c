// SPDX-License-Identifier: GPL-2.0-only
/* Threads beside the main one: see thread.h. */
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crash.h"
#include "thread.h"

#define STACK_BYTES (512 << 10)
#define THREAD_NUDGE SIGURG /* that nobody sends, and who gets it does not die of it */
#define THREAD_NICE 10 /* as SM_AGENT_NICE of the module */

int sm_thread_start(pthread_t *thread, const char *name, void *(*fn)(void *arg),
		    void *arg)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int err;

	sigfillset(&all);
	sm_crash_spare(&all);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	err = -pthread_create(thread, &attr, fn, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	if (!err)
		pthread_setname_np(*thread, name);
	return err;
}

static void thread_nudged(int nr)
{
	(void)nr;
}

void sm_thread_take_nudges(void)
{
	struct sigaction act = {
		.sa_handler = thread_nudged,
		.sa_flags = SA_RESTART,
	};
	sigset_t nudge;

	sigaction(THREAD_NUDGE, &act, NULL);
	sigemptyset(&nudge);
	sigaddset(&nudge, THREAD_NUDGE);
	pthread_sigmask(SIG_UNBLOCK, &nudge, NULL);
}

void sm_thread_nudge(pthread_t thread)
{
	pthread_kill(thread, THREAD_NUDGE);
}

void sm_thread_give_way(void)
{
	setpriority(PRIO_PROCESS, gettid(),
		    getpriority(PRIO_PROCESS, 0) + THREAD_NICE);
}
