/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mirrors that come and go while the storm runs: of the run's profiles, without
 * its defects, on parts of the arena that overlap those of others.
 */
#ifndef SM_CHURN_H
#define SM_CHURN_H

void *sm_churn_thread(void *engine);

#endif /* SM_CHURN_H */
