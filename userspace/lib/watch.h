/* SPDX-License-Identifier: GPL-2.0-only */
/* Watching a storm: how far it is, and whether all of its threads move. */
#ifndef SM_WATCH_H
#define SM_WATCH_H

#include <stdint.h>

struct sm_engine;
struct sm_progress;

/**
 * struct sm_watch - what the main thread remembers from tick to tick
 * @progress: called four times a second, or NULL
 * @arg: for @progress
 * @next_progress: when that is due
 * @beats: of each storm thread, when last looked at
 * @since: since when a thread's beats are these
 */
struct sm_watch {
	void (*progress)(const struct sm_progress *p, void *arg);
	void *arg;
	uint64_t next_progress;
	uint64_t beats[16];
	uint64_t since[16];
};

uint64_t sm_watch_accesses(const struct sm_engine *e);
void sm_watch_look(struct sm_engine *e, struct sm_watch *w, uint64_t now);

#endif /* SM_WATCH_H */
