/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A line on stderr that shows how a long run is getting on. In a pipe there is
 * none.
 */
#ifndef SM_PROGRESS_H
#define SM_PROGRESS_H

#include "wire.h"

/**
 * sm_progress_start() - name what is about to run
 * @name: shown in front; must live until sm_progress_stop()
 */
void sm_progress_start(const char *name);

/* For struct sm_session. */
void sm_progress_show(const struct sm_progress *p, uint64_t violations);

/* Wipe the line. */
void sm_progress_stop(void);

#endif /* SM_PROGRESS_H */
