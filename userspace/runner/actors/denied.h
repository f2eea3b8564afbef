/* SPDX-License-Identifier: GPL-2.0-only */
/* Oracle denied of drivers whose mirror is not the module's. */
#ifndef SM_DENIED_H
#define SM_DENIED_H

struct sm_access;
struct sm_host;
struct sm_mirror;

/**
 * sm_denied_ask() - an access was refused: is that for good, and may it be?
 * @host: the run; its storm pauses, or is over
 * @m: what the device went through
 * @refused: a word of the arena, and the error
 *
 * Uses the device on SM_LANE_SWEEP, by the thread whose lane that is.
 */
void sm_denied_ask(struct sm_host *host, const struct sm_mirror *m,
		   const struct sm_access *refused);

#endif /* SM_DENIED_H */
