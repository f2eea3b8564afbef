// SPDX-License-Identifier: GPL-2.0-only
/* Waiting for others, and never for ever. */
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "await.h"
#include "util.h"

/*
 * sm_await_naps - what patience begins with: a minute on an idle machine. Waits
 * that others wait for have a part of it. A variable for the sake of tests.
 */
unsigned int sm_await_naps = 3000;

/* sm_await_more() - may one more nap be taken? It is counted, then. */
bool sm_await_more(struct sm_patience *p)
{
	if (!p->naps)
		return false;
	p->naps--;
	if (p->beats)
		sm_count(p->beats, 1);
	return true;
}

/*
 * sm_await_fd() - wait for @events of poll() on @fd; of no descriptor (-1) there
 * are none. Returns 0, -ETIMEDOUT, or another negative errno.
 */
int sm_await_fd(int fd, short events, struct sm_patience *p)
{
	struct pollfd f = { .fd = fd, .events = events };
	int nr;

	do {
		nr = poll(&f, 1, p->naps ? SM_AWAIT_NAP_MS : 0);
		if (nr > 0)
			return 0;
		if (nr < 0 && errno != EINTR)
			return -errno;
	} while (sm_await_more(p));
	return -ETIMEDOUT;
}

/* sm_await_thread() - join @thread. Returns 0, -ETIMEDOUT, or -EINVAL. */
int sm_await_thread(pthread_t thread, struct sm_patience *p)
{
	struct timespec until;
	uint64_t ns;
	int err;

	do {
		ns = sm_util_now() + SM_AWAIT_NAP_MS * SM_MSEC;
		until.tv_sec = ns / SM_NSEC;
		until.tv_nsec = ns % SM_NSEC;
		err = -pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC,
					    &until);
	} while (err == -ETIMEDOUT && sm_await_more(p));
	return err;
}
