/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for others, and never for ever.
 *
 * A limit counts naps that the waiter itself has taken, and it looks once more
 * behind the last one: on a machine that is loaded, or was put to sleep, a wait
 * takes longer, and nobody is given up for that.
 */
#ifndef SM_AWAIT_H
#define SM_AWAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define SM_AWAIT_NAP_MS	20U

/**
 * struct sm_patience - how long to wait
 * @naps: how many of SM_AWAIT_NAP_MS are left; 0: look once
 * @beats: counted up with each of them, as a sign of life; NULL: nobody looks
 *
 * Waits that follow one another may share one.
 */
struct sm_patience {
	unsigned int naps;
	uint64_t *beats;
};

extern unsigned int sm_await_naps;

bool sm_await_more(struct sm_patience *p);
int sm_await_fd(int fd, short events, struct sm_patience *p);
int sm_await_thread(pthread_t thread, struct sm_patience *p);

#endif /* SM_AWAIT_H */
