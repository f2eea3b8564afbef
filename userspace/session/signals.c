// SPDX-License-Identifier: GPL-2.0-only
/* Signals with which a session is asked to end: see signals.h. */
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/util.h"
#include "signals.h"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

/* Atomic, as a handler sets them. */
static int signals_first;
static unsigned int signals_nr;

static void signals_count(int nr)
{
	if (!sm_read(&signals_first))
		sm_write(&signals_first, nr);
	sm_write(&signals_nr, sm_read(&signals_nr) + 1);
}

/* As nohup(1) has it; SIGINT is ignored by whatever a script starts with "&". */
static bool signals_ignored(int nr)
{
	struct sigaction old;

	return nr == SIGHUP && !sigaction(nr, NULL, &old) &&
	       old.sa_handler == SIG_IGN;
}

void sm_signals_catch(sigset_t *wait)
{
	struct sigaction act = { .sa_handler = signals_count };
	sigset_t block;
	unsigned int i;

	sigemptyset(&act.sa_mask);
	sigemptyset(&block);
	for (i = 0; i < SM_ARRAY_SIZE(signals); i++) {
		if (signals_ignored(signals[i]))
			continue;
		sigaction(signals[i], &act, NULL);
		sigaddset(&block, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &block, wait);
	for (i = 0; i < SM_ARRAY_SIZE(signals); i++)
		sigdelset(wait, signals[i]);
}

static void signals_set(sigset_t *set)
{
	unsigned int i;

	sigemptyset(set);
	for (i = 0; i < SM_ARRAY_SIZE(signals); i++)
		sigaddset(set, signals[i]);
}

void sm_signals_drain(void)
{
	const struct timespec now = { 0 };
	sigset_t set;
	int nr;

	signals_set(&set);
	while ((nr = sigtimedwait(&set, NULL, &now)) > 0)
		signals_count(nr);
}

/* One that is pending was not meant for who gets it: to be ignored, it goes. */
void sm_signals_release(void)
{
	sigset_t set;
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(signals); i++) {
		if (signals_ignored(signals[i]))
			continue;
		signal(signals[i], SIG_IGN);
		signal(signals[i], SIG_DFL);
	}
	signals_set(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int sm_signals_first(void)
{
	return sm_read(&signals_first);
}

const char *sm_signals_name(void)
{
	switch (sm_signals_first()) {
	case 0:
		return NULL;
	case SIGINT:
		return "SIGINT";
	case SIGTERM:
		return "SIGTERM";
	default:
		return "SIGHUP";
	}
}

unsigned int sm_signals_nr(void)
{
	return sm_read(&signals_nr);
}
