/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that the machine loses for a while. */
#ifndef SM_UNPLUG_H
#define SM_UNPLUG_H

#include <pthread.h>

/*
 * sm_unplug_lock - whoever makes a page unfit for use has it, and whoever takes a block
 * away: with such a page the block would not come back.
 */
extern pthread_mutex_t sm_unplug_lock;

#endif /* SM_UNPLUG_H */
